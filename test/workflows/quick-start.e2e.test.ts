/**
 * docs/quick-start.md, walked as a new user would: every command as it stands there, and what it prints beside what is
 * promised. The key is made by the page, the user on the droplet too; the button is the caller of `examples/`, pressed in a
 * repository of its own. What a user puts in is in `yours`. What only GitHub has (`gh`, the clicks, the push) is done in the
 * ways that are named there.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Bench } from "../droplet/e2e/run.ts";
import { type Ended, run } from "../droplet/process.ts";
import { Company } from "./company.ts";

const ROOT = join(import.meta.dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/quick-start.md"), "utf8");

interface Block {
  /** The comment in front: where it is run, or what prints it. */
  readonly where: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = [...PAGE.matchAll(/<!-- (.*) -->\n```\w+\n([\s\S]*?)```/g)].map(
  ([, where = "", text = ""]) => ({ where, text }),
);

/** The blocks of a place, in their order. */
const at = (where: string): string[] => BLOCKS.filter((each) => each.where === where).map(({ text }) => text);

/** The block that has such words. */
function having(words: string): Block {
  const found = BLOCKS.filter(({ text }) => text.includes(words));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`not one block has: ${words}`);
  return found[0];
}

/** What the page promises of a block's output: the block after it. */
function promised(words: string): string {
  const next = BLOCKS[BLOCKS.indexOf(having(words)) + 1];
  if (next?.where !== "prints") throw new Error(`nothing is promised of: ${words}`);
  return next.text;
}

/**
 * `…` is what differs each time, within a line; how far a time is indented hangs on how long it is. How much the machine has
 * to do is not the page's to promise.
 */
function expectAsPromised(promise: string, printed: string): void {
  const withoutIndent = (text: string): string => text.trimEnd().replaceAll(/^ +/gm, "");
  const real = printed
    .replaceAll(/^ +│ [Ww]orth a look: the load is .*\n/gm, "")
    .replaceAll(/^```text\nWorth a look: the load is .*\n```\n\n/gm, "");
  const pattern = withoutIndent(promise)
    .split("…")
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^\\n]*?");
  expect(withoutIndent(real)).toMatch(new RegExp(`^${pattern}$`));
}

let bench: Bench;
let company: Company;
let folder: string;
/** Each is on the page, and is what a user puts in there. */
const yours = new Map<string, string>();

function filledIn(text: string): string {
  return [...yours].reduce((now, [from, to]) => now.replaceAll(from, () => to), text);
}

/** In the user's own folder, by bash; what goes to both outputs is seen as a terminal shows it. */
async function onMyMachine(text: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const ended = await run("bash", ["-c", `cd "$1" && exec 2>&1\n${filledIn(text)}`, "page", folder], {
    timeoutSeconds: 60,
    env: { ...process.env, ...env },
  });
  expect(ended.code, ended.stdout).toBe(0);
  return ended;
}

/** In one root shell on the droplet. */
async function onTheDroplet(text: string): Promise<Ended> {
  const ended = await bench.droplet.ssh("root", "bash -se", { stdin: `exec 2>&1\n${filledIn(text)}` });
  expect(ended.code, ended.stdout).toBe(0);
  return ended;
}

/** Another walk may have left its user behind. */
const FORGET = `if id odoo-recover >/dev/null 2>&1; then
  pkill -KILL -u odoo-recover || true
  userdel --force odoo-recover 2>/dev/null || true
fi
rm -rf /etc/sudoers.d/odoo-recover /home/odoo-recover
if id odoo-recover 2>/dev/null; then exit 1; fi`;

beforeAll(async () => {
  bench = await Bench.up();
  folder = mkdtempSync(join(tmpdir(), "odoo-recover-quick-start-"));
  await bench.droplet.script(FORGET);
});

afterAll(async () => {
  company?.dissolve();
  if (folder) rmSync(folder, { recursive: true, force: true });
  await bench?.droplet.script(FORGET);
  await bench?.tidy();
});

