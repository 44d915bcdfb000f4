/** The very values that are known to be secret, in every way that they may be written. */

import { trimmedEnd } from "./span.ts";
import { isOurs } from "./vocabulary.ts";

/** Shorter values are masked only where they stand as a value. */
const SHORTEST_MASKED_EVERYWHERE = 8;

/**
 * The spellings of a secret that are masked wherever they stand. Left out is what is too short, and what could be a part of
 * our own sentences: a password `unhealthy` would turn the status of a run into asterisks.
 */
export function spellingsMaskedEverywhere(secret: string): string[] {
  return [...spellings(secret)].filter(
    (spelling) => spelling.length >= SHORTEST_MASKED_EVERYWHERE && !isOurs(spelling),
  );
}

/** How a secret may be written: as it is, line by line, in a URL, in JSON (also as Go writes it), in base64. */
function spellings(secret: string): ReadonlySet<string> {
  const whole = secret.trim();
  const lines = /[\r\n]/.test(whole) ? whole.split(/[\r\n]+/).map((line) => line.trim()) : [];
  const base64 = trimmedEnd(Buffer.from(whole).toString("base64"), "=");
  const forUrls = base64.replaceAll("+", "-").replaceAll("/", "_");
  return new Set([...[whole, ...lines].flatMap(written), base64, forUrls]);
}

function written(text: string): string[] {
  // Most secrets are written the same way everywhere.
  if (/^[\w.~-]*$/.test(text)) return [text];
  const json = JSON.stringify(text).slice(1, -1);
  const go = json.replaceAll("&", "\\u0026").replaceAll("<", "\\u003c").replaceAll(">", "\\u003e");
  return [text, encodeURIComponent(text.toWellFormed()), json, go];
}
