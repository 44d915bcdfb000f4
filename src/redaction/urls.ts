/** Secrets in addresses: behind a user's name, in the path of a webhook, in the query. */

import { matchAt, type Span } from "./span.ts";

/** Where an address begins behind its scheme, also within another one, and in JSON as PHP writes it. */
const AUTHORITY = /(?::\/\/|:\\\/\\\/|%3A%2F%2F)([^\s"'<>]{1,1500})/gi;

/** `scheme://user:…@host`: up to the last sign of a host in front of it, since people do not write %40 in passwords. */
function userinfo(text: string): Span[] {
  return [...text.matchAll(AUTHORITY)].flatMap(({ 0: found, 1: rest = "", index }) => {
    const encoded = /^%3A/i.test(found);
    const [colonSign, atSign] = encoded ? ["%3a", "%40"] : [":", "@"];
    const lower = rest.toLowerCase();
    const colon = lower.indexOf(colonSign);
    // Another address may follow in the same word.
    const next = lower.indexOf(encoded ? "%3a%2f%2f" : "://");
    const at = lower.slice(0, next < 0 ? undefined : next).lastIndexOf(atSign);
    const user = rest.slice(0, Math.max(0, colon));
    const secret = rest.slice(colon + colonSign.length, at);
    // A port, and an address in the path; a user's name holds no path.
    if (colon < 0 || at < colon || /[/?#@]/.test(user) || /^\d{1,5}(?:[/?#]|$)/.test(secret)) return [];
    const from = index + found.length - rest.length + colon + colonSign.length;
    return [{ from, to: from + secret.length }];
  });
}

/** `https://key@host`, as Sentry and Git write it; a user's name is shorter, or has no number in it. */
const KEY_AS_USER = /:\/\/(?=[A-Za-z_-]{0,100}\d)([\w-]{16,250})@[\w.-]/g;
/** Oracle's thin driver: `user/password@host`. */
const THIN = /\bthin:[^\s/@"':]{1,100}\/([^\s@"'/:]{1,200})@/gi;

/** Hosts whose paths are the secret, and the part of the path that is none. */
const HOOKS =
  /(?:hooks\.slack(?:-gov)?\.com(?::\d{1,5})?\/(?:services|workflows|triggers)|(?:canary\.|ptb\.)?discord(?:app)?\.com(?::\d{1,5})?\/api\/(?:v\d{1,2}\/)?webhooks|\.webhook\.office\.com(?::\d{1,5})?\/webhookb2|outlook\.office(?:365)?\.com\/webhook|hooks\.zapier\.com\/hooks\/catch|maker\.ifttt\.com\/trigger\/[\w-]{1,60}\/(?:json\/)?with\/key|hook\.(?:\w{1,5}\.)?make\.com|hc-ping\.com|ping\.checklyhq\.com|webhook\.site|ntfy\.sh|push\.statuscake\.com|uptime\.betterstack\.com\/api\/v1\/heartbeat|api\.pushover\.net|events\.pagerduty\.com\/integration|open\.(?:feishu|larksuite)\.(?:cn|com)\/open-apis\/bot\/v2\/hook|chat\.googleapis\.com\/v1\/spaces|smee\.io|hooks\.airtable\.com\/workflows|alert\.victorops\.com\/integrations\/generic\/\d{1,9}\/alert|api\.telegram\.org\/(?:file\/)?bot)\/?/gi;
/** The same paths without their host, as the exceptions of `requests` print them. */
const HOOK_PATHS =
  /\/(?:services|workflows|triggers)\/(?=[TB]?[\w-]{1,30}\/)|\/api\/(?:v\d{1,2}\/)?webhooks\/(?=\d{5,25}\/)|\/webhookb2\/|\/bot(?=\d{3,16}:)|\/api\/push\/|\/(?:incoming-?)?(?:web)?hooks?(?:\/catch)?\/(?=(?:[\w-]{1,40}\/){0,3}[\w%-]{0,40}\d)/gi;
const PATH = /[^\s"'<>?#)\\,;&]{1,1000}/y;

/** Parameters whose values let somebody in; what else a query may hold is looked at by its name. */
const PARAMETERS =
  /([?&;]|%3F|%26|&amp;)(?:sig|signature|key|code|hmac|access_?token|auth|ticket|jwt|assertion|credential)=([^\s"'&<>;#]{1,3000})/gi;

export function secretsOfUrls(text: string): Span[] {
  const spans: Span[] = userinfo(text);
  for (const form of [KEY_AS_USER, THIN]) {
    for (const found of text.matchAll(form)) {
      const from = found.index + found[0].indexOf(found[1] ?? "", form === THIN ? found[0].indexOf("/") : 3);
      spans.push({ from, to: from + (found[1] ?? "").length });
    }
  }
  for (const form of [HOOKS, HOOK_PATHS]) {
    for (const { 0: found, index } of text.matchAll(form)) {
      const path = matchAt(PATH, text, index + found.length);
      if (path === null || (form === HOOK_PATHS && path[0].length < 12)) continue;
      spans.push({ from: path.index, to: path.index + path[0].replace(/[.:]$/, "").length });
    }
  }
  for (const { 0: found, 2: value = "", index } of text.matchAll(PARAMETERS)) {
    if (value.length >= 6 && /\d|%/.test(value))
      spans.push({ from: index + found.length - value.length, to: index + found.length });
  }
  return spans;
}
