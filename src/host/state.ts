/** Where our state lies on the host, and how a program that works on it is made. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Program } from "./program.ts";

const STATE = readFileSync(new URL("./state.sh", import.meta.url), "utf8");

/** One place per host and project. */
export interface StatePlace {
  /** In memory: lease and runs. */
  readonly root: string;
  /** On disk: the audit log. */
  readonly auditRoot: string;
  readonly key: string;
}

/**
 * The key of a compose project, the same whoever logs in.
 *
 * @param project the compose project's name
 * @param directory its working directory: two projects of one name in two directories are two
 */
export function stateKey(project: string, directory: string): string {
  const hash = createHash("sha256").update(`${project}\0${directory}`).digest("hex").slice(0, 8);
  return `${project.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}-${hash}`;
}

export function statePlace(key: string): StatePlace {
  return { root: "/run/odoo-recover", auditRoot: "/var/lib/odoo-recover", key };
}

/** A privileged, quick program on our state. All of them are repeatable by design: see each file's head. */
export function stateProgram(
  place: StatePlace,
  name: string,
  text: string,
  values: Readonly<Record<string, string>>,
  seconds = 60,
  maxOutputBytes = 65_536,
): Program {
  return {
    name,
    text: `${STATE}\n${text}`,
    values: { STATE_ROOT: place.root, AUDIT_ROOT: place.auditRoot, STATE_KEY: place.key, ...values },
    seconds,
    repeatable: true,
    privileged: true,
    maxOutputBytes,
  };
}
