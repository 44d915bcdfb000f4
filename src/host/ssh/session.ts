// One SSH connection to one endpoint, from its first byte to its last: key exchange, host key, login, and the one
// place that knows when and why it went away. ssh2 is wrapped here and nowhere else.

import type { Duplex } from "node:stream";
import ssh2, { type Client, type ParsedKey, type ServerHostKeyAlgorithm } from "ssh2";
import { HostError, type HostProblem } from "../../errors.ts";
import type { SshEndpoint } from "../../inputs/connection.ts";
import { fingerprintOf } from "../../inputs/fingerprint.ts";
import { lineOf } from "../text.ts";
import { type HostKeyPolicy, type OfferedKey, offeredKey } from "./host-key.ts";
import { type Login, loginTo } from "./login.ts";
import { addressOf, wordsOf } from "./words.ts";

export interface Session {
  readonly client: Client;
  /** `deploy@203.0.113.7:22`. */
  readonly address: string;
  /** Of the host key that was verified, `SHA256:…`. */
  readonly fingerprint: string;
  /** Why the connection is gone; undefined while it stands. */
  readonly gone: () => HostError | undefined;
  /** Calls back once when the connection goes (not when it is already gone). Returns what takes the wish back. */
  onGone(listener: (error: HostError) => void): () => void;
  /** Says good-bye, waits for the other side a little, and tears everything down. Never throws. */
  close(): Promise<void>;
}

export interface Keepalive {
  /** Milliseconds between two questions. */
  readonly intervalMs: number;
  /** Unanswered questions after which the link counts as dead. */
  readonly unanswered: number;
}

export interface SessionPlan {
  readonly endpoint: SshEndpoint;
  /** The login's private key, read. */
  readonly key: ParsedKey | undefined;
  readonly policy: HostKeyPolicy;
  /** What to offer this time; a subset of the policy's algorithms, or all when only looking. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  readonly keepalive: Keepalive;
  /** Fires when the time for this endpoint is used up. */
  readonly deadline: AbortSignal;
}

/** Why no session came about, and what may be done about it. */
export class NoSession extends Error {
  readonly error: HostError;
  /** True when nothing of ours was shown to the server, so that another try cannot count as a failed login. */
  readonly mayTryAgain: boolean;
  /** The key that was offered and not accepted. */
  readonly offered: OfferedKey | undefined;
  /** The server has no key of the types that we asked for. */
  readonly hasNoSuchKey: boolean;

  constructor(
    error: HostError,
    {
      mayTryAgain = false,
      offered,
      hasNoSuchKey = false,
    }: Partial<Pick<NoSession, "mayTryAgain" | "offered" | "hasNoSuchKey">> = {},
  ) {
    super(error.message, { cause: error });
    this.error = error;
    this.mayTryAgain = mayTryAgain;
    this.offered = offered;
    this.hasNoSuchKey = hasNoSuchKey;
  }
}

/** Milliseconds that a good-bye may take before the socket is torn down. */
const GOODBYE_MS = 1_000;

type Phase = "greeting" | "key exchange" | "login";

/**
 * Speaks SSH over a connected stream until the login is through.
 * @throws NoSession
 */
export function openSession(stream: Duplex, plan: SessionPlan): Promise<Session> {
  const { endpoint, policy, keepalive, deadline } = plan;
  const address = addressOf(endpoint);
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  const client = new ssh2.Client();
  const closed = new Promise<void>((done) => client.once("close", done));
  const goneListeners = new Set<(error: HostError) => void>();
  let phase: Phase = "greeting";
  let firstBytes = "";
  let verified: OfferedKey | undefined;
  let refusedKey: OfferedKey | undefined;
  let state: "opening" | "open" | "failed" | "gone" = "opening";
  let reason: HostError | undefined;

  const tearDown = () => {
    quietly(() => client.destroy());
    quietly(() => stream.destroy());
  };
  const fail = (failure: NoSession) => {
    if (state === "opening") {
      state = "failed";
      deadline.removeEventListener("abort", onDeadline);
      reject(failure);
      tearDown();
    }
  };
  const vanish = (why: string, cause?: unknown) => {
    if (state === "open") {
      state = "gone";
      reason =
        refusedKey === undefined
          ? new HostError("lost", `The connection to ${address} was lost`, {
              detail: why,
              advice: "What ran there may have gone on running; its outcome has to be looked up.",
              cause,
            })
          : policy.refusal([refusedKey]);
      for (const listener of [...goneListeners]) {
        listener(reason);
      }
      goneListeners.clear();
      tearDown();
    }
  };
  const onDeadline = () => fail(tooSlow(address, phase, firstBytes));

  const login = loginTo(endpoint, plan.key, (error) => fail(new NoSession(error)));

  // For life: ssh2 emits errors after success too, and an unheard `error` event ends the process.
  client.on("error", (error) => {
    if (state === "opening") {
      fail(explain({ address, phase, firstBytes, error, refusedKey, policy, login }));
    } else {
      vanish(wordsOf(error), error);
    }
  });
  const onClosed = () => {
    if (state === "opening") {
      fail(explain({ address, phase, firstBytes, error: undefined, refusedKey, policy, login }));
    } else {
      vanish("The other side closed it.");
    }
  };
  client.on("end", onClosed);
  client.on("close", onClosed);
  client.on("handshake", () => {
    phase = "login";
  });
  client.on("change password", (serverWords) => login.passwordExpired(serverWords));
  client.on("ready", () => {
    if (state !== "opening" || verified === undefined) {
      return;
    }
    state = "open";
    deadline.removeEventListener("abort", onDeadline);
    resolve({
      client,
      address,
      fingerprint: fingerprintOf(verified.blob),
      gone: () => reason,
      onGone(listener) {
        goneListeners.add(listener);
        return () => goneListeners.delete(listener);
      },
      async close() {
        if (state === "open") {
          quietly(() => client.end());
          await withinMs(GOODBYE_MS, closed);
          vanish("We closed it.");
        }
        tearDown();
      },
    });
  });

  /** Called on the first key exchange and on every later one. */
  const hostVerifier = (blob: Buffer): boolean => {
    const key = offeredKey(blob);
    if (policy.judge(key) === "accepted") {
      verified = key;
      return true;
    }
    refusedKey = key;
    return false;
  };

  if (deadline.aborted) {
    onDeadline();
    return promise;
  }
  deadline.addEventListener("abort", onDeadline, { once: true });
  try {
    client.connect({
      sock: stream,
      username: endpoint.login.username,
      hostVerifier,
      algorithms: { serverHostKey: [...plan.algorithms] },
      authHandler: login.handler,
      // Ours covers DNS, TCP, key exchange and login together.
      readyTimeout: 0,
      keepaliveInterval: keepalive.intervalMs,
      keepaliveCountMax: keepalive.unanswered,
    });
    stream.once("data", (chunk: Buffer) => {
      firstBytes = chunk.toString("latin1", 0, 200);
      phase = firstBytes.startsWith("SSH-") ? "key exchange" : phase;
    });
  } catch (error) {
    fail(explain({ address, phase, firstBytes, error, refusedKey, policy, login }));
  }
  return promise;
}

