/** Everything that is taken for a secret by its form or its place, whatever its value is. */

import { secretArguments } from "./commands.ts";
import { secretsByPosition } from "./documents.ts";
import { valuesBehindNames } from "./places.ts";
import { type Span, withoutSpans } from "./span.ts";
import { withoutStamps } from "./stamps.ts";
import { hashesAndBearers, privateKeys, tokens } from "./tokens.ts";
import { secretsOfUrls } from "./urls.ts";

const FINDERS = [
  privateKeys,
  valuesBehindNames,
  secretArguments,
  secretsOfUrls,
  secretsByPosition,
  hashesAndBearers,
  tokens,
];

const MOST_LEVELS = 3;
/** Shorter ones hold no name and no secret. */
const SHORTEST_TEXT = 10;

/** @param level of strings within strings that the text was taken out of */
export function withoutForms(text: string, level = 0): string {
  const clean = level < MOST_LEVELS && text.includes("\\") ? withoutFormsInStrings(text, level) : text;
  const unstamped = withoutStamps(clean);
  return withoutSpans(
    clean,
    unstamped === undefined ? spansIn(clean) : spansIn(unstamped.text).map(unstamped.placed),
  );
}

function spansIn(text: string): Span[] {
  return FINDERS.flatMap((find) => find(text));
}

/** Strings of JSON with escapes in them, as a log of logs has them: read without them, their lines are lines. */
function withoutFormsInStrings(text: string, level: number): string {
  let clean = "";
  let done = 0;
  for (let from = text.indexOf('"'); from >= 0; from = text.indexOf('"', from)) {
    let to = from + 1;
    let escapes = false;
    while (to < text.length && text[to] !== '"' && text[to] !== "\n") {
      escapes ||= text[to] === "\\";
      to += text[to] === "\\" ? 2 : 1;
    }
    const json = escapes && to - from > SHORTEST_TEXT && text[to] === '"' ? text.slice(from, to + 1) : "";
    const inner = json === "" ? undefined : stringOf(json);
    const reworded = inner === undefined ? undefined : withoutForms(inner, level + 1);
    if (reworded !== inner) {
      clean += text.slice(done, from) + JSON.stringify(reworded);
      done = to + 1;
    }
    // The end of what was no string may be the beginning of one.
    from = inner === undefined && text[to] === '"' ? to : to + 1;
  }
  return clean + text.slice(done);
}

function stringOf(json: string): string | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
