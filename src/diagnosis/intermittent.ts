/** The runbook's "intermittent crashes": good at this moment, and bad again and again lately. */

import { ifSeen, type Minute, type Survey } from "../survey/survey.ts";
import type { Found } from "./causes/situation.ts";
import { logSince } from "./log.ts";
import type { Target } from "./target.ts";

/** Looked back so far, in milliseconds. */
const WINDOW = 15 * 60_000;
/** Once down and up again is an outage that is over; this often is a pattern. */
const FLIPS = 3;
const RESTARTS = 2;
const RECENT_RESTART = 60 * 60_000;

/** What Odoo says when it ends a worker for what it used (odoo/service/server.py). */
const LIMITS =
  /virtual real time limit \([^()]*\) reached|[Ss]erver memory limit \([^()]*\) reached|Worker \(\d+\) virtual memory limit \([^()]*\) reached|WorkerHTTP \(\d+\) timeout after \d+s|CPU time limit exceeded/;

export function intermittent(survey: Survey, target: Target): Found | undefined {
  const now = (ifSeen(survey.host)?.epoch ?? 0) * 1000;
  const reasons = [
    ...failingRequests(survey, now),
    ...restarts(target, now),
    ...workerLimits(survey, target, now),
  ];
  if (reasons.length === 0) return undefined;
  return {
    cause: "intermittent",
    finding: reasons.join("; "),
    advice: adviceFor(target),
  };
}

function adviceFor({ odoo }: Target): string {
  return odoo?.oomKilled
    ? "Give Odoo more memory, or let it use less (`workers`, `limit_memory_hard` in odoo.conf)."
    : "Look at what Odoo's log says before each restart, and at nginx's error log: nothing was changed, for the site works at this moment.";
}

function failingRequests(survey: Survey, now: number): string[] {
  return (ifSeen(survey.accessLogs) ?? []).flatMap(({ file, minutes }) => {
    const lately = minutes.filter(({ at }) => at > now - WINDOW);
    const sum = (of: keyof Minute): number => lately.reduce((total, minute) => total + minute[of], 0);
    const [total, bad, flips] = [sum("total"), sum("bad"), sum("flips")];
    return flips >= FLIPS
      ? [
          `${bad} of ${total} requests of the last 15 minutes ended with 5xx, and good ones came between (${file})`,
        ]
      : [];
  });
}

function restarts({ odoo }: Target, now: number): string[] {
  if (odoo === undefined || odoo.restartCount < RESTARTS) return [];
  const last = Date.parse(odoo.startedAt);
  if (!(now - last <= RECENT_RESTART)) return [];
  const minutes = Math.round((now - last) / 60_000);
  const memory = odoo.oomKilled ? ", killed for want of memory" : "";
  return [`Docker restarted Odoo ${odoo.restartCount} times by itself, last ${minutes} min ago${memory}`];
}

function workerLimits(survey: Survey, { odoo }: Target, now: number): string[] {
  if (odoo === undefined) return [];
  const hits = logSince(survey, odoo.id, new Date(Math.max(0, now - WINDOW)).toISOString()).flatMap(
    ({ text }) => LIMITS.exec(text)?.[0] ?? [],
  );
  return hits.length < FLIPS
    ? []
    : [`Odoo ended its workers ${hits.length} times in 15 minutes: ${hits.at(-1)}`];
}
