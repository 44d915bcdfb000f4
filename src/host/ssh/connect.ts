// A Transport over SSH: through the jump host if there is one, to the pinned host and no other, with patience for
// what may pass (a closed port, a busy server) and none for what may not (a wrong key, a refused login).

import net from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { ParsedKey } from "ssh2";
import { HostError, type HostProblem } from "../../errors.ts";
import type { Connection, SshEndpoint } from "../../inputs/connection.ts";
import type { Transport } from "../transport.ts";
import { execOver } from "./exec.ts";
import {
  ALL_HOST_KEY_ALGORITHMS,
  type HostKeyPolicy,
  hostKeyPolicy,
  keyTypeFor,
  type OfferedKey,
  type Role,
} from "./host-key.ts";
import { readPrivateKey } from "./login.ts";
import { type Keepalive, NoSession, openSession, type Session } from "./session.ts";
import { addressOf, wordsOf } from "./words.ts";

export interface SshDeps {
  /** Told when a try failed and another one follows. */
  log(message: string): void;
  /** Waits; rejects or returns early when the signal fires. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** In [0, 1), for the jitter between two tries. */
  random?: () => number;
  keepalive?: Keepalive;
}

/** A dead link is noticed after 40 seconds: long enough for a droplet that swaps, short beside any step of ours. */
const KEEPALIVE: Keepalive = { intervalMs: 10_000, unanswered: 3 };

const TRIES = 4;
const FIRST_PAUSE_MS = 500;

/**
 * How long one of several addresses of a name may take before the next is tried. Node's own 250 ms would give up on
 * a good but distant address.
 */
const NEXT_ADDRESS_MS = 2_000;

/**
 * Connects and logs in. Every endpoint has `connectTimeoutMs` for all its tries together; another try follows only
 * when nothing of ours was shown to the server yet.
 * @throws HostError saying why not; `jump` when it was the jump host's fault, with that host's error as `cause`
 */
export async function connectSsh(
  connection: Extract<Connection, { kind: "ssh" }>,
  deps: SshDeps,
): Promise<Transport> {
  const { target, jump, connectTimeoutMs } = connection;
  // Both keys before the first byte: a key that cannot be read should not cost a connection.
  const targetKey = readPrivateKey(target);
  const viaTcp = (endpoint: SshEndpoint) => (deadline: AbortSignal) => openTcp(endpoint, deadline);
  if (jump === undefined) {
    const hop: Hop = { endpoint: target, role: "target", key: targetKey, openStream: viaTcp(target) };
    return transportOver([await reach(hop, connectTimeoutMs, deps)], addressOf(target));
  }

  const jumpSession = await reachJump(jump, viaTcp(jump), connectTimeoutMs, deps);
  try {
    const hop: Hop = {
      endpoint: target,
      role: "target",
      key: targetKey,
      openStream: (deadline) => openForward(jumpSession, target, deadline),
    };
    const session = await reach(hop, connectTimeoutMs, deps);
    return transportOver([session, jumpSession], `${addressOf(target)} via ${addressOf(jump)}`);
  } catch (error) {
    await jumpSession.close();
    throw error;
  }
}

async function reachJump(
  endpoint: SshEndpoint,
  openStream: OpenStream,
  timeoutMs: number,
  deps: SshDeps,
): Promise<Session> {
  try {
    return await reach(
      { endpoint, role: "jump", key: readPrivateKey(endpoint), openStream },
      timeoutMs,
      deps,
    );
  } catch (error) {
    throw error instanceof HostError ? unusableJump(error) : error;
  }
}

function transportOver(sessions: readonly [Session, ...Session[]], description: string): Transport {
  const [session] = sessions;
  let closing: Promise<void> | undefined;
  return {
    description,
    identity: session.fingerprint,
    exec: (command, options) => execOver(session, command, options),
    close() {
      closing ??= (async () => {
        for (const each of sessions) {
          await each.close();
        }
      })();
      return closing;
    },
  };
}

type OpenStream = (deadline: AbortSignal) => Promise<Duplex>;

/** One of the one or two connections on the way to the host. */
interface Hop {
  readonly endpoint: SshEndpoint;
  readonly role: Role;
  readonly key: ParsedKey | undefined;
  readonly openStream: OpenStream;
}

