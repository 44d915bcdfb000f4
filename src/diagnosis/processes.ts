/** Which processes are Odoo's, and whether they go on. */

import { ifSeen, type Process, type Survey } from "../survey/survey.ts";
import type { Target } from "./target.ts";

/** The processes below one, itself included. */
export function treeOf(root: number, processes: readonly Process[]): Set<number> {
  const tree = new Set(root > 0 ? [root] : []);
  // ps lists parents before their children only by chance.
  for (let before = -1; before !== tree.size; ) {
    before = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return tree;
}

/** Paused by Docker, or every process of it stopped by a signal. */
export function isStoppedBySignal(survey: Survey, { odoo }: Target): boolean {
  if (odoo === undefined) return false;
  if (odoo.state === "paused") return true;
  const processes = ifSeen(survey.processes) ?? [];
  const tree = treeOf(odoo.pid, processes);
  // One that has ended, and that its stopped parent cannot ask about, does not go on either.
  const own = processes.filter(({ pid, state }) => tree.has(pid) && !state.startsWith("Z"));
  return own.length > 0 && own.every(({ state }) => state.startsWith("T"));
}
