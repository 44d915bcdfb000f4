// Programs on a host: what comes home, what is bounded, and what happens when the connection goes away in between.
// The host is this machine, reached directly or by a real SSH server through a network that can be cut.

import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HostError, RefusedError } from "../../src/errors.ts";
import { Host } from "../../src/host/host.ts";
import { commandLine, renderProgram } from "../../src/host/program.ts";
import { until, VirtualClock } from "../support/clocks.ts";
import { bentTransport, nonce, openHost, program, temporaryDirectory } from "../support/hosts.ts";
import { runs } from "../support/processes.ts";
import { connectTo, endpointOf, failureOf, pin, startServer } from "./ssh/support.ts";
import { TcpProxy } from "./ssh/tcp-proxy.ts";
import { makeKey } from "./ssh/test-server.ts";

/** The error that a promise fails with. */
async function refusalOf(promise: Promise<unknown>): Promise<RefusedError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof RefusedError) return error;
  throw error ?? new Error("it did not fail");
}

describe("a program", () => {
  it("brings home its exit status, its output, its sections and what it said on stderr", async () => {
    const { host } = await openHost();
    const result = await host.run(
      program(
        `
echo before
printf '\\n%s section first 1\\n' "$FRAME"
printf 'a\\0b'
printf '\\n%s section second\\n' "$FRAME"
echo "$GREETING"
echo careful >&2
exit 42`,
        { values: { GREETING: "héllo" } },
      ),
    );
    expect(result).toMatchObject({ status: 42, truncated: false, stderr: "careful\n" });
    expect(result.output.toString()).toMatch(/^before\n/);
    expect(result.sections).toEqual([
      { name: "first 1", body: Buffer.from("a\0b") },
      { name: "second", body: Buffer.from("héllo\n") },
    ]);
  });

  it("whose commands read their input does not lose its rest to them", async () => {
    const { host } = await openHost();
    const result = await host.run(program("cat\nhead -c 100\nsh\nread -r line || true\necho still here"));
    expect(result.output.toString()).toBe("still here\n");
  });

  it("stops at its first failing command when it says `set -e`, and its status is that command's", async () => {
    const { host } = await openHost();
    const result = await host.run(program("set -eu\necho one\n(exit 7)\necho two"));
    expect(result).toMatchObject({ status: 7 });
    expect(result.output.toString()).toBe("one\n");
  });

  it("stops at a variable that is not set when it says `set -u`", async () => {
    const { host } = await openHost();
    const result = await host.run(program('set -eu\necho "$ODOO_RECOVER_NOT_SET"\necho two'));
    expect(result.status).not.toBe(0);
    expect(result.output.toString()).toBe("");
  });

  it("that is not sh at all ends with a status, not with a hang", async () => {
    const { host } = await openHost();
    const error = await failureOf(host.run(program("if then fi ((")));
    expect(error.problem).toBe("no-shell");
  });

  it("runs in the C locale and finds what only a login shell's PATH has", async () => {
    const { host } = await openHost(async () =>
      bentTransport((command) => `LC_ALL=de_DE.UTF-8 PATH=/usr/bin:/bin ${command}`),
    );
    const result = await host.run(program('echo "$LC_ALL"; echo "$PATH"'));
    expect(result.output.toString()).toMatch(/^C\n\/usr\/bin:\/bin:.*\/snap\/bin\n$/);
  });

  it("is found among the noise of a login", async () => {
    const noisy = (command: string): string =>
      `echo 'Welcome!'; printf '\\n%s begin\\n' ${nonce()}; printf 'no line end'; ${command}; echo bye`;
    const { host } = await openHost(async () => bentTransport(noisy));
    const result = await host.run(program("echo data; exit 3"));
    expect(result).toMatchObject({ status: 3 });
    expect(result.output.toString()).toBe("data\n");
  });

  it("brings home no more than its bound, and says so", async () => {
    const { host } = await openHost();
    const result = await host.run(program("head -c 3000000 /dev/zero; exit 5", { maxOutputBytes: 1_000 }));
    expect(result).toMatchObject({ status: 5, truncated: true });
    expect(result.output).toEqual(Buffer.alloc(1_000));
  });

  it("may say any amount on stderr, of which the beginning is kept", async () => {
    const { host } = await openHost();
    const result = await host.run(program("head -c 3000000 /dev/zero | tr '\\0' 'e' >&2; echo done"));
    expect(result.output.toString()).toBe("done\n");
    expect(result.stderr).toMatch(/^e{10000,16384}$/);
  });

  it("of which only a part arrived runs nothing, wherever it was cut", () => {
    using directory = temporaryDirectory();
    const witness = join(directory.path, "witness");
    const whole = renderProgram(
      program(`echo "it's running"\n: >"$WITNESS"\nif [ -n "$WITNESS" ]; then\n  : >"$WITNESS"\nfi`, {
        values: { WITNESS: witness, QUOTED: "it's; : >/dev/null" },
      }),
      nonce(),
    );
    // From 1: spawnSync leaves the input open when it is given nothing.
    for (let length = 1; length < whole.length - 1; length++) {
      const { stdout } = spawnSync("/bin/sh", ["-s"], {
        input: whole.slice(0, length),
        timeout: 5_000,
      });
      expect({ length, ran: existsSync(witness), said: stdout.toString() }).toEqual({
        length,
        ran: false,
        said: "",
      });
    }
    spawnSync("/bin/sh", ["-s"], { input: whole });
    expect(existsSync(witness)).toBe(true);
  });

  it("that takes too long is ended on the host, with all that it started", async () => {
    using directory = temporaryDirectory();
    const { host } = await openHost();
    const error = await failureOf(
      host.run(
        program('sleep 300 &\necho $! >"$PIDS"\necho $$ >>"$PIDS"\nsleep 300', {
          name: "slow one",
          seconds: 1,
          values: { PIDS: join(directory.path, "pids") },
        }),
      ),
    );
    expect(error).toMatchObject({
      problem: "timed-out",
      message: "“slow one” did not end within 1 s on the host",
    });
    const pids = readFileSync(join(directory.path, "pids"), "utf8").trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    await until("its processes are gone", () => !pids.some(runs), 2_000);
  });

  it("that will not end when it is asked to is made to", async () => {
    using directory = temporaryDirectory();
    const { host } = await openHost();
    const error = await failureOf(
      host.run(
        program('trap "" TERM\necho $$ >"$PIDS"\nwhile :; do sleep 0.2; done', {
          seconds: 1,
          values: { PIDS: join(directory.path, "pids") },
        }),
      ),
    );
    expect(error.problem).toBe("timed-out");
    await until("it is gone", () => !runs(Number(readFileSync(join(directory.path, "pids"), "utf8"))), 2_000);
  });

  it("that is killed half-way is not taken for one that ended, nor for one that took too long", async () => {
    const { host } = await openHost();
    const killed = await failureOf(host.run(program("echo begun; kill -KILL $$")));
    expect(killed).toMatchObject({ problem: "nonsense", message: "“test” was killed on the host" });
    const hungUp = await failureOf(host.run(program("echo begun; kill -HUP $$")));
    expect(hungUp).toMatchObject({ problem: "nonsense", message: "“test” stopped half-way on the host" });
  });

  it("stops when the run is cancelled", async () => {
    const stop = new AbortController();
    const { host } = await openHost();
    const running = host.run(program("sleep 300"), stop.signal);
    stop.abort(new Error("stopped by hand"));
    await expect(running).rejects.toThrow("stopped by hand");
  });
});

