/** The command by which a container runs Odoo's server, for a second Odoo that is to run the same way. */

import type { Container } from "../survey/survey.ts";

/** Options that would install, update, load or choose another database; those that have their value in the next word. */
const NOT_FOR_ANOTHER =
  /^(?:-[uidl]|--(?:update|init|database|load-language|i18n-\w+|dev|config-save|save|language|modules))(?:=|$)/;
const JOINED = /^-[uidl]\S/;

/** Odoo's server under one of its names. */
const ODOO = /^(?:\/usr\/bin\/)?(?:odoo|odoo-bin|openerp-server)$/;

export interface OdooCommand {
  /** The words that stand for Odoo's server; none where the image's entrypoint takes its options alone. */
  readonly server: readonly string[];
  /** The same of `odoo shell`: an entrypoint that takes options alone as the server's needs to be told more. */
  readonly shell: readonly string[];
  /** Less what would install, update, load, or choose another database. */
  readonly options: readonly string[];
}

/**
 * How this container's own command calls Odoo's server; without options where it does not, or does more: a shell or a
 * script that migrates first is left out, for Odoo alone is wanted.
 */
export function commandOf({ entrypoint, command }: Pick<Container, "entrypoint" | "command">): OdooCommand {
  const itself = ODOO.test(entrypoint.at(-1) ?? "");
  const [first = "", ...rest] = command;
  const named = ODOO.test(first);
  const words = named ? (rest[0] === "server" ? rest.slice(1) : rest) : command;
  // The official entrypoint takes options alone as Odoo's. A subcommand is no server: `odoo shell`, `odoo db`.
  if (!(named || first.startsWith("-")) || !(words[0] ?? "-").startsWith("-")) {
    const odoo = itself ? [] : ["odoo"];
    return { server: odoo, shell: [...odoo, "shell"], options: [] };
  }
  const options: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (NOT_FOR_ANOTHER.test(word)) {
      if (!word.includes("=") && !/^-/.test(words[at + 1] ?? "-")) at += 1;
    } else if (!JOINED.test(word) && word !== "--") options.push(word);
  }
  const odoo = named ? [first] : itself ? [] : ["odoo"];
  return { server: named ? [first] : [], shell: [...odoo, "shell"], options };
}
