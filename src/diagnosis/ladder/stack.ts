/** What forbids each of the remedies that start, restart and let go on (runbook 1.4), and the boot check (1.5). */

import { ifSeen } from "../../survey/survey.ts";
import type { Cause } from "../cause.ts";
import { databasesToChooseFrom, elsewhereSetting } from "../causes/odoo.ts";
import { stateOf } from "../causes/situation.ts";
import { whyNoneIsServed } from "../discovery.ts";
import { isStoppedBySignal } from "../processes.ts";
import { aboveCeiling, RISK } from "../risk.ts";
import { startsOf } from "../starts.ts";
import type { Target } from "../target.ts";
import type { Case } from "./case.ts";

export function toStartDocker({ cause, survey, layers }: Case): string | undefined {
  if (cause !== "docker-down") return "the Docker daemon answers";
  if (stateOf(layers, "proxy") === "good")
    return "the site works, and starting Docker may restart its containers";
  const unit = ifSeen(survey.units)?.get("docker.service");
  if (unit === undefined) return "systemd was not observed, so whether Docker is its service is not known";
  if (unit.load !== "loaded") return `docker.service is ${unit.load}`;
  return unit.active === "active"
    ? "the service runs and hangs; restarting it would stop every container"
    : undefined;
}

export function toStartNginx({ cause, survey }: Case): string | undefined {
  const unit = ifSeen(survey.units)?.get("nginx.service");
  if (cause === "nginx-config-invalid") return "its configuration is invalid, and it would not start";
  if (cause !== "nginx-down") return unit?.active === "active" ? "nginx runs" : "nginx is not the cause";
  const nginx = ifSeen(survey.nginx);
  // The program tests again before it acts; here a configuration that was not seen is no objection.
  return nginx?.valid === false ? "its configuration is invalid, and it would not start" : undefined;
}

export function toStartDb({ cause, target }: Case): string | undefined {
  if (cause !== "database-down" || target?.dbService === undefined) return "the database is not the cause";
  const { db } = target;
  if (db === undefined) return composeObjection(target);
  if (db.state === "restarting" || db.state === "running")
    return "it starts again and again, and fails each time";
  return ["exited", "created", "dead", "paused"].includes(db.state) ? undefined : `it is ${db.state}`;
}

export function toStartStack({ cause, target }: Case): string | undefined {
  if (target === undefined) return "no target is known";
  const stopped = target.odoo === undefined || ["exited", "created", "dead"].includes(target.odoo.state);
  const startable = ["odoo-stopped", "odoo-absent", "stack-down", "odoo-out-of-memory"].includes(cause);
  if (!startable || !(stopped || target.containers.length === 0))
    return "the containers of the stack are there and none of them is stopped, or that is not the cause";
  const { starts, doubt } = startsOf(target);
  if (doubt !== undefined) return doubt;
  // What is there is started by Docker alone.
  return starts.every(({ kind }) => kind === "start" || kind === "await") && target.odoo !== undefined
    ? undefined
    : composeObjection(target);
}

function composeObjection({ project }: Target): string | undefined {
  return project.services.observed ? undefined : `the compose files cannot be read: ${project.services.why}`;
}

export function toResumeOdoo({ cause, survey, target }: Case): string | undefined {
  return cause === "odoo-frozen" && target !== undefined && isStoppedBySignal(survey, target)
    ? undefined
    : "Odoo was not stopped by a signal and is not paused";
}

const NOT_MENDED_BY_A_RESTART: Partial<Record<Cause, string>> = {
  "filestore-unreadable": "a restart does not change whose files they are",
  "filestore-missing": "a restart does not bring files back",
  "assets-missing": "a restart does not bring files back",
  "assets-corrupt": "a restart does not mend files",
  "assets-poisoned": "whatever is compiled anew from the same source has the same error",
};

/** Odoo forgets what it remembers of pages when it is told to, which needs no restart. */
function toRestartForAssets({ tried, wishes }: Pick<Case, "tried" | "wishes">): string | undefined {
  const told = tried.includes("regenerate-assets");
  return told || aboveCeiling(RISK["regenerate-assets"], wishes.ceiling) !== undefined
    ? undefined
    : "regenerate-assets mends it while Odoo goes on serving";
}

/**
 * A running Odoo that does not answer may be at work (an update, a slow boot): that is another cause, and waited for.
 * What is left is stuck, and restarting it is what the runbook does first.
 */
export function toRestartOdoo({ cause, survey, target, layers, tried, wishes }: Case): string | undefined {
  if (target?.odoo === undefined) return "Odoo has no container, so there is nothing to restart";
  if (target.odoo.state !== "running" && target.odoo.state !== "paused")
    return "Odoo does not run, so there is nothing to restart";
  if (cause === "odoo-crash-loop" || cause === "odoo-out-of-memory")
    return "Docker restarts it again and again already, and it falls each time";
  if (cause === "assets-stale") return toRestartForAssets({ tried, wishes });
  // On a slow machine one that falls is seen for a while as one that does not listen.
  if (tried.includes("boot-check")) return "it was started anew after the boot check already";
  const futile = NOT_MENDED_BY_A_RESTART[cause];
  if (futile !== undefined) return futile;
  const direct = layers.find((layer) => layer.name === "direct");
  if (direct?.state !== "bad") return "Odoo itself answers, or its answer was not observed";
  if (layers.some((layer) => layer.name === "database" && layer.state === "bad"))
    return "the database is not good, and Odoo cannot be before it is";
  const databases = databasesToChooseFrom(survey, target);
  if (databases !== undefined)
    return `Odoo runs and finds ${databases.length === 0 ? "no database" : "several databases"}, and would again`;
  const none = whyNoneIsServed(survey, target, wishes.url);
  if (none !== undefined) return `${none}; a restart changes nothing of that`;
  const setting = cause === "odoo-not-listening" ? elsewhereSetting(survey, target) : undefined;
  if (setting !== undefined) return `its configuration sends it elsewhere (${setting}), and would again`;
  if (["odoo-frozen", "odoo-unhealthy", "odoo-not-listening", "port-mapping-missing"].includes(cause))
    return undefined;
  // After a database came back, Odoo may not find back to it by itself.
  if (cause === "database-unreachable" && tried.length > 0) return undefined;
  return tried.includes("start-stack") ? undefined : "it is not known that restarting it would help";
}

/** Diagnosing, not mending: only when Odoo is not serving anyway, and a restart has not helped or cannot. */
export function toBootCheck({ cause, survey, target, layers, tried }: Case): string | undefined {
  if (cause !== "odoo-crash-loop" && cause !== "odoo-unhealthy") return "Odoo does not fail at its start";
  if (cause === "odoo-unhealthy" && !tried.includes("restart-odoo")) return "a restart is tried first";
  if (target?.odoo === undefined) return "Odoo has no container";
  const compose = ifSeen(survey.compose);
  if (compose?.generation === "v1") return "it needs Compose v2";
  if (!target.database.observed) return target.database.why;
  if (stateOf(layers, "database") !== "good") return "the database is not good";
  if (!survey.units.observed) return "systemd was not observed, which puts Odoo back after a reboot";
  return composeObjection(target);
}