describe("a login that runs something else", () => {
  it.each([
    ["nologin", "echo 'This account is currently not available.'; exit 1", "currently not available"],
    ["a forced command that ignores us", "cat >/dev/null; echo backup done", "backup done"],
    ["a forced command that echoes us", "cat", "odoo_recover_program"],
    ["a shell without timeout", "echo 'sh: timeout: not found' >&2; exit 127", "timeout: not found"],
  ])("is told as what it is: %s", async (_, command, words) => {
    const { host } = await openHost(async () => bentTransport(() => command));
    const error = await failureOf(host.run(program("echo hello")));
    expect(error.problem).toBe("no-shell");
    expect(error.detail).toContain(words);
  });
});

describe("a privileged program", () => {
  /** A directory with a `sudo` that does what the script says, and a way to a host where it is the first on PATH. */
  function withSudo(script: string) {
    const directory = temporaryDirectory();
    const sudo = join(directory.path, "sudo");
    writeFileSync(sudo, `#!/bin/sh\necho "$*" >>${directory.path}/calls\n${script}\n`);
    chmodSync(sudo, 0o755);
    return {
      connect: async () => bentTransport((command) => `PATH=${directory.path}:$PATH ${command}`),
      calls: () =>
        existsSync(`${directory.path}/calls`) ? readFileSync(`${directory.path}/calls`, "utf8") : "",
      [Symbol.dispose]: () => directory[Symbol.dispose](),
    };
  }

  it("is refused at once where sudo asks for a password, in sudo's own words", async () => {
    using bent = withSudo("echo 'sudo: a password is required' >&2; exit 1");
    const { host } = await openHost(bent.connect);
    host.become("sudo");
    const error = await refusalOf(host.run(program("id -u", { privileged: true })));
    expect(error.detail).toBe("sudo: a password is required");
    expect(error.advice).toContain("NOPASSWD");
    expect(bent.calls()).toBe("-n timeout -k 5 20 sh -s\n");
  });

  it("goes through sudo where that is needed, and an unprivileged one does not", async () => {
    using bent = withSudo('shift\nexec "$@"');
    const { host } = await openHost(bent.connect);
    host.become("sudo");
    expect((await host.run(program("echo yes", { privileged: true }))).output.toString()).toBe("yes\n");
    expect((await host.run(program("echo yes"))).output.toString()).toBe("yes\n");
    expect(bent.calls()).toBe("-n timeout -k 5 20 sh -s\n");
  });

  it("that fails under sudo has its own status, and is not taken for a refusal", async () => {
    using bent = withSudo('shift\nexec "$@"');
    const { host } = await openHost(bent.connect);
    host.become("sudo");
    expect(await host.run(program("exit 1", { privileged: true }))).toMatchObject({ status: 1 });
  });

  it.each([
    ["root", true, "timeout -k 5 20 sh -s"],
    ["user", true, "timeout -k 5 20 sh -s"],
    ["sudo", true, "sudo -n timeout -k 5 20 sh -s"],
    ["sudo", false, "timeout -k 5 20 sh -s"],
  ] as const)("as %s (privileged: %s) is run by `%s`", (privilege, privileged, line) => {
    expect(commandLine(program("", { privileged }), privilege)).toBe(line);
  });
});

