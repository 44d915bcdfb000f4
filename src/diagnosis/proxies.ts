/** The reverse proxy in front of Odoo: which one it is, and whether nginx sends people to where Odoo is. */

import { RE2JS } from "re2js";
import { ifSeen, type Listener, type NginxUpstream, type Survey } from "../survey/survey.ts";
import { describeState } from "./layers.ts";
import type { Target } from "./target.ts";

/** The program behind the public ports, in the words for people; undefined when it could not be seen. */
export function proxyProgram(survey: Survey): string | undefined {
  const listeners = (ifSeen(survey.listeners) ?? []).filter(({ port }) => port === 80 || port === 443);
  const programs = new Set(listeners.map(({ program }) => program).filter(Boolean));
  if (programs.has("nginx")) return "nginx";
  const container = publishedBy(survey, listeners);
  if (container !== undefined) return container;
  const [program] = programs;
  return program;
}

const KINDS = ["nginx", "caddy", "traefik", "haproxy", "apache", "httpd"] as const;

/** A reverse proxy in a container that does not run; the first there is. */
export function stoppedProxy(
  survey: Survey,
): { readonly name: string; readonly image: string; readonly state: string } | undefined {
  const isProxy = (image: string): boolean =>
    KINDS.some((kind) => image.includes(kind)) && !/exporter|companion/.test(image);
  const composed = ifSeen(survey.containers)?.find(
    ({ oneOff, state, imageReference, publishes }) =>
      !oneOff &&
      state !== "running" &&
      (isProxy(imageReference) || publishes.some((port) => /^(?:80|443)\/tcp$/.test(port))),
  );
  if (composed !== undefined)
    return { name: composed.name, image: composed.imageReference, state: describeState(composed) };
  const other = ifSeen(survey.others)?.containers.find(
    ({ image, status }) => isProxy(image) && !status.startsWith("Up"),
  );
  return other && { name: other.name, image: other.image, state: `is down (${other.status})` };
}

/** Docker's own proxy listens for a container: one that publishes 80 or 443. */
function publishedBy(survey: Survey, listeners: readonly Listener[]): string | undefined {
  if (!listeners.some(({ program }) => program === "docker-proxy")) return undefined;
  const composed = ifSeen(survey.containers)?.find(({ publishes }) =>
    publishes.some((port) => /^(?:80|443|8080|8443)\/tcp$/.test(port)),
  );
  const other = ifSeen(survey.others)?.containers.find(({ ports }) => /:(?:80|443)->/.test(ports));
  const image = composed?.imageReference ?? other?.image ?? "";
  const kind = KINDS.find((name) => image.includes(name));
  return image === "" ? "a container" : `${kind ?? image} in a container (${composed?.name ?? other?.name})`;
}

/** Where nginx sends the pages of our site, and whether that is Odoo. */
export interface Route {
  readonly upstream: NginxUpstream;
  /** undefined where it cannot be told: a name, a variable, a socket, another address with Odoo's port. */
  readonly leadsToOdoo: boolean | undefined;
  /** Whether anything listens there; undefined when it could not be seen, or is on another machine. */
  readonly listens: boolean | undefined;
}

/**
 * The routes of the server that answers for the public name; of all servers where none has that name.
 *
 * @param hostname the public name; undefined when it is not known
 */
export function routesOf(survey: Survey, target: Target, hostname: string | undefined): Route[] {
  return routesFor(survey, target, hostname, "/web/login");
}

