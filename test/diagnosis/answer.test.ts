// Whether an answer is Odoo's login page: 200 alone proves nothing.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeAnswer } from "../../src/diagnosis/layers.ts";
import { answer, LOGIN_PAGE } from "./surveys.ts";

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
