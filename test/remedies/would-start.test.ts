// Whether a new start of Odoo would come up, asked by the real Python with a psycopg2 of ours: what is known to keep it down
// is said, and no password with it.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../support/hosts.ts";

const source = (path: string): string => readFileSync(new URL(`../../src/${path}`, import.meta.url), "utf8");
const REFUSED = 'FATAL:  password authentication failed for user "odoo"';

interface Start {
  /** odoo.conf; undefined: there is none. */
  readonly configuration?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The password that PostgreSQL takes. */
  readonly password?: string;
  /** What it says to any other. */
  readonly says?: string;
  readonly words?: readonly string[];
  readonly driver?: boolean;
}

function look({
  configuration,
  environment = {},
  password = "right",
  says = REFUSED,
  words = [],
  driver = true,
}: Start): string {
  using folder = temporaryDirectory();
  const config = join(folder.path, "odoo.conf");
  if (configuration !== undefined) writeFileSync(config, configuration);
  mkdirSync(join(folder.path, "data"));
  writeFileSync(
    join(folder.path, "psycopg2.py"),
    driver
      ? `class Error(Exception): pass
class Connection:
    def close(self): pass
def connect(**given):
    if given.get("password") != ${JSON.stringify(password)}: raise Error(${JSON.stringify(says)})
    return Connection()`
      : "raise ImportError",
  );
  const command = JSON.stringify(["odoo", ...words, "--config", config, "-D", join(folder.path, "data")]);
  const program = [
    `import sys; sys.path.insert(0, ${JSON.stringify(folder.path)})`,
    source("survey/odoo-process.py"),
    `odoo_process = lambda: (${command}, os.getuid(), os.getgid(), [os.getgid()])`,
    source("remedies/would-start.py"),
  ].join("\n");
  const { stdout, stderr } = spawnSync("python3", ["-I", "-B", "-"], {
    input: program,
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", ...environment },
  });
  expect(stderr).toBe("");
  return stdout;
}

describe("a new start of Odoo", () => {
  it.each<[string, Start]>([
    ["the command line", { words: ["--db_password=right"] }],
    ["the command line, by a short name", { words: ["-w", "right"] }],
    ["odoo.conf", { configuration: "[options]\ndb_password = right\n" }],
    ["the container's environment", { environment: { PASSWORD: "right" } }],
    // Whichever of the two the image takes.
    [
      "odoo.conf, against the command line",
      { words: ["--db_password=wrong"], configuration: "[options]\ndb_password = right\n" },
    ],
    [
      "the command line, against odoo.conf",
      { words: ["--db_password=right"], configuration: "[options]\ndb_password = wrong\n" },
    ],
  ])("gets its connection by what is in %s", (_, start) => {
    expect(look(start)).toBe("");
  });

  it("gets none where all of them are wrong", () => {
    const start = { words: ["--db_password=old"], configuration: "[options]\ndb_password = older\n" };
    expect(look(start)).toBe(`unfit Odoo's own credentials get no connection to its database: ${REFUSED}\n`);
  });

  it("would get one where only the connections are all taken: its own are freed", () => {
    expect(look({ password: "x", says: "FATAL:  sorry, too many clients already" })).toBe("");
  });

  it.each([
    ["[options]\ndb_password = secret\nno equals sign\n", /cannot be parsed \(ParsingError, line 3\)/],
    ["db_password = secret\n", /cannot be parsed \(MissingSectionHeaderError, line 1\)/],
    ["[options]\nworkers = 2\nworkers = 3\n", /cannot be parsed \(DuplicateOptionError, line 3\)/],
  ])("would fall over its configuration %j, of which no line is shown", (configuration, words) => {
    const said = look({ configuration, environment: { PASSWORD: "right" } });
    expect(said).toMatch(words);
    expect(said).not.toContain("secret");
  });

  it("is not known to come up where there is no driver to ask with", () => {
    expect(look({ driver: false })).toBe(
      "unseen whether the database lets Odoo in: there is no psycopg2 for this python3\n",
    );
  });
});
