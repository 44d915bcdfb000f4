/**
 * Survey -> diagnosis: what is broken, why, how we know, and which remedies are allowed or ruled out.
 * A pure function: no I/O, no clock, the same answer for the same survey.
 */

import type { ModuleWish } from "../inputs/inputs.ts";
import { ifSeen, type NamedModule, type Survey } from "../survey/survey.ts";
import { type AssetsSight, assetsOf, storeOf } from "./assets.ts";
import type { Cause } from "./cause.ts";
import { filesInDoubt } from "./causes/assets.ts";
import { dockerDown, somebodyAtWork } from "./causes/host.ts";
import { causeOf } from "./causes/index.ts";
import { firstComplaint } from "./causes/proxy.ts";
import type { Found } from "./causes/situation.ts";
import { type Change, changesOf, describeOutage, type Outage, outageOf } from "./changes.ts";
import { type Fact, factsOf } from "./discovery.ts";
import { type Drift, driftOf } from "./drift.ts";
import { findTarget } from "./find-target.ts";
import { intermittent } from "./intermittent.ts";
import { ladderFor } from "./ladder/index.ts";
import { type Layer, layersOf, layersWithoutContainers, outerLayers } from "./layers.ts";
import { namedIn } from "./module.ts";
import { proxyProgram } from "./proxies.ts";
import type { RemedyName, RuledOut } from "./remedy-name.ts";
import {
  explained,
  NO_SIGNATURES,
  type SignaturesFound,
  signaturesIn,
  worthKnowing,
} from "./signatures/index.ts";
import { type Suspect, stuckModules, suspectsOf } from "./suspects.ts";
import type { Target } from "./target.ts";
import { otherTopology, topologyOf } from "./topology.ts";
import { warningsOf } from "./warnings.ts";
import type { Wishes } from "./wishes.ts";
import { PACKAGE_UPGRADE, type Work, workInProgress } from "./work.ts";

/** Where our state lies on the host for this diagnosis: the project, or the host as a whole. */
export interface Place {
  readonly project: string;
  readonly directory: string;
}

export interface Diagnosis {
  readonly cause: Cause;
  /** What was found, as a clause that stands after a colon. */
  readonly finding: string;
  /** What was seen that led here, a line each. */
  readonly evidence: readonly string[];
  /** What a person must do, when no remedy of ours applies; empty otherwise. */
  readonly advice: string;
  /** Of the advice, the commands that hold names from the host. */
  readonly commands?: readonly string[];
  readonly layers: readonly Layer[];
  /** What would go wrong next, or is not as it should be, although it is not the cause. */
  readonly warnings: readonly string[];
  readonly drift: readonly Drift[];
  /** Facts about how this host is built, for people: `PostgreSQL is not in this project`. */
  readonly topology: readonly string[];
  /** How the site is set up, and who said so. */
  readonly facts: readonly Fact[];
  /** Modules that a person should look at first, where one may be to blame. */
  readonly suspects: readonly Suspect[];
  /** What the logs say of what is bad; nothing where the site is good. */
  readonly signatures: SignaturesFound;
  /** What changed within a day, newest first. */
  readonly changes: readonly Change[];
  readonly outage: Outage | undefined;
  /** `Down since 02:47:13 UTC, 15 s after the Odoo container was recreated`; empty when the site is not bad. */
  readonly since: string;
  readonly target: Target | undefined;
  readonly setup: Setup | undefined;
  /** The module that the user named, with what is to become of it. */
  readonly module: ModuleWish | undefined;
  /** The same module as the database has it; undefined where there is none, or it was not asked for. */
  readonly named: NamedModule | undefined;
  /** How the public reaches the site; its name decides which site answers. */
  readonly url: URL | undefined;
  readonly place: Place | undefined;
  /** The remedies that this diagnosis allows, least invasive first. */
  readonly ladder: readonly RemedyName[];
  readonly ruledOut: readonly RuledOut[];
}

/** Odoo as it was seen to run; what was not seen is empty. */
export interface Setup {
  /** Numbers of its user and group: `101:101`. */
  readonly user: string;
  /** Where it keeps its files, in its container: `/var/lib/odoo`. */
  readonly dataDirectory: string;
  /** Those of the target's database: `/var/lib/odoo/filestore/odoo`. */
  readonly filestore: string;
  /** `14.0` */
  readonly version: string;
}

