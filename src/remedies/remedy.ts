/** What a remedy is, and how its program is made for a target. */

import { readFileSync } from "node:fs";
import type { RemedyName } from "../diagnosis/diagnosis.ts";
import type { Target } from "../diagnosis/target.ts";

/** How much a remedy may do, least first. `module` stands apart: only what the user names, never automatic. */
export type RiskClass = "observe" | "restart" | "repair" | "wipe" | "module";

/** A program for the host: what it says, and the values in front of it. */
export interface RemedyProgram {
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Remedy {
  readonly name: RemedyName;
  readonly risk: RiskClass;
  /** For people: what it does, as a sentence without a subject. */
  readonly does: string;
  /** For people: the commands that run on the host, as one would type them. */
  commands(target: Target): string;
  program(target: Target): RemedyProgram;
}

const COMPOSE = readFileSync(new URL("./compose.sh", import.meta.url), "utf8");

/** Puts Compose, on this target, in front of a remedy's own program. */
export function composeProgram(
  target: Target,
  text: string,
  values: Readonly<Record<string, string>>,
): RemedyProgram {
  const { name, directory, files, environmentFiles } = target.project;
  return {
    text: `${COMPOSE}\n${text}`,
    values: {
      PROJECT: name,
      DIRECTORY: directory,
      FILES: [...files].reverse().join("\n"),
      ENVIRONMENT_FILES: [...environmentFiles].reverse().join("\n"),
      ...values,
    },
  };
}

/** `docker compose` on this target, as one would type it. */
export function composeCommand(target: Target): string {
  const { name, directory, files, environmentFiles } = target.project;
  return [
    "docker compose",
    ...files.map((file) => `--file ${file}`),
    ...environmentFiles.map((file) => `--env-file ${file}`),
    `--project-name ${name}`,
    `--project-directory ${directory}`,
  ].join(" ");
}