describe("docs/quick-start.md", () => {
  it("has its commands in blocks that can be run, and says where", () => {
    expect(BLOCKS.map(({ where }) => where)).toEqual([
      "your machine",
      "prints",
      "the droplet",
      "prints",
      "your machine",
      "prints",
      "GitHub",
      "your machine, later",
      "GitHub",
      "the workflow",
      "GitHub",
      "GitHub",
      "check prints",
      "the droplet, to try it",
      "recover says",
      "your machine",
      "prints",
    ]);
    // A block without a comment would be one that nobody runs.
    expect(PAGE.match(/^```\w+$/gm)).toHaveLength(BLOCKS.length);
  });

  it("1. makes a key", async () => {
    const { stdout } = await onMyMachine(having("ssh-keygen -q").text);
    yours.set("ssh-ed25519 AAAA… odoo-recover", stdout.trim());
    expectAsPromised(promised("ssh-keygen -q"), stdout);
  });

  it("2. makes a user on the droplet", async () => {
    const { stdout } = await onTheDroplet(having("useradd").text);
    const [, fingerprint = ""] = /^256 (SHA256:\S+) /m.exec(stdout) ?? [];
    yours.set("SHA256:…", fingerprint);
    expect(fingerprint).toBe(bench.droplet.hostKeyFingerprint);
    expectAsPromised(promised("useradd"), stdout);
  });

  it("3. logs in with that key, once the fingerprint was compared", async () => {
    // The answer to ssh's question, as the page says it; and a file of its own for what this machine knows.
    const asked = join(folder, "asked");
    await onMyMachine(
      `printf '#!/bin/sh\\necho "$1" >>${asked}\\necho "%s"\\n' 'SHA256:…' >answer; chmod 700 answer`,
    );
    yours.set(
      "odoo-recover@203.0.113.7 ",
      `-F none -o UserKnownHostsFile=known -o HostKeyAlgorithms=ssh-ed25519 -p ${bench.droplet.sshPort} odoo-recover@127.0.0.1 `,
    );
    const { stdout } = await onMyMachine(having("sudo -n docker ps").text, {
      SSH_ASKPASS: join(folder, "answer"),
      SSH_ASKPASS_REQUIRE: "force",
    });
    expect(readFileSync(asked, "utf8")).toContain("(yes/no/[fingerprint])");
    expectAsPromised(
      promised("sudo -n docker ps"),
      stdout.replace(/^Warning: Permanently added .*\r?\n/, ""),
    );
  });

  it("4. stores the key as the secret that the caller names", async () => {
    const [, name = "", file = ""] = /^gh secret set (\w+) <(\S+)$/m.exec(having("gh secret set").text) ?? [];
    company = await Company.found(bench.droplet, { [name]: readFileSync(join(folder, file), "utf8") });
    await onMyMachine(having("rm odoo-recover.key").text);
    expect(readFileSync(join(ROOT, "examples/recover-production.yml"), "utf8")).toContain(`secrets.${name} `);
  });

  it("5. changes lines of the caller that are there, once each", () => {
    const caller = readFileSync(join(ROOT, "examples/recover-production.yml"), "utf8").split("\n");
    for (const line of at("the workflow").join("").trimEnd().split("\n")) {
      const [key = ""] = /^ *\w+:/.exec(line) ?? [];
      expect(caller.filter((each) => each.startsWith(key))).toHaveLength(1);
    }
    for (const command of at("GitHub")
      .join("")
      .matchAll(/[\w/.-]+\.yml\b/g))
      expect(command[0]).toMatch(/(?:^|\/)recover-production\.yml$/);
  });

  /** The button, pressed: what the user wrote into the caller, and chose. */
  const press = (mode: string, edits: Readonly<Record<string, string>> = {}) =>
    company.run("recover-production", "workflow_dispatch", {
      inputs: {
        mode,
        ceiling: "repair",
        scenario: "auto",
        approve: "",
        override_budget: "false",
        module: "",
        module_action: "update",
      },
      edits: { "username: deploy": "username: odoo-recover", ...edits },
      // The page leaves it at 30 s.
      with: { soak: "2s" },
    });

  it("6. checks a good site, and says what the page promises", async () => {
    const [, mode = ""] = /-f mode=(\w+)$/m.exec(having("gh workflow run").text) ?? [];
    const before = await bench.look();
    const { exitCode, log } = await press(mode);
    expect(await bench.look(), log).toEqual(before);
    expect(exitCode, log).toBe(0);
    expect(log).toContain("Summary - ## 🟢 healthy: Every layer is good; nothing was changed\n");
    const said = [...log.matchAll(/^\[[^\]]*\/Look\] +\| (.*)$/gm)].map(([, line]) => line);
    const from = said.findIndex((line) => line?.includes("Odoo Recover"));
    yours.set("203.0.113.7:22", `127.0.0.1:${bench.droplet.sshPort}`);
    const promise = filledIn(at("check prints").join(""));
    expectAsPromised(
      promise,
      said.slice(from, said.findIndex((line) => line?.includes("│ next:")) + 1).join("\n"),
    );
  });

  it("6. says what the page lists where a first run goes wrong", async () => {
    const { hostKeyFingerprint } = bench.droplet;
    const mistakes: readonly (readonly [message: string, edits: Record<string, string>, level?: string])[] = [
      ["is not a SHA256 fingerprint", { [hostKeyFingerprint]: "SHA256:…" }],
      ["is not the pinned one", { [hostKeyFingerprint]: `SHA256:${"A".repeat(43)}` }],
      // The site itself is good, as its address says: the run is green, with a warning.
      ["refused the login", { "username: deploy": "username: deploy" }, "warning"],
      ["is missing; give a private key", { "secrets.DROPLET_KEY": "secrets.KEY_OF_DROPLET" }],
    ];
    for (const [message, edits, level = "error"] of mistakes) {
      expect(PAGE).toContain(`\`${message}\``);
      const { exitCode, log } = await press("check", edits);
      expect(exitCode, log).toBe(level === "error" ? 1 : 0);
      expect(log).toMatch(new RegExp(`::${level} title=Odoo Recover%3A \\w+::.*${message}`));
    }
  });

  it("2. narrows the key to one address, and not to a command, as the page says of authorized_keys", async () => {
    const key = yours.get("ssh-ed25519 AAAA… odoo-recover") ?? "";
    const file = "~odoo-recover/.ssh/authorized_keys";
    const was = (await onTheDroplet(`cat ${file}`)).stdout;
    const seenAs = (await onTheDroplet('echo "$SSH_CONNECTION" | cut -d " " -f 1')).stdout.trim();
    const lines: readonly (readonly [options: string, said: string])[] = [
      [`restrict,from="${seenAs}"`, "status=healthy"],
      ['restrict,from="198.51.100.4"', "refused the login"],
      ['restrict,command="uptime"', "The login works, but it does not run our program"],
    ];
    for (const [options, said] of lines) {
      await onTheDroplet(`cat >${file} <<'LINE'\n${options} ${key}\nLINE`);
      expect((await press("check")).log).toContain(said);
    }
    await onTheDroplet(`cat >${file} <<'LINE'\n${was}LINE`);
  });

  it("7. brings a stopped Odoo back, and says what the page promises", async () => {
    await onTheDroplet(at("the droplet, to try it").join(""));
    await bench.droplet.assertSymptom("odoo-stopped");
    const { exitCode, log, artifacts } = await press("recover");
    expect(exitCode, log).toBe(0);
    await bench.droplet.assertHealthy();
    await bench.nothingLeftBehind();
    const summaries = [...artifacts.values()].map((files) => files.get("summary.md") ?? "");
    const recovered = summaries.find((summary) => summary.includes("recovered:")) ?? "";
    const [begins = ""] = /^[\s\S]*?^\| proxy \|.*$/m.exec(recovered) ?? [];
    expectAsPromised(at("recover says").join(""), begins);
  });

  it("8. makes a pair of keys of age", async () => {
    const { stdout } = await onMyMachine(having("age-keygen -o").text);
    expectAsPromised(promised("age-keygen -o"), stdout);
  });
});
