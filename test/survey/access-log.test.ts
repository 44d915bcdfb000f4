// nginx's access log, minute by minute: the awk program that runs on the host, run here on logs as nginx writes them.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAccessLogs } from "../../src/survey/parse/nginx.ts";
import { type AccessLog, ifSeen } from "../../src/survey/survey.ts";
import { part } from "./part.ts";

const PROGRAM = readFileSync(new URL("../../src/survey/access-log.awk", import.meta.url), "utf8");

interface Request {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly code: number;
  readonly path?: string;
  readonly agent?: string;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const AGENT = "Mozilla/5.0 (X11; Linux x86_64)";

/** `24/Nov/2026:02:47:13 +0100`, in a zone so many minutes east of UTC. */
function stamp(at: number, zone = 0): string {
  const local = new Date(at + zone * 60_000).toISOString();
  const [, year, month, day, time] = /^(\d+)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(local) ?? [];
  const east = Math.abs(zone);
  const hours = String(Math.floor(east / 60)).padStart(2, "0");
  const minutes = String(east % 60).padStart(2, "0");
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} ${zone < 0 ? "-" : "+"}${hours}${minutes}`;
}

/** nginx's own format, `combined` (ngx_http_log_module). */
const combined = ({ at, code, path = "/web", agent = AGENT }: Request, zone = 0): string =>
  `203.0.113.9 - - [${stamp(at, zone)}] "GET ${path} HTTP/1.1" ${code} 512 "https://erp.example.com/web" "${agent}"`;

function awk(log: string): string {
  const { stdout, stderr, status } = spawnSync("awk", [PROGRAM], {
    input: log,
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 10_000_000,
  });
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
  return stdout.toString();
}

/** What the survey knows of a log; undefined when it can say nothing. */
function read(lines: readonly string[]): AccessLog | undefined {
  const body = awk(lines.map((line) => `${line}\n`).join(""));
  return ifSeen(parseAccessLogs([part("access", "/var/log/nginx/access.log", body)]))?.[0];
}

const readRequests = (requests: readonly Request[], zone = 0): AccessLog | undefined =>
  read(requests.map((request) => combined(request, zone)));

const NIGHT = Date.UTC(2026, 10, 24, 2, 47, 13);
const every = (seconds: number, from: number, to: number, code: number): Request[] =>
  Array.from({ length: Math.ceil((to - from) / (seconds * 1000)) }, (_, index) => ({
    at: from + index * seconds * 1000,
    code,
  }));

describe("the outage in an access log", () => {
  it("of 02:47:13 began then, to the second, and has a last good page before it", () => {
    const log = readRequests([
      ...every(7, NIGHT - 1_800_000, NIGHT - 4_000, 200),
      ...every(5, NIGHT, NIGHT + 900_000, 502),
    ]);
    expect(log?.badSince).toBe(NIGHT);
    expect(NIGHT - (log?.lastGood ?? 0)).toBeLessThanOrEqual(11_000);
    expect(log?.minutes.find(({ at }) => at === NIGHT - 13_000)).toMatchObject({ flips: 1 });
    expect(log?.minutes.at(-2)).toMatchObject({ total: 12, bad: 12, flips: 0 });
  });

  it("is over with the first good page, and the next one begins anew", () => {
    const first = every(5, NIGHT, NIGHT + 60_000, 502);
    expect(readRequests([...first, { at: NIGHT + 60_000, code: 200 }])?.badSince).toBeUndefined();
    const again = [...first, { at: NIGHT + 60_000, code: 200 }, { at: NIGHT + 90_000, code: 500 }];
    expect(readRequests(again)).toMatchObject({ badSince: NIGHT + 90_000, lastGood: NIGHT + 60_000 });
  });

  it("began with the first line when the log has nothing but failures", () => {
    const log = readRequests(every(1, NIGHT, NIGHT + 30_000, 504));
    expect(log).toMatchObject({ badSince: NIGHT, lastGood: undefined });
  });

  it.each([500, 502, 503, 504, 599])("is made of answers with %i", (code) => {
    expect(readRequests([{ at: NIGHT, code }])).toMatchObject({ badSince: NIGHT, minutes: [{ bad: 1 }] });
  });

  it.each([301, 302, 304, 400, 401, 403, 404, 499])(
    "neither begins nor ends with a %i, which Odoo need not have given",
    (code) => {
      expect(readRequests([{ at: NIGHT, code }])).toMatchObject({
        badSince: undefined,
        lastGood: undefined,
        minutes: [{ total: 1, bad: 0 }],
      });
      expect(
        readRequests([
          { at: NIGHT, code: 502 },
          { at: NIGHT + 1_000, code },
        ])?.badSince,
      ).toBe(NIGHT);
    },
  );

  it("ends with a 303, by which Odoo leads to its login page", () => {
    expect(
      readRequests([
        { at: NIGHT, code: 502 },
        { at: NIGHT + 1_000, code: 303 },
      ]),
    ).toMatchObject({
      badSince: undefined,
      lastGood: NIGHT + 1_000,
    });
  });

  it("does not end with a file that nginx hands out without Odoo", () => {
    const log = readRequests([
      { at: NIGHT, code: 502 },
      { at: NIGHT + 1_000, code: 200, path: "/web/static/src/img/logo.png" },
      { at: NIGHT + 2_000, code: 502 },
    ]);
    expect(log).toMatchObject({
      badSince: NIGHT,
      lastGood: undefined,
      minutes: [{ total: 3, bad: 2, flips: 0 }],
    });
  });

  it("has nothing of our own requests, which are the only ones on a dead site at night", () => {
    const ours = every(1, NIGHT + 5_000, NIGHT + 50_000, 200).map((each) => ({
      ...each,
      agent: "odoo-recover",
    }));
    const log = readRequests([{ at: NIGHT, code: 502 }, ...ours]);
    expect(log).toMatchObject({ badSince: NIGHT, lastGood: undefined });
    expect(log?.minutes.map(({ total }) => total)).toEqual([1]);
  });

  it("keeps requests of others that only look like ours", () => {
    const agents = ["odoo-recovery-bot", "x odoo-recover", "Odoo-Recover"];
    const log = readRequests(
      agents.map((agent, second) => ({ at: NIGHT + second * 1_000, code: 502, agent })),
    );
    expect(log?.minutes).toMatchObject([{ total: 3, bad: 3 }]);
  });
});

describe("flips", () => {
  it("are counted from good to bad, once for each time it falls", () => {
    const codes = [200, 502, 502, 200, 200, 500, 200];
    const log = readRequests(codes.map((code, second) => ({ at: NIGHT + second * 1_000, code })));
    expect(log?.minutes).toMatchObject([{ total: 7, bad: 3, flips: 2 }]);
  });

  it("across the turn of a minute belong to the minute in which it fell", () => {
    const minute = NIGHT - 13_000;
    const log = readRequests([
      { at: minute + 59_000, code: 200 },
      { at: minute + 60_000, code: 502 },
    ]);
    expect(log?.minutes).toMatchObject([
      { at: minute, flips: 0, bad: 0 },
      { at: minute + 60_000, flips: 1, bad: 1 },
    ]);
  });

  it("and totals are right for any run of requests", () => {
    const request = fc.record({
      pause: fc.nat({ max: 90 }),
      code: fc.constantFrom(200, 200, 303, 302, 404, 500, 502),
      fixed: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1, maxLength: 80 }),
        fc.constantFrom(0, 60, 330, -480),
        (all, zone) => {
          let at = NIGHT;
          const requests = all.map(({ pause, code, fixed }): Request => {
            at += pause * 1000;
            return { at, code, path: fixed ? "/web/static/a.js" : "/web" };
          });
          const isBad = ({ code }: Request) => code >= 500;
          const isPage = ({ code, path }: Request) => (code < 300 || code === 303) && path === "/web";
          const minutes = new Map<number, { at: number; total: number; bad: number; flips: number }>();
          let was = false;
          for (const each of requests) {
            const key = Math.floor(each.at / 60_000) * 60_000;
            const minute = minutes.get(key) ?? { at: key, total: 0, bad: 0, flips: 0 };
            minutes.set(key, minute);
            minute.total += 1;
            if (isBad(each)) {
              minute.bad += 1;
              if (was) minute.flips += 1;
              was = false;
            } else if (isPage(each)) was = true;
          }
          const lastGood = requests.findLastIndex(isPage);
          expect(readRequests(requests, zone)).toEqual({
            file: "/var/log/nginx/access.log",
            lastGood: requests[lastGood]?.at,
            badSince: requests.slice(lastGood + 1).find(isBad)?.at,
            minutes: [...minutes.values()],
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("time", () => {
  it.each([0, 60, 120, -300, 330, 345, -210])(
    "in a log whose zone is %i minutes east is the same moment",
    (zone) => {
      const log = readRequests(
        [{ at: NIGHT - 60_000, code: 200 }, ...every(5, NIGHT, NIGHT + 60_000, 502)],
        zone,
      );
      expect(log).toMatchObject({ badSince: NIGHT, lastGood: NIGHT - 60_000 });
      expect(log?.minutes.map(({ at }) => at)).toEqual([NIGHT - 73_000, NIGHT - 13_000, NIGHT + 47_000]);
    },
  );

  it("goes on when the clocks are put back", () => {
    // Berlin, 25 October 2026: 02:59:59 +0200 is followed by 02:00:00 +0100.
    const change = Date.UTC(2026, 9, 25, 1);
    const log = read([
      combined({ at: change - 1_000, code: 200 }, 120),
      combined({ at: change, code: 502 }, 60),
      combined({ at: change + 1_000, code: 502 }, 60),
    ]);
    expect(log).toMatchObject({ badSince: change, lastGood: change - 1_000 });
    expect(log?.minutes.map(({ at }) => at)).toEqual([change - 60_000, change]);
  });

  it("is kept for the last 120 minutes that had requests, of a log of any length", () => {
    const log = readRequests(every(20, NIGHT - 86_400_000, NIGHT, 200));
    expect(log?.minutes).toHaveLength(120);
    expect(log?.minutes.at(-1)?.at).toBe(NIGHT - 73_000);
  });

  it("that comes out of order, as from workers that buffer their lines, counts no minute twice", () => {
    const minute = NIGHT - 13_000;
    const order = [0, 61_000, 2_000, 62_000, 3_000];
    const log = readRequests(order.map((after) => ({ at: minute + after, code: 200 })));
    expect(log?.minutes).toMatchObject([
      { at: minute, total: 3 },
      { at: minute + 60_000, total: 2 },
    ]);
  });
});

describe("a line", () => {
  const good = combined({ at: NIGHT, code: 200 });

  it.each([
    ["with more fields behind it", `${good} "203.0.113.1" rt=0.120 uct="0.000"`],
    ["with the host in front", `erp.example.com ${good}`],
    ["in Apache's common form", `203.0.113.9 - admin [${stamp(NIGHT)}] "GET /web HTTP/1.1" 200 512`],
    ["with a time-out of zero in brackets", `[x] ${good}`],
    [
      "with quotes in its path, as nginx escapes them",
      combined({ at: NIGHT, code: 200, path: "/a\\x22 502 /" }),
    ],
    ["with bytes that are no text", combined({ at: NIGHT, code: 200, path: "/\u00ff\u0001é" })],
  ])("%s is understood", (_, line) => {
    expect(read([line])).toMatchObject({ lastGood: NIGHT, minutes: [{ total: 1, bad: 0 }] });
  });

  it.each([
    ["in JSON", `{"time":"2026-11-24T02:47:13+00:00","status":502,"request":"GET /web HTTP/1.1"}`],
    ["without a time", `203.0.113.9 "GET /web HTTP/1.1" 502 512`],
    ["with an ISO time", `203.0.113.9 [2026-11-24T02:47:13+00:00] "GET /web HTTP/1.1" 502 512`],
    ["without a status", `203.0.113.9 - - [${stamp(NIGHT)}] "GET /web HTTP/1.1"`],
    ["that is empty", ""],
    ["that was cut in front", good.slice(40)],
  ])("%s is not guessed at", (_, line) => {
    expect(read([line])).toBeUndefined();
    // Nor does it take anything away from its neighbours.
    expect(read([good, line, combined({ at: NIGHT + 1_000, code: 502 })])).toMatchObject({
      badSince: NIGHT + 1_000,
      lastGood: NIGHT,
      minutes: [{ total: 2, bad: 1, flips: 1 }],
    });
  });

  it("hands on no address, no path and no name of anybody", () => {
    const out = awk(
      `${combined({ at: NIGHT, code: 502, path: "/web?login=alice@example.com", agent: "secret" })}\n`,
    );
    expect(out).not.toMatch(/203\.0|alice|secret|web/);
    expect(out).toMatch(/^minute /m);
  });

  it("in a log that is empty says that there was none", () => {
    expect(awk("")).toBe("first=\nlast=\nlastgood=\nfirstbad=\nlines=0\nknown=0\n");
  });
});