/** @param path the address whose requests are meant */
export function routesFor(
  survey: Survey,
  target: Target,
  hostname: string | undefined,
  path: string,
): Route[] {
  const nginx = ifSeen(survey.nginx);
  if (nginx === undefined) return [];
  const pages = nginx.upstreams.filter(({ location, at }) => answersFor(path, location) && !isSpare(at.text));
  const own = pages.filter(({ serverNames }) => hostname !== undefined && serverNames.includes(hostname));
  const addresses = odooAddresses(survey, target);
  const listeners = ifSeen(survey.listeners);
  return (own.length > 0 ? own : pages).map((upstream) => {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(upstream.target) ?? [];
    const local = LOCAL.test(host);
    const spelled = local ? `local:${port}` : upstream.target;
    // The host's own address leads to a published port as well, and which addresses are its own was not asked.
    const vague = !local && (!/^(?:[\d.]+|\[[\da-f:]+\])$/i.test(host) || addresses.has(`local:${port}`));
    return {
      upstream,
      leadsToOdoo: addresses.has(spelled) || (vague ? undefined : false),
      listens:
        local && listeners !== undefined ? listeners.some((each) => each.port === Number(port)) : undefined,
    };
  });
}

const LOCAL = /^(?:127\.[\d.]+|localhost|\[::1\]|0\.0\.0\.0)$/;

/** Whether a location may answer for a path (nginx's own choice among several is not made here). */
function answersFor(path: string, location: string): boolean {
  const [modifier = ""] = /^(?:=|~\*?|\^~)/.exec(location) ?? [];
  const pattern = location.slice(modifier.length).trimStart();
  if (pattern.startsWith("@")) return true;
  if (modifier === "=") return pattern === path;
  if (!modifier.startsWith("~")) return path.startsWith(pattern);
  try {
    // The host wrote it: RE2 takes linear time for any pattern.
    return RE2JS.compile(pattern, modifier === "~*" ? RE2JS.CASE_INSENSITIVE : 0)
      .matcher(path)
      .find();
  } catch {
    // nginx's regular expressions (PCRE) know more than RE2's.
    return true;
  }
}

/** A server that gets no request as long as another one answers. */
function isSpare(text: string): boolean {
  return /^server\s[^;]*\s(?:backup|down)\b/.test(text);
}

/** Whether two servers take turns: they stand in the same upstream of the same location. */
export function shareRequests(a: NginxUpstream, b: NginxUpstream): boolean {
  return (
    a.at.file === b.at.file &&
    a.location === b.location &&
    a.serverNames.join(" ") === b.serverNames.join(" ")
  );
}

/** Where Odoo can be reached from nginx: its published port (`local:8069`), or the container's own address. */
function odooAddresses(survey: Survey, target: Target): Set<string> {
  const probes = (ifSeen(survey.direct) ?? []).filter(({ containerId }) => containerId === target.odoo?.id);
  return new Set(
    probes.flatMap(({ address, published }) => {
      const [, host = "", port] = /^(.*):(\d+)$/.exec(address) ?? [];
      if (port === undefined) return [];
      return published && LOCAL.test(host) ? [`local:${port}`, address] : [address];
    }),
  );
}

/** Who answers in front of the droplet, by what the public answer says of itself. */
export function cdnOf(survey: Survey): string | undefined {
  if (survey.public === undefined || !survey.public.observed) return undefined;
  const { headers } = survey.public.value;
  if (headers["cf-ray"] !== undefined || /cloudflare/i.test(headers.server ?? "")) return "Cloudflare";
  if (headers["x-sucuri-id"] !== undefined) return "Sucuri";
  if (headers["x-amz-cf-id"] !== undefined) return "Amazon CloudFront";
  if (/varnish|fastly/i.test(headers.via ?? "") || headers["x-served-by"] !== undefined)
    return "Fastly or Varnish";
  return undefined;
}

/** Whether the public answer is a CDN's own page and not the site's. Its challenge to a visitor is no answer at all. */
export function cdnAnswers(survey: Survey): string | undefined {
  const cdn = cdnOf(survey);
  if (cdn === undefined || survey.public?.observed !== true) return undefined;
  const { answer } = survey.public.value;
  if (!answer.answered) return undefined;
  // https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
  if (answer.code >= 520 && answer.code <= 530)
    return `${cdn} answers ${answer.code}: it cannot use the droplet`;
  return undefined;
}
