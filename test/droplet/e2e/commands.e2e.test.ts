/**
 * The commands that a summary of the bundle prints, copied from the rendered page and typed into a real shell as they stand: as
 * root on the droplet, or on the person's own machine. Judged from outside. The other undo commands are typed in files and
 * wipe, the line that fetches a backup after a wipe in dump.
 */

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { blockAfter, commandsShown } from "../../support/rendered.ts";
import { must } from "../process.ts";
import { inLongRun } from "./cases.ts";
import { onDisk, undoOf } from "./files.ts";
import { sshConfig } from "./restore-page.ts";
import { Bench } from "./run.ts";

let bench: Bench;
let folder: string;

beforeAll(async () => {
  bench = await Bench.up();
  folder = mkdtempSync(join(tmpdir(), "odoo-recover-commands-"));
});
afterEach(async () => {
  await bench.tidy();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Types each into a login shell of root's on the droplet. @returns what they print */
async function typedOnTheDroplet(commands: readonly string[]): Promise<string> {
  const said: string[] = [];
  for (const command of commands) {
    const { code, stdout } = await bench.droplet.ssh("root", "bash -ls", {
      stdin: `exec 2>&1\n${command}\n`,
    });
    expect(code, `${command}\n${stdout}`).toBe(0);
    said.push(stdout);
  }
  return said.join("\n");
}

async function checked(fault: string): Promise<string> {
  await bench.break(fault);
  const { end } = await bench.run({ mode: "check" });
  expect(end.outputs.get("status"), end.log).not.toBe("healthy");
  return end.summary;
}

/** Of the verdict, not of what comes below it. */
function advised(summary: string): string[] {
  const [verdict = ""] = summary.split(/^### /m);
  return commandsShown(verdict);
}

it("what a check would have done, typed by hand, brings a stopped Odoo back", async () => {
  const summary = await checked("odoo-stopped");
  const step = blockAfter(summary, "start-stack starts");
  expect(step).toMatch(/^docker start \S+$/);
  await typedOnTheDroplet([step]);
  await bench.droplet.waitHealthy();
});

inLongRun("what a check would have done, typed by hand, starts nginx", async () => {
  const summary = await checked("nginx-stopped");
  await typedOnTheDroplet([blockAfter(summary, "start-nginx starts")]);
  await bench.droplet.waitHealthy();
});

inLongRun("the advice about closed files, typed, gives them back to Odoo", async () => {
  const commands = advised(await checked("filestore-permissions"));
  expect(commands).toEqual([expect.stringMatching(/^docker exec -u 0 \S+ chown -R 101:101 \S+$/)]);
  await typedOnTheDroplet(commands);
  await bench.droplet.waitHealthy();
});

it("the advice about a lock, typed, ends the session that holds it", async () => {
  const commands = advised(await checked("db-locked"));
  expect(commands).toHaveLength(1);
  expect(await typedOnTheDroplet(commands)).toMatch(/^ t$/m);
  await bench.droplet.waitHealthy();
});

it("the undo of fix-permissions, typed, makes the files what they were", async () => {
  await bench.break("filestore-permissions");
  const before = await onDisk(bench.droplet);
  const { end } = await bench.run({ ceiling: "repair" });
  expect(end.outputs.get("status"), end.log).toBe("recovered");
  expect(await typedOnTheDroplet([undoOf(end.summary, "fix-permissions")])).toContain("put back");
  expect(await onDisk(bench.droplet)).toEqual(before);
});

it("the line that fetches a backup, typed on one's own machine, brings the very file", async () => {
  await bench.break("assets-deleted");
  const { end } = await bench.run({ ceiling: "repair", backup: "always" });
  expect(end.outputs.get("status"), end.log).toBe("recovered");
  const line = blockAfter(end.summary, "To fetch it");
  const here = mkdtempSync(join(folder, "here-"));
  const config = sshConfig(bench.droplet, folder);
  await must("bash", ["-euc", `cd '${here}'; ssh() { command ssh -F '${config}' "$@"; }\n${line}`]);
  const [name = "", ...others] = readdirSync(here);
  expect(others).toEqual([]);
  expect(
    createHash("sha256")
      .update(readFileSync(join(here, name)))
      .digest("hex"),
  ).toBe(blockAfter(end.summary, "Its SHA-256"));
});
