/**
 * Survey -> diagnosis: what is broken, why, how we know, and which remedies are allowed or ruled out.
 * A pure function: no I/O, no clock, the same answer for the same survey.
 */

import type { Survey } from "../survey/survey.ts";
import { type Drift, driftOf } from "./drift.ts";
import { describeState, type Layer, layersOf } from "./layers.ts";
import { findTarget, type Target, type TargetWishes } from "./target.ts";

export type Cause =
  | "healthy"
  | "odoo-stopped"
  | "odoo-absent"
  | "stack-down"
  | "ambiguous-target"
  | "unknown";

export type RemedyName = "start-stack" | "restart-odoo";

export interface RuledOut {
  readonly remedy: RemedyName;
  readonly why: string;
}

export interface Diagnosis {
  readonly cause: Cause;
  /** What was found, as a clause that stands after a colon. */
  readonly finding: string;
  /** What was seen that led here, a line each. */
  readonly evidence: readonly string[];
  /** What a person must do, when no remedy of ours applies; empty otherwise. */
  readonly advice: string;
  readonly layers: readonly Layer[];
  readonly drift: readonly Drift[];
  readonly target: Target | undefined;
  /** The remedies that this diagnosis allows, least invasive first. */
  readonly ladder: readonly RemedyName[];
  readonly ruledOut: readonly RuledOut[];
}

/**
 * @param survey one look at the host
 * @param wishes what the user says about the target
 * @param tried the remedies that already ran in this run and did not help
 */
export function diagnose(survey: Survey, wishes: TargetWishes, tried: readonly RemedyName[] = []): Diagnosis {
  const search = findTarget(survey, wishes);
  if (search.found === "several") {
    return withoutTarget(
      "ambiguous-target",
      `there are several ${search.what}, and we must not choose`,
      search.candidates,
      {
        advice: "Name one with `directory`, `compose_file`, `odoo_service` or `db_service`.",
      },
    );
  }
  if (search.found === "none") {
    return withoutTarget("unknown", "the Odoo project on the host could not be observed", [search.why], {
      advice:
        "Look at the reason below; where the project stands elsewhere, name its `directory` and `compose_file`.",
    });
  }
  const { target } = search;
  const layers = layersOf(survey, target);
  const found = causeOf(target, layers);
  const { ladder, ruledOut } = remediesFor(found.cause, target, layers, tried);
  return {
    ...found,
    evidence: layers.filter((layer) => layer.state !== "good").map((layer) => `${layer.name}: ${layer.why}`),
    layers,
    drift: driftOf(survey, target),
    target,
    ladder,
    ruledOut,
  };
}

function withoutTarget(
  cause: Cause,
  finding: string,
  evidence: readonly string[],
  { advice }: { advice: string },
): Diagnosis {
  return {
    cause,
    finding,
    evidence,
    advice,
    layers: [],
    drift: [],
    target: undefined,
    ladder: [],
    ruledOut: [],
  };
}

interface Found {
  readonly cause: Cause;
  readonly finding: string;
  readonly advice: string;
}

function causeOf(target: Target, layers: readonly Layer[]): Found {
  const { odoo, odooService, db, dbService } = target;
  const none = "";
  if (layers.every((layer) => layer.state === "good")) {
    return { cause: "healthy", finding: "every layer is good", advice: none };
  }
  const stopped = odoo !== undefined && ["exited", "created", "dead"].includes(odoo.state);
  const dbDown =
    dbService !== undefined && (db === undefined || ["exited", "created", "dead"].includes(db.state));
  if (target.containers.length === 0) {
    return {
      cause: "stack-down",
      finding: `the whole stack ${target.project.name} has no containers`,
      advice: none,
    };
  }
  if ((odoo === undefined || stopped) && dbDown) {
    return {
      cause: "stack-down",
      finding: `neither ${odooService} nor ${dbService} runs in the stack ${target.project.name}`,
      advice: none,
    };
  }
  if (odoo === undefined) {
    return {
      cause: "odoo-absent",
      finding: `the service ${odooService} has no container`,
      advice: none,
    };
  }
  if (stopped) {
    return {
      cause: "odoo-stopped",
      finding: `the Odoo container ${odoo.name} ${describeState(odoo)}`,
      advice: none,
    };
  }
  const worst = layers.find((layer) => layer.state === "bad");
  if (worst === undefined) {
    const unseen = layers.filter((layer) => layer.state === "not observed");
    return {
      cause: "unknown",
      finding: `what could be seen is good, but these could not be: ${unseen.map((l) => l.name).join(", ")}`,
      advice: "Make the missing probes possible (see below), then run again.",
    };
  }
  return {
    cause: "unknown",
    finding: `the layer ${worst.name} is bad, for a reason that is not known: ${worst.why}`,
    advice: "Look at the logs in the evidence; nothing was changed because no remedy is known to fit.",
  };
}

/** The remedies for a cause, by the rules of acting (docs/runbook.md, 1.4). */
function remediesFor(
  cause: Cause,
  target: Target,
  layers: readonly Layer[],
  tried: readonly RemedyName[],
): { ladder: RemedyName[]; ruledOut: RuledOut[] } {
  if (cause === "healthy") return { ladder: [], ruledOut: [] };
  const ladder: RemedyName[] = [];
  const ruledOut: RuledOut[] = [];
  const consider = (remedy: RemedyName, objection: string | undefined): void => {
    if (objection === undefined) ladder.push(remedy);
    else ruledOut.push({ remedy, why: objection });
  };
  const down = cause === "odoo-stopped" || cause === "odoo-absent" || cause === "stack-down";
  consider("start-stack", startObjection(target, down, tried));
  consider("restart-odoo", restartObjection(target, layers, tried));
  return { ladder, ruledOut };
}

function startObjection(target: Target, down: boolean, tried: readonly RemedyName[]): string | undefined {
  if (!down) return "the containers of the stack are there and none of them is stopped";
  if (tried.includes("start-stack")) return "it ran already and did not help";
  if (!target.project.services.observed)
    return `the compose files cannot be read: ${target.project.services.why}`;
  return undefined;
}

/**
 * A running Odoo that does not answer may be at work (a module update, a slow boot): it is restarted only after we
 * started it ourselves in this run and waited for it in vain.
 */
function restartObjection(
  target: Target,
  layers: readonly Layer[],
  tried: readonly RemedyName[],
): string | undefined {
  if (target.odoo?.state !== "running") return "Odoo does not run, so there is nothing to restart";
  if (tried.includes("restart-odoo")) return "it ran already and did not help";
  const direct = layers.find((layer) => layer.name === "direct");
  if (direct?.state !== "bad") return "Odoo itself answers, or its answer was not observed";
  if (layers.some((layer) => layer.name === "database" && layer.state !== "good")) {
    return "the database is not good, and Odoo cannot be before it is";
  }
  if (!tried.includes("start-stack")) return "Odoo runs and may be at work (an update, a slow boot)";
  return undefined;
}
