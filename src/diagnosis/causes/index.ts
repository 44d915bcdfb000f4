/**
 * Which cause the layers and the rest of the survey point to. Several things may be wrong at once: the first rule that
 * holds is the root, and what comes after it in this list is its consequence, for nothing above can be good before it.
 * The order: Docker; disks; somebody at work, whose work a full disk ends too; the database; Odoo's container; Odoo itself;
 * its port; the proxy; Odoo's files and what it compiles; the public side; what could not be seen. An Odoo that was killed
 * for want of memory is told before what it said of its database. Of files and bundles: who may read them, before whether
 * they are there; what blocks their being made anew (corrupt), before what is missing; what was compiled wrongly, before
 * what is only old; and the proxy last. A filestore that Odoo may not use is told earlier where Odoo fails because of it.
 */

import { operand, typed } from "../../host/typed.ts";
import { proxyProgram, stoppedProxy } from "../proxies.ts";
import {
  assetsBroken,
  assetsCorrupt,
  assetsMissing,
  assetsPoisoned,
  assetsProxy,
  assetsStale,
  filestoreKeepsOdooDown,
  filestoreMissing,
  filestoreUnreadable,
} from "./assets.ts";
import {
  databaseDown,
  databaseLocked,
  databaseStarting,
  databaseUnreachable,
  stackDown,
} from "./database.ts";
import { diskFull, somebodyAtWork } from "./host.ts";
import {
  odooCrashLoop,
  odooFrozen,
  odooGone,
  odooNotListening,
  odooOutOfMemory,
  odooStoppedBySignal,
  odooUnhealthy,
  portMappingMissing,
} from "./odoo.ts";
import { deadServer, nginxDown, nginxElsewhere, publicUnreachable, redirectLoop } from "./proxy.ts";
import { type Found, found, inCode, OPEN_ADVICE, type Situation } from "./situation.ts";

/** @returns undefined when every layer is good */
export function causeOf(situation: Situation): Found | undefined {
  if (situation.layers.every(({ state }) => state === "good")) return undefined;
  for (const rule of RULES) {
    const cause = rule(situation);
    if (cause !== undefined) return cause;
  }
  return unknown(situation);
}

const RULES: readonly ((situation: Situation) => Found | undefined)[] = [
  diskFull,
  somebodyAtWork,
  stackDown,
  databaseDown,
  databaseStarting,
  odooOutOfMemory,
  databaseUnreachable,
  odooGone,
  odooCrashLoop,
  odooStoppedBySignal,
  databaseLocked,
  portMappingMissing,
  odooNotListening,
  odooFrozen,
  redirectLoop,
  filestoreKeepsOdooDown,
  odooUnhealthy,
  nginxDown,
  deadServer,
  nginxElsewhere,
  filestoreUnreadable,
  filestoreMissing,
  assetsCorrupt,
  assetsMissing,
  assetsPoisoned,
  assetsStale,
  assetsProxy,
  assetsBroken,
  publicUnreachable,
];

function unknown({ survey, layers }: Situation): Found {
  const worst = layers.find((layer) => layer.state === "bad");
  if (worst === undefined) {
    const unseen = layers.filter((layer) => layer.state === "not observed");
    return found(
      "unknown",
      `what could be seen is good, but these could not be: ${unseen.map(({ name }) => name).join(", ")}`,
      "Make the missing probes possible (see below), then run again.",
    );
  }
  const stopped =
    worst.name === "proxy" && proxyProgram(survey) === undefined ? stoppedProxy(survey) : undefined;
  if (stopped !== undefined) {
    const [start = "", logs = ""] = ["start", "logs"].map((verb) =>
      typed(() => `docker ${verb} ${operand(stopped.name)}`),
    );
    return found(
      "unknown",
      `the reverse proxy is down: the container ${stopped.name} (${stopped.image}) ${stopped.state}`,
      `Start it${inCode(start)}, and look at its log${inCode(logs)}. It was left alone: a proxy in a container is for a person.`,
      [start, logs],
    );
  }
  const program = worst.name === "proxy" ? proxyProgram(survey) : undefined;
  const proxy =
    program === undefined || program === "nginx"
      ? ""
      : `; the proxy is ${program}, which we can look at only from outside`;
  return found(
    "unknown",
    `the layer ${worst.name} is bad, for a reason that is not known: ${worst.why}${proxy}`,
    OPEN_ADVICE.look,
  );
}
