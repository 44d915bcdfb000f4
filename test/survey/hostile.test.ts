// A host in an attacker's hands prints what it likes: reading it never throws, takes bounded time, and lets the process
// do its other work meanwhile (signals, heartbeats).

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostSurvey, parseSurvey } from "../../src/survey/parse/index.ts";
import { parseJson } from "../../src/survey/raw.ts";
import { ifSeen, unseen } from "../../src/survey/survey.ts";
import { answered, longestBlock } from "./hostile.ts";
import { HTTP, inspected, type Part, PROBES, whole } from "./printed.ts";

/** In milliseconds: three times what a slow machine takes, and a hundredth of what the fault took. */
const BOUND = 500;
/** What survey.sh lets through of one probe. */
const MOST = 2_990_000;

/** Sections in the place of a probe's own, in a survey that is otherwise well. */
function instead(part: keyof typeof PROBES, sections: readonly Part[]): Part[] {
  return whole({ [part]: [...(PROBES[part][0] ? [PROBES[part][0]] : []), ...sections] });
}

const filled = (filler: string, most = MOST): string =>
  filler.repeat(Math.floor(most / Buffer.byteLength(filler)));

/** Lines as long as they may be, each nearly what its parser looks for. */
const lines = (filler: string, end: string): string => filled(`${filled(filler, 16_000)}${end}\n`);

const TABS = "\t".repeat(4_500);

