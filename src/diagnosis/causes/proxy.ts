/** Causes that lie before Odoo: nginx, and what stands between the droplet and the public. */

import { ifSeen } from "../../survey/survey.ts";
import { cdnAnswers, proxyProgram, type Route, routesOf, shareRequests, stoppedProxy } from "../proxies.ts";
import { directOf, type Found, found, type Situation, stateOf } from "./situation.ts";
export function nginxDown({ survey, layers }: Situation): Found | undefined {
  const unit = ifSeen(survey.units)?.get("nginx.service");
  if (stateOf(layers, "proxy") !== "bad" || unit?.load !== "loaded" || unit.active === "active")
    return undefined;
  // Where something else is the proxy, an nginx that was never started would only take its ports.
  const program = proxyProgram(survey);
  if (program !== undefined && program !== "nginx") return undefined;
  if (unit.active === "inactive" && unit.downSince === undefined && stoppedProxy(survey) !== undefined)
    return undefined;
  const nginx = ifSeen(survey.nginx);
  if (nginx?.valid === false) {
    return found(
      "nginx-config-invalid",
      `nginx is down, and its configuration is invalid: ${firstComplaint(nginx.said)}`,
      "Mend that line, test with `nginx -t`, then `systemctl start nginx`. It was left alone.",
    );
  }
  return found(
    "nginx-down",
    `nginx is ${unit.active === "failed" ? `down (failed: ${unit.result})` : "not running"}`,
  );
}

/** What nginx complains of first: `unknown directive "proxy_passs" in /etc/nginx/sites-enabled/odoo:24` */
export function firstComplaint(said: string): string {
  const line =
    said.split("\n").find((each) => /\[(?:emerg|alert|crit|error)\]/.test(each)) ?? said.split("\n")[0] ?? "";
  return line.replace(/^.*?\[\w+\] (?:\d+#\d+: )?/, "").trim();
}

export function nginxElsewhere({ survey, target, layers, hostname }: Situation): Found | undefined {
  const outside = [stateOf(layers, "proxy"), stateOf(layers, "public")];
  if (!outside.includes("bad") || stateOf(layers, "direct") !== "good") return undefined;
  const routes = routesOf(survey, target, hostname);
  const astray = routes.filter(({ leadsToOdoo }) => leadsToOdoo === false);
  const dead = astray.filter(
    ({ upstream, listens }) =>
      listens !== true &&
      routes.some((other) => other.leadsToOdoo && shareRequests(other.upstream, upstream)),
  );
  if (dead.length > 0) {
    return found(
      "intermittent",
      `nginx sends some of the requests elsewhere than to Odoo: ${describeRoutes(dead)}`,
      "Take the dead server out of the upstream, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
    );
  }
  if (astray.length === 0 || astray.length < routes.length || stateOf(layers, "proxy") !== "bad")
    return undefined;
  const direct = directOf(survey, target);
  return found(
    "nginx-elsewhere",
    `nginx sends requests to ${describeRoutes(astray)}, and Odoo answers on ${direct?.address}`,
    "Correct that line, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
  );
}

function describeRoutes(routes: readonly Route[]): string {
  return [...new Set(routes.map(describeRoute))].join(" and ");
}

function describeRoute({ upstream, listens }: Route): string {
  return `${upstream.target} (${upstream.at.file}:${upstream.at.line}${listens === false ? "; nothing listens there" : ""})`;
}

export function publicUnreachable({ survey, layers }: Situation): Found | undefined {
  const layer = layers.find(({ name }) => name === "public");
  // What could not be seen below a proxy that hands out the page does not matter to people outside.
  if (
    layer?.state !== "bad" ||
    stateOf(layers, "proxy") !== "good" ||
    layers.some(({ name, state }) => name !== "public" && state === "bad")
  )
    return undefined;
  const certificate = survey.public?.observed ? survey.public.value.certificate?.problem : undefined;
  if (certificate !== undefined) {
    return found(
      "public-unreachable",
      `the site is good, but browsers refuse its certificate: ${certificate}`,
      "Renew the certificate (`certbot renew`, then `systemctl reload nginx`).",
    );
  }
  const cdn = cdnAnswers(survey);
  return found(
    "public-unreachable",
    cdn ?? `the site is good on the host, and not from outside: ${layer.why}`,
    cdn === undefined
      ? "Look at what stands between: the name's address (DNS), the provider's firewall, `ufw status`, a load balancer or CDN."
      : "Look at the CDN's settings for this site; the droplet itself serves it.",
  );
}
