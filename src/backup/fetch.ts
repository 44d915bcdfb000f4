/** How a person gets at a dump that lies on the droplet, where root alone can read it. */

import { basename } from "node:path";
import type { Privilege } from "../host/program.ts";
import { quote } from "../host/quote.ts";
import { addressOf } from "../host/ssh/words.ts";
import type { Connection } from "../inputs/connection.ts";

/**
 * One line for a shell on the person's own machine, by the login of this run, which needs no shell of root's:
 * `ssh -p 2222 deploy@erp.example.com sudo -n cat /var/lib/…/odoo-….dump >odoo-….dump`
 */
export function fetchLine(path: string, connection: Connection, privilege: Privilege): string {
  const reading = [...(privilege === "root" ? [] : ["sudo", "-n"]), "cat", word(path)];
  return `${[...sshWords(connection), ...reading].join(" ")} >${word(basename(path))}`;
}

function sshWords(connection: Connection): string[] {
  if (connection.kind === "local") return [];
  const { target, jump } = connection;
  const host = target.host.replace(/^\[(.*)\]$/, "$1");
  return [
    "ssh",
    ...(jump === undefined ? [] : ["-J", word(addressOf(jump))]),
    ...(target.port === 22 ? [] : ["-p", String(target.port)]),
    word(`${target.login.username}@${host}`),
  ];
}

/** Quoted only where a shell would read it otherwise: a person is to read it too. */
function word(text: string): string {
  return /^[A-Za-z0-9@%+=:,./_-]+$/.test(text) ? text : quote(text);
}
