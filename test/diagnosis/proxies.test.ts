// The reverse proxy: which one it is, and whether nginx sends people to where Odoo is.

import { describe, expect, it } from "vitest";
import { findTarget } from "../../src/diagnosis/find-target.ts";
import { cdnAnswers, cdnOf, proxyProgram, routesOf, stoppedProxy } from "../../src/diagnosis/proxies.ts";
import { type NginxUpstream, seen, unseen } from "../../src/survey/survey.ts";
import {
  answer,
  asset,
  BAD_GATEWAY,
  BUNDLES,
  container,
  db,
  diagnosisOf,
  GONE,
  LISTENERS,
  listener,
  NO_WISHES,
  nginx,
  odoo,
  pageAssets,
  publicProbe,
  REFUSED,
  type Shop,
  survey,
  units,
  upstream,
} from "./surveys.ts";

const url = new URL("https://shop.example");

describe("the proxy's program", () => {
  const caddy = container("caddy", { imageReference: "caddy:2-alpine", publishes: ["80/tcp"], exposes: [] });
  const docker = seen([listener(80, "docker-proxy"), listener(443, "docker-proxy")]);

  it.each<readonly [string, string | undefined, Shop]>([
    ["nginx on the host", "nginx", {}],
    [
      "nginx on the host, beside another's port",
      "nginx",
      { listeners: seen([listener(443, "haproxy"), listener(80, "nginx")]) },
    ],
    ["another program on the host", "caddy", { listeners: seen([listener(443, "caddy")]) }],
    [
      "a container of the project",
      "caddy in a container (odoo-ce-caddy-1)",
      { containers: [odoo(), db(), caddy], listeners: docker },
    ],
    [
      "a container that Compose did not make",
      "traefik in a container (edge)",
      {
        listeners: docker,
        others: seen({
          containers: [
            { name: "edge", image: "traefik:v3", status: "Up 3 days", ports: "0.0.0.0:80->80/tcp" },
          ],
          services: [],
        }),
      },
    ],
    [
      "nginx in a container",
      "nginx in a container (odoo-ce-web-1)",
      {
        containers: [
          odoo(),
          db(),
          container("web", { imageReference: "nginx:1.27", publishes: ["443/tcp"], exposes: [] }),
        ],
        listeners: docker,
      },
    ],
    ["a container that nobody can name", "a container", { listeners: docker }],
    ["nothing that listens", undefined, { listeners: seen([listener(22, "sshd")]) }],
    ["not seen", undefined, { listeners: unseen("ss is not installed") }],
  ])("is %s", (_, program, shop) => {
    expect(proxyProgram(survey(shop))).toBe(program);
  });

  it("is told where it is none that we work on, and what it answers is all that is said of it", () => {
    const shop = {
      containers: [odoo({ publishes: [] }), db(), caddy],
      listeners: docker,
      nginx: unseen("nginx is not installed"),
      units: units({ nginx: { load: "not-found", active: "inactive" } }),
    };
    expect(diagnosisOf(shop)).toMatchObject({
      cause: "healthy",
      topology: [
        "the reverse proxy is caddy in a container (odoo-ce-caddy-1): we look at what it answers, and touch nothing of it",
      ],
    });
    const bad = diagnosisOf({ ...shop, proxy: seen(BAD_GATEWAY) });
    expect(bad).toMatchObject({ cause: "unknown", ladder: [] });
    expect(bad.finding).toContain("the proxy is caddy in a container (odoo-ce-caddy-1)");
  });

  it("that is down in its container is named, with how to start it", () => {
    const diagnosis = diagnosisOf({
      containers: [odoo({ publishes: [] }), db(), { ...caddy, state: "exited", exitCode: 137 }],
      listeners: seen([listener(22, "sshd")]),
      nginx: unseen("nginx is not installed"),
      units: units({ nginx: { load: "not-found", active: "inactive" } }),
      proxy: seen(REFUSED),
    });
    expect(diagnosis).toMatchObject({ cause: "unknown", ladder: [] });
    expect(diagnosis.finding).toContain(
      "the container odoo-ce-caddy-1 (caddy:2-alpine) exited with status 137",
    );
    expect(diagnosis.advice).toContain("`docker start odoo-ce-caddy-1`");
  });

  it("is no exporter of a proxy's numbers, and no container that runs", () => {
    const exporter = { name: "x", image: "nginx/nginx-prometheus-exporter", status: "Exited (1)", ports: "" };
    const running = { name: "y", image: "traefik:v3", status: "Up 3 days", ports: "" };
    const look = (...containers: (typeof running)[]) =>
      stoppedProxy(survey({ containers: [odoo(), db(), caddy], others: seen({ containers, services: [] }) }));
    expect(look(exporter, running)).toBeUndefined();
    expect(look(exporter, { ...running, status: "Exited (2) 5 minutes ago" })).toEqual({
      name: "y",
      image: "traefik:v3",
      state: "is down (Exited (2) 5 minutes ago)",
    });
  });
});

