// Whether an answer is Odoo's login page: 200 alone proves nothing.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  askedDirectly,
  askedInPublic,
  askedThrough,
  isChooser,
  judgeAnswer,
  leadsInCircle,
} from "../../src/diagnosis/answer.ts";
import { answer, LOGIN_PAGE, REFUSED } from "./surveys.ts";

describe("an answer", () => {
  it("of 200 with the login form is good", () => {
    expect(judgeAnswer(LOGIN_PAGE)).toEqual({ good: true, why: "200 in 0.12 s" });
    // A page whose form another theme names differently still has the field.
    expect(judgeAnswer(answer({ body: '<input type="text" name="login" id="login"/>' })).good).toBe(true);
  });

  it.each([
    ["nginx's own page", "<h1>Welcome to nginx!</h1>"],
    [
      "the database manager",
      '<h1>Odoo</h1><form action="/web/database/create"><input name="master_pwd"/></form>',
    ],
    ["the database selector", '<div class="list-group"><a href="/web?db=a">a</a></div>'],
    ["an error page that says 200", "<title>Odoo Server Error</title>"],
    ["nothing", ""],
  ])("of 200 with %s is not", (_, body) => {
    const verdict = judgeAnswer(answer({ body }));
    expect(verdict.good).toBe(false);
    expect(verdict.why).toContain("not Odoo's login page");
  });

  it.each([
    ["an empty page", " \n", "it is empty"],
    [
      "nginx's welcome page",
      "<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>",
      "it is the one that nginx shows where no site is set up",
    ],
    [
      "a maintenance page, whichever of its words says so",
      "<head><title>Back soon</title></head><body><h1>We are down for maintenance</h1></body>",
      "it is one about maintenance (Back soon)",
    ],
    [
      "an error page",
      "<title>Odoo Server Error</title><p>...</p>",
      "it is one about an error (Odoo Server Error)",
    ],
    [
      "an error page that has only a heading",
      "<h1>503 <b>Service</b>\n Temporarily Unavailable</h1>",
      "it is one about an error (503 Service Temporarily Unavailable)",
    ],
    ["another site's page", "<title>Our shop</title>", "it has another title (Our shop)"],
    ["something that is no page", "ok", "it has 4321 bytes and no title"],
    [
      "Odoo's selector of databases",
      '<title>Odoo</title><div class="list-group"><a href="/web?db=a" class="list-group-item">a</a></div>',
      "it is the one where Odoo lets people choose a database",
    ],
    [
      "Odoo's manager of databases",
      '<form action="/web/database/create" method="post"><input name="master_pwd"/></form>',
      "it is the one where Odoo lets people choose a database",
    ],
  ])("of 200 with %s is told for what it is", (_, body, words) => {
    expect(judgeAnswer(answer({ body })).why).toBe(
      `200 in 0.12 s, but the page is not Odoo's login page: ${words}`,
    );
  });

  it("is a chooser of databases by its address or its page, and a login page with a link there is none", () => {
    expect(isChooser(answer({ code: 303, location: "http://127.0.0.1:8069/web/database/selector" }))).toBe(
      true,
    );
    expect(isChooser(answer({ body: '<a href="/odoo?db=shop">shop</a>' }))).toBe(true);
    const login = LOGIN_PAGE.answered ? LOGIN_PAGE.body : "";
    expect(isChooser(answer({ body: `${login}<a href="/web/database/manager">Manage Databases</a>` }))).toBe(
      false,
    );
    expect(isChooser(answer({ code: 303, location: "/web/session" }))).toBe(false);
    expect(isChooser(REFUSED)).toBe(false);
  });

  it("with any other status is not, whatever stands in it, and says the status and where it leads", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), (code) => {
        fc.pre(code !== 200);
        const verdict = judgeAnswer(answer({ code }));
        expect(verdict.good).toBe(false);
        expect(verdict.why).toContain(String(code));
      }),
    );
    expect(judgeAnswer(answer({ code: 303, location: "https://x/web/database/selector" })).why).toContain(
      "303 to https://x/web/database/selector",
    );
  });

  it.each([
    ["refused", "connection refused"],
    ["timed-out", "no answer in time"],
    ["broken", "the connection broke"],
  ] as const)("that never came (%s) is not, and says how", (problem, words) => {
    expect(judgeAnswer({ answered: false, problem, detail: "curl: (x)" })).toEqual({
      good: false,
      why: `${words} (curl: (x))`,
    });
  });
});

describe("a redirect", () => {
  const to = (location: string, code = 301) => answer({ code, location, body: "" });
  const shop = new URL("https://shop.example");
  const circles = (location: string, asked: readonly string[]): boolean => leadsInCircle(to(location), asked);

  it("to where it was asked for is a circle, and the words say so", () => {
    const asked = askedThrough("http:80", undefined);
    expect(judgeAnswer(to("http://localhost/web/login"), asked)).toEqual({
      good: false,
      why: "301 to http://localhost/web/login in 0.12 s, which is where it was asked for: a circle",
    });
    expect(circles("/web/login", asked)).toBe(true);
    expect(circles("http://localhost:80/web/login", asked)).toBe(true);
  });

  it("to anywhere else is none", () => {
    const asked = askedThrough("http:80", undefined);
    for (const location of [
      "",
      "/web",
      "/web/login?db=shop",
      "https://localhost/web/login",
      "http://shop.example/web/login",
      "http://localhost:8080/web/login",
      "http://[broken/web/login",
    ])
      expect(circles(location, asked), location).toBe(false);
    expect(leadsInCircle(answer({ code: 200, location: "/web/login" }), asked)).toBe(false);
    expect(leadsInCircle(REFUSED, asked)).toBe(false);
  });

  it("back to http is a circle for who came to https from there", () => {
    expect(circles("http://localhost/web/login", askedThrough("https:443", undefined))).toBe(true);
    const http = new URL("http://shop.example");
    expect(circles("http://shop.example/web/login", askedThrough("https:443", http))).toBe(true);
    // Who was asked for by https did not see what http answers.
    expect(circles("http://shop.example/web/login", askedThrough("https:443", shop))).toBe(false);
    expect(circles("https://shop.example/web/login", askedThrough("https:443", shop))).toBe(true);
  });

  it("to the public address is one where its port leads to another door of the host", () => {
    const forwarded = new URL("http://shop.example:8080");
    expect(circles("http://shop.example:8080/web/login", askedThrough("http:80", forwarded))).toBe(true);
    // What a load balancer that ends TLS asks by http is sent to https, as it should be.
    expect(circles("https://shop.example/web/login", askedThrough("http:80", shop))).toBe(false);
  });

  it("of Odoo's own is one under its address or under the public name", () => {
    const asked = askedDirectly("127.0.0.1:8069", shop);
    expect(circles("http://127.0.0.1:8069/web/login", asked)).toBe(true);
    expect(circles("https://shop.example/web/login", asked)).toBe(true);
    expect(circles("http://127.0.0.1:8069/web/database/selector", asked)).toBe(false);
    expect(askedDirectly("", shop)).toEqual(["https://shop.example/web/login"]);
  });

  it("that is left outside after some were followed is one, between http and https too", () => {
    const asked = askedInPublic("https://shop.example/web/login");
    expect(circles("http://shop.example/web/login", asked)).toBe(true);
    expect(circles("/web/login", asked)).toBe(true);
    expect(circles("https://sso.example/web/login", asked)).toBe(false);
    expect(askedInPublic("nonsense")).toEqual([]);
  });
});
