/** What a rule is told of the situation, what it answers with, and the words in which rules speak of it. */

import { type DirectProbe, ifSeen, type Survey } from "../../survey/survey.ts";
import type { AssetsSight } from "../assets.ts";
import type { Cause } from "../cause.ts";
import type { Layer, LayerName } from "../layers.ts";
import { LONGEST_PAUSE, logSince } from "../log.ts";
import type { Target } from "../target.ts";
import type { Work } from "../work.ts";
export interface Found {
  readonly cause: Cause;
  /** A clause that stands after a colon. */
  readonly finding: string;
  /** What a person must do where no remedy of ours applies; empty otherwise. */
  readonly advice: string;
  /**
   * Of the advice, the commands that hold names from the host, as root types them on the droplet. Those that hold none
   * stand in the advice alone (report/commands.ts knows them).
   */
  readonly commands?: readonly string[];
}

/** Advice of rules that see that something is wrong, and not what: where a log says it, that is better advice. */
export const OPEN_ADVICE = {
  mendAndRestart: "Mend what the log names, then restart Odoo: Docker goes on restarting it by itself.",
  mend: "Mend what the log names; it is in the evidence.",
  look: "Look at the logs in the evidence; nothing was changed because no remedy is known to fit.",
} as const;

export interface Situation {
  readonly survey: Survey;
  readonly target: Target;
  readonly layers: readonly Layer[];
  readonly work: readonly Work[];
  readonly assets: AssetsSight;
  /** How the public reaches the site, as far as it is known. */
  readonly url: URL | undefined;
}

/** @param commands made by `typed`; one that is empty could not be made */
export function found(cause: Cause, finding: string, advice = "", commands: readonly string[] = []): Found {
  if (commands.length === 0) return { cause, finding, advice };
  const made = commands.filter((each) => each !== "");
  const missing = made.length < commands.length ? ` ${NO_COMMAND}` : "";
  return { cause, finding, advice: `${advice}${missing}`, commands: made };
}

const NO_COMMAND =
  "(No command is shown: a name on the droplet is too long for one, or holds characters that cannot be seen.)";

/** A command inside of a sentence: ` (`docker restart odoo`)`; empty where it could not be made, or would break the sentence. */
export function inCode(made: string): string {
  return made === "" || made.includes("`") || made.length > 150 ? "" : ` (\`${made}\`)`;
}

export function stateOf(layers: readonly Layer[], name: LayerName): Layer["state"] | undefined {
  return layers.find((layer) => layer.name === name)?.state;
}

export function directOf(survey: Survey, { odoo }: Target): DirectProbe | undefined {
  return ifSeen(survey.direct)?.find(({ containerId }) => containerId === odoo?.id);
}

export function timedOut(direct: DirectProbe | undefined): boolean {
  const answer = direct && ifSeen(direct.answer);
  return answer?.answered === false && answer.problem === "timed-out";
}

export function refusedAt({ answer }: DirectProbe): boolean {
  const value = ifSeen(answer);
  return value?.answered === false && value.problem === "refused";
}

export function epochOf(survey: Survey): number {
  return ifSeen(survey.host)?.epoch ?? 0;
}

export function isFresh(survey: Survey, startedAt: string): boolean {
  return epochOf(survey) - Date.parse(startedAt) / 1000 < LONGEST_PAUSE;
}

/** The last line of a container's log that is more than information. */
export function lastWord(survey: Survey, id: string): string {
  const lines = logSince(survey, id, "1970-01-01T00:00:00Z").map(({ text }) => text);
  const said = lines.findLast((line) => /FATAL|PANIC|ERROR/.test(line)) ?? lines.at(-1) ?? "";
  return said.replace(/^.*?(FATAL|PANIC|ERROR): */, "$1: ").slice(0, 200);
}

/** What the target's PostgreSQL does, or why that was not seen; undefined where it is not in the project. */
export function activityOf(survey: Survey, { db }: Target) {
  return db === undefined ? undefined : ifSeen(survey.databases)?.get(db.id);
}
