/** Causes that lie before Odoo: nginx, and what stands between the droplet and the public. */

import { ifSeen } from "../../survey/survey.ts";
import { askedDirectly, askedInPublic, askedThrough, leadsInCircle } from "../answer.ts";
import {
  cdnAnswers,
  cdnOf,
  proxyProgram,
  type Route,
  routesFor,
  routesOf,
  shareRequests,
  stoppedProxy,
} from "../proxies.ts";
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

/** Whoever stands innermost and leads people round is who sends them; nothing outside of it can be good before it. */
export function redirectLoop({ survey, target, layers, url }: Situation): Found | undefined {
  const direct = directOf(survey, target);
  const own = direct && ifSeen(direct.answer);
  if (own !== undefined && leadsInCircle(own, askedDirectly(direct?.address ?? "", url))) {
    return found(
      "redirect-loop",
      `Odoo itself sends browsers round in a circle: ${whyOf(layers, "direct")}`,
      "Look for what redirects there: a redirect of the website's, a module that forces https, or `proxy_mode` that is not set while nginx ends TLS.",
    );
  }
  if (stateOf(layers, "direct") === "bad") return undefined;
  const proxy = ifSeen(survey.proxy);
  if (proxy !== undefined && leadsInCircle(proxy.answer, askedThrough(proxy.door, url))) {
    const files = new Set(routesOf(survey, target, url?.hostname).map(({ upstream }) => upstream.at.file));
    return found(
      "redirect-loop",
      `${proxyProgram(survey) ?? "the proxy"} sends browsers round in a circle, and Odoo does not: ${whyOf(layers, "proxy")}`,
      `Look for the \`return\` or \`rewrite\` that answers so${files.size === 0 ? "" : ` (in ${[...files].join(", ")}, or what it includes)`}: it must not hold for the address that it leads to. Test with \`nginx -t\`, then \`systemctl reload nginx\`. It was left alone.`,
    );
  }
  const outside = survey.public === undefined ? undefined : ifSeen(survey.public);
  if (outside !== undefined && leadsInCircle(outside.answer, askedInPublic(outside.url))) {
    const cdn = cdnOf(survey);
    return found(
      "redirect-loop",
      `from outside browsers are sent round in a circle, and on the host they are not: ${whyOf(layers, "public")}`,
      cdn === undefined
        ? "Look at what stands between and ends TLS (a load balancer, a CDN): where it asks the droplet by http, the droplet's redirect to https leads people round."
        : `${cdn} stands between: where it asks the droplet by http, the droplet's redirect to https leads people round. Let it ask by https (Cloudflare: SSL/TLS mode *Full*).`,
    );
  }
  return undefined;
}

function whyOf(layers: Situation["layers"], name: "direct" | "proxy" | "public"): string {
  return layers.find((layer) => layer.name === name)?.why ?? "";
}

/**
 * A server that nginx passes requests to in turn with Odoo, and that is not there. One look sees any of them fail: the
 * page, or one of the files that it asks for.
 */
export function deadServer({ survey, target, layers, assets, url }: Situation): Found | undefined {
  if (stateOf(layers, "direct") !== "good") return undefined;
  const pageFails = [stateOf(layers, "proxy"), stateOf(layers, "public")].includes("bad");
  const spoiled = assets.findings.find(({ kind }) => kind === "spoiled");
  const path = pageFails ? "/web/login" : spoiled?.path;
  if (path === undefined) return undefined;
  const routes = routesFor(survey, target, url?.hostname, path);
  const dead = routes.filter(
    ({ leadsToOdoo, listens, upstream }) =>
      leadsToOdoo === false &&
      listens !== true &&
      routes.some((other) => other.leadsToOdoo && shareRequests(other.upstream, upstream)),
  );
  if (dead.length === 0) return undefined;
  return found(
    "intermittent",
    `nginx sends some of the requests elsewhere than to Odoo: ${describeRoutes(dead)}`,
    "Take the dead server out of the upstream, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
  );
}

export function nginxElsewhere({ survey, target, layers, url }: Situation): Found | undefined {
  if (stateOf(layers, "proxy") !== "bad" || stateOf(layers, "direct") !== "good") return undefined;
  const routes = routesOf(survey, target, url?.hostname);
  const astray = routes.filter(({ leadsToOdoo }) => leadsToOdoo === false);
  if (astray.length === 0 || astray.length < routes.length)
    return nginxByItself({ survey, layers, url }, routes);
  const direct = directOf(survey, target);
  return found(
    "nginx-elsewhere",
    `nginx sends requests to ${describeRoutes(astray)}, and Odoo answers on ${direct?.address}`,
    "Correct that line, test with `nginx -t`, then `systemctl reload nginx`. It was left alone.",
  );
}

/** A page, a redirect or an error of nginx's own, while Odoo hands out its login page. */
function nginxByItself(
  { survey, layers, url }: Pick<Situation, "survey" | "layers" | "url">,
  routes: readonly Route[],
): Found | undefined {
  const answer = ifSeen(survey.proxy)?.answer;
  if (proxyProgram(survey) !== "nginx" || ifSeen(survey.nginx)?.valid !== true || answer?.answered !== true)
    return undefined;
  const { code, body } = answer;
  // What it says when the server behind it gave no answer, or a bad one, is not said by itself.
  const own = code < 400 || (/<center>nginx/.test(body) && ![500, 502, 504].includes(code));
  if (!own) return undefined;
  const files = [...new Set(routes.map(({ upstream }) => upstream.at.file))].join(", ");
  const where =
    routes.length === 0
      ? "no location of its configuration leads to Odoo"
      : `although ${describeRoutes(routes)} is there`;
  const name =
    url === undefined
      ? " nginx was asked for `localhost`: where it serves several sites, say by `url` which one is meant."
      : "";
  return found(
    "nginx-elsewhere",
    `nginx answers by itself and passes nothing on to Odoo, ${where}: ${whyOf(layers, "proxy")}`,
    `Look for a \`return\`, \`error_page\`, \`try_files\` or \`root\`${files === "" ? "" : ` in ${files}`} that comes before \`proxy_pass\`; test with \`nginx -t\`, then \`systemctl reload nginx\`. It was left alone.${name}`,
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
