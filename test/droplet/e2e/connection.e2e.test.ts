/** Everything that can be wrong on the way to a shell on the droplet: told in words, in time, and nothing hangs. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Droplet } from "../droplet.ts";
import { Action, type ActionInputs, inputsFor, type StepEnd } from "./action.ts";
import { cases } from "./cases.ts";
import { expectNothingLeftBehind, lookFromOutside } from "./outside.ts";

let droplet: Droplet;
let folder: string;

beforeAll(async () => {
  droplet = await Droplet.up();
  await droplet.assertHealthy();
  folder = mkdtempSync(join(tmpdir(), "odoo-recover-keys-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function runWith(inputs: ActionInputs): Promise<StepEnd> {
  const action = new Action(inputs);
  const end = await action.main();
  action.discard();
  return end;
}

function newKey(name: string, passphrase = ""): string {
  const path = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", path]);
  return path;
}

/** How many logins sshd refused so far: fail2ban counts them too. */
async function refusedLogins(): Promise<number> {
  return Number(await droplet.script("journalctl -u ssh --no-pager -o cat | grep -c 'Failed ' || true"));
}

interface Case {
  readonly inputs: () => ActionInputs | Promise<ActionInputs>;
  readonly status: string;
  readonly words: RegExp;
  readonly seconds: number;
}

const WRONG_FINGERPRINT = `SHA256:${"A".repeat(43)}`;

const CASES: Readonly<Record<string, Case>> = {
  "a wrong host key": {
    inputs: () => inputsFor(droplet, "deploy", { fingerprint: WRONG_FINGERPRINT }),
    status: "refused",
    words: /host key[\s\S]*SHA256:A{43}/i,
    seconds: 15,
  },
  "no pinned host key": {
    inputs: () => inputsFor(droplet, "deploy", { fingerprint: "" }),
    status: "refused",
    words: /SHA256:[A-Za-z0-9+/]{43}[\s\S]*ssh-keygen -lf/,
    seconds: 15,
  },
  "a key that the server does not know": {
    inputs: () => inputsFor(droplet, "deploy", { key_path: newKey("stranger") }),
    status: "unreachable",
    words: /refused the login[\s\S]*authorized_keys/,
    seconds: 15,
  },
  "a wrong passphrase": {
    inputs: () => inputsFor(droplet, "deploy", { key_path: newKey("locked", "right"), passphrase: "wrong" }),
    status: "refused",
    words: /passphrase does not open this key/,
    seconds: 10,
  },
  "an unknown host": {
    inputs: () => inputsFor(droplet, "deploy", { host: "droplet.invalid", timeout: "5s" }),
    status: "unreachable",
    words: /droplet\.invalid/,
    seconds: 30,
  },
  "a closed port": {
    inputs: async () => inputsFor(droplet, "deploy", { port: String(await closedPort()), timeout: "5s" }),
    status: "unreachable",
    words: /Nothing accepts connections/,
    seconds: 20,
  },
};

async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

describe("the way to the droplet", () => {
  it.each(Object.keys(CASES))("%s: the right outcome, in words, in time", async (name) => {
    const wanted = CASES[name];
    if (wanted === undefined) throw new Error(name);
    const refusedBefore = await refusedLogins();
    const end = await runWith({ ...(await wanted.inputs()), mode: "recover" });
    expect(end.exitCode, end.log).toBe(1);
    expect(end.outputs.get("status"), end.log).toBe(wanted.status);
    expect(end.outputs.get("changed")).toBe("false");
    expect(end.log).toMatch(wanted.words);
    expect(end.summary.split("\n")[0]).toContain(wanted.status);
    expect(end.seconds).toBeLessThan(wanted.seconds);
    // Never tried again after a refusal, and never tried at all before the host key is known.
    expect((await refusedLogins()) - refusedBefore).toBeLessThanOrEqual(
      name.startsWith("a key that") ? 1 : 0,
    );
  });

  it.each(["says nothing", "says its name and then nothing"])(
    "a port that accepts and %s: noticed in time",
    async (how) => {
      const server = net.createServer((socket) => {
        socket.on("error", () => {});
        if (how !== "says nothing") socket.write("SSH-2.0-OpenSSH_9.2\r\n");
      });
      server.listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      try {
        const end = await runWith(
          inputsFor(droplet, "deploy", { port: String(port), timeout: "3s", mode: "recover" }),
        );
        expect(end.exitCode, end.log).toBe(1);
        expect(end.outputs.get("status"), end.log).toBe("unreachable");
        expect(end.seconds).toBeLessThan(30);
      } finally {
        server.close();
      }
    },
  );
});

