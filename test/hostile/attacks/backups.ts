/** The backup's manifest and the copy of the dump: what the droplet says of a backup, and sends for one. */

import { type Attack, reprinted } from "../attack.ts";
import { type Bend, DUMP, framed, honestManifest, type Received } from "../droplet.ts";
import type { Outcome } from "../run.ts";

/** A compiled stylesheet whose file is gone: what makes it again is of the class `repair`, and wants a backup first. */
const assetMissing: Bend = reprinted((printed) => {
  for (const section of printed.sections) {
    if (section.name.startsWith("odoo "))
      section.body = section.body.replaceAll(/^(file=odoo\t\S+\t)good/gm, "$1missing");
    if (section.name.startsWith("asset ")) section.body = section.body.replace("code=200", "code=404");
  }
});

const settled =
  (text: (received: Received) => string, said = ""): Bend =>
  (_, received) =>
    framed(
      `\n${received.nonce} section said\n${said}\n${received.nonce} section manifest\n${text(received)}\n`,
      received.nonce,
    );

/** What a person is told to type holds no word of the droplet. */
function typed({ end }: Outcome): string[] {
  const lines = end.summary.split("\n").filter((line) => /\bssh\b/.test(line));
  return lines
    .filter((line) => /pwn|-rf|\.\./.test(line))
    .map((line) => `a person is told to type ${JSON.stringify(line.slice(0, 200))}`);
}

const attack = (name: string, bends: NonNullable<Attack["bends"]>, more: Partial<Attack> = {}): Attack => ({
  name,
  mode: "recover",
  inputs: { ceiling: "repair", backup: "always", boot_wait: "1s", ...more.inputs },
  seconds: 90,
  bends: (world) => ({ survey: assetMissing, ...bends(world) }),
  expect: typed,
});

const manifest = (name: string, text: (received: Received) => string, more: Partial<Attack> = {}): Attack =>
  attack(`the backup's manifest ${name}`, () => ({ settle: settled(text) }), more);

const field = (key: string, value: unknown): Attack =>
  manifest(`has the ${key} ${JSON.stringify(value)?.slice(0, 40)}`, (received) =>
    JSON.stringify({ ...honestManifest(received), [key]: value }),
  );

/** JSON has numbers that JavaScript cannot write. */
const number = (key: string, text: string): Attack =>
  manifest(`has the ${key} ${text.slice(0, 20)}`, (received) =>
    JSON.stringify({ ...honestManifest(received), [key]: 12345678 }).replace("12345678", text),
  );

const MARKUP = "<img src=pwn> [pwn](https://pwn.example) @pwn | `pwn`\n# pwn\n::error::pwn";

export const BACKUPS: readonly Attack[] = [
  attack("an honest backup before a repair", () => ({})),
  ...["null", "[]", '"pwn"', "1e309", "{}", '{"file": "x"', "", "[".repeat(100_000)].map((text) =>
    manifest(`is ${text.slice(0, 20) || "empty"}`, () => text),
  ),
  ...[
    "-rf",
    "a\nb",
    "$(touch pwn).dump",
    "pwn`pwn`'\";.dump",
    "",
    ".",
    "x".repeat(5_000),
    7,
    null,
    ["pwn"],
  ].map((file) => field("file", file)),
  attack(
    "the backup's manifest names a file of the checkout, and the dump is copied to the runner",
    (world) => ({
      settle: settled((received) =>
        JSON.stringify({
          ...honestManifest(received),
          // From `backups` in the report directory.
          file: `../../../${world.path("workspace/requirements.txt").slice(world.root.length + 1)}`,
        }),
      ),
    }),
    { inputs: { backup_to: "both" } },
  ),
  attack(
    "the backup's manifest names the report, and the dump is copied to the runner",
    () => ({
      settle: settled((received) => JSON.stringify({ ...honestManifest(received), file: "../report.json" })),
    }),
    { inputs: { backup_to: "both" } },
  ),
  field("bytes", -1),
  field("bytes", "2112"),
  number("bytes", "1e309"),
  number("bytes", "9".repeat(400)),
  field("sha256", "pwn"),
  field("sha256", MARKUP),
  field("tables", MARKUP),
  field("tables", -1),
  number("tables", "1e309"),
  field("seconds", MARKUP),
  field("snapshot", "/etc"),
  field("snapshot", MARKUP),
  field("snapshot", { toString: "pwn" }),
  field("database", MARKUP),
  attack("what is said of the backup is full of words", () => ({
    settle: settled(
      (received) => JSON.stringify(honestManifest(received)),
      `${MARKUP}\nrefused: ${MARKUP}\n`,
    ),
  })),
  attack("the refusal of the backup is full of words", () => ({
    attach: (_, { nonce }) =>
      framed(
        `\n${nonce} section log\nrefused: ${MARKUP}\nbecause: ${MARKUP}\n${nonce} section state\nended 9\n`,
        nonce,
      ),
    abandon: (_, { nonce }) => framed(`\n${nonce} section refusal\nrefused: ${MARKUP}\n`, nonce),
  })),
  attack(
    "the copy of the dump is longer than was said, by far",
    () => ({ copy: (_, { nonce }) => framed(Buffer.alloc(50_000_000, "pwn"), nonce) }),
    { inputs: { backup_to: "both" } },
  ),
  attack(
    "the copy of the dump is shorter than was said",
    () => ({ copy: (_, { nonce }) => framed(DUMP.subarray(7), nonce) }),
    { inputs: { backup_to: "both" } },
  ),
  attack(
    "the dump that is streamed to the runner is none",
    () => ({ stream: (_, { nonce }) => framed("pwn\n".repeat(1_000), nonce) }),
    { inputs: { backup_to: "runner" } },
  ),
];