describe("a route of nginx", () => {
  const routes = (upstreams: readonly NginxUpstream[], shop: Shop = {}, hostname = "shop.example") => {
    const look = survey({ nginx: nginx(upstreams), ...shop });
    const search = findTarget(look, NO_WISHES);
    if (search.found !== "one") throw new Error("the shop has no target");
    return routesOf(look, search.target, hostname);
  };
  const leads = (target: string, shop: Shop = {}) => routes([upstream(target)], shop)[0]?.leadsToOdoo;

  it.each([
    ["127.0.0.1:8069", true],
    ["localhost:8069", true],
    ["[::1]:8069", true],
    ["127.0.0.1:8079", false],
    ["localhost:80", false],
    ["10.0.0.9:9000", false],
    // The droplet's own address, or another machine's.
    ["10.0.0.9:8069", undefined],
    ["odoo:8069", undefined],
    ["$backend", undefined],
    ["unix:/run/odoo.sock", undefined],
  ])("to %s leads to an Odoo that is published on the host: %s", (target, expected) => {
    expect(leads(target)).toBe(expected);
  });

  it.each([
    ["172.31.0.2:8069", true],
    ["172.31.0.7:8069", false],
    ["127.0.0.1:8069", false],
    ["odoo:8069", undefined],
  ])("to %s leads to an Odoo that only its own address has: %s", (target, expected) => {
    expect(leads(target, { containers: [odoo({ publishes: [] }), db()] })).toBe(expected);
  });

  it("knows whether anything listens there, where that is this host and its ports were seen", () => {
    const listens = (target: string, shop: Shop = {}) => routes([upstream(target)], shop)[0]?.listens;
    expect(listens("127.0.0.1:8069")).toBe(true);
    expect(listens("127.0.0.1:8079")).toBe(false);
    expect(listens("10.0.0.9:8069")).toBeUndefined();
    expect(listens("127.0.0.1:8069", { listeners: unseen("no ss") })).toBeUndefined();
  });

  it.each([
    ["/", true],
    ["/web", true],
    ["= /web/login", true],
    ["^~ /web/", true],
    ["~ ^/web", true],
    ["~* ^/WEB/LOGIN$", true],
    ["~ (?<odoo>unbalanced", true],
    ["@odoo", true],
    ["/longpolling", false],
    ["/websocket", false],
    ["~ ^/(longpolling|websocket)", false],
    ["= /", false],
    ["/blog", false],
    ["~* \\.(?:css|js)$", false],
    ["~ ^/WEB", false],
  ])("of the location %s may answer for the login page: %s", (location, expected) => {
    expect(routes([upstream("127.0.0.1:8069", { location })])).toHaveLength(expected ? 1 : 0);
  });

  it("is taken from the server with the public name; from all where none has it", () => {
    const shop = upstream("127.0.0.1:8069");
    const grafana = upstream("127.0.0.1:3000", { serverNames: ["grafana.example"] });
    const targets = (hostname: string) =>
      routes([shop, grafana], {}, hostname).map((route) => route.upstream.target);
    expect(targets("shop.example")).toEqual(["127.0.0.1:8069"]);
    expect(targets("www.example")).toEqual(["127.0.0.1:8069", "127.0.0.1:3000"]);
  });

  it("is none of a spare server, nor where nginx was not seen", () => {
    const spare = upstream("127.0.0.1:8079", {
      at: { file: "/etc/nginx/sites-enabled/odoo", line: 5, text: "server 127.0.0.1:8079 backup;" },
    });
    expect(routes([upstream("127.0.0.1:8069"), spare])).toHaveLength(1);
    expect(routes([], { nginx: unseen("nginx is not installed") })).toEqual([]);
  });
});

