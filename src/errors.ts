/**
 * The few kinds of failure this product knows. Each carries words for a person: what happened (`message`),
 * the particulars (`detail`), and what to do instead (`advice`).
 */

interface Words {
  detail?: string;
  advice?: string;
  cause?: unknown;
}

abstract class RecoverError extends Error {
  /** Particulars a person may need: an offered fingerprint, the remote's own words. May be empty. */
  readonly detail: string;
  /** What to do instead, as a sentence. May be empty. */
  readonly advice: string;

  constructor(message: string, { detail = "", advice = "", cause }: Words = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.detail = detail;
    this.advice = advice;
  }
}

/** What the user gave cannot be used. Raised before anything is connected to; lists every mistake at once. */
export class InputError extends RecoverError {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[], words?: Words) {
    super(mistakes.length === 1 ? `${mistakes[0]}` : `${mistakes.length} inputs cannot be used`, {
      detail: mistakes.map((mistake) => `- ${mistake}`).join("\n"),
      advice:
        "Correct the `with:` block of the workflow step; nothing was connected to and nothing was changed.",
      ...words,
    });
    this.mistakes = mistakes;
  }
}

/**
 * Why a host could not be used:
 * - `unresolved`: its name has no address; `closed`: nothing listens on the port; `silent`: no answer in time;
 * - `host-key`: it offered a key other than the pinned one, or none is pinned;
 * - `authentication`: it refused our login (never retried: fail2ban);
 * - `jump`: the jump host could not be used (the `cause` is that host's own HostError);
 * - `lost`: the connection went away, so the fate of what ran is not known;
 * - `timed-out`: a program did not end in time;
 * - `no-shell`: the login is accepted but runs something else than our program (nologin, a forced command);
 * - `nonsense`: the host answered with something that cannot be understood.
 */
export type HostProblem =
  | "unresolved"
  | "closed"
  | "silent"
  | "host-key"
  | "authentication"
  | "jump"
  | "lost"
  | "timed-out"
  | "no-shell"
  | "nonsense";

/** The host could not be reached, or not used as asked. */
export class HostError extends RecoverError {
  readonly problem: HostProblem;

  constructor(problem: HostProblem, message: string, words?: Words) {
    super(message, words);
    this.problem = problem;
  }
}

/** We could act and must not: no approval, an ambiguous target, a lease held by somebody else. */
export class RefusedError extends RecoverError {}

/** What was thrown, in words: its message where it is an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
