/** What a remedy is, and how its program is made for a diagnosis. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import type { RemedyName } from "../diagnosis/remedy-name.ts";
import type { Target } from "../diagnosis/target.ts";
import { RefusedError } from "../errors.ts";
import type { PutBack } from "../host/steps/step.ts";
import { operand, word } from "../host/typed.ts";
import type { Container } from "../survey/survey.ts";

/** A program for the host: what it says, and the values in front of it. */
export interface RemedyProgram {
  readonly text: string;
  readonly values: Readonly<Record<string, string>>;
  /** Puts the host back as it was, whatever becomes of the program: it runs after it, after its death, or after a reboot. */
  readonly putBack?: PutBack;
}

export interface Remedy {
  readonly name: RemedyName;
  /** For people: what it does, as a sentence without a subject. */
  readonly does: string;
  /**
   * For people: the commands that do by hand what its program does, as root types them on the host, a line each; empty where
   * they would be none that can be typed.
   *
   * @throws UntypableError where a name from the host is not fit for a command: call it inside of `typed`
   */
  commands(diagnosis: Diagnosis): string;
  /** For people: what goes with it on this host beyond what its name says, as a clause. */
  goesWith?(diagnosis: Diagnosis): string;
  program(diagnosis: Diagnosis): RemedyProgram;
}

/** The exit statuses by which a remedy's program tells more than done and failed (checks.sh). */
export const UNFIT = 10;
export const INEFFECTIVE = 11;

const CHECKS = readFileSync(new URL("./checks.sh", import.meta.url), "utf8");
const COMPOSE = readFileSync(new URL("./compose.sh", import.meta.url), "utf8");

/** Puts the words of the prechecks and postchecks in front of a remedy's own program. */
export function checkedProgram(text: string, values: Readonly<Record<string, string>>): RemedyProgram {
  return { text: `${CHECKS}\n${text}`, values };
}

/** The same, with Compose on this target. */
export function composeProgram(
  target: Target,
  text: string,
  values: Readonly<Record<string, string>>,
): RemedyProgram {
  const { name, directory, files, environmentFiles } = target.project;
  return checkedProgram(`${COMPOSE}\n${text}`, {
    PROJECT: name,
    DIRECTORY: directory,
    FILES: [...files].reverse().join("\n"),
    ENVIRONMENT_FILES: [...environmentFiles].reverse().join("\n"),
    ...values,
  });
}

/** `docker compose` on this target, as one would type it. @throws UntypableError as `word` does */
export function composeCommand(target: Target): string {
  const { name, directory, files, environmentFiles } = target.project;
  return [
    "docker compose",
    ...files.map((file) => `--file ${word(file)}`),
    ...environmentFiles.map((file) => `--env-file ${word(file)}`),
    `--project-name ${operand(name)}`,
    `--project-directory ${word(directory)}`,
  ].join(" ");
}

/** @throws RefusedError when the diagnosis has none; its ladder then allows no remedy that would ask */
export function targetOf({ target }: Diagnosis): Target {
  if (target === undefined) throw new RefusedError("There is no target to act on");
  return target;
}

/** @throws RefusedError when Odoo has no container */
export function odooOf(diagnosis: Diagnosis): Container {
  const { odoo, odooService } = targetOf(diagnosis);
  if (odoo === undefined) throw new RefusedError(`The service ${odooService} has no container`);
  return odoo;
}
