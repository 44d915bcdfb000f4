// One command on an open SSH connection: input in, output out, and an end that can be believed.

import type { Readable } from "node:stream";
import type { ClientChannel } from "ssh2";
import { HostError } from "../../errors.ts";
import type { ExecEnd, ExecOptions } from "../transport.ts";
import type { Session } from "./session.ts";
import { wordsOf } from "./words.ts";

/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** `Transport.exec` over SSH; see there. */
export function execOver(session: Session, command: string, options: ExecOptions): Promise<ExecEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<ExecEnd>();
  const { signal, timeoutMs } = options;
  let channel: ClientChannel | undefined;
  let exit: ExecEnd | undefined;
  let settled = false;
  const unfinished = new Set(["stdout", "stderr", "channel"]);

  const settle = () => {
    settled = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    stopListening();
  };
  const giveUp = (error: unknown) => {
    if (!settled) {
      settle();
      closeQuietly(channel);
      reject(error);
    }
  };
  const onAbort = () => giveUp(signal?.reason);
  const stopListening = session.onGone(giveUp);
  const timer = setTimeout(
    () => giveUp(timedOut(session.address, command, timeoutMs)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  );

  const finished = (part: string) => {
    unfinished.delete(part);
    if (settled || unfinished.size > 0) {
      return;
    }
    if (exit === undefined) {
      giveUp(endedWithoutStatus(session.address, command));
      return;
    }
    settle();
    resolve(exit);
  };
  const handOver = (from: Readable, deliver: ExecOptions["onStdout"]) => (chunk: Buffer) => {
    // What comes after the end of our interest is read all the same: unread, it would stall the connection's window.
    if (settled) return;
    try {
      const taken = deliver(chunk);
      if (taken !== undefined) {
        from.pause();
        taken.catch(giveUp).finally(() => from.resume());
      }
    } catch (error) {
      giveUp(error);
    }
  };

  const attach = (opened: ClientChannel) => {
    channel = opened;
    // EPIPE and its like, when the command ends without reading its input: its exit status tells the story.
    opened.on("error", () => {});
    opened.stderr.on("error", () => {});
    opened.on("data", handOver(opened, options.onStdout));
    opened.stderr.on("data", handOver(opened.stderr, options.onStderr));
    opened.on("exit", (code: number | null, signalName?: string) => {
      exit = { code, signal: signalName ?? null };
    });
    opened.on("end", () => finished("stdout"));
    opened.stderr.on("end", () => finished("stderr"));
    opened.on("close", () => finished("channel"));
    if (settled) {
      closeQuietly(opened);
      return;
    }
    try {
      // ssh2 cuts this to the window that the server grants, however long it is.
      opened.end(typeof options.stdin === "string" ? Buffer.from(options.stdin) : options.stdin);
    } catch (error) {
      giveUp(session.gone() ?? connectionUnusable(session.address, error));
    }
  };

  const gone = session.gone();
  if (gone !== undefined || signal?.aborted === true) {
    giveUp(gone ?? signal?.reason);
    return promise;
  }
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    session.client.exec(command, (error, opened) => {
      if (error) {
        giveUp(session.gone() ?? notStarted(session.address, command, error));
      } else {
        attach(opened);
      }
    });
  } catch (error) {
    giveUp(session.gone() ?? connectionUnusable(session.address, error));
  }
  return promise;
}

function closeQuietly(channel: ClientChannel | undefined): void {
  try {
    channel?.close();
  } catch {
    // The connection is gone already.
  }
}

function timedOut(address: string, command: string, timeoutMs: number): HostError {
  return new HostError("timed-out", `\`${command}\` did not end on ${address} within ${timeoutMs / 1000} s`, {
    advice: "It may still be running there. If the droplet is only slow, raise `command_timeout`.",
  });
}

function endedWithoutStatus(address: string, command: string): HostError {
  return new HostError("lost", `${address} ended \`${command}\` without saying how it ended`, {
    advice: "What it did is not known; its outcome has to be looked up.",
  });
}

function connectionUnusable(address: string, cause: unknown): HostError {
  return new HostError("lost", `The connection to ${address} cannot be used any more`, {
    detail: wordsOf(cause),
    cause,
  });
}

/** A refused channel (`MaxSessions`, "open failed") or a refused command; the connection itself stands. */
function notStarted(address: string, command: string, cause: Error): HostError {
  return new HostError("no-shell", `${address} accepted the login but would not start \`${command}\``, {
    detail: `It said: ${wordsOf(cause)}`,
    advice:
      "See `MaxSessions`, `ForceCommand` and `Match` in its sshd_config: this user must be allowed to run commands.",
    cause,
  });
}