describe("ways of pinning and logging in", () => {
  it("reads known_hosts with several key types, hashed and plain", async () => {
    const keys = [...droplet.hostPublicKeys.values()]
      .map((key) => `[127.0.0.1]:${droplet.sshPort} ${key}\n`)
      .join("");
    const hashed = join(folder, "hashed");
    writeFileSync(hashed, keys);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", hashed], { stdio: "ignore" });
    for (const known of [keys, readFileSync(hashed, "utf8")]) {
      const end = await runWith(inputsFor(droplet, "deploy", { fingerprint: "", known_hosts: known }));
      expect(end.outputs.get("status"), end.log).toBe("healthy");
    }
  });

  it("accepts the fingerprint of any of the host's key types", async () => {
    for (const fingerprint of droplet.hostKeyFingerprints.values()) {
      const end = await runWith(
        inputsFor(droplet, "deploy", { fingerprint: fingerprint.replace(/^SHA256:/, "") }),
      );
      expect(end.outputs.get("status"), end.log).toBe("healthy");
    }
  });

  it("reads a key as a person pastes it: with CRLF, stray spaces and without the last newline", async () => {
    const key = readFileSync(droplet.privateKeyPath, "utf8").trimEnd().split("\n").join("  \r\n  ");
    const end = await runWith(inputsFor(droplet, "deploy", { key_path: "", key }));
    expect(end.outputs.get("status"), end.log).toBe("healthy");
    expect(end.log.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain(key.split("\r\n")[2]?.trim());
  });

  it("goes through a jump host with its own pinned key, and names the jump host when that is the problem", async () => {
    const proxy = {
      proxy_host: "127.0.0.1",
      proxy_port: String(droplet.sshPort),
      proxy_username: "root",
      proxy_key_path: droplet.privateKeyPath,
      proxy_fingerprint: droplet.hostKeyFingerprint,
    };
    // Seen from the jump host, which is the droplet itself, its sshd is on port 22.
    const through = await runWith(inputsFor(droplet, "deploy", { ...proxy, port: "22" }));
    expect(through.outputs.get("status"), through.log).toBe("healthy");
    const wrong = await runWith(
      inputsFor(droplet, "deploy", { ...proxy, port: "22", proxy_fingerprint: WRONG_FINGERPRINT }),
    );
    expect(wrong.exitCode).toBe(1);
    expect(wrong.outputs.get("status")).toMatch(/refused|unreachable/);
    expect(wrong.summary).toMatch(/jump host/i);
  });
});

describe("the login shell and its manners", () => {
  afterEach(async () => {
    await droplet.reset();
  });

  it.each(cases(["/usr/bin/fish"], ["/bin/dash"]))("%s: recovers as with any other shell", async (shell) => {
    await droplet.setLoginShell(shell);
    await droplet.produce("odoo-stopped");
    const end = await runWith(inputsFor(droplet, "deploy", { mode: "recover" }));
    await droplet.assertHealthy();
    await expectNothingLeftBehind(droplet);
    expect(end.outputs.get("status"), end.log).toBe("recovered");
  });

  it("a chatty .bashrc has no effect", async () => {
    await droplet.addLoginNoise('Welcome!\n{"Id": "nonsense"}\ncode=500 begin\n\u001b[31mred');
    await droplet.produce("odoo-stopped");
    const end = await runWith(inputsFor(droplet, "deploy", { mode: "recover" }));
    await droplet.assertHealthy();
    expect(end.outputs.get("status"), end.log).toBe("recovered");
    expect(end.summary).not.toContain("Welcome!");
  });

  it("nologin: says that the login has no shell", async () => {
    await droplet.setLoginShell("/usr/sbin/nologin");
    const end = await runWith(inputsFor(droplet, "deploy", { mode: "recover" }));
    expect(end.exitCode).toBe(1);
    expect(end.outputs.get("status"), end.log).toBe("unreachable");
    expect(end.summary).toMatch(/does not run our program/);
    expect(end.summary).toMatch(/login shell/);
    expect(end.seconds).toBeLessThan(20);
  });

  it("sudo that asks for a password: looking works, acting is refused at once, in words, and nothing hangs", async () => {
    await droplet.requireSudoPassword();
    const healthy = await runWith(inputsFor(droplet, "deploy"));
    expect(healthy.outputs.get("status"), healthy.log).toBe("healthy");
    await droplet.produce("odoo-stopped");
    const before = await lookFromOutside(droplet);
    const end = await runWith(inputsFor(droplet, "deploy", { mode: "recover" }));
    expect(await lookFromOutside(droplet)).toEqual(before);
    expect(end.exitCode).toBe(1);
    expect(end.outputs.get("status"), end.log).toBe("refused");
    expect(end.summary).toMatch(/sudo/);
    expect(end.seconds).toBeLessThan(20);
  });
});
