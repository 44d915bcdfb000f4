/**
 * Which of a service's containers counts. An interrupted `docker compose up` leaves two under one number: the former one,
 * stopped, and the one that was to replace it, created and never started.
 */

import type { Container } from "../survey/survey.ts";

/** States of a container that does not run, and does not try to. */
export const DOWN: ReadonlySet<string> = new Set(["exited", "created", "dead"]);

/** A service's containers under one number. */
export type Choice =
  | { readonly known: true; readonly container: Container }
  /** Nothing tells which of these served. */
  | { readonly known: false; readonly rivals: readonly Container[] };

/**
 * The one of each number that runs; else the one that ran last. It cannot be told where none ever ran, or where two ran at
 * the same time.
 *
 * @param containers all of the project, one-off ones left out
 */
export function choicesOf(containers: readonly Container[], service: string): readonly Choice[] {
  const own = containers.filter((container) => container.service === service);
  return [...new Set(own.map(({ number }) => number))]
    .sort((a, b) => Number(a) - Number(b))
    .map((number) => choose(own.filter((container) => container.number === number)));
}

/** The container that stands for the service: of several numbers the first that runs, else the first. */
export function containerOf(containers: readonly Container[], service: string): Container | undefined {
  const chosen = choicesOf(containers, service).map((choice) =>
    choice.known ? choice.container : choice.rivals[0],
  );
  return chosen.find((container) => container !== undefined && !DOWN.has(container.state)) ?? chosen[0];
}

/**
 * Where none of a service's containers runs, and which of them served cannot be told: those, for people who have to choose,
 * as `shop-odoo-1 (0123456789ab, exited, ran until 2024-05-01T10:00:00Z)`; else undefined.
 */
export function rivalsOf(containers: readonly Container[], service: string): readonly string[] | undefined {
  const choices = choicesOf(containers, service);
  const runs = choices.some((choice) => choice.known && !DOWN.has(choice.container.state));
  const doubtful = choices.find((choice) => !choice.known);
  return runs || doubtful === undefined || doubtful.known ? undefined : doubtful.rivals.map(describe);
}

function choose(candidates: readonly Container[]): Choice {
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return { known: true, container: only };
  const up = candidates.find(({ state }) => !DOWN.has(state));
  if (up !== undefined) return { known: true, container: up };
  const [last, ...others] = candidates.filter(hasRun).sort((a, b) => endOf(b) - endOf(a));
  if (last === undefined || others.some((other) => endOf(other) > Date.parse(last.startedAt)))
    return { known: false, rivals: candidates };
  return { known: true, container: last };
}

/** Docker gives the year 1 for what never was. */
export function hasRun({ startedAt }: Container): boolean {
  return Date.parse(startedAt) > 0;
}

function endOf({ finishedAt }: Container): number {
  return Date.parse(finishedAt);
}

function describe(container: Container): string {
  const { name, id, state, finishedAt } = container;
  const ran = hasRun(container) ? `ran until ${finishedAt.replace(/\.\d+/, "")}` : "never started";
  return `${name} (${id.slice(0, 12)}, ${state}, ${ran})`;
}