async function reach(hop: Hop, timeoutMs: number, deps: SshDeps): Promise<Session> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), timeoutMs);
  try {
    return await withRetries(deps, patience.signal, () =>
      openVerified(hop, deps.keepalive ?? KEEPALIVE, patience.signal),
    );
  } catch (error) {
    throw error instanceof NoSession ? error.error : error;
  } finally {
    clearTimeout(timer);
  }
}

async function withRetries(
  { log, sleep = (ms, signal) => wait(ms, undefined, { signal }), random = Math.random }: SshDeps,
  deadline: AbortSignal,
  attempt: () => Promise<Session>,
): Promise<Session> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NoSession) || !error.mayTryAgain || tries === TRIES || deadline.aborted) {
        throw error;
      }
      // Half to all of the pause, so that runners that fail together do not come back together.
      const pauseMs = Math.round(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + random() / 2));
      log(`${error.message}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
      await sleep(pauseMs, deadline).catch(() => undefined);
      if (deadline.aborted) {
        throw error;
      }
    }
  }
}

/**
 * Opens a session on the pinned key. A fingerprint does not say what type of key it is of, and a server shows one
 * type only: when that one does not fit, the other types are asked for, before anything of ours was shown.
 */
async function openVerified(
  { endpoint, role, key, openStream }: Hop,
  keepalive: Keepalive,
  deadline: AbortSignal,
): Promise<Session> {
  const policy = hostKeyPolicy(endpoint, role);
  const open = async (algorithms: HostKeyPolicy["algorithms"]) =>
    openSession(await openStream(deadline), { endpoint, key, policy, algorithms, keepalive, deadline });

  let algorithms = policy.algorithms;
  const offered: OfferedKey[] = [];
  for (;;) {
    try {
      return await open(algorithms);
    } catch (error) {
      if (!(error instanceof NoSession)) {
        throw error;
      }
      if (error.hasNoSuchKey && offered.length > 0) {
        throw new NoSession(policy.refusal(offered));
      }
      if (error.hasNoSuchKey && algorithms !== ALL_HOST_KEY_ALGORITHMS) {
        // Only to be able to say which key it has instead.
        algorithms = ALL_HOST_KEY_ALGORITHMS;
        continue;
      }
      if (error.offered === undefined) {
        throw error;
      }
      offered.push(error.offered);
      algorithms = algorithms.filter((name) => keyTypeFor(name) !== error.offered?.type);
      const isFinal =
        policy.judge(error.offered) === "revoked" || !policy.typeIsOpen || algorithms.length === 0;
      if (isFinal) {
        throw new NoSession(policy.refusal(offered));
      }
    }
  }
}

function unusableJump(cause: HostError): HostError {
  return new HostError("jump", `The jump host could not be used: ${cause.message}`, {
    detail: cause.detail,
    advice: cause.advice,
    cause,
  });
}

async function openTcp(endpoint: SshEndpoint, deadline: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const socket = net.connect({
    host: endpoint.host.replace(/^\[(.*)\]$/, "$1"),
    port: endpoint.port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
  });
  const onDeadline = () => {
    reject(new NoSession(noAnswer(endpoint)));
    socket.destroy();
  };
  const onError = (error: Error) => reject(unreachable(endpoint, error));
  socket.once("connect", () => resolve(socket));
  socket.on("error", onError);
  deadline.addEventListener("abort", onDeadline, { once: true });
  if (deadline.aborted) {
    onDeadline();
  }
  try {
    return await promise;
  } finally {
    deadline.removeEventListener("abort", onDeadline);
  }
}

function noAnswer(endpoint: SshEndpoint, cause?: Error): HostError {
  return new HostError("silent", `${addressOf(endpoint)} did not answer`, {
    detail: cause === undefined ? "" : particulars(cause),
    advice:
      "The droplet may be off, or a firewall drops what this runner sends: look at the provider's console and at the firewall's rules for the SSH port.",
    cause,
  });
}

function unreachable(endpoint: SshEndpoint, error: Error): NoSession {
  const codes = errorCodes(error);
  if (codes.some((code) => /^(?:ENOTFOUND|ENODATA|ENONAME|EAI_\w+)$/.test(code))) {
    return new NoSession(
      new HostError("unresolved", `The name ${endpoint.host} has no address`, {
        detail: particulars(error),
        advice: "Check the spelling of `host`, and the DNS record; an address works too.",
        cause: error,
      }),
      { mayTryAgain: codes.includes("EAI_AGAIN") },
    );
  }
  if (codes.some((code) => code === "ECONNREFUSED" || code === "ECONNRESET")) {
    return new NoSession(
      new HostError("closed", `Nothing accepts connections on ${addressOf(endpoint)}`, {
        detail: particulars(error),
        advice: "Check `port`; if it is right, sshd is not running: start it from the provider's console.",
        cause: error,
      }),
      { mayTryAgain: true },
    );
  }
  return new NoSession(noAnswer(endpoint, error), { mayTryAgain: true });
}

/** A name with several addresses fails with one error for each, and no words of its own. */
function particulars(error: Error): string {
  const all: unknown[] = error instanceof AggregateError ? error.errors : [error];
  return all.map(wordsOf).join("; ");
}

function errorCodes(error: Error): string[] {
  const all: unknown[] = error instanceof AggregateError ? [error, ...error.errors] : [error];
  return all.flatMap((each) => (each instanceof Error && "code" in each ? [String(each.code)] : []));
}

/** RFC 4254 section 5.1. */
const OPEN_ADMINISTRATIVELY_PROHIBITED = 1;
const OPEN_CONNECT_FAILED = 2;

async function openForward(jump: Session, target: SshEndpoint, deadline: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const onDeadline = () => reject(new NoSession(noAnswerThrough(jump, target)));
  const onGone = (error: HostError) => reject(new NoSession(unusableJump(error)));
  const stopListening = jump.onGone(onGone);
  deadline.addEventListener("abort", onDeadline, { once: true });
  const gone = jump.gone();
  if (gone !== undefined) {
    onGone(gone);
  } else if (deadline.aborted) {
    onDeadline();
  } else {
    try {
      jump.client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
        if (error) {
          reject(notForwarded(jump, target, error));
        } else if (deadline.aborted) {
          stream.close();
        } else {
          // The session's own listeners come later; an error before them must not end the process.
          stream.on("error", () => {});
          resolve(stream);
        }
      });
    } catch (error) {
      reject(notForwarded(jump, target, error));
    }
  }
  try {
    return await promise;
  } finally {
    stopListening();
    deadline.removeEventListener("abort", onDeadline);
  }
}

function noAnswerThrough(jump: Session, target: SshEndpoint): HostError {
  return new HostError("silent", `${addressOf(target)} did not answer the jump host ${jump.address}`, {
    advice: "Check that the jump host may reach this address and port, and that the droplet is on.",
  });
}

function notForwarded(jump: Session, target: SshEndpoint, cause: unknown): NoSession {
  const gone = jump.gone();
  if (gone !== undefined) {
    return new NoSession(unusableJump(gone));
  }
  const words = wordsOf(cause);
  const reason = cause instanceof Error && "reason" in cause ? cause.reason : undefined;
  if (reason === OPEN_CONNECT_FAILED) {
    // OpenSSH gives every failure this number and says in words which it was.
    const problem: HostProblem = /not known|resolve|no address/i.test(words)
      ? "unresolved"
      : /timed out|unreachable|no route/i.test(words)
        ? "silent"
        : "closed";
    return new NoSession(
      new HostError(
        problem,
        `The jump host ${jump.address} cannot connect to ${target.host}:${target.port}`,
        {
          detail: `It said: ${words}`,
          advice: "Check `host` and `port` as the jump host sees them, and that sshd runs there.",
          cause,
        },
      ),
      { mayTryAgain: problem !== "unresolved" },
    );
  }
  return new NoSession(
    new HostError(
      "jump",
      `The jump host ${jump.address} would not pass us on to ${target.host}:${target.port}`,
      {
        detail: `It said: ${words}`,
        advice:
          reason === OPEN_ADMINISTRATIVELY_PROHIBITED
            ? "Allow it in the jump host's sshd_config: `AllowTcpForwarding` and `PermitOpen`."
            : "See the jump host's own log for the reason.",
        cause,
      },
    ),
  );
}
