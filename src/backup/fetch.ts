/** How a person gets at a dump that lies on the droplet, where root alone can read it. */

import type { Privilege } from "../host/program.ts";
import { addressOf } from "../host/ssh/words.ts";
import { operand, typed, word } from "../host/typed.ts";
import type { Connection } from "../inputs/connection.ts";

/**
 * One line for a shell on the person's own machine, by the login of this run, which needs no shell of root's:
 * `ssh -p 2222 deploy@erp.example.com sudo -n cat /var/lib/…/odoo-….dump >odoo-….dump`
 *
 * @param path of the dump on the droplet
 * @param saveAs the file's name on the person's machine: ours, and not one that the droplet chooses
 * @returns empty where a name in it is not fit to be typed
 */
export function fetchLine(
  path: string,
  saveAs: string,
  connection: Connection,
  privilege: Privilege,
): string {
  return typed(() => {
    const reading = [...(privilege === "root" ? [] : ["sudo", "-n"]), "cat", operand(path)].join(" ");
    return `${overSsh(reading, connection)} >${word(saveAs)}`;
  });
}

/** A command for the droplet's shell, to be typed here: ssh joins its words, and that shell splits them again. */
function overSsh(remote: string, connection: Connection): string {
  if (connection.kind === "local") return remote;
  const { target, jump } = connection;
  const host = target.host.replace(/^\[(.*)\]$/, "$1");
  return [
    "ssh",
    ...(jump === undefined ? [] : ["-J", word(addressOf(jump))]),
    ...(target.port === 22 ? [] : ["-p", String(target.port)]),
    operand(`${target.login.username}@${host}`),
    remote.includes("'") ? word(remote) : remote,
  ].join(" ");
}
