// Causes that lie before Odoo: nginx, and what stands between the droplet and the public.

import { describe, expect, it } from "vitest";
import { diagnose } from "../../../src/diagnosis/diagnosis.ts";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  ago,
  answer,
  BAD_GATEWAY,
  brokenNginx,
  container,
  db,
  diagnosisOf,
  listener,
  NO_WISHES,
  NOW,
  nginx,
  odoo,
  publicProbe,
  REFUSED,
  survey,
  TIMED_OUT,
  units,
  upstream,
} from "../surveys.ts";

import { causeOf, exited, proxy } from "./states.ts";

describe("nginx", () => {
  const stopped = units({ nginx: { active: "inactive", downSince: ago(60) } });
  const failed = units({ nginx: { active: "failed", result: "exit-code", downSince: ago(60) } });

  it("that is down is started", () => {
    const shop = { proxy: seen(REFUSED), listeners: seen([listener(22, "sshd")]) };
    expect(diagnosisOf({ ...shop, units: stopped })).toMatchObject({
      cause: "nginx-down",
      finding: "nginx is not running",
      ladder: ["start-nginx"],
    });
    expect(diagnosisOf({ ...shop, units: failed }).finding).toBe("nginx is down (failed: exit-code)");
  });

  it("that is down with an invalid configuration is not started, and the line is told", () => {
    const diagnosis = diagnosisOf({ proxy: seen(REFUSED), units: failed, nginx: brokenNginx });
    expect(diagnosis).toMatchObject({ cause: "nginx-config-invalid", ladder: [] });
    expect(diagnosis.finding).toBe(
      'nginx is down, and its configuration is invalid: unknown directive "proxy_passs" in /etc/nginx/sites-enabled/odoo:24',
    );
  });

  it("that runs on with an older configuration than the broken one on disk is told before it restarts", () => {
    const diagnosis = diagnosisOf({ nginx: brokenNginx });
    expect(diagnosis).toMatchObject({ cause: "nginx-config-invalid", ladder: [] });
    expect(diagnosis.finding).toContain('unknown directive "proxy_passs"');
  });

  it("whose broken configuration serves nobody, for something else is the proxy, is no worry of ours", () => {
    expect(causeOf({ nginx: brokenNginx, listeners: seen([listener(80, "caddy")]) })).toBe("healthy");
  });

  it("that was never started is left alone where something else is the proxy", () => {
    const disabled = units({ nginx: { active: "inactive", upSince: undefined } });
    const caddy = container("caddy", { imageReference: "caddy:2", publishes: ["80/tcp"], exposes: [] });
    const running = diagnosisOf({
      containers: [odoo(), db(), caddy],
      proxy,
      units: disabled,
      listeners: seen([listener(80, "docker-proxy")]),
    });
    expect(running).toMatchObject({ cause: "unknown", ladder: [] });
    const down = diagnosisOf({
      containers: [odoo(), db(), { ...caddy, state: "exited", exitCode: 1 }],
      proxy: seen(REFUSED),
      units: disabled,
      listeners: seen([listener(22, "sshd")]),
    });
    expect(down).toMatchObject({ cause: "unknown", ladder: [] });
    expect(down.finding).toBe(
      "the reverse proxy is down: the container odoo-ce-caddy-1 (caddy:2) exited with status 1",
    );
  });

  it("that sends requests to where nothing listens is told with the line, and left alone", () => {
    const diagnosis = diagnosisOf({ proxy, nginx: nginx([upstream("127.0.0.1:8079")]) });
    expect(diagnosis).toMatchObject({ cause: "nginx-elsewhere", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx sends requests to 127.0.0.1:8079 (/etc/nginx/sites-enabled/odoo:4; nothing listens there), and Odoo answers on 127.0.0.1:8069",
    );
  });
});

describe("nginx that answers by itself", () => {
  const maintenance = "<title>Back soon</title><h1>We are down for maintenance</h1>";

  it("with an empty page is told as that, with the line that would have led to Odoo", () => {
    const diagnosis = diagnosisOf({ proxy: seen(answer({ body: "", bytes: 0 })) });
    expect(diagnosis).toMatchObject({ cause: "nginx-elsewhere", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx answers by itself and passes nothing on to Odoo, although 127.0.0.1:8069 (/etc/nginx/sites-enabled/odoo:4) is there: 200 in 0.12 s, but the page is not Odoo's login page: it is empty",
    );
    expect(diagnosis.advice).toMatch(
      /in \/etc\/nginx\/sites-enabled\/odoo that comes before `proxy_pass`.*by `url` which one/,
    );
  });

  it("without any way to Odoo, or with an error of its own, is told too", () => {
    const without = diagnosisOf({ proxy: seen(answer({ body: maintenance })), nginx: nginx([]) });
    expect(without.cause).toBe("nginx-elsewhere");
    expect(without.finding).toContain("no location of its configuration leads to Odoo");
    const own = answer({ code: 503, body: "<hr><center>nginx/1.22.1</center>" });
    expect(causeOf({ proxy: seen(own) })).toBe("nginx-elsewhere");
    const named = diagnosisOf({ proxy: seen(own) }, [], { url: new URL("https://shop.example") });
    expect(named.advice).not.toContain("localhost");
  });

  it("is not blamed for what a server behind it says, nor for what another proxy does", () => {
    const gateway = answer({ code: 502, body: "<hr><center>nginx/1.22.1</center>" });
    expect(causeOf({ proxy: seen(gateway) })).toBe("unknown");
    expect(causeOf({ proxy: seen(answer({ code: 404, body: "Not Found" })) })).toBe("unknown");
    expect(
      causeOf({ proxy: seen(answer({ body: maintenance })), listeners: seen([listener(80, "caddy")]) }),
    ).toBe("unknown");
  });

  it("with a page about maintenance is no more than that while Odoo is stopped", () => {
    const shop = { containers: [odoo(exited), db()], proxy: seen(answer({ body: maintenance })) };
    const diagnosis = diagnosisOf(shop);
    expect(diagnosis).toMatchObject({ cause: "odoo-stopped", ladder: ["start-stack"] });
    expect(diagnosis.layers.at(-1)?.why).toContain("it is one about maintenance (Back soon)");
  });
});

describe("a redirect that leads to itself", () => {
  const url = new URL("https://shop.example");
  const circle = (location: string) => seen(answer({ code: 301, location, body: "" }));

  it("of nginx's is told with its file, and nothing is restarted", () => {
    const diagnosis = diagnosisOf({ proxy: circle("http://localhost/web/login") });
    expect(diagnosis).toMatchObject({ cause: "redirect-loop", ladder: [] });
    expect(diagnosis.finding).toBe(
      "nginx sends browsers round in a circle, and Odoo does not: 301 to http://localhost/web/login in 0.12 s, which is where it was asked for: a circle",
    );
    expect(diagnosis.advice).toContain("in /etc/nginx/sites-enabled/odoo, or what it includes");
  });

  it("between http and https is one", () => {
    const proxy = seen({
      door: "https:443",
      answer: answer({ code: 302, location: "http://localhost/web/login", body: "" }),
    });
    expect(diagnose({ ...survey(), proxy }, NO_WISHES).cause).toBe("redirect-loop");
  });

  it("of Odoo's own is told as Odoo's, whatever nginx makes of it", () => {
    const diagnosis = diagnosisOf(
      { direct: circle("https://shop.example/web/login"), proxy: circle("https://shop.example/web/login") },
      [],
      { url },
    );
    expect(diagnosis.cause).toBe("redirect-loop");
    expect(diagnosis.finding).toMatch(/^Odoo itself sends/);
    expect(diagnosis.ladder).toEqual([]);
  });

  it("that only the public meets is laid to what stands between", () => {
    const page = answer({ code: 301, location: "https://shop.example/web/login", body: "" });
    const cloudflare = { server: "cloudflare", "cf-ray": "88a1b2c3d4e5f6-FRA" };
    const outside = (headers = {}) =>
      diagnosisOf({ public: seen(publicProbe({ answer: page, headers })) }, [], { url });
    expect(outside()).toMatchObject({ cause: "redirect-loop", ladder: [] });
    expect(outside().advice).toContain("a load balancer, a CDN");
    expect(outside(cloudflare).advice).toMatch(/^Cloudflare stands between/);
  });

  it("is not the root while Odoo is down", () => {
    expect(causeOf({ containers: [odoo(exited), db()], proxy: circle("http://localhost/web/login") })).toBe(
      "odoo-stopped",
    );
  });
});

describe("the public side", () => {
  it("that answers otherwise than the host does is where a person must look", () => {
    const diagnosis = diagnosisOf({
      public: seen(publicProbe({ answer: TIMED_OUT, certificate: undefined })),
    });
    expect(diagnosis).toMatchObject({ cause: "public-unreachable", ladder: [] });
    expect(diagnosis.finding).toBe("the site is good on the host, and not from outside: no answer in time");
    expect(diagnosis.advice).toMatch(/DNS.*firewall/);
  });

  it("with a certificate that browsers refuse is bad, whatever page it hands out", () => {
    const certificate = { names: ["shop.example"], expires: ago(60), problem: "it expired on 2024-05-02" };
    const diagnosis = diagnosisOf({ public: seen(publicProbe({ certificate })) });
    expect(diagnosis).toMatchObject({ cause: "public-unreachable", ladder: [] });
    expect(diagnosis.finding).toContain("browsers refuse its certificate: it expired on 2024-05-02");
    expect(diagnosis.advice).toContain("certbot renew");
    // What could not be seen below changes nothing of that.
    expect(causeOf({ public: seen(publicProbe({ certificate })), databases: unseen("no psql") })).toBe(
      "public-unreachable",
    );
  });

  it("with a certificate that ends soon is warned of", () => {
    const certificate = { names: ["shop.example"], expires: NOW + 3.5 * 86_400_000, problem: undefined };
    const diagnosis = diagnosisOf({ public: seen(publicProbe({ certificate })) });
    expect(diagnosis.cause).toBe("healthy");
    expect(diagnosis.warnings).toEqual(["the certificate expires in 3 days (2024-05-05)"]);
  });

  it("on which a CDN shows its own page is told as that", () => {
    const headers = { server: "cloudflare", "cf-ray": "88a1b2c3d4e5f6-FRA" };
    const page = publicProbe({ answer: answer({ code: 521, body: "Web server is down" }), headers });
    const diagnosis = diagnosisOf({ public: seen(page) });
    expect(diagnosis.cause).toBe("public-unreachable");
    expect(diagnosis.finding).toBe("Cloudflare answers 521: it cannot use the droplet");
    expect(diagnosis.advice).toContain("CDN");
    expect(diagnosis.topology).toEqual(["Cloudflare stands in front of the site"]);
    const challenge = publicProbe({
      answer: answer({ code: 403, body: "Just a moment..." }),
      headers: { ...headers, "cf-mitigated": "challenge" },
    });
    // That says nothing of whether people get through.
    const asked = diagnosisOf({ public: seen(challenge) });
    expect(asked).toMatchObject({ cause: "unknown", ladder: [] });
    expect(asked.layers.at(-1)).toMatchObject({
      name: "public",
      state: "not observed",
      why: expect.stringContaining("a challenge page"),
    });
  });

  it("is not the root while the host itself is bad", () => {
    const bad = seen(publicProbe({ answer: BAD_GATEWAY }));
    expect(causeOf({ containers: [odoo(exited), db()], proxy, public: bad })).toBe("odoo-stopped");
  });
});
