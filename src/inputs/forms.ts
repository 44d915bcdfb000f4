/** What the value of an input has to look like, and what to give instead. */

import { isIPv6 } from "node:net";
import * as v from "valibot";

/** Of a path or an address, in characters. */
export const LONGEST = 4096;

// biome-ignore format: one pattern a line
export const FORMS = {
  /** A host name (RFC 1123, with underscores as people use them), or an IPv4 or IPv6 address. */
  host: v.pipe(v.string(), v.check(isHost, "is no host name or address; give `203.0.113.7` or `erp.example.com`, without `https://`, user or port")),
  port: v.pipe(v.string(), v.regex(/^[0-9]{1,5}$/, "is no port number"), v.transform(Number), v.minValue(1, "is no port number: it begins at 1"), v.maxValue(65535, "is no port number: it ends at 65535")),
  username: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?$/, "is no user name; letters, digits, `_`, `.`, `-`")),
  service: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/, "is no name of a compose service; letters, digits, `_`, `.`, `-`")),
  database: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/, "is no name of an Odoo database; letters, digits, `_`, `.`, `-`")),
  role: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,62}$/, "is no name of a PostgreSQL role; letters, digits, `_`, `.`, `-`")),
  directory: v.pipe(v.string(), v.regex(/^\/[^\p{Cc}]*$/u, "is no absolute path; give one like `/opt/odoo-ce`"), v.check(staysInside, "must not contain `..`"), v.maxLength(LONGEST, "is too long for a path")),
  composeFile: v.pipe(v.string(), v.regex(/^(?!-)[^\p{Cc},]+$/u, "is no file name; give one like `docker-compose.prod.yml`, relative to the directory, or an absolute path"), v.check(staysInside, "must not contain `..`"), v.maxLength(LONGEST, "is too long for a path")),
  mode: v.picklist(["check", "plan", "recover"], "is none of `check`, `plan`, `recover`"),
  scenario: v.picklist(["auto", "502", "500"], "is none of `auto`, `502`, `500`"),
  ceiling: v.picklist(["restart", "repair", "wipe"], "is none of `restart`, `repair`, `wipe`"),
  backup: v.picklist(["auto", "always", "never"], "is none of `auto`, `always`, `never`"),
  backupTo: v.picklist(["droplet", "runner", "both"], "is none of `droplet`, `runner`, `both`"),
  module: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_]{1,63}$/, "is no module's technical name; give one like `shop_theme`: letters, digits, `_`")),
  moduleAction: v.picklist(["update", "uninstall"], "is none of `update`, `uninstall`"),
  reviewed: v.picklist(["true", "false"], "is neither `true` nor `false`"),
  overrideBudget: v.picklist(["true", "false"], "is neither `true` nor `false`"),
  // GitHub takes any name of up to 255 characters: it is sent as one encoded segment of an address.
  environment: v.pipe(v.string(), v.regex(/^[^\p{Cc}\u2028\u2029]{1,255}$/u, "is no name of an environment; give one like `production`")),
  failOn: v.picklist(["unhealthy", "degraded"], "is none of `unhealthy`, `degraded`"),
};

/** A label of a host name, then more of them. Brackets around an IPv6 address are allowed, as in a URL. */
export function isHost(text: string): boolean {
  if (text.length > 253) return false;
  const address = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  if (address.includes(":")) return isIPv6(address);
  return (
    text === address &&
    /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/.test(text)
  );
}

function staysInside(path: string): boolean {
  return !path.split("/").includes("..");
}
