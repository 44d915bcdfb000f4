/** What `recover` would do, for `check` and `plan`: told in the journal, and written down for a person to approve. */

import { type Diagnosis, isGood, isWaiting } from "./diagnosis/diagnosis.ts";
import { needsBackup, RISK } from "./diagnosis/risk.ts";
import type { Host } from "./host/host.ts";
import { typed } from "./host/typed.ts";
import { goodUntil, tokenOf } from "./inputs/approval.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { INPUT_DEFAULTS, type InputName } from "./inputs/names.ts";
import type { PlanApproval } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { againstScenario } from "./permission.ts";
import { type Plan, type Planning, planOf } from "./plan.ts";
import { REMEDIES } from "./remedies/index.ts";
import type { Verdict } from "./verdicts.ts";
import * as verdicts from "./verdicts.ts";
import { VERSION } from "./version.ts";

/** Tells what `recover` would do, and changes nothing. */
export function foresee(diagnosis: Diagnosis, host: Host, inputs: Inputs, parts: Parts): Verdict {
  const { ladder } = diagnosis;
  tellSteps(diagnosis, inputs, parts);
  const misfit = againstScenario(diagnosis, inputs);
  if (misfit !== undefined) return misfit;
  if (inputs.mode === "check" && isGood(diagnosis)) return verdicts.good(diagnosis);
  if (inputs.mode === "check" || (ladder.length === 0 && !isWaiting(diagnosis)))
    return verdicts.unhealthy(diagnosis, verdicts.whatRecoverWouldDo(diagnosis));
  const plan = planOf(diagnosis, planningFor(host, inputs, parts));
  return verdicts.planned(diagnosis, plan.steps.length === 0 ? undefined : writeDown(plan, inputs, parts));
}

/** A refusal for want of an approval, with the plan that a person may approve instead. */
export function refusedWithPlan(
  verdict: Verdict,
  diagnosis: Diagnosis,
  host: Host,
  inputs: Inputs,
  parts: Parts,
): Verdict {
  const plan = planOf(diagnosis, planningFor(host, inputs, parts));
  if (plan.steps.length === 0) return verdict;
  tellSteps(diagnosis, inputs, parts);
  return verdicts.withPlan(verdict, writeDown(plan, inputs, parts));
}

function tellSteps(diagnosis: Diagnosis, { backup }: Inputs, parts: Parts): void {
  const { ladder } = diagnosis;
  parts.journal.append({
    kind: "foreseen",
    steps: ladder.map((remedy) => ({
      remedy,
      risk: RISK[remedy],
      backup: needsBackup(RISK[remedy], backup),
      does: [REMEDIES[remedy].does, REMEDIES[remedy].goesWith?.(diagnosis)].filter(Boolean).join("; "),
      commands: typed(() => REMEDIES[remedy].commands(diagnosis)),
    })),
  });
}

/** Of what a plan is made on this host, beside the diagnosis. */
export function planningFor(
  { identity }: Host,
  { backup, backupTo }: Pick<Inputs, "backup" | "backupTo">,
  { redactor }: Parts,
): Planning {
  return { version: VERSION, hostKey: identity, redact: (text) => redactor.secrets(text), backup, backupTo };
}

/** Keeps the plan's programs as files and in the journal. @returns what a person approves it by */
function writeDown({ hash, steps }: Plan, inputs: Inputs, { clock, evidence, journal }: Parts): PlanApproval {
  const programs = steps.flatMap(({ remedy, program, putBack, backup }, index) =>
    [
      { name: `plan/${index + 1}-${remedy}.backup.sh`, text: backup ?? "" },
      { name: `plan/${index + 1}-${remedy}.sh`, text: program },
      { name: `plan/${index + 1}-${remedy}.put-back.sh`, text: putBack ?? "" },
    ].filter(({ text }) => text !== ""),
  );
  for (const { name, text } of programs) evidence.write(name, text);
  const now = clock.now();
  const approval = {
    approve: tokenOf(hash, now),
    until: new Date(goodUntil(now)).toISOString(),
    inputs: decisive(inputs),
  };
  journal.append({
    kind: "planned",
    ...approval,
    programs: programs.map((each) => ({ ...each, bytes: Buffer.byteLength(each.text) })),
  });
  return approval;
}

/** Who leaves these out again gets another plan, and is refused. */
function decisive({
  scenario,
  ceiling,
  overrideBudget,
  backup,
  backupTo,
  module,
}: Inputs): [string, string][] {
  const given: [InputName, string][] = [
    ["scenario", scenario],
    ["ceiling", ceiling],
    ["override_budget", String(overrideBudget)],
    ["backup", backup],
    ["backup_to", backupTo],
    ["module", module?.name ?? ""],
    ["module_action", module?.action ?? ""],
  ];
  return given.filter(([name, value]) => value !== INPUT_DEFAULTS[name]);
}
