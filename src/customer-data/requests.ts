/** What web servers and Odoo say of who asked for what. */

import { CUT } from "./cut.ts";

/** Who logged in or failed to, and whose mail it was. */
export function withoutPeople(said: string): string {
  return withoutLogin(said).replaceAll(
    /(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}\b/g,
    CUT,
  );
}

const LOGIN = /^Login (?:successful|failed) for db:\S* login:/;

/** Without who logged in; the address that it was done from stays. */
function withoutLogin(said: string): string {
  const [head] = LOGIN.exec(said) ?? [];
  if (head === undefined) return said;
  const rest = said.slice(head.length);
  const login = rest.trimEnd();
  const from = login.lastIndexOf(" from ");
  const address = from < 0 || /\s/.test(login.slice(from + " from ".length)) ? "" : login.slice(from);
  return `${head}${CUT}${address}${rest.slice(login.length)}`;
}

/** IBANs, and numbers of telephones as people write them. */
const ACCOUNT = /(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])/g;
const TELEPHONE = /(?<![\w.:/+-])(?:\+|00)\d{1,3}[ \d()/.-]{6,18}\d(?![\w:])/g;
/** The same without a country, where the word in front tells what it is. */
const TELEPHONE_AT_HOME =
  /\b([Pp]hone|[Tt]el(?:ephone)?|[Mm]obile|[Cc]ell|[Cc]all(?:ed|ing)?|[Ff]ax|SMS)((?: (?:number|to|no))?[.:=]?\s{1,3})\(?\d[\d ()/.-]{5,18}\d(?![\w:])/g;
/** `Main Street 12`, `4 Rue Neuve`, `Hauptstraße 5`, `10115 Berlin`, with the word in front that tells where somebody lives. */
const STREET =
  /(?:\d{1,5}[a-z]?,? (?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Cc]alle|[Vv]ia|[Rr]ua) )?\p{Lu}[\p{L}.'’-]{1,40} (?:Street|St\.|Road|Rd\.|Avenue|Ave\.|Lane|Drive|Square|Platz|Weg|Allee) \d{1,5}[a-z]?(?:, (?:[A-Z]{1,3}-?)?\d{4,6} \p{Lu}[\p{L}-]{1,40})?|\b\p{Lu}\p{Ll}{1,40}(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee) \d{1,5}[a-z]?(?:, (?:[A-Z]{1,3}-?)?\d{4,6} \p{Lu}[\p{L}-]{1,40})?|\b\d{1,5} \p{Lu}\p{Ll}{1,40} (?:Street|St\.|Road|Rd\.|Avenue|Ave\.|Lane|Drive)(?![\p{L}])/gu;
/** Who it is about, by the word in front: `partner Jane Doe`, `parcel for Jane`. */
const PERSON =
  /\b([Pp]artner|[Cc]ustomer|[Cc]ontact|[Cc]lient|[Ee]mployee|[Uu]ser|[Pp]atient|[Mm]ember|[Ss]upplier|[Vv]endor|[Ll]ead|[Ss]tudent|[Rr]ecipient|[Ff]or|[Tt]o|[Ff]rom|[Nn]ame)((?: of)?[ :=]{1,3}["']?)(?!Odoo\b|PostgreSQL\b|Docker\b)\p{Lu}\p{Ll}[\p{L}'’-]{0,40}(?:,? (?:(?:van|von|de|der|la|da|di) ){0,2}\p{Lu}[\p{L}'’.-]{0,40}){0,3}/gu;

/** What an addon says in words of its own, without names, addresses, accounts and numbers of telephones. */
export function withoutPersons(said: string): string {
  return said
    .replaceAll(ACCOUNT, CUT)
    .replaceAll(TELEPHONE, CUT)
    .replaceAll(TELEPHONE_AT_HOME, `$1$2${CUT}`)
    .replaceAll(STREET, CUT)
    .replaceAll(PERSON, `$1$2${CUT}`);
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
        return `${path}${query.split("&").map(withoutValue).join("&")}`;
      },
    )
    .replaceAll(
      /(?<=[\w.~%-]\/|[ "']\/)[\w.+%-]{1,64}(?:@|%40)(?:[\w-]{1,63}\.){1,8}(?!(?:service|socket|target|slice|timer|scope|mount)\b)[A-Za-z]{2,24}\b/g,
      CUT,
    );
}

/** @param parameter of a query, `name=value`; the name may have a `;` in front of it */
function withoutValue(parameter: string): string {
  let from = 0;
  for (let equals = parameter.indexOf("="); equals >= 0; equals = parameter.indexOf("=", from)) {
    const before = parameter.slice(from, equals);
    const name = before.slice(before.lastIndexOf(";") + 1);
    from = equals + 1;
    if (name === "") continue;
    const harmless = HARMLESS_PARAMETERS.test(name) || HARMLESS_VALUES.test(parameter.slice(from));
    return harmless ? parameter : `${parameter.slice(0, from)}${CUT}`;
  }
  return parameter;
}
