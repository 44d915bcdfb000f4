/** What web servers and Odoo say of who asked for what. */

import { CUT } from "./cut.ts";

/** Who logged in or failed to, and whose mail it was. */
export function withoutPeople(said: string): string {
  return said
    .replace(/^(Login (?:successful|failed) for db:\S* login:).*?( from \S+)?(\s*)$/, `$1${CUT}$2$3`)
    .replaceAll(/(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g, CUT);
}

/** IBANs, and numbers of telephones as people write them. */
const ACCOUNT = /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])/g;
const TELEPHONE = /(?<![\w.:/+-])(?:\+|00)\d{1,3}[ \d()/.-]{6,18}\d(?![\w:])/g;
/** Who it is about, by the word in front: `partner Jane Doe`, `parcel for Jane`. */
const PERSON =
  /\b([Pp]artner|[Cc]ustomer|[Cc]ontact|[Cc]lient|[Ee]mployee|[Uu]ser|[Pp]atient|[Mm]ember|[Ss]upplier|[Vv]endor|[Ll]ead|[Ss]tudent|[Rr]ecipient|[Ff]or|[Tt]o|[Ff]rom|[Nn]ame)((?: of)?[ :=]{1,3}["']?)(?!Odoo\b|PostgreSQL\b|Docker\b)\p{Lu}\p{Ll}[\p{L}'’-]{0,40}(?: (?:(?:van|von|de|der|la|da|di) ){0,2}\p{Lu}[\p{L}'’.-]{0,40}){0,3}/gu;

/** What an addon says in words of its own, without names, accounts and numbers of telephones. */
export function withoutPersons(said: string): string {
  return said.replaceAll(ACCOUNT, CUT).replaceAll(TELEPHONE, CUT).replaceAll(PERSON, `$1$2${CUT}`);
}

/** Parameters whose values name parts of the program. */
const HARMLESS_PARAMETERS =
  /^(?:db|debug|lang|model|view_type|bundle|sw|mode|order|cids|v|ver|version|unique)$/;
const HARMLESS_VALUES = /^(?:\d{1,5}|true|false|\$\w*|\[cut\]|\*\*\*)?$/i;

/**
 * A line without what people asked for: the values behind a question mark (names, searches, links to reset a password), and
 * addresses of e-mail within a path. For what web servers and Odoo's threads say of requests; a line without them stays as
 * it is.
 */
export function withoutRequests(line: string): string {
  if (!line.includes("/")) return line;
  return line
    .replaceAll(
      /(?<![^\s"'<>?])([^\s"'<>?]*\?)([^\s"'<>)]+)/g,
      (asked: string, path: string, query: string) => {
        if (!path.includes("/")) return asked;
        return `${path}${query.replaceAll(/([^&=;]+)=([^&]*)/g, (pair, name: string, value: string) =>
          HARMLESS_PARAMETERS.test(name) || HARMLESS_VALUES.test(value) ? pair : `${name}=${CUT}`,
        )}`;
      },
    )
    .replaceAll(
      /(?<=[\w.~%-]\/|[ "']\/)[\w.+%-]{1,64}(?:@|%40)(?:[\w-]{1,63}\.){1,8}(?!(?:service|socket|target|slice|timer|scope|mount)\b)[A-Za-z]{2,24}\b/g,
      CUT,
    );
}
