/** Everything that is taken for a secret by its form or its place, whatever its value is. */

import { secretArguments } from "./commands.ts";
import { secretsByPosition } from "./documents.ts";
import { valuesBehindNames } from "./places.ts";
import { withoutSpans } from "./span.ts";
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

/** A string of JSON with escapes in it, as a log of logs has them: read without them, its lines are lines. */
const TEXT_IN_JSON = /"(?=[^"\n\\]{0,20000}\\)(?:[^"\\\n]|\\[^\n]){2,100000}"/g;
const MOST_LEVELS = 3;

/** @param level of strings within strings that the text was taken out of */
export function withoutForms(text: string, level = 0): string {
  const clean = level < MOST_LEVELS && text.includes("\\") ? text.replace(TEXT_IN_JSON, (json) => reworded(json, level)) : text;
  return withoutSpans(
    clean,
    FINDERS.flatMap((find) => find(clean)),
  );
}

function reworded(json: string, level: number): string {
  let text: unknown;
  try {
    text = JSON.parse(json);
  } catch {
    return json;
  }
  if (typeof text !== "string") return json;
  const clean = withoutForms(text, level + 1);
  return clean === text ? json : JSON.stringify(clean);
}
