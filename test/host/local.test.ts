// The runner is the droplet: commands run as child processes, whole, bounded, and without our environment.

import { describe, expect, it } from "vitest";
import { localTransport } from "../../src/host/local.ts";
import { failureOf, run } from "./ssh/support.ts";

const MEGABYTE = 1024 * 1024;

/** Whether a process still runs; one that is only a zombie does not. */
async function runs(pid: number): Promise<boolean> {
  const { stdout } = await run(localTransport(), `ps -o stat= -p ${pid}`);
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

describe("a local command", () => {
  it("gives its exit status, stdout and stderr", async () => {
    expect(await run(localTransport(), "cat; echo oops >&2; exit 3", { stdin: "héllo" })).toEqual({
      code: 3,
      signal: null,
      stdout: "héllo",
      stderr: "oops\n",
    });
  });

  it("that a signal ends has no exit status", async () => {
    expect(await run(localTransport(), "kill -9 $$")).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  it("reads 10 MB and writes 10 MB without newlines", async () => {
    let length = 0;
    const end = await run(localTransport(), "cat", {
      stdin: Buffer.alloc(10 * MEGABYTE, "x"),
      onStdout: (chunk) => {
        length += chunk.length;
      },
    });
    expect(end.code).toBe(0);
    expect(length).toBe(10 * MEGABYTE);
  });

  it("may leave its input unread", async () => {
    const end = await run(localTransport(), "exec <&-; exit 4", { stdin: Buffer.alloc(10 * MEGABYTE) });
    expect(end.code).toBe(4);
  });

  it("sees a fresh login's environment and nothing of the runner's", async () => {
    process.env.INPUT_KEY = "a secret of the workflow";
    try {
      const { stdout } = await run(localTransport(), "env");
      expect(stdout).not.toContain("a secret of the workflow");
      expect(stdout).toMatch(/^HOME=/m);
      expect(stdout).toMatch(/^PATH=\/usr\/local\/sbin:/m);
    } finally {
      delete process.env.INPUT_KEY;
    }
  });

  it("that takes too long is stopped together with what it started", async () => {
    let printed = "";
    const error = await failureOf(
      run(localTransport(), "sleep 30 & echo $!; wait", {
        timeoutMs: 200,
        onStdout: (chunk) => {
          printed += chunk;
        },
      }),
    );
    expect(error.problem).toBe("timed-out");
    expect(await runs(Number(printed))).toBe(false);
  });

  it("that ignores being asked is made to stop", async () => {
    const stop = new AbortController();
    const started = run(localTransport(), "trap '' TERM; echo $$; while :; do sleep 0.1; done", {
      signal: stop.signal,
      onStdout: (chunk) => stop.abort(Number(chunk)),
    });
    const pid = await started.catch((reason: unknown) => reason);
    expect(pid).toBeTypeOf("number");
    expect(await runs(Number(pid))).toBe(false);
  });

  it("is stopped by an abort, with its reason", async () => {
    const stop = new AbortController();
    const reason = new Error("a person cancelled the run");
    const running = run(localTransport(), "echo go; exec sleep 30", {
      signal: stop.signal,
      onStdout: () => stop.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
  });

  it("is not started after an abort", async () => {
    await expect(run(localTransport(), "echo never", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });

  it("is stopped when our own reader fails", async () => {
    const broken = new Error("the disk is full");
    const running = run(localTransport(), "echo go; exec sleep 30", {
      onStdout: () => {
        throw broken;
      },
    });
    await expect(running).rejects.toBe(broken);
  });
});