/** Whether the site is good: every layer was seen, and each is. */
export function isGood({ layers }: Diagnosis): boolean {
  return layers.length > 0 && layers.every(({ state }) => state === "good");
}

/** Whether there is nothing to do but wait: somebody is at work, or the database recovers. */
export function isWaiting({ cause }: Pick<Diagnosis, "cause">): boolean {
  return cause === "in-progress" || cause === "database-starting";
}

/**
 * @param survey one look at the host
 * @param wishes what the user says about the site
 * @param tried the remedies that already ran in this run and did not help
 */
export function diagnose(survey: Survey, wishes: Wishes, tried: readonly RemedyName[] = []): Diagnosis {
  const down = dockerDown(survey);
  if (down !== undefined) {
    // Upgrading its package takes the daemon down, and brings it back.
    const work = workInProgress(survey, undefined).filter(({ what }) => what === PACKAGE_UPGRADE);
    const busy = somebodyAtWork({ work, layers: outerLayers(survey, wishes.url) });
    return withoutTarget(survey, wishes, busy ?? down, evidenceOf(work), tried);
  }
  const search = findTarget(survey, wishes);
  if (search.found === "several") {
    return withoutTarget(
      survey,
      wishes,
      {
        cause: "ambiguous-target",
        finding: `there are several ${search.what}, and we must not choose`,
        advice: search.advice ?? "Name one with `directory`, `compose_file`, `odoo_service` or `db_service`.",
      },
      search.candidates,
      tried,
    );
  }
  if (search.found === "none") {
    const other = otherTopology(survey);
    return withoutTarget(
      survey,
      wishes,
      other ?? {
        cause: "unknown",
        finding: "the Odoo project on the host could not be observed",
        advice:
          "Look at the reason below; where the project stands elsewhere, name its `directory` and `compose_file`.",
      },
      [search.why],
      tried,
    );
  }
  // A compose file that was left behind: starting its stack would set a second Odoo beside the one that runs.
  const instead = search.target.containers.length === 0 ? otherTopology(survey, true) : undefined;
  if (instead !== undefined) return withoutTarget(survey, wishes, instead, [], tried);
  return withTarget(survey, wishes, search.target, tried);
}

function evidenceOf(work: readonly Work[]): string[] {
  return work.map(({ what, evidence }) => `${what}: ${evidence}`);
}

const MOST_ASSETS_TOLD = 12;

/** Each asset that is bad, with its row and what it may have of a compiler's words. */
function evidenceOfAssets({ findings }: AssetsSight): string[] {
  return findings.slice(0, MOST_ASSETS_TOLD).map(({ kind, path, row, why, markers }) => {
    const stored = row === undefined ? "" : `, ir_attachment ${row.id}${row.storedAs && `, ${row.storedAs}`}`;
    return [`${kind}: ${path} (${why}${stored})`, ...markers.slice(0, 2)].join(": ");
  });
}

function nowOf(survey: Survey): number {
  return (ifSeen(survey.host)?.epoch ?? 0) * 1000;
}

function withTarget(survey: Survey, wishes: Wishes, target: Target, tried: readonly RemedyName[]): Diagnosis {
  const layers = layersOf(survey, target, wishes.url);
  const assets = assetsOf(survey, target);
  const work = workInProgress(survey, target);
  const drift = driftOf(survey, target);
  const asSeen =
    causeOf({ survey, target, layers, work, assets, url: wishes.url }) ??
    // What was intermittent before we acted is not held against what we did.
    (tried.length === 0 ? intermittent(survey, target) : undefined) ??
    filesInDoubt(survey, target) ??
    fine(survey);
  const troubled = isTroubled(asSeen, layers);
  const signatures = troubled ? signaturesIn(survey, target) : NO_SIGNATURES;
  const found = explained(asSeen, signatures);
  const warnings = [
    ...warningsOf(survey, target, drift, assets),
    ...stuckModules(survey, target, work),
    ...(troubled ? [] : worthKnowing(survey, target)),
  ];
  const changes = changesOf(survey, target);
  const outage = outageOf(survey, target, layers);
  return {
    ...found,
    evidence: [
      ...evidenceOf(work),
      ...layers.filter((layer) => layer.state !== "good").map((layer) => `${layer.name}: ${layer.why}`),
      ...evidenceOfAssets(assets),
    ],
    layers,
    warnings,
    drift,
    topology: topologyOf(survey, target),
    facts: factsOf(survey, wishes, target),
    suspects: suspectsOf(survey, target, found.cause, assets, outage),
    signatures,
    changes,
    outage,
    since: describeOutage(outage, changes, nowOf(survey)),
    target,
    setup: setupOf(survey, target),
    module: wishes.module,
    named: namedIn(survey, target),
    url: wishes.url,
    place: { project: target.project.name, directory: target.project.directory },
    ...ladderFor({ cause: found.cause, survey, target, layers, tried, wishes, signatures, assets }),
  };
}

