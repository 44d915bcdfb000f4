/** The reverse proxy in front of Odoo: which one it is, and whether nginx sends people to where Odoo is. */

import { ifSeen, type Listener, type NginxUpstream, type Survey } from "../survey/survey.ts";
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

/** Docker's own proxy listens for a container: one that publishes 80 or 443. */
function publishedBy(survey: Survey, listeners: readonly Listener[]): string | undefined {
  if (!listeners.some(({ program }) => program === "docker-proxy")) return undefined;
  const composed = ifSeen(survey.containers)?.find(({ publishes }) =>
    publishes.some((port) => /^(?:80|443|8080|8443)\/tcp$/.test(port)),
  );
  const other = ifSeen(survey.others)?.containers.find(({ ports }) => /:(?:80|443)->/.test(ports));
  const image = composed?.imageReference ?? other?.image ?? "";
  const kind = ["nginx", "caddy", "traefik", "haproxy", "apache", "httpd"].find((name) =>
    image.includes(name),
  );
  return image === "" ? "a container" : `${kind ?? image} in a container (${composed?.name ?? other?.name})`;
}

/** Where nginx sends the pages of our site, and whether that is Odoo. */
export interface Route {
  readonly upstream: NginxUpstream;
  readonly leadsToOdoo: boolean;
  /** Whether anything listens there; undefined when it could not be seen, or is on another machine. */
  readonly listens: boolean | undefined;
}

/**
 * The routes of the server that answers for the public name; of all servers where none has that name.
 *
 * @param hostname the public name; undefined when it is not known
 */
export function routesOf(survey: Survey, target: Target, hostname: string | undefined): Route[] {
  const nginx = ifSeen(survey.nginx);
  if (nginx === undefined) return [];
  const pages = nginx.upstreams.filter(({ location }) => !/longpolling|websocket/.test(location));
  const own = pages.filter(({ serverNames }) => hostname !== undefined && serverNames.includes(hostname));
  const addresses = odooAddresses(survey, target);
  const listeners = ifSeen(survey.listeners);
  return (own.length > 0 ? own : pages).map((upstream) => {
    const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(upstream.target) ?? [];
    const local = /^(?:127\.[\d.]+|localhost|\[::1\]|0\.0\.0\.0)$/.test(host);
    const spelled = local ? `local:${port}` : upstream.target;
    return {
      upstream,
      leadsToOdoo: addresses.has(spelled),
      listens:
        local && listeners !== undefined ? listeners.some((each) => each.port === Number(port)) : undefined,
    };
  });
}

/** Where Odoo can be reached from nginx: its published port (`local:8069`), or the container's own address. */
function odooAddresses(survey: Survey, target: Target): Set<string> {
  const probes = (ifSeen(survey.direct) ?? []).filter(({ containerId }) => containerId === target.odoo?.id);
  return new Set(
    probes.flatMap(({ address, published }) => {
      const port = /:(\d+)$/.exec(address)?.[1];
      if (port === undefined) return [];
      return published ? [`local:${port}`, address] : [address];
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

/** Whether the public answer is a CDN's own page and not the site's: its 52x, or a challenge to the visitor. */
export function cdnAnswers(survey: Survey): string | undefined {
  const cdn = cdnOf(survey);
  if (cdn === undefined || survey.public?.observed !== true) return undefined;
  const { answer, headers } = survey.public.value;
  if (!answer.answered) return undefined;
  if (headers["cf-mitigated"] === "challenge")
    return `${cdn} asks the visitor for a proof (a challenge page), which a runner cannot give`;
  // https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
  if (answer.code >= 520 && answer.code <= 530)
    return `${cdn} answers ${answer.code}: it cannot use the droplet`;
  return undefined;
}
