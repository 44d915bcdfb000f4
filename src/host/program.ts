/**
 * A program for the host: a file in its own language, the values it needs, and its bounds. It travels on the stdin of
 * `sh -s` and answers inside a frame that carries a nonce, so that neither a chatty `.bashrc` nor a log line can be
 * mistaken for its output.
 */

import { assignments } from "./quote.ts";

export interface Program {
  /** For people, and for the journal: `survey`, `acquire lease`. */
  readonly name: string;
  /** POSIX sh. Several files are joined; the first ones only define functions. */
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  /** How long it may take on the host, in seconds. */
  readonly seconds: number;
  /** Whether running it twice is the same as once: only then is it sent again after a lost connection. */
  readonly repeatable: boolean;
  /** Whether it needs root (directly, or through `sudo -n`). */
  readonly privileged: boolean;
  /** Output beyond this many bytes is dropped and the result says so. */
  readonly maxOutputBytes: number;
}

/** A command found only on a login shell's PATH is still found (appleboy/ssh-action #21 #31 #73 #210). */
const COMMON_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/**
 * Renders a program for the stdin of `sh -s`.
 *
 * All of it stands inside braces: when the connection goes away half-way through the sending, the shell finds something
 * unfinished and runs nothing, not even the first half of a word. The program's commands read from /dev/null, so that
 * none of them can eat the rest of the text (`docker compose exec -T` does).
 *
 * `timeout` makes an end of what ignores SIGTERM only while the shell that it started lives; hence the trap, which
 * runs when the program has ended.
 *
 * @param nonce letters and digits that nothing else on the host can know
 */
export function renderProgram(program: Program, nonce: string): string {
  return `{
LC_ALL=C
export LC_ALL
PATH="$PATH:${COMMON_PATH}"
export PATH
FRAME=${nonce}
${assignments(program.values)}odoo_recover_program() {
${program.text}
}
trap 'exit 124' TERM
printf '\\n%s begin\\n' "$FRAME"
( odoo_recover_program ) </dev/null
printf '\\n%s end %s\\n' "$FRAME" "$?"
}
`;
}

/** Who runs a program: root itself, a user whom `sudo -n` makes root, or a user with only their own rights. */
export type Privilege = "root" | "sudo" | "user";

/** The command line for it: plain words, which sh, bash, dash, zsh, fish and csh all read alike. */
export function commandLine(program: Program, privilege: Privilege): string {
  const bounded = `timeout -k 5 ${program.seconds} sh -s`;
  return program.privileged && privilege === "sudo" ? `sudo -n ${bounded}` : bounded;
}
