// What curl saw at Odoo's own port and at the proxy: an answer, none, or that curl could not be asked.

import { describe, expect, it } from "vitest";
import { parseDirect, parseProxy } from "../../../src/survey/parse/http.ts";
import { unseen } from "../../../src/survey/survey.ts";
import { part } from "../part.ts";

const direct = (body: string, ...more: ReturnType<typeof part>[]) => {
  const [probe] = parseDirect([
    part("direct", "abc", `published=yes\naddress=127.0.0.1:8069\n${body}`),
    ...more,
  ]);
  if (probe === undefined) throw new Error("it was not read");
  return probe;
};
const OK = "curl=0\nerror=\ncode=200\nseconds=0.1\nbytes=9\ntype=text/html\nlocation=\n\n";

describe("an answer", () => {
  it.each([
    ["7", "refused"],
    ["28", "timed-out"],
    ["52", "broken"],
    ["56", "broken"],
    ["35", "broken"],
    ["23", "broken"],
  ])("for which curl ends with %s is %s", (code, problem) => {
    const body = `curl=${code}\nerror=curl: (${code}) words \ncode=000\n\n`;
    expect(direct(body).answer).toEqual({
      observed: true,
      value: { answered: false, problem, detail: `curl: (${code}) words` },
    });
  });

  it.each([
    ["curl=127\nerror=sh: curl: not found\n\n", "sh: curl: not found"],
    ["curl=127\nerror=\n\n", "curl is not installed"],
    ["curl=126\nerror=Permission denied\n\n", "Permission denied"],
    ["curl=124\nerror=\ncode=200\n\n", "curl itself did not end in time"],
    ["curl=137\nerror=\n\n", "curl itself did not end in time"],
    ["curl=0\nerror=\n\nIt works!", "curl ended with 0 and printed nothing that it was asked for"],
    ["curl=139\nerror=Segmentation fault\n\n", "Segmentation fault"],
    ["curl=0\nerror=\ncode=000\n\n", "curl printed no status code"],
    ["curl=0\nerror=\ncode=ok\n\n", "curl printed no status code"],
  ])("is not observed, and nobody says that the site is down, when curl is at fault: %j", (body, why) => {
    expect(direct(body).answer).toEqual(unseen(why));
    expect(parseProxy([part("answer", "http:80", body)])).toEqual(unseen(why));
  });

  it("is not observed where nothing was printed of it", () => {
    expect(direct("").answer).toEqual(unseen(expect.stringMatching(/./)));
    expect(parseProxy([part("answer", "http:80", "")])).toEqual(unseen("curl is not installed"));
  });

  it("is a page, even if the page looks like our own facts", () => {
    expect(direct(`${OK}curl=7\ncode=500\n\npage`).answer).toMatchObject({
      value: { answered: true, code: 200, body: "curl=7\ncode=500\n\npage" },
    });
  });

  it("may be empty, or have no body at all", () => {
    expect(direct(OK).answer).toMatchObject({ value: { code: 200, body: "" } });
    expect(direct(OK.trimEnd()).answer).toMatchObject({ value: { code: 200, body: "" } });
  });
});

describe("Odoo's own port", () => {
  it("is not asked where the container has no address", () => {
    expect(parseDirect([part("direct", "abc", "published=no\naddress=\n")])).toMatchObject([
      { published: false, answer: unseen("the container has no address"), listens: undefined },
    ]);
  });

  it("has the ports on which its processes listen, in decimal", () => {
    const probe = direct("curl=7\nerror=x\ncode=000\n\n", part("sockets", "abc", "1F85\n1F88\n0016\nend\n"));
    expect(probe.listens).toEqual([8069, 8072, 22]);
  });

  it("where nothing listens has an empty list, which is not the same as an unknown one", () => {
    expect(direct(OK, part("sockets", "abc", "end\n")).listens).toEqual([]);
    for (const body of ["", "unknown\n", "1F85\n", "1F85\nunknown\n"]) {
      expect(direct(OK, part("sockets", "abc", body)).listens, JSON.stringify(body)).toBeUndefined();
    }
    expect(direct(OK, part("sockets", "other", "end\n")).listens).toBeUndefined();
  });

  it("has the answer from inside of the container only where it was seen", () => {
    expect(direct(OK, part("inner", "abc", `${OK}page`)).inner).toMatchObject({ code: 200, body: "page" });
    expect(direct(OK, part("inner", "abc", "curl=127\n\n")).inner).toBeUndefined();
    expect(direct(OK).inner).toBeUndefined();
  });

  it("of several containers is told apart", () => {
    const probes = parseDirect([
      part("direct", "a", `published=yes\naddress=127.0.0.1:8069\n${OK}`),
      part("direct", "b", "published=no\naddress=172.18.0.3:8069\ncurl=7\nerror=\ncode=000\n\n"),
      part("inner", "b", `${OK}page`),
    ]);
    expect(probes).toMatchObject([
      { containerId: "a", inner: undefined, answer: { value: { answered: true } } },
      {
        containerId: "b",
        published: false,
        inner: { answered: true },
        answer: { value: { answered: false } },
      },
    ]);
  });
});

describe("the proxy", () => {
  it("is the last door that was tried", () => {
    expect(
      parseProxy([
        part("answer", "https:443", "curl=7\nerror=\ncode=000\n\n"),
        part("answer", "http:80", OK),
      ]),
    ).toMatchObject({ value: { door: "http:80", answer: { code: 200 } } });
  });

  it("that was not asked is not observed", () => {
    expect(parseProxy([])).toEqual(unseen("the probe printed nothing"));
  });
});
