/**
 * Commands that a person types: words are quoted for a shell, and a value that does not show what it is makes no command
 * at all. What a host is called, and where its files lie, is for the host to say; what an administrator types is not.
 */

import { isPlainLine } from "../lib/line.ts";
import { quote } from "./quote.ts";

/** Nobody types, or checks, a longer one; in characters. */
const LONGEST_COMMAND = 8_000;

/** A value that no command may hold. */
class UntypableError extends Error {}

/**
 * One word of a command, quoted only where a shell would read it otherwise: a person is to read it too.
 *
 * @throws UntypableError for a value with line ends, control characters, or others that cannot be seen
 */
export function word(text: string): string {
  if (!isPlainLine(text)) throw new UntypableError();
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : quote(text);
}

/**
 * The same for a name that stands where an option might: a container, a service, a folder.
 *
 * @throws UntypableError for one that a program would take for an option, too
 */
export function operand(text: string): string {
  if (text === "" || text.startsWith("-")) throw new UntypableError();
  return word(text);
}

/**
 * @param make puts a command together out of `word` and `operand`
 * @returns the command; empty where one of its values is not fit for it, or where it is longer than anybody types
 */
export function typed(make: () => string): string {
  try {
    const command = make();
    return command.length <= LONGEST_COMMAND ? command : "";
  } catch (error) {
    if (error instanceof UntypableError) return "";
    throw error;
  }
}

/** Whether a text can be printed as a command: one line or more, and all of it to be seen. */
export function isTypable(command: string): boolean {
  return command !== "" && command.length <= LONGEST_COMMAND && command.split("\n").every(isPlainLine);
}