describe("a hostile answer", () => {
  it.each<[string, Part[]]>([
    [
      "the line of 9 kB that took 229 s",
      instead("settings", [["conf a", `1:db_name=${TABS}=${TABS}\u20280`]]),
    ],
    ["settings of tabs", instead("settings", [["conf a", lines("\t", "=\u2028 x")]])],
    ["settings of equals signs", instead("settings", [["conf a", lines("1:a=", "")]])],
    [
      "an outline of colons",
      instead("projects", [
        ["project 1", "a\t/a\t/a\t\tlabels\n"],
        ["outline 1", lines(":1", "\u2028")],
      ]),
    ],
    [
      "hashes of spaces",
      instead("projects", [
        ["project 1", "a\t/a\t/a\t\tlabels\n"],
        ["hashes 1", lines(" ", "x")],
      ]),
    ],
    [
      "thousands of projects",
      instead(
        "projects",
        Array.from({ length: 4_000 }, (_, n): Part => [`project ${n}`, "a"]),
      ),
    ],
    ["processes of spaces", whole({ processes: [["probe processes 0", lines("1 1 S 1 ", "\u2028")]] })],
    ["a million processes", whole({ processes: [["probe processes 0", filled("1 1 S 00:01 x\n")]] })],
    ["listeners of spaces", whole({ listeners: [["probe listeners 0", lines(" ", "LISTEN 0 0 a:1 b")]] })],
    [
      "disks of numbers",
      instead("disks", [
        ["space", lines("1 1 1 1% ", "/")],
        ["inodes", lines("/\t1\t1\t1\t-\t", "x")],
      ]),
    ],
    ["memory of colons", whole({ memory: [["probe memory 0", lines("MemTotal: ", "1 kB")]] })],
    ["units of line feeds", whole({ units: [["probe units 0", filled("\n\nId=a\n")]] })],
    [
      "packages of words",
      instead("history", [
        ["packages", lines("a ", "\u2028")],
        ["kernel", lines("1.", " kernel: ")],
      ]),
    ],
    [
      "a configuration of words",
      instead("nginx", [
        ["test 0", "nginx"],
        ["config", `# configuration file /a:\n${filled("a ")}`],
      ]),
    ],
    [
      "a configuration of blocks",
      instead("nginx", [
        ["test 0", "nginx"],
        ["config", `# configuration file /a:\n${filled("http{server{")}`],
      ]),
    ],
    [
      "a configuration of passes",
      instead("nginx", [
        ["test 0", "nginx"],
        [
          "config",
          `# configuration file /a:\nupstream a {${"server x;".repeat(9_000)}}\n${"server{proxy_pass http://a;}\n".repeat(9_000)}`,
        ],
      ]),
    ],
    [
      "thousands of filestores",
      instead("running", [
        [
          "odoo a",
          `user=1:1\n${filled("filestore=a\tb\n", MOST / 2)}${filled("file=a\tb\tgood\t1\n", MOST / 2)}`,
        ],
      ]),
    ],
    [
      "thousands of assets",
      instead("proxyAssets", [
        ["page proxy", lines("\t", "x")],
        ...Array.from({ length: 4_000 }, (_, n): Part => [`asset proxy ${n}`, HTTP]),
      ]),
    ],
    ["a page of line feeds", instead("proxy", [["answer http:80", filled("\n\n")]])],
    ["JSON of brackets", whole({ containers: [["probe containers 0", filled("[")]] })],
    ["JSON of elements", whole({ containers: [["probe containers 0", `[${filled('{"a":1},')}0]`]] })],
    ["a database of tabs", instead("databases", [["database a", `activity={}\n${lines("modules=\t", "")}`]])],
    [
      "sequences for terminals",
      instead("logs", [
        ["log a", filled("\x1b]")],
        ["log b", filled("\x1b[1", 1_000)],
      ]),
    ],
    [
      "sixteen megabytes of everything",
      whole().map(([name]): Part => [name, lines('= \t:-[{"\\;', "\u2028").slice(0, 350_000)]),
    ],
  ])("is read while other work goes on: %s", async (_, parts) => {
    const result = answered(parts);
    let survey: HostSurvey | undefined;
    const block = await longestBlock(async () => {
      survey = await parseSurvey(result);
    });
    expect(ifSeen(survey?.host ?? unseen(""))?.name ?? "droplet").toBe("droplet");
    expect(block).toBeLessThan(BOUND);
  });

  it("takes away the probe that printed more than survey.sh lets through, and no other", async () => {
    const survey = await parseSurvey(
      answered(whole({ memory: [["probe memory 0", "x".repeat(4_000_000)]] })),
    );
    expect(survey.memory).toEqual(unseen("the probe printed too much"));
    expect(survey.disks.observed).toBe(true);
  });

  it("is read without a throw in bounded time, whatever bytes it has, new ones or a real answer's that were changed", async () => {
    const real = whole();
    const changed = fc
      .record({
        section: fc.nat({ max: real.length - 1 }),
        at: fc.nat({ max: 2_000 }),
        taken: fc.nat({ max: 40 }),
        put: fc.oneof(
          fc.uint8Array({ maxLength: 20 }),
          fc.constantFrom(
            "\u2028",
            "\0",
            "\x1b]",
            "\n\n",
            "\t",
            "99999",
            "-1",
            "1e999",
            '"__proto__":{"a":1},',
            "99999-12-31",
          ),
        ),
      })
      .map(({ section, at, taken, put }): [number, (body: Buffer) => Buffer] => [
        section,
        (body) =>
          Buffer.concat([
            body.subarray(0, at % (body.length + 1)),
            Buffer.from(put),
            body.subarray((at % (body.length + 1)) + taken),
          ]),
      ]);
    await fc.assert(
      fc.asyncProperty(fc.array(changed, { minLength: 1, maxLength: 12 }), async (changes) => {
        const bodies: Uint8Array[] = real.map(([, body]) => Buffer.from(body));
        for (const [section, change] of changes) bodies[section] = change(Buffer.from(bodies[section] ?? ""));
        const result = answered(real.map(([name], index) => [name, bodies[index] ?? ""]));
        let survey: HostSurvey | undefined;
        const block = await longestBlock(async () => {
          survey = await parseSurvey(result);
        });
        expect(block).toBeLessThan(BOUND);
        for (const part of Object.values(survey ?? {})) if (!part.observed) expect(part.why).not.toBe("");
        for (const date of datesIn(survey)) expect(() => new Date(date).toISOString()).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });

  it("with a number or a date that cannot be is not observed where it stands, and throws nowhere", async () => {
    const container = inspected({ State: { ...inspected().State, StartedAt: "+099999-01-01T00:00:00Z" } });
    const survey = await parseSurvey(
      answered(
        whole({
          host: [["probe host 0", "privilege=root\nepoch=99999999999999\n"]],
          containers: [["probe containers 0", JSON.stringify([container])]],
          units: [
            ["probe units 0", "Id=a\nActiveState=active\nActiveEnterTimestamp=Wed 9999-99-99 99:99:99 UTC\n"],
          ],
          listeners: [["probe listeners 0", "LISTEN 0 1 a:99999 b\nLISTEN 0 1 a:22 b\n"]],
          images: [["probe images 0", "a\tb\t99999-01-01 00:00:00 +0000 UTC\n"]],
        }),
      ),
    );
    expect(survey.host).toEqual(unseen("the host's clock shows a time that cannot be"));
    expect(survey.containers.observed).toBe(false);
    expect(ifSeen(survey.units)?.get("a")?.upSince).toBeUndefined();
    expect(ifSeen(survey.listeners)).toEqual([{ address: "a", port: 22, program: "" }]);
    expect(ifSeen(survey.images)?.get("a")).toEqual({ id: "b", taggedAt: undefined });
  });
});

/** Every number in it that is called a time. */
function datesIn(value: unknown, name = ""): number[] {
  if (typeof value === "number") return /^(?:at|.*Since|lastGood|taggedAt)$/.test(name) ? [value] : [];
  if (value instanceof Map) return [...value.values()].flatMap((each) => datesIn(each));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, each]) => datesIn(each, Array.isArray(value) ? name : key));
}

describe("a JSON document", () => {
  it("is cleaned in every string and name, and gives __proto__ no meaning", () => {
    const read = parseJson(
      '{"a\\u0000\\u2028":"b\\u001b[31mc\\u202e","__proto__":{"polluted":1},"__pro\\u0000to__":2,"n":[1,null,true,"\\ud800"]}',
    );
    expect(read).toEqual({ a: "bc", n: [1, null, true, "\ufffd"] });
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect("polluted" in (read as object)).toBe(false);
  });

  it.each([
    ["not JSON", "{"],
    ["too deep", `${"[".repeat(40)}${"]".repeat(40)}`],
    ["very deep", `${"[".repeat(400_000)}${"]".repeat(400_000)}`],
    ["of too many elements", `[${"0,".repeat(400_000)}0]`],
    ["too long", `"${"x".repeat(5_000_000)}"`],
  ])("%s is none", (_, text) => {
    expect(parseJson(text)).toBeUndefined();
  });
});
