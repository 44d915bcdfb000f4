// Text as an attacker, a careless hand or a log would give it.

import fc from "fast-check";

/** Strings that have broken shells, reports and parsers before. */
export const HOSTILE: readonly string[] = [
  "",
  " ",
  "'",
  "''",
  "'\\''",
  '"',
  "\\",
  "\\\\n",
  "a\\",
  "$(touch /tmp/odoo-recover-was-here)",
  "`touch /tmp/odoo-recover-was-here`",
  "$HOME $PATH $$ $? $0 $@",
  "'; touch /tmp/odoo-recover-was-here; '",
  "; exit 1",
  "| cat",
  "&& false",
  "\n",
  "\n\n",
  "first\nsecond\n",
  "\r",
  "a\rb",
  "a\r\nb",
  "\t",
  "../../etc/passwd",
  "-",
  "--",
  "-n",
  "-rf /",
  "*",
  "?[a-z]*",
  "~",
  "~root",
  "#not a comment",
  "!!",
  "%s%n%d",
  "\x1b[31m",
  "\x7f",
  "\u0081\u0085\u0088",
  "\u2028\u2029",
  "\ufeff",
  "é ü ß 漢字 🦊 e\u0301",
  "EOF",
  "}\n",
  "RUN",
  "x".repeat(10_240),
  "'".repeat(10_240),
];

/** Any text that a shell variable can hold: every character but NUL and lone surrogates, hostile pieces put together. */
export const shellText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc
    .array(fc.constantFrom(...HOSTILE.filter((text) => text.length < 100)), { maxLength: 6 })
    .map((a) => a.join("")),
  fc.string({ unit: "binary", maxLength: 200 }).map((text) => text.replaceAll("\0", "")),
  fc
    .array(fc.constantFrom("'", '"', "\\", "$", "`", "\n", "\r", "(", ")", " ", "a", "!", "\u0082"), {
      maxLength: 60,
    })
    .map((a) => a.join("")),
);
