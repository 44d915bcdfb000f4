/** Names that want to be paths: a name of the host never says where something is written on the runner. */

import { existsSync, mkdirSync, symlinkSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Attack, reprinted, utf8, withSections } from "../attack.ts";
import type { Outcome } from "../run.ts";
import type { World } from "../world.ts";

/** What the droplet wrote that was not kept is said somewhere, and takes nothing else with it. */
function reported({ journal, end, reportDirectory }: Outcome): string[] {
  const said = /\b(?:dropped|left out|not kept|ignored|not written|unusable|unsafe|unexpected)\b/i;
  return [
    ...(said.test(`${journal}${end.log}${end.summary}`)
      ? []
      : ["nothing says that something of the evidence was left out"]),
    ...(existsSync(join(reportDirectory, "evidence/before/processes.txt"))
      ? []
      : ["the rest of the evidence is not there either"]),
  ];
}

/** A name that is too long for one may be taken for text of the section before it, and is kept then. */
const longName = (length: number, of = "n"): Attack => ({
  name: `a section of the evidence has a name of ${length} characters, ${of}`,
  state: "odoo-stopped",
  bends: () => ({ evidence: withSections([`log ${of.repeat(length)}`, "pwn"], [of.repeat(length), "pwn"]) }),
  expect: ({ reportDirectory }) =>
    existsSync(join(reportDirectory, "evidence/before/processes.txt"))
      ? []
      : ["the rest of the evidence is not there either"],
});

const evidence = (name: string, ...sections: readonly (readonly [string, string])[]): Attack => ({
  name: `a section of the evidence ${name}`,
  state: "odoo-stopped",
  bends: () => ({ evidence: withSections(...sections) }),
  expect: reported,
});

/** In the world of the run, which has another place each time. */
const into = (name: string, sections: (world: World) => readonly (readonly [string, string])[]): Attack => ({
  name: `a section of the evidence ${name}`,
  state: "odoo-stopped",
  bends: (world) => ({ evidence: withSections(...sections(world)) }),
  expect: reported,
});

/** Somebody in the same job puts a link where the report will be. */
const link = (
  name: string,
  when: string,
  place: (report: string, world: World) => readonly [link: string, target: string],
  more: Partial<Attack> = {},
): Attack => ({
  name: `a link lies ${name}`,
  state: "odoo-stopped",
  onProgram: ({ name: program, earlier }, world) => {
    const { reportDirectory } = world;
    if (program !== when || earlier > 0 || reportDirectory === undefined) return;
    const [path, target] = place(reportDirectory, world);
    mkdirSync(dirname(path), { recursive: true });
    if (existsSync(path)) unlinkSync(path);
    symlinkSync(target, path);
  },
  ...more,
});

export const PATHS: readonly Attack[] = [
  into("is a path to requirements.txt of the checkout", (world) => [
    [world.fromEvidence("workspace/requirements"), "pwn\n"],
  ]),
  into("is a path to a log and an inspection of the checkout", (world) => [
    [`log ${world.fromEvidence("workspace/app")}`, "pwn\n"],
    [`inspect ${world.fromEvidence("workspace/web")}`, "pwn\n"],
    [`nginx ${world.fromEvidence("home/notes")}`, "pwn\n"],
  ]),
  into("is a path that does not exist yet", (world) => [
    [`log ${world.fromEvidence("workspace/new/folder/pwn")}`, "pwn\n"],
    [`${world.fromEvidence("temp/pwn")}`, "pwn\n"],
  ]),
  into("is an absolute path", (world) => [
    [`log ${world.path("workspace/app")}`, "pwn\n"],
    [world.path("workspace/requirements"), "pwn\n"],
    ["/etc/pwn", "pwn\n"],
  ]),
  into("replaces the report itself", () => [
    ["log ../../journal", "pwn\n"],
    ["compose/../../report", "pwn\n"],
    ["../../summary", "pwn\n"],
  ]),
  evidence(
    "has dots and slashes in other spellings",
    ["log ..%2f..%2f..%2fworkspace%2fapp", "pwn"],
    ["log ..\\..\\workspace\\app", "pwn"],
    ["log a/b/c", "pwn"],
    ["log ./pwn", "pwn"],
    ["log ..", "pwn"],
    ["..", "pwn"],
    [".", "pwn"],
  ),
  evidence("has a NUL in its name", ["log pwn\0.txt", "pwn"], ["\0", "pwn"]),
  evidence("has control characters in its name", ["log pwn\r\x1b[31m\x08", "pwn"], ["log \t", "pwn"]),
  longName(300),
  longName(5_000),
  longName(1_000_000),
  longName(100, "🦊"),
  evidence(
    "differs from another by case alone",
    ["log app", "one"],
    ["log APP", "two"],
    ["log App", "three"],
  ),
  evidence(
    "has a name that a system keeps for itself",
    ["log CON", "pwn"],
    ["log nul", "pwn"],
    ["log COM1", "pwn"],
    ["log pwn.", "pwn"],
    ["log pwn ", "pwn"],
  ),
  evidence("is hidden", ["log .git", "pwn"], ["log .bashrc", "pwn"], [".ssh", "pwn"], ["log -rf", "pwn"]),
  evidence(
    "is of a kind that nobody asked for",
    ["requirements", "pwn"],
    ["package", "pwn"],
    ["log2 x", "pwn"],
  ),
  evidence(
    "is called as a key of every object",
    ["__proto__", "pwn"],
    ["log __proto__", "pwn"],
    ["constructor", "pwn"],
  ),
  evidence("has invisible characters in its name", ["log p\u202ewn\u200b", "pwn"], ["log pwn\ufeff", "pwn"]),
  {
    name: "the first section of the evidence is a path",
    state: "odoo-stopped",
    bends: (world) => ({
      evidence: reprinted((printed) => {
        printed.sections = printed.sections.map(({ name, body }) => ({
          name: name === "ps" ? utf8(world.fromEvidence("workspace/requirements")) : name,
          body,
        }));
      }),
    }),
    expect: reported,
  },
  link("in the place of the evidence", "survey", (report, world) => [
    join(report, "evidence"),
    world.path("workspace"),
  ]),
  link("in the place of a folder of the evidence", "survey", (report, world) => [
    join(report, "evidence", "before"),
    world.path("workspace"),
  ]),
  link("in the place of a file of the evidence", "survey", (report, world) => [
    join(report, "evidence", "before", "compose.json"),
    world.path("workspace/compose.json"),
  ]),
  link("in the place of the summary", "survey", (report, world) => [
    join(report, "summary.md"),
    world.path("workspace/requirements.txt"),
  ]),
  link("in the place of the report", "survey", (report, world) => [
    join(report, "report.json"),
    world.path("workspace/compose.json"),
  ]),
  link("in the place of the journal", "survey", (report, world) => [
    join(report, "journal.jsonl"),
    world.path("workspace/app.log"),
  ]),
  link(
    "among the evidence that is uploaded, to a file",
    "evidence",
    (report, world) => [join(report, "evidence", "before", "key.txt"), world.path("home/.ssh/id_ed25519")],
    { uploads: true },
  ),
  link(
    "among the evidence that is uploaded, to a folder",
    "evidence",
    (report, world) => [join(report, "evidence", "home"), world.path("home/.ssh")],
    { uploads: true },
  ),
];