describe("nginx is blamed", () => {
  const other = (target: string, more: Partial<NginxUpstream> = {}) =>
    upstream(target, { at: { file: "/etc/nginx/sites-enabled/odoo", line: 5, text: "" }, ...more });

  it("for sending some of the requests to a server that is not there", () => {
    const diagnosis = diagnosisOf({
      proxy: seen(BAD_GATEWAY),
      nginx: nginx([upstream("127.0.0.1:8069"), other("127.0.0.1:8079")]),
    });
    expect(diagnosis).toMatchObject({ cause: "intermittent", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx sends some of the requests elsewhere than to Odoo: 127.0.0.1:8079 (/etc/nginx/sites-enabled/odoo:5; nothing listens there)",
    );
  });

  it("for that as well where the login page was lucky, and only what it asks for met that server", () => {
    const proxyPage = pageAssets(...BUNDLES.map((each) => asset(each, { ...GONE, code: 502 })));
    const upstreams = [upstream("127.0.0.1:8069"), other("127.0.0.1:8079")];
    const diagnosis = diagnosisOf({ proxyPage, nginx: nginx(upstreams) });
    expect(diagnosis).toMatchObject({ cause: "intermittent", ladder: [] });
    expect(diagnosis.finding).toContain("127.0.0.1:8079 (/etc/nginx/sites-enabled/odoo:5; nothing listens");
    // A server of another location gets none of these requests.
    const elsewhere = [upstream("127.0.0.1:8069"), other("127.0.0.1:8079", { location: "/blog" })];
    expect(diagnosisOf({ proxyPage, nginx: nginx(elsewhere) }).cause).toBe("assets-proxy");
  });

  it.each<readonly [string, NginxUpstream]>([
    ["another site", other("127.0.0.1:3000", { serverNames: ["grafana.example"] })],
    ["another location", other("127.0.0.1:3000", { location: "/web" })],
    ["a second Odoo that takes turns", other("127.0.0.1:8072")],
    ["a server on another machine with Odoo's port", other("10.0.0.9:8069")],
  ])("not for %s", (_, beside) => {
    const upstreams = nginx([upstream("127.0.0.1:8069"), beside]);
    expect(diagnosisOf({ proxy: seen(BAD_GATEWAY), nginx: upstreams })).toMatchObject({
      cause: "unknown",
      ladder: [],
    });
    const expired = { names: [], expires: 0, problem: "it expired" };
    const outside = { public: seen(publicProbe({ certificate: expired })), nginx: upstreams };
    expect(diagnosisOf(outside).cause).toBe("public-unreachable");
  });

  it("not for a target that nobody can resolve from here", () => {
    for (const target of ["odoo:8069", "$backend", "10.0.0.9:8069"])
      expect(diagnosisOf({ proxy: seen(BAD_GATEWAY), nginx: nginx([upstream(target)]) }).cause).toBe(
        "unknown",
      );
  });

  it("for the public name's server alone, when that is known", () => {
    const upstreams = nginx([
      upstream("127.0.0.1:8079"),
      upstream("127.0.0.1:8069", { serverNames: ["old.example"] }),
    ]);
    const shop = { proxy: seen(BAD_GATEWAY), nginx: upstreams };
    expect(diagnosisOf(shop, [], { url }).cause).toBe("nginx-elsewhere");
    expect(diagnosisOf(shop).cause).toBe("unknown");
  });

  it("not while Odoo itself was not observed to answer", () => {
    const shop = {
      direct: unseen("no answer"),
      proxy: seen(BAD_GATEWAY),
      nginx: nginx([upstream("127.0.0.1:1")]),
    };
    expect(diagnosisOf(shop).cause).toBe("unknown");
  });
});

describe("a CDN", () => {
  const outside = (headers: Readonly<Record<string, string>>, code = 200) =>
    survey({ listeners: seen(LISTENERS), public: seen(publicProbe({ headers, answer: answer({ code }) })) });

  it.each([
    [{ "cf-ray": "88a1b2c3d4e5f6-FRA" }, "Cloudflare"],
    [{ server: "cloudflare" }, "Cloudflare"],
    [{ "x-sucuri-id": "15001" }, "Sucuri"],
    [{ "x-amz-cf-id": "abc" }, "Amazon CloudFront"],
    [{ via: "1.1 varnish" }, "Fastly or Varnish"],
    [{ "x-served-by": "cache-fra" }, "Fastly or Varnish"],
    [{ server: "nginx/1.22.1" }, undefined],
  ])("is known by its headers: %j", (headers, name) => {
    expect(cdnOf(outside(headers as Readonly<Record<string, string>>))).toBe(name);
  });

  it("answers by itself with its own 52x, and passes on what the droplet answers", () => {
    const cloudflare = { "cf-ray": "88a1b2c3d4e5f6-FRA" };
    expect(cdnAnswers(outside(cloudflare, 520))).toContain("520");
    expect(cdnAnswers(outside(cloudflare, 530))).toContain("530");
    expect(cdnAnswers(outside(cloudflare, 502))).toBeUndefined();
    expect(cdnAnswers(outside({}, 521))).toBeUndefined();
  });

  it("is not known where nobody looked from outside", () => {
    expect(cdnOf(survey())).toBeUndefined();
    expect(cdnOf(survey({ public: unseen("this runner has no network") }))).toBeUndefined();
  });
});
