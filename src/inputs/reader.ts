/** Reads inputs one by one, and keeps every mistake for the one error that lists them all. */

import * as v from "valibot";
import { INPUT_DEFAULTS, type InputName, type RawInputs } from "./names.ts";

/** A day is longer than any workflow waits, and well below what a timer can hold. */
const LONGEST_DURATION = 24 * 3_600_000;

/** Without these one can live; in no time nothing connects and nothing boots. */
const MAY_BE_ZERO: ReadonlySet<InputName> = new Set(["confirm", "grace", "soak"]);

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export interface Reader {
  /** All that was complained about so far. */
  readonly mistakes: readonly string[];
  /** As the workflow gave it, or the default where it is absent or blank. */
  given(name: InputName): string;
  complain(name: InputName, problem: string): void;
  /** Parsed; the fallback, and a complaint, where it has not that form. */
  check<T>(name: InputName, form: v.GenericSchema<unknown, T>, fallback: T): T;
  /** The same; undefined where it is absent or blank. */
  optional(name: InputName, form: v.GenericSchema<unknown, string>): string | undefined;
  /** In milliseconds. */
  duration(name: InputName): number;
}

export function readerOf(raw: RawInputs): Reader {
  const mistakes: string[] = [];
  const given = (name: InputName): string => {
    const value = raw[name] ?? "";
    return value.trim() === "" ? INPUT_DEFAULTS[name] : value;
  };
  const complain = (name: InputName, problem: string): void => {
    mistakes.push(`\`${name}\`: ${problem}`);
  };
  const check = <T>(name: InputName, form: v.GenericSchema<unknown, T>, fallback: T): T => {
    const value = given(name).trim();
    const parsed = v.safeParse(form, value);
    if (parsed.success) return parsed.output;
    complain(name, `${shown(value)} ${parsed.issues[0].message}`);
    return fallback;
  };
  const optional = (name: InputName, form: v.GenericSchema<unknown, string>): string | undefined =>
    given(name) === "" ? undefined : check(name, form, "");
  const duration = (name: InputName): number => {
    const value = given(name).trim();
    const parts = /^(\d{1,6})\s*(s|m|h)$/.exec(value);
    const unit = UNITS[parts?.[2] ?? ""];
    if (parts?.[1] === undefined || unit === undefined) {
      complain(name, `${shown(value)} is no duration; give \`30s\`, \`10m\` or \`1h\``);
      return 0;
    }
    const milliseconds = Number(parts[1]) * unit;
    if (milliseconds > LONGEST_DURATION) complain(name, `${shown(value)} is longer than a day`);
    if (milliseconds === 0 && !MAY_BE_ZERO.has(name)) complain(name, `${shown(value)} leaves no time`);
    return milliseconds;
  };
  return { mistakes, given, complain, check, optional, duration };
}

/** The value in a message: one line, at most 60 characters. */
export function shown(value: string): string {
  return `“${inOneLine(value)}”`;
}

export function inOneLine(value: string): string {
  const line = JSON.stringify(value.slice(0, 61)).slice(1, -1);
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
