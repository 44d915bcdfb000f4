/**
 * Secrets by their own form: tokens as their issuers begin them, hashes of passwords, keys between their lines of BEGIN and
 * END. The prefixes are those that the rules of gitleaks and secretlint list (both MIT) and that the issuers document;
 * lengths are looser than theirs, since a token that was cut off is still one.
 */

import { matchAt, type Span, trimmedEnd } from "./span.ts";

/** Behind these stand letters, digits, dashes and underscores, as many as said or more. */
const PREFIXES: readonly (readonly [prefixes: string, least: number])[] = [
  // GitHub, GitLab, npm, PyPI, RubyGems, Docker, crates.io
  ["ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ npm_ rubygems_ dckr_pat_ dckr_oat_ cio pypi-AgE", 16],
  [
    "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt- GR1348941",
    12,
  ],
  // AI
  [
    "sk-proj- sk-ant- sk-svcacct- sk-admin- sk-or- sk-lf- sk-None- pplx- gsk_ r8_ xai- tgp_v1_ nvapi- fw_",
    12,
  ],
  ["hf_ api_org_", 30],
  // Clouds
  [
    "dop_v1_ doo_v1_ dor_v1_ AKCp cmVmd LTAI dapi dkea ABSK bedrock-api-key- scw- tk-us- hcloud_ exo FlyV1",
    16,
  ],
  [
    "fo1_ fm1a_ fm1r_ fm2_ pscale_tkn_ pscale_oauth_ pscale_pw_ vercel_ vcp_ nfp_ rnd_ HRKU- pul- atlasv1. 4b1d CLOJARS_",
    16,
  ],
  // Slack, payment, shops
  ["xoxb- xoxp- xoxa- xoxo- xoxr- xoxs- xoxe- xoxc- xoxd- xoxe.xox xapp- xwfp-", 8],
  [
    "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ whsec_ pk_live_priv shippo_live_ shippo_test_ duffel_live_ duffel_test_",
    10,
  ],
  [
    "shpat_ shpca_ shppa_ shpss_ shptka_ atkn_ sq0atp- sq0csp- EAAA EZAK EZTK FLWSECK FLWPUBK live_pub_ rzp_live_ rzp_test_ access-sandbox- access-production-",
    8,
  ],
  // Mail and messages
  [
    "xkeysib- xsmtpsib- SG. key- mlsn. re_ PMAK- pat-na1- pat-eu1- lin_api_ lin_oauth_ ntn_ secret_ figd_ figdr_",
    20,
  ],
  [
    "sntrys_ sntryu_ glsa_ glc_ eyJrIjoi dt0c01. NRAK- NRII- NRJS- NRRA- phc_ phx_ dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. logfire_",
    10,
  ],
  [
    "hvs. hvb. hvr. s.  pnu_ ico- fio-u- intra- rdme_ sgp_ sm_aat_ sm_pat_ sm_sat_ tfp_ p8e- dnkey- ATATT3 ATCTT3 ATBB BBDC- sha256~ b_ squ_ sqp_ sqa_",
    16,
  ],
  [
    "AGE-SECRET-KEY- ops_eyJ A3- AQVN t1. YC sl. AIza ya29. GOCSPX- 1// EAAC EAAM EAAD EAAG EAAB API- ZXlKaG pat sat. tskey- nsec1 ctp_ pa-",
    20,
  ],
];

/** Some of these are short enough to begin words of a text: behind them there is a digit, and both cases or a lot. */
const AMBIGUOUS = new Set(
  "cio dapi exo key- secret_ re_ s. b_ API- YC pat sat. t1. sl. fw_ intra- EAAC EAAM EAAD EAAG EAAB EAAA 1// A3- rnd_ scw- pa- ico- 4b1d cmVmd dkea ATBB vercel_ CLOJARS_ ZXlKaG LTAI AQVN access-production- access-sandbox- gsk_ xai- npm_ API-".split(
    " ",
  ),
);

const LEAST = new Map(
  PREFIXES.flatMap(([prefixes, least]) => prefixes.split(/ {1,4}/).map((prefix) => [prefix, least] as const)),
);

const escaped = (text: string): string => text.replaceAll(/[.+*?^$()[\]{}|\\/]/g, "\\$&");
/** Longest first, so that `xoxe.xox` is not taken for less. */
const BEGINNING = new RegExp(
  [...LEAST.keys()]
    .sort((a, b) => b.length - a.length)
    .map(escaped)
    .join("|"),
  "y",
);
const BODY = /[\w.+/=~%-]{1,3000}/y;
const SHORT_BODY = /[\w.+/=~%-]{1,300}/y;