interface Evidence {
  readonly address: string;
  readonly phase: Phase;
  readonly firstBytes: string;
  readonly error: unknown;
  readonly refusedKey: OfferedKey | undefined;
  readonly policy: HostKeyPolicy;
  readonly login: Login;
}

function explain({ address, phase, firstBytes, error, refusedKey, policy, login }: Evidence): NoSession {
  if (refusedKey !== undefined) {
    return new NoSession(policy.refusal([refusedKey]), { offered: refusedKey });
  }
  const words = error === undefined ? "" : wordsOf(error);
  if (/no matching host key format/.test(words)) {
    return new NoSession(
      new HostError("host-key", `${address} has no host key of a type that can be used here`, {
        advice: "Give the server an Ed25519 host key (`ssh-keygen -A` on the server makes the missing ones).",
        cause: error,
      }),
      { hasNoSuchKey: true },
    );
  }
  if (phase === "login") {
    return new NoSession(
      isFromServer(error)
        ? login.refused(words)
        : hostError("lost", `The connection to ${address} was lost during the login`, {
            detail: words,
            advice: "The login is not tried again, so that the server does not ban the runner.",
            cause: error,
          }),
    );
  }
  const said = lineOf(firstBytes.split(/[\r\n]/)[0] ?? "");
  const heard = [said, words].filter(Boolean).join(" / ");
  if (phase === "greeting" && said !== "" && !/not allowed|exceeded|refused|denied/i.test(said)) {
    return new NoSession(
      hostError("nonsense", `${address} does not speak SSH`, {
        detail: `It said: ${said}`,
        advice: "Check `port`: something else than an SSH server answers there.",
        cause: error,
      }),
    );
  }
  if (phase === "key exchange" && isProtocolError(error)) {
    return new NoSession(
      hostError("nonsense", `${address} speaks SSH in a way that is not understood here`, {
        detail: heard === "" ? "" : `Heard: ${heard}`,
        advice:
          "The server's SSH is too old or too restricted; see KexAlgorithms, Ciphers and MACs in its sshd_config.",
        cause: error,
      }),
    );
  }
  return new NoSession(
    hostError("closed", `${address} accepted the connection and closed it before the login`, {
      detail: heard === "" ? "" : `Heard: ${heard}`,
      advice:
        "The server is starting, or too busy (MaxStartups), or refuses this runner's address (fail2ban, PerSourcePenalties, a firewall).",
      cause: error,
    }),
    { mayTryAgain: true },
  );
}

/** True for a disconnect message of the server: ssh2 gives those the reason's number as `code`. */
function isFromServer(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "number";
}

/** True when ssh2 itself gave up on what the server sent; a lost socket has the level `client-socket`. */
function isProtocolError(error: unknown): boolean {
  const level = error instanceof Error && "level" in error ? error.level : undefined;
  return error !== undefined && !isFromServer(error) && level !== "client-socket";
}

function tooSlow(address: string, phase: Phase, firstBytes: string): NoSession {
  const where = {
    greeting:
      firstBytes === ""
        ? "accepted the connection and then said nothing"
        : "accepted the connection and did not come to speak SSH",
    "key exchange": "stopped answering in the middle of the key exchange",
    login: "did not finish the login",
  }[phase];
  return new NoSession(
    hostError("silent", `${address} ${where} in time`, {
      advice:
        "The droplet may be out of memory or overloaded; look at its console and graphs at the provider, or raise `timeout`.",
    }),
  );
}

function hostError(
  problem: HostProblem,
  message: string,
  words: { detail?: string; advice: string; cause?: unknown },
): HostError {
  return new HostError(problem, message, words);
}

function quietly(action: () => unknown): void {
  try {
    action();
  } catch {
    // Tearing down what is already torn down.
  }
}

async function withinMs(ms: number, promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([promise, new Promise<void>((done) => (timer = setTimeout(done, ms)))]);
  clearTimeout(timer);
}
