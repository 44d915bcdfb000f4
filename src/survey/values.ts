/** The numbers and times of a host: finite, in a range that makes sense, or not there at all. */

import * as v from "valibot";

/** Whoever prints another time than one of these years has a broken clock, or wants to break ours. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

/** Of Linux: 2^22 at most, and room for other systems. */
const MOST_PID = 2 ** 31 - 1;
const MOST_PORT = 65_535;

/** Decimal digits without a sign. @returns undefined where it is anything else, or more than `most` */
export function wholeNumber(
  text: string | undefined,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return number <= most ? number : undefined;
}

/** `0.123`, `12`. @returns undefined where it is anything else, or too large to be meant */
export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}(?:\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}

export const pidOf = (text: string | undefined): number | undefined => wholeNumber(text, MOST_PID);
export const portOf = (text: string | undefined): number | undefined => wholeNumber(text, MOST_PORT);

/** @returns the milliseconds, where they lie in the years 2000 to 2100 */
export function plausible(milliseconds: number): number | undefined {
  return milliseconds >= EARLIEST && milliseconds < LATEST ? milliseconds : undefined;
}

/** Seconds since 1970, in decimal digits. @returns milliseconds since 1970 */
export function secondsAt(text: string | undefined): number | undefined {
  const seconds = wholeNumber(text);
  return seconds === undefined ? undefined : plausible(seconds * 1000);
}

/** @param text ISO 8601. @returns milliseconds since 1970 */
export function timeAt(text: string): number | undefined {
  return plausible(Date.parse(text));
}

export const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const Pid = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_PID));
export const Port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_PORT));
/** Seconds that something has taken so far. */
export const Seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(LATEST / 1000));

/** At most so many elements: the first ones. */
export function atMost<const T extends v.GenericSchema>(most: number, element: T) {
  return v.pipe(
    v.array(element),
    v.transform((list) => list.slice(0, most)),
  );
}
