/** Lines that take a parser long: one of every kind of character, in every place that a parser reads. */

import { type Any, type Attack, type Printed, putTogether, reprinted, takenApart, utf8 } from "../attack.ts";
import { framed } from "../droplet.ts";

/** What expressions repeat: blanks, words, quotes, separators; and pairs, for what nests. */
const REPEATED: Readonly<Record<string, string>> = {
  tabs: "\t",
  spaces: " ",
  "equal signs": "=",
  "double quotes": '"',
  "single quotes": "'",
  slashes: "/",
  backslashes: "\\",
  digits: "1",
  letters: "a",
  colons: ":",
  commas: ",",
  dots: ".",
  dashes: "-",
  "at signs": "@",
  "opening brackets": "([{",
  "angle brackets": "<a",
  semicolons: ";",
  "line separators": "\u2028",
  addresses: "a://b:c@",
  "pairs of a name and a value": "password=a ",
  "quoted names": "'password': '",
  "words of SQL": "' OR $$ ",
  paths: "/a",
  "columns of a time": "1:1:1 ",
  frames: 'File "a", line 1, in a ',
  "what nginx nests": "server { location / { ",
};

/** Beginnings after which a parser wants more: each gets the long part, and an end that does not fit. */
// An expression that is cubic takes minutes for 5,000 characters, one that is quadratic for 100,000.
const HEADS = [
  "",
  "db_name=",
  "1:db_name=",
  "1:db_name",
  "password",
  "password = ",
  "export ",
  "2026-11-30 23:00:00,000 1 ERROR odoo odoo.http: ",
  '2026-11-30 23:00:00,000 1 INFO odoo werkzeug: 127.0.0.1 - - [30/Nov/2026 23:00:00] "GET ',
  '  File "/opt/',
  "odoo.exceptions.",
  "psycopg2.OperationalError: ",
  "2026/11/30 23:00:00 [error] 1#1: *1 ",
  "LISTEN 0 511 ",
  "1 1 Ss 03-00:00:00 ",
  "upgrade ",
  "server_name ",
  "proxy_pass http://",
  "query | select '",
  "postgres://a:",
  "Authorization: Basic ",
];

const TAIL = "\u20280";

/** The longest lines only after a few beginnings: an answer has a bound. */
const AT_FULL_LENGTH = HEADS.slice(0, 4);

const longLines = (repeated: string): string => {
  const long = (length: number): string =>
    repeated.repeat(Math.ceil(length / repeated.length)).slice(0, length);
  return [
    ...HEADS.map((head) => `${head}${long(5_000)}${TAIL}`),
    ...HEADS.map((head) => `${head}${long(5_000)}=${long(5_000)}${TAIL}`),
    ...AT_FULL_LENGTH.map((head) => `${head}${long(100_000)}${TAIL}`),
  ].join("\n");
};

/** Adds lines to every section that is no document, and to the texts of the documents. */
function lengthen(printed: Printed, lines: string): void {
  for (const section of printed.sections) {
    if (section.name.startsWith("probe containers ")) {
      const containers = JSON.parse(Buffer.from(section.body, "latin1").toString());
      for (const container of containers as Any[]) {
        container.State.Error = lines.slice(0, 20_000);
        container.Config.Cmd = lines.split("\n", 4);
        container.Config.Env = lines.split("\n", 12);
      }
      section.body = utf8(JSON.stringify(containers));
    } else if (
      /^(?:log|conf|secrets|config$|git|answer|outline|journal|processes|nginx)/.test(section.name)
    ) {
      section.body += `\n${utf8(lines)}\n`;
    } else if (!/^(?:config \d|probe (?:compose|images)|project|compose|inspect)/.test(section.name)) {
      section.body += `\n${utf8(lines.slice(0, 60_000))}\n`;
    }
  }
}

const slow = ([name, repeated]: readonly [string, string]): Attack => ({
  name: `lines are long of ${name}`,
  state: "odoo-stopped",
  seconds: 60,
  bends: () => {
    const lines = longLines(repeated);
    const bend = reprinted((printed) => lengthen(printed, lines));
    return { survey: bend, evidence: bend };
  },
});

export const PARSERS: readonly Attack[] = [
  ...Object.entries(REPEATED).map(slow),
  {
    name: "the line of odoo.conf that blocked version 0.1.0 for minutes",
    state: "odoo-stopped",
    seconds: 30,
    bends: () => ({
      survey: (real, { nonce }) => {
        const printed = takenApart(real, nonce);
        for (const section of printed.sections)
          if (/^(?:conf|secrets of conf) /.test(section.name))
            section.body = `1:db_name=${"\t".repeat(4_500)}=${"\t".repeat(4_500)}${utf8("\u2028")}0\n${section.body}`;
        return { stdout: putTogether(printed, nonce) };
      },
    }),
  },
  {
    name: "there are a million short lines everywhere",
    state: "odoo-stopped",
    seconds: 60,
    bends: () => {
      const bend = reprinted((printed) => {
        const lines = '\n1:a = b\n  File "a", line 1, in a\nTraceback (most recent call last):\n'.repeat(
          16_000,
        );
        for (const section of printed.sections)
          if (/^(?:log|conf|secrets of|git|files|packages|kernel|journal|access|space)/.test(section.name))
            section.body += lines;
      });
      return { survey: bend, evidence: bend };
    },
  },
  {
    name: "a step prints lines that take a parser long",
    state: "odoo-stopped",
    mode: "recover",
    seconds: 60,
    bends: () => ({
      attach: (_, { nonce, earlier }) => {
        const lines = Object.values(REPEATED)
          .map((repeated) => `did: ${repeated.repeat(Math.ceil(9_000 / repeated.length))}${TAIL}`)
          .join("\n");
        const log = earlier === 0 ? utf8(lines).slice(0, 262_000) : "";
        return framed(
          Buffer.from(`\n${nonce} section log\n${log}\n${nonce} section state\nended 1\n`, "latin1"),
          nonce,
        );
      },
    }),
  },
];
