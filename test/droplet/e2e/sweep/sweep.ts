/**
 * One point of the sweep over interruptions: a droplet is broken, a run is interrupted in the middle of one step, and what
 * it leaves is judged. The bundle runs as the runner starts it.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, expect, it } from "vitest";
import type { Entry } from "../../../../src/journal.ts";
import { TcpProxy } from "../../../host/ssh/tcp-proxy.ts";
import type { Action, ActionInputs } from "../action.ts";
import { record } from "../results.ts";
import { Bench } from "../run.ts";
import { Treasures } from "../treasures.ts";
import { type Interrupted, interrupt, REBOOTS } from "./interruptions.ts";
import { Before } from "./judge.ts";
import { type Extent, type Point, pointsOf } from "./points.ts";
import { type Situation, takeSlownessAway } from "./situations.ts";

const EXPECTED =
  "every layer as good as before, containers, rows, files and modules the same, nothing of ours left, the next run succeeds";
const JUDGED =
  "docker inspect, curl, psql, sha256sum, systemctl, find, pg_amcheck on the droplet; the next run by the bundle";
/** Of one point: two runs, a reboot, and the dead-man's time. */
const PATIENCE = 600_000;

/** A test for each point of these steps, on a droplet of their own. */
export function sweep(extent: Extent, ...steps: readonly Situation["step"][]): void {
  let bench: Bench;

  beforeAll(async () => {
    bench = await Bench.up();
  });

  afterEach(async () => {
    // What puts the droplet right again must not be looking for it when it goes.
    await takeSlownessAway(bench);
    await bench.tidy();
  });

  it.each(pointsOf(extent, steps).map((point) => [nameOf(point), point] as const))(
    "%s: nothing is worse than before, and the next run succeeds",
    async (name, point) => {
      const found = await pass(bench, point);
      if (extent === "every point")
        record("interruptions.jsonl", JUDGED, {
          case: name,
          expected: EXPECTED,
          found: `as expected; ${found}`,
        });
    },
    PATIENCE,
  );
}

function nameOf({ situation, kind, at }: Point): string {
  return `${situation.step}, ${kind} after ${Math.round(at * 100)} % of it`;
}

/** @returns how the interrupted run and the next one ended, in words */
async function pass(bench: Bench, point: Point): Promise<string> {
  const { situation, kind } = point;
  const { droplet } = bench;
  const treasures = await Treasures.putInto(droplet);
  await situation.break(bench);
  const before = await Before.of(droplet, treasures);
  const inputs = await approved(bench, situation);

  await using proxy = await TcpProxy.to(droplet.sshPort);
  const action = bench.action({ ...inputs, port: String(proxy.port) });
  action.start();
  const step = await beginning(action, situation);
  await sleep(point.at * situation.seconds * 1000);
  if (endedIn(action.journal(), step)) throw new Error("the step was over: there was nothing to interrupt");
  if (REBOOTS.has(kind)) await situation.beforeReboot?.(bench);
  const { main, post } = await interrupt(kind, step, action, proxy, droplet);

  await before.settled();
  await before.layersAreAsGood();
  await before.containersAreTheSame();
  await before.nothingSensitiveIsLeft();
  if (main.outputs.get("status") === "recovered") await droplet.assertHealthy();
  if (post !== undefined) expect(post.exitCode, post.log).toBe(0);
  // Who was killed without a post step holds the lease until it runs out.
  if (kind === "the runner killed") await letLeasesRunOut(bench);
  const next = await nextRun(bench, situation);
  expect(situation.next, next.end.log).toContain(next.end.outputs.get("status"));
  if (situation.next.includes("recovered")) await droplet.assertHealthy();
  await before.dataIsTheSame(situation.inputs.module);
  await before.databaseIsWhole();
  await bench.nothingLeftBehind();
  return inWords({ main, ...(post && { post }) }, next.end.outputs.get("status") ?? "");
}

/** With the approval of a plan, where the step needs one. */
async function approved(bench: Bench, { approved, inputs }: Situation): Promise<ActionInputs> {
  if (!approved) return inputs;
  const { end } = await bench.run({ ...inputs, mode: "plan" });
  if (end.outputs.get("status") !== "planned") throw new Error(`there is no plan: ${end.log}`);
  return { ...inputs, approve: end.outputs.get("plan") ?? "" };
}

/** @returns the step's id on the droplet, as soon as the run says that it begins */
async function beginning(action: Action, { step }: Situation): Promise<string> {
  const entry = await action.seen(
    `the beginning of ${step}`,
    (entry) =>
      step === "backup"
        ? entry.kind === "backup-started"
        : entry.kind === "remedy-started" && entry.remedy === step,
    200,
  );
  if (entry.kind !== "backup-started" && entry.kind !== "remedy-started") throw new Error("no step");
  return entry.step;
}

function endedIn(journal: readonly Entry[], step: string): boolean {
  return journal.some(
    (entry) => (entry.kind === "remedy-ended" || entry.kind === "backup-ended") && entry.step === step,
  );
}

async function letLeasesRunOut(bench: Bench): Promise<void> {
  await bench.droplet.script(
    'for lease in /run/odoo-recover/*/lease; do if [ -f "$lease" ]; then sed -i \'s/^beat=.*/beat=0/; s/^lives=.*/lives=1/\' "$lease"; fi; done',
  );
}

/** The run that a person starts after it, who reads the plan again where one is needed. */
async function nextRun(bench: Bench, situation: Situation): ReturnType<Bench["run"]> {
  if (!situation.approved) return await bench.run(situation.inputs);
  const planned = await bench.run({ ...situation.inputs, mode: "plan" });
  if (planned.end.outputs.get("status") !== "planned") return planned;
  return await bench.run({ ...situation.inputs, approve: planned.end.outputs.get("plan") ?? "" });
}

function inWords({ main, post }: Interrupted, next: string): string {
  const ended = main.outputs.get("status") ?? "no status";
  return `the run: ${ended}${post === undefined ? "" : ", with its post step"}; the next one: ${next}`;
}