// Notes each run, then hangs until it may go on (or its directory is gone, when the test is over).
const HANGING = `
echo run >>"$HERE/runs"
while [ -d "$HERE" ] && ! [ -e "$HERE/go" ]; do sleep 0.02; done
echo done`;

/** A host behind a network that can be cut, and a directory in which programs leave their traces. */
async function onACuttableLine(clock?: VirtualClock) {
  const directory = temporaryDirectory();
  const server = await startServer();
  const proxy = await TcpProxy.to(server.port);
  const { host, events } = await openHost(() => connectTo(endpointOf(server, { port: proxy.port })), clock);
  const here = directory.path;
  const lines = (name: string): number =>
    existsSync(join(here, name)) ? readFileSync(join(here, name), "utf8").split("\n").length - 1 : 0;
  return {
    host,
    events,
    server,
    proxy,
    values: { HERE: here },
    begun: (times: number) => until(`${times} runs`, () => lines("runs") >= times),
    begunTimes: () => lines("runs"),
    letGo: () => appendFileSync(join(here, "go"), ""),
    [Symbol.asyncDispose]: async () => {
      directory[Symbol.dispose]();
      await host.close();
      await proxy[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe("a lost connection", () => {
  it("comes back, and a program that may be repeated runs again", async () => {
    await using line = await onACuttableLine();
    const running = line.host.run(program(HANGING, { values: line.values, repeatable: true }));
    await line.begun(1);
    line.proxy.cut();
    await line.begun(2);
    line.letGo();
    expect((await running).output.toString()).toBe("done\n");
    expect(line.begunTimes()).toBe(2);
    expect(line.events).toEqual(["lost while “test” ran", `reconnected ${line.host.description}`]);
  });

  it("never runs another program again, and says that its fate is not known", async () => {
    await using line = await onACuttableLine();
    const running = failureOf(line.host.run(program(HANGING, { values: line.values })));
    await line.begun(1);
    line.proxy.cut();
    expect((await running).problem).toBe("lost");
    line.letGo();
    const next = await line.host.run(program("echo here again"));
    expect(next.output.toString()).toBe("here again\n");
    expect(line.begunTimes()).toBe(1);
    expect(line.proxy.connections).toBe(2);
  });

  it("is brought back once for all programs that lost it together", async () => {
    await using line = await onACuttableLine();
    const many = Array.from({ length: 4 }, () =>
      line.host.run(program(HANGING, { values: line.values, repeatable: true })),
    );
    await line.begun(4);
    line.proxy.cut();
    await line.begun(8);
    line.letGo();
    for (const { output } of await Promise.all(many)) expect(output.toString()).toBe("done\n");
    expect(line.proxy.connections).toBe(2);
    expect(line.events.filter((event) => event.startsWith("reconnected"))).toHaveLength(1);
    expect(line.begunTimes()).toBe(8);
  });

  it("ends a program that loses it again and again", async () => {
    await using line = await onACuttableLine();
    const running = failureOf(line.host.run(program(HANGING, { values: line.values, repeatable: true })));
    for (const times of [1, 2, 3]) {
      await line.begun(times);
      line.proxy.cut();
    }
    expect((await running).problem).toBe("lost");
    expect(line.begunTimes()).toBe(3);
  });

  it("is waited for while the host does not answer, for two minutes and with growing pauses", async () => {
    const clock = new VirtualClock();
    await using line = await onACuttableLine(clock);
    const running = failureOf(line.host.run(program(HANGING, { values: line.values, repeatable: true })));
    await line.begun(1);
    await line.proxy.refuse();
    line.proxy.cut();
    expect((await running).problem).toBe("closed");
    expect(clock.sleeps.slice(0, 6)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
    expect(Math.max(...clock.sleeps)).toBe(5_000);
    const waited = clock.sleeps.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(110_000);
    expect(waited).toBeLessThanOrEqual(120_000);
  });

  it("is not waited for any longer when the run is cancelled", async () => {
    const stop = new AbortController();
    await using line = await onACuttableLine();
    const running = line.host.run(program(HANGING, { values: line.values, repeatable: true }), stop.signal);
    running.catch(() => {});
    await line.begun(1);
    await line.proxy.refuse();
    line.proxy.cut();
    await until("the loss is noticed", () => line.events.length > 0);
    stop.abort(new Error("stopped by hand"));
    await expect(running).rejects.toThrow();
  });

  it("that comes back with another host key is a hard stop, and nothing is sent there", async () => {
    using directory = temporaryDirectory();
    const first = await startServer();
    await using second = await startServer({ hostKeys: [makeKey()] });
    const pins = [...first.hostKeys, ...second.hostKeys].map(pin);
    const servers = [first, second];
    const { host } = await openHost(() => connectTo(endpointOf(servers.shift() ?? second, { pins })));
    const before = host.identity;
    const running = failureOf(
      host.run(program(HANGING, { values: { HERE: directory.path }, repeatable: true })),
    );
    await until("it runs", () => existsSync(join(directory.path, "runs")));
    await first.close();
    const error = await running;
    expect(error.problem).toBe("host-key");
    expect(error.detail).toContain(before);
    expect(error.detail).toContain(second.hostKeys[0]?.fingerprint);
    expect(second.commands).toEqual([]);
    // Nor later: the host stays out of bounds.
    expect((await failureOf(host.run(program("echo again", { repeatable: true })))).problem).toBe("host-key");
    expect(second.commands).toEqual([]);
  });

  it("whose new login is refused is not tried again", async () => {
    using directory = temporaryDirectory();
    const key = makeKey();
    const first = await startServer({ hostKeys: [key] });
    await using second = await startServer({ hostKeys: [key], users: {} });
    const servers = [first, second];
    const { host } = await openHost(() => connectTo(endpointOf(servers.shift() ?? second)));
    const running = failureOf(
      host.run(program(HANGING, { values: { HERE: directory.path }, repeatable: true })),
    );
    await until("it runs", () => existsSync(join(directory.path, "runs")));
    await first.close();
    expect((await running).problem).toBe("authentication");
    expect(second.connections).toBe(1);
  });
});

describe("a host that cannot be reached", () => {
  it("is told by the error of the first connection", async () => {
    const closed = await startServer();
    await closed.close();
    const error = await failureOf(
      Host.open({
        connect: () => connectTo(endpointOf(closed)),
        clock: new VirtualClock(),
        nonce,
        onConnection: () => {},
      }),
    );
    expect(error).toBeInstanceOf(HostError);
    expect(error.problem).toBe("closed");
  });
});
