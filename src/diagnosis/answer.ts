/** What an answer to GET /web/login is: Odoo's login page, or what else. A code of 200 alone proves nothing. */

import type { HttpAnswer } from "../survey/survey.ts";

type Answered = Extract<HttpAnswer, { answered: true }>;

/**
 * Whether an answer is Odoo's login page.
 *
 * @param asked the addresses under which it was asked for, whatever the way: a redirect to one of them is a circle
 */
export function judgeAnswer(
  answer: HttpAnswer,
  asked: readonly string[] = [],
): { good: boolean; why: string } {
  if (!answer.answered) return { good: false, why: whyNoAnswer(answer) };
  const time = `in ${answer.seconds.toFixed(2)} s`;
  if (answer.code !== 200) {
    const to = answer.location ? ` to ${answer.location}` : "";
    const what = leadsInCircle(answer, asked)
      ? ", which is where it was asked for: a circle"
      : isChooser(answer)
        ? ", where Odoo lets people choose a database"
        : "";
    return { good: false, why: `${answer.code}${to} ${time}${what}` };
  }
  if (!isLoginPage(answer))
    return { good: false, why: `200 ${time}, but the page is not Odoo's login page: it ${whatElse(answer)}` };
  return { good: true, why: `200 ${time}` };
}

/** `connection refused (curl: …)` */
export function whyNoAnswer({ problem, detail }: Extract<HttpAnswer, { answered: false }>): string {
  const words = {
    refused: "connection refused",
    "timed-out": "no answer in time",
    broken: "the connection broke",
  };
  return `${words[problem]}${detail ? ` (${detail})` : ""}`;
}

/** The form's class and its field stand in the login page of Odoo 14 to 19 (addons/web/views/webclient_templates.xml). */
function isLoginPage({ body }: Answered): boolean {
  return /oe_login_form|name="login"/.test(body);
}

/** A redirect to where it was asked for: whoever follows it comes back to it for ever. */
export function leadsInCircle(answer: HttpAnswer, asked: readonly string[]): boolean {
  if (!answer.answered || answer.code < 300 || answer.code > 399 || answer.location === "") return false;
  return asked.some(
    (address) =>
      URL.canParse(answer.location, address) &&
      new URL(answer.location, address).href === new URL(address).href,
  );
}

const LOGIN = "/web/login";

/** Odoo was asked on its own port, with the public name in the headers. */
export function askedDirectly(address: string, url: URL | undefined): string[] {
  return addresses(address && `http://${address}${LOGIN}`, new URL(LOGIN, url ?? "http://localhost").href);
}

/**
 * @param door `https:443`. Who is asked for by http came to https by a redirect, and coming back is a circle; who is
 *   asked for by https and was looked for behind http is sent where he belongs.
 */
export function askedThrough(door: string, url: URL | undefined): string[] {
  const [scheme = "", port = ""] = door.split(":");
  const site = new URL(LOGIN, url ?? "http://localhost");
  const asked = scheme === "http" && site.protocol === "https:" ? "" : site.href;
  return addresses(`${scheme}://${site.hostname}:${port}${LOGIN}`, asked);
}

/** Redirects to the same name were followed: one that is left after that leads round, be it between http and https. */
export function askedInPublic(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { href, host, pathname, search } = new URL(address);
  return addresses(href, `http://${host}${pathname}${search}`, `https://${host}${pathname}${search}`);
}

function addresses(...all: readonly string[]): string[] {
  return all.filter((address) => URL.canParse(address));
}

/**
 * Whether Odoo asks which database is meant, by a redirect or by the page itself (addons/web/controllers/database.py,
 * and its templates `database_selector` and `database_manager`).
 */
export function isChooser(answer: HttpAnswer): boolean {
  if (!answer.answered) return false;
  if (answer.code !== 200) return /\/web\/database\/(?:selector|manager|create)\b/.test(answer.location);
  return (
    !isLoginPage(answer) &&
    /\/web\/database\/(?:create|manager|restore|backup|selector)\b|href="\/(?:web|odoo)\?db=|o_database_list/.test(
      answer.body,
    )
  );
}

/** A clause that stands after *it*. */
function whatElse(answer: Answered): string {
  const { body, bytes } = answer;
  if (body.trim() === "") return "is empty";
  if (isChooser(answer)) return "is the one where Odoo lets people choose a database";
  const head = body.slice(0, 8_192);
  const title = wordsIn("title", head);
  const heading = wordsIn("h1", head);
  const said = title || heading;
  const words = `${title} ${heading}`;
  if (/welcome to nginx/i.test(words)) return "is the one that nginx shows where no site is set up";
  if (/maintenance|maintained|back soon|be right back|coming soon|wartung/i.test(words))
    return `is one about maintenance (${said})`;
  if (/\berror\b|unavailable|bad gateway|time-?out|forbidden|not found|went wrong/i.test(words))
    return `is one about an error (${said})`;
  return said === "" ? `has ${bytes} bytes and no title` : `has another title (${said})`;
}

/** The words of the first element of that name, without the markup inside of it. */
function wordsIn(element: string, html: string): string {
  // Letters of other scripts may change their number with their case, and no place would fit any more.
  const lower = html.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
  const opening = lower.indexOf(`<${element}`);
  const start = opening < 0 ? 0 : lower.indexOf(">", opening) + 1;
  const end = start === 0 ? -1 : lower.indexOf(`</${element}>`, start);
  if (end < 0) return "";
  return html
    .slice(start, end)
    .split("<")
    .map((part, index) => (index === 0 ? part : ` ${part.slice(part.indexOf(">") + 1)}`))
    .join("")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 80);
}
