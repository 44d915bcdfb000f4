/** What a stand-in answers to whoever called it. */

import { quote } from "../../../src/host/quote.ts";

/** What it prints and how it ends; or what the shell that stands for it has to do. */
export type Answer =
  | { readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly shell: string };

export function answer(stdout: string, stderr = "", status = 0): Answer {
  return { status, stdout, stderr };
}

/** As text for the shell that asked (stand-ins/ask.sh). */
export function asShell(given: Answer): string {
  if ("shell" in given) return given.shell;
  const { status, stdout, stderr } = given;
  return `printf %s ${quote(stdout)}\nprintf %s ${quote(stderr)} >&2\nexit ${status}\n`;
}
