// The line by which a person fetches a dump: read by a real shell, with an ssh that does what is said on this machine.

import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fetchLine } from "../../src/backup/fetch.ts";
import type { Connection, SshEndpoint } from "../../src/inputs/connection.ts";
import { temporaryDirectory } from "../support/hosts.ts";

const to = (host: string, port = 22, username = "deploy"): SshEndpoint => ({
  host,
  port,
  login: { username },
  pins: [],
});
const over = (target: SshEndpoint, jump?: SshEndpoint): Connection => ({
  kind: "ssh",
  target,
  ...(jump === undefined ? {} : { jump }),
  connectTimeoutMs: 1,
});

it.each([
  [over(to("erp.example.com")), "sudo", "ssh deploy@erp.example.com sudo -n cat /x/odoo-1.dump >odoo-7.dump"],
  [over(to("192.0.2.7", 2222, "root")), "root", "ssh -p 2222 root@192.0.2.7 cat /x/odoo-1.dump >odoo-7.dump"],
  [
    over(to("[2001:db8::1]"), to("2001:db8::2", 2222)),
    "sudo",
    "ssh -J 'deploy@[2001:db8::2]:2222' deploy@2001:db8::1 sudo -n cat /x/odoo-1.dump >odoo-7.dump",
  ],
  [{ kind: "local" }, "sudo", "sudo -n cat /x/odoo-1.dump >odoo-7.dump"],
] as const)("is short enough to be typed, and goes the way of the run: %#", (connection, privilege, line) => {
  expect(fetchLine("/x/odoo-1.dump", "odoo-7.dump", connection, privilege)).toBe(line);
});

it("is no more than what it says, whatever a user is called", () => {
  using home = temporaryDirectory();
  const path = join(home.path, "odoo-1.dump");
  writeFileSync(path, "the dump");
  const bin = join(home.path, "ssh");
  writeFileSync(bin, `#!/bin/sh\nprintf '%s\\n' "$1" >'${home.path}/user'\nshift\nexec sh -c "$*"\n`);
  chmodSync(bin, 0o755);
  const out = join(home.path, "out");
  execFileSync("mkdir", [out]);
  const line = fetchLine(path, "odoo-7.dump", over(to("erp", 22, "$(touch x)'; rm -rf")), "root");
  execFileSync("sh", ["-euc", line], { cwd: out, env: { PATH: `${home.path}:${process.env.PATH}` } });
  expect(readFileSync(join(out, "odoo-7.dump"), "utf8")).toBe("the dump");
  expect(readFileSync(join(home.path, "user"), "utf8")).toBe("$(touch x)'; rm -rf@erp\n");
  expect(execFileSync("ls", [out], { encoding: "utf8" })).toBe("odoo-7.dump\n");
});