/** Tokens without a telling beginning: by their whole form. */
const WHOLE =
  /(?:(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,16}|(?:SK|AC)[0-9a-fA-F]{32}|pat[A-Za-z0-9]{14}\.[a-f0-9]{20,64}|(?:pat|sat)\.[\w-]{20,24}\.[A-Za-z0-9]{20,26}\.[A-Za-z0-9]{18,22}|(?:vc[piark]|cfk|cfut|cfat)_[A-Za-z0-9]{20,60}|[0-9a-f]{32}-us\d{1,2}|\d{6,16}:A[\w-]{30,40}|[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk|[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{20,100}|[0-9a-h]{32}-[0-9a-h]{8}-[0-9a-h]{8}|v1\.0-[a-f0-9]{24}-[a-f0-9]{100,200}|\d{15,16}(?:\||%7C|%)[\w-]{27,40}|(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[\w+/=-]{30,120}|s-s4t2(?:ud|af)-[a-f0-9]{64}|sk-[A-Za-z0-9]{32,100}|tk-us-[\w-]{40,60}|[MNO][A-Za-z\d]{23,27}\.[\w-]{6}\.[\w-]{27,40}|ey[A-Za-z0-9][\w-]{8,2000}\.[\w\\/-]{8,8000}(?:\.[\w\\/-]{0,2000}){0,3}={0,2})(?![A-Za-z0-9])/y;

/** Microsoft Entra: its telling part is not at its beginning. */
const ENTRA = /[\w~.]{3}\dQ~[\w~.-]{31,34}/g;

/** Where a token may begin: no word or dash stands in front, and no space within the 13 characters of the shortest one. */
const START = /(?<![\w~-])[A-Za-z0-9_~](?=[A-Za-z0-9_~.-][^\0- ]{11})/g;

/** Tokens and keys that stand anywhere. */
export function tokens(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const { index } of text.matchAll(START)) {
    if (index < done) continue;
    const end = tokenAt(text, index);
    if (end === undefined) continue;
    spans.push({ from: index, to: end });
    done = end;
  }
  for (const { 0: token, index } of text.matchAll(ENTRA))
    spans.push({ from: index, to: index + token.length });
  return spans;
}

function tokenAt(text: string, at: number): number | undefined {
  const whole = matchAt(WHOLE, text, at);
  if (whole !== null) return at + trimmedEnd(whole[0], "\\").length;
  const prefix = matchAt(BEGINNING, text, at)?.[0];
  if (prefix === undefined) return undefined;
  const body = trimmedEnd(
    matchAt(AMBIGUOUS.has(prefix) ? SHORT_BODY : BODY, text, at + prefix.length)?.[0] ?? "",
    ".%/",
  );
  if (body.length < (LEAST.get(prefix) ?? 0)) return undefined;
  if (AMBIGUOUS.has(prefix) && !looksRandom(body)) return undefined;
  return at + prefix.length + body.length;
}

/** Not a name, a path or a sentence: digits among letters, and nothing that parts words. */
function looksRandom(text: string): boolean {
  const first = /^[\w=+-]{1,3000}/.exec(text)?.[0] ?? "";
  if (first.length < 15) return false;
  return (
    /\d/.test(first) &&
    /[A-Za-z]/.test(first) &&
    (first.match(/[A-Za-z]{12}/g) ?? []).length <= first.length / 16
  );
}

/** Hashes of passwords: of htpasswd, /etc/shadow, Odoo, LDAP, PostgreSQL; Compose doubles the dollars. */
const HASHES = [
  /\${1,2}(?:apr1|2[abxy]|argon2\w{0,2}|pbkdf2[\w-]{0,20}|scrypt|yescrypt|7|gy|y)\${1,2}[\w./+=,$-]{8,500}/g,
  /\${1,2}[156y](?:\${1,2}[\w./=,]{1,40}){1,2}\${1,2}[\w./]{20,200}/g,
  /(?:SCRAM-SHA-(?:1|256|512)\$|pbkdf2_sha\d{1,3}\$|\{(?:SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512|PLAIN)\})[\w./+=:$-]{8,500}/g,
];

/** What says how it is to be used: `Bearer …`, `Basic …`. */
const BEARER =
  /\b(?:bearer[ \t]{1,4}[\w.~+/=-]{12,5000}|basic[ \t]{1,4}(?=[A-Za-z]{0,60}[\d=+/])[A-Za-z0-9+/]{8,2000}={0,2})/gi;

export function hashesAndBearers(text: string): Span[] {
  const spans = HASHES.flatMap((form) =>
    [...text.matchAll(form)].map(({ 0: hash, index }) => ({ from: index, to: index + hash.length })),
  );
  for (const { 0: found, index } of text.matchAll(BEARER)) {
    const space = found.search(/[ \t]/);
    const from = index + space + found.slice(space).search(/\S/);
    spans.push({ from, to: index + found.length });
  }
  return spans;
}

const BEGIN_KEY = /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,20}|OpenVPN Static key V1)-----/g;
const LONGEST_KEY = 20_000;
/** A line of a key whose end is missing, behind its stamp; the rest of a log is not lost. */
const KEY_LINE =
  /(?:\s|\\[nr]|\|[ \t]){1,40}(?:\d{4}-\d\d-\d\dT[\d:.]{8,20}Z )?(?:[\w-]{1,40}: [\w,-]{1,80}|[\w+/=]{1,80})(?=\s|\\|$)/y;
const PUTTY = /(?<=Private-Lines: \d{1,4})(?:\r?\n[\w+/=]{1,100}){1,1000}|(?<=Private-MAC: )[0-9a-f]{8,100}/g;

/** Private keys: PEM, OpenSSH, PGP, OpenVPN, PuTTY. */
export function privateKeys(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const { 0: head, 1: kind = "", index } of text.matchAll(BEGIN_KEY)) {
    if (index < done) continue;
    const from = index + head.length;
    const rest = text.slice(from, from + LONGEST_KEY);
    const next = rest.indexOf("-----BEGIN ");
    const foot = `-----END ${kind}-----`;
    const end = (next < 0 ? rest : rest.slice(0, next)).indexOf(foot);
    let to = from;
    if (end >= 0) to = from + end + foot.length;
    else
      for (let line = matchAt(KEY_LINE, text, to); line !== null; line = matchAt(KEY_LINE, text, to))
        to += line[0].length;
    spans.push({ from, to: Math.max(to, from + 1), put: to > from ? " ***" : `${text[from] ?? ""}` });
    done = to;
  }
  for (const { 0: key, index } of text.matchAll(PUTTY)) {
    const space = key.search(/\S/);
    spans.push({ from: index + space, to: index + key.length });
  }
  return spans;
}
