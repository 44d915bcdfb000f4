/**
 * Loaded into the action's own process before the action (`node --import`): finds out for how long its event loop was
 * blocked. A busy machine takes the processor away without blocking anything, so a pause counts only as far as the main
 * thread computed in it. HEARTBEAT_FILE gets what was found, as JSON.
 */

import { writeFileSync } from "node:fs";

/** Milliseconds between two beats. */
const BEAT = 20;
/** Written at once from here on, in milliseconds: who is killed for it writes nothing at its end. */
const TELLING = 200;

const file = process.env.HEARTBEAT_FILE;
let worst = 0;
let last = performance.now();
let computed = process.threadCpuUsage();
// Loading the bundle blocks too, and nothing that a host says is in it.
let loaded = false;

function beat(): void {
  const now = performance.now();
  const { user, system } = process.threadCpuUsage(computed);
  const blocked = Math.min(now - last, (user + system) / 1000);
  last = now;
  computed = process.threadCpuUsage();
  if (loaded && blocked > worst) {
    worst = blocked;
    if (worst > TELLING) tell();
  }
  loaded = true;
}

function tell(): void {
  if (file !== undefined)
    writeFileSync(file, JSON.stringify({ blocked: worst, memory: process.resourceUsage().maxRSS * 1024 }));
}

setInterval(beat, BEAT).unref();
process.on("exit", () => {
  beat();
  tell();
});
