// Logging in: which of our credentials to show a server, in which order, and the words when none opens the door.
// Each is shown once. A refusal is final, since fail2ban counts them.

import ssh2, { type AnyAuthMethod, type AuthHandlerMiddleware, type ParsedKey } from "ssh2";
import { HostError } from "../../errors.ts";
import type { SshEndpoint } from "../../inputs/connection.ts";
import { lineOf } from "../text.ts";
import { addressOf, namedKey } from "./words.ts";

type Shown = "publickey" | "password" | "keyboard-interactive";

export interface Login {
  /** For ssh2's `authHandler`. */
  readonly handler: AuthHandlerMiddleware;
  /** For ssh2's `change password` event, which waits forever unless it is answered. */
  passwordExpired(serverWords: string): void;
  /** What the server said when it hung up during the login (`Too many authentication failures`). */
  refused(serverWords: string): HostError;
}

/**
 * @param key the endpoint's own private key, as `readPrivateKey` gave it
 * @param refuse called when the login cannot succeed any more
 */
export function loginTo(
  endpoint: SshEndpoint,
  key: ParsedKey | undefined,
  refuse: (error: HostError) => void,
): Login {
  const { username, password } = endpoint.login;
  const shown: Shown[] = [];
  /** Methods that the server accepts from here on; null until it has said so. */
  let accepts: readonly string[] | null = null;
  let satisfied: Shown | undefined;

  const refused = (serverWords = ""): HostError =>
    refusal({ endpoint, key, shown, accepts: accepts ?? [], satisfied, serverWords });

  let answered = false;
  const answer: KeyboardPrompt = (_name, instructions, _language, prompts, finish) => {
    const [prompt, ...others] = prompts;
    if (!answered && prompt?.echo === false && others.length === 0 && password !== undefined) {
      answered = true;
      finish([password]);
      return;
    }
    const asked = [instructions, ...prompts.slice(0, 8).map((each) => each.prompt)]
      .map((words) => lineOf(words))
      .filter(Boolean);
    refuse(unanswerable(endpoint, asked));
  };

  const next = (): AnyAuthMethod | undefined => {
    const untried = (method: Shown) =>
      !shown.includes(method) && (accepts === null || accepts.includes(method));
    if (key !== undefined && untried("publickey")) {
      shown.push("publickey");
      return { type: "publickey", username, key };
    }
    if (accepts === null) {
      // Asks which methods there are: showing the password to a server that takes none would count as a failure.
      return { type: "none", username };
    }
    if (password !== undefined && untried("password") && !shown.includes("keyboard-interactive")) {
      shown.push("password");
      return { type: "password", username, password };
    }
    // The same password again by another method would be a second failure for the same mistake.
    if (password !== undefined && untried("keyboard-interactive") && !shown.includes("password")) {
      shown.push("keyboard-interactive");
      return { type: "keyboard-interactive", username, prompt: answer };
    }
    return undefined;
  };

  return {
    handler(methodsLeft, partialSuccess, proceed) {
      // Typed as an array, but null on the first call (ssh2's client.js, `curAuthsLeft`).
      const left: readonly string[] | null = methodsLeft;
      if (left !== null) {
        accepts = left;
      } else if (shown.length > 0) {
        accepts = [];
      }
      if (partialSuccess === true) {
        satisfied = shown.at(-1);
      }
      const method = next();
      if (method === undefined) {
        refuse(refused());
      } else {
        proceed(method);
      }
    },
    passwordExpired(serverWords) {
      refuse(
        new HostError("authentication", `The password of ${username} has expired on ${addressOf(endpoint)}`, {
          detail: lineOf(serverWords),
          advice: `Log in as ${username} once by hand and set a new password, or let the workflow log in with a key.`,
        }),
      );
    },
    refused,
  };
}

type KeyboardPrompt = Extract<AnyAuthMethod, { type: "keyboard-interactive" }>["prompt"];

/**
 * The private key of an endpoint's login, if it has one.
 * @throws HostError `authentication` when it cannot be read
 */
export function readPrivateKey(endpoint: SshEndpoint): ParsedKey | undefined {
  const { privateKey } = endpoint.login;
  if (privateKey === undefined) {
    return undefined;
  }
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error || !key.isPrivateKey()) {
    throw new HostError("authentication", `The private key for ${addressOf(endpoint)} cannot be read`, {
      advice: "Check the key; nothing was connected to.",
    });
  }
  return key;
}

interface Refusal {
  readonly endpoint: SshEndpoint;
  readonly key: ParsedKey | undefined;
  readonly shown: readonly Shown[];
  readonly accepts: readonly string[];
  readonly satisfied: Shown | undefined;
  readonly serverWords: string;
}

function refusal({ endpoint, key, shown, accepts, satisfied, serverWords }: Refusal): HostError {
  const keyName = key === undefined ? "" : namedKey(key.type, key.getPublicSSH());
  const tried = [
    ...(shown.includes("publickey") ? [`the key ${keyName}`] : []),
    ...(shown.includes("password") || shown.includes("keyboard-interactive") ? ["the password"] : []),
  ];
  return new HostError("authentication", `${addressOf(endpoint)} refused the login`, {
    detail: [
      tried.length === 0 ? "Nothing was tried." : `Tried: ${tried.join(", then ")}.`,
      ...(satisfied === undefined
        ? []
        : [`It accepted the ${satisfied === "publickey" ? "key" : "password"} and asks for more.`]),
      ...(accepts.length === 0 ? [] : [`The server accepts: ${lineOf(accepts.join(", "))}.`]),
      ...(serverWords === "" ? [] : [`It said: ${serverWords}`]),
    ].join(" "),
    advice: adviceFor({ endpoint, key, shown, accepts, satisfied, serverWords }, keyName),
  });
}

function adviceFor({ endpoint, key, shown, accepts, satisfied }: Refusal, keyName: string): string {
  const { username, password } = endpoint.login;
  if (satisfied !== undefined) {
    return password === undefined && accepts.includes("password")
      ? "This server wants a key and a password; set `password` too."
      : "This server wants a second factor, which no workflow can give; exempt this user from it (`Match User` in sshd_config).";
  }
  if (key !== undefined && !shown.includes("publickey")) {
    return "The server takes no keys; set `password`, or allow `PubkeyAuthentication` in its sshd_config.";
  }
  if (key !== undefined && password === undefined) {
    const root = username === "root" ? " For root, `PermitRootLogin` in sshd_config must allow it too." : "";
    return `Check \`username\`, and that the key's public half (${keyName}) is a line of ~${username}/.ssh/authorized_keys.${root}`;
  }
  if (
    key === undefined &&
    accepts.length > 0 &&
    !accepts.includes("password") &&
    !accepts.includes("keyboard-interactive")
  ) {
    return "The server takes no passwords; set `key`.";
  }
  return "Check `username` and the credentials; the login is not tried again, so that the server does not ban the runner.";
}

function unanswerable(endpoint: SshEndpoint, asked: readonly string[]): HostError {
  return new HostError(
    "authentication",
    `${addressOf(endpoint)} asks a question during the login that no workflow can answer`,
    {
      detail: asked.join(" / "),
      advice:
        "If it asks for a second factor or a new password, exempt this user from it, or let the workflow log in with a key.",
    },
  );
}