function setupOf(survey: Survey, target: Target): Setup | undefined {
  const running = ifSeen(survey.running)?.get(target.odoo?.id ?? "");
  const { database, filestore } = storeOf(survey, target);
  const name = ifSeen(target.database);
  if (running === undefined || running.dataDirectory === "") return undefined;
  const { user, dataDirectory } = running;
  return {
    user,
    dataDirectory,
    filestore: filestore?.path ?? (name === undefined ? "" : `${dataDirectory}/filestore/${name}`),
    version: database?.odooVersion ?? "",
  };
}

/** Whether there is anything that logs could explain. */
function isTroubled({ cause }: Found, layers: readonly Layer[]): boolean {
  return cause === "intermittent" || layers.some(({ state }) => state === "bad");
}

/** Good, but for a configuration that would not survive the next restart of nginx. */
function fine(survey: Survey): Found {
  const nginx = ifSeen(survey.nginx);
  const serves = ["nginx", undefined].includes(proxyProgram(survey));
  if (nginx?.valid !== false || !serves)
    return { cause: "healthy", finding: "every layer is good", advice: "" };
  return {
    cause: "nginx-config-invalid",
    finding: `nginx runs with an older configuration; the one on disk is invalid: ${firstComplaint(nginx.said)}`,
    advice: "Mend that line and test with `nginx -t`, before anything restarts nginx. It was left alone.",
  };
}

function withoutTarget(
  survey: Survey,
  wishes: Wishes,
  asSeen: Found,
  evidence: readonly string[],
  tried: readonly RemedyName[],
): Diagnosis {
  const why = survey.containers.observed
    ? "no project was found"
    : (survey.containers.why.split("\n")[0] ?? "");
  const layers = layersWithoutContainers(survey, wishes.url, why);
  const signatures = signaturesIn(survey, undefined);
  const found = explained(asSeen, signatures);
  const changes = changesOf(survey, undefined);
  const outage = outageOf(survey, undefined, layers);
  const projects = ifSeen(survey.projects) ?? [];
  const [only] = projects.length === 1 ? projects : [];
  return {
    ...found,
    evidence,
    layers,
    warnings: [],
    drift: [],
    topology: topologyOf(survey, undefined),
    facts: [],
    suspects: [],
    signatures,
    changes,
    outage,
    since: describeOutage(outage, changes, nowOf(survey)),
    target: undefined,
    setup: undefined,
    module: wishes.module,
    named: undefined,
    url: wishes.url,
    place:
      found.cause === "docker-down"
        ? { project: only?.name ?? "host", directory: only?.directory ?? "/" }
        : undefined,
    ...ladderFor({
      cause: found.cause,
      survey,
      target: undefined,
      layers,
      tried,
      wishes,
      signatures,
      assets: undefined,
    }),
  };
}

/** A diagnosis without a survey: the host itself was out of reach. */
export function hostUnreachable(finding: string, advice: string, layers: readonly Layer[]): Diagnosis {
  return {
    cause: "host-unreachable",
    finding,
    evidence: layers.map(({ name, why }) => `${name}: ${why}`),
    advice,
    layers,
    warnings: [],
    drift: [],
    topology: [],
    facts: [],
    suspects: [],
    signatures: NO_SIGNATURES,
    changes: [],
    outage: undefined,
    since: "",
    target: undefined,
    setup: undefined,
    module: undefined,
    named: undefined,
    url: undefined,
    place: undefined,
    ladder: [],
    ruledOut: [],
  };
}
