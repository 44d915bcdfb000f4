/** How long a run looks and waits before it believes what it sees, before anything is done and after. */

import { type Diagnosis, isGood, isWaiting } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import type { Host } from "./host/host.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { recordOf } from "./journal.ts";
import { openHost, type Watch } from "./look.ts";
import type { Parts } from "./parts.ts";
import { whyUnattended } from "./starter.ts";
import { isUnreachable } from "./verdicts.ts";
import { confirm, insist, soak, type Verified, verify, waitForOthers } from "./verify.ts";

/** A site that comes back during a look is half bad in it; in milliseconds. */
const DOUBT = 3_000;

/** Connects. A host that is away is believed to be so as the user wishes; who was turned away once does not knock again. */
export async function reach({ confirmMs }: Inputs, parts: Parts): Promise<Host> {
  return await insist(() => openHost(parts), isAway, confirmMs, parts.clock, parts.signal);
}

/** Whether it may be there a moment later. A login that was refused is one of few before its address is locked out. */
function isAway(error: unknown): boolean {
  return isUnreachable(error) && error.problem !== "authentication" && error.problem !== "no-shell";
}

/** What is bad for no known reason, or for one that may pass, is looked at again before anybody is told so. */
export async function lookTwiceWhereInDoubt(watch: Watch, { clock, signal }: Parts): Promise<Diagnosis> {
  const first = await watch.look("first look");
  if (isGood(first) || isWaiting(first) || first.ladder.length > 0) return first;
  await clock.sleep(DOUBT, signal);
  return await watch.look("second look");
}

/** Milliseconds. A Docker daemon that somebody restarts needs as long to start its containers again. */
const DOCKER_STARTS_AGAIN = 20_000;

/** Docker may be about to start again what was just seen to be down. */
export async function lookOnceMore(
  watch: Watch,
  tried: readonly RemedyName[],
  { clock, signal }: Parts,
): Promise<Diagnosis> {
  await clock.sleep(DOCKER_STARTS_AGAIN, signal);
  return await watch.look("once more", tried);
}

/** Who started the run by hand has waited already. */
export function graceFor({ graceMs }: Inputs, { starter }: Parts): number {
  return whyUnattended(starter) === undefined ? 0 : graceMs;
}

/** Looks on where the site is bad, as long as the user wants that before it is called so. */
export async function confirmed(
  diagnosis: Diagnosis,
  watch: Watch,
  { confirmMs }: Inputs,
  { clock, journal, signal }: Parts,
): Promise<Diagnosis> {
  if (isGood(diagnosis) || isWaiting(diagnosis) || confirmMs === 0) return diagnosis;
  journal.append({ kind: "note", text: `Looking on before this is believed: ${diagnosis.finding}` });
  return await confirm(diagnosis, () => watch.look("to confirm"), confirmMs, clock, signal);
}

/** Waits for whoever is at work, so many milliseconds; the diagnosis is then one of a whole look. */
export async function afterOthers(
  diagnosis: Diagnosis,
  watch: Watch,
  patienceMs: number,
  { clock, journal, signal }: Parts,
  tried: readonly RemedyName[] = [],
): Promise<Diagnosis> {
  const end = clock.monotonic() + patienceMs;
  let now = diagnosis;
  while (isWaiting(now) && clock.monotonic() < end) {
    journal.append({ kind: "note", text: `Waiting: ${now.finding}` });
    const after = await waitForOthers(
      now,
      () => watch.glance(tried),
      end - clock.monotonic(),
      clock,
      (good, why) => journal.append({ kind: "looked", good, why }),
      signal,
    );
    // One work may be followed by another: an update, and then a boot.
    now = isWaiting(after) ? after : await watch.look("after the wait", tried);
  }
  return now;
}

export async function waitUntilGood(
  watch: Watch,
  inputs: Inputs,
  tried: readonly RemedyName[],
  { clock, journal, signal }: Parts,
): Promise<Verified> {
  const began = clock.monotonic();
  const verified = await verify(
    () => watch.glance(tried),
    inputs.bootWaitMs,
    clock,
    (good, why) => journal.append({ kind: "looked", good, why }),
    signal,
    tried.at(-1),
  );
  const seconds = Math.round((clock.monotonic() - began) / 1000);
  journal.append({ kind: "verified", outcome: verified.why, passes: verified.passes, seconds });
  return verified;
}

export async function watchIt(
  watch: Watch,
  inputs: Inputs,
  tried: readonly RemedyName[],
  { clock, journal, signal }: Parts,
): Promise<Verified> {
  const watched = await soak(
    () => watch.glance(tried),
    inputs.soakMs,
    clock,
    (good, why) => journal.append({ kind: "looked", good, why }),
    signal,
  );
  journal.append({ kind: "diagnosed", diagnosis: recordOf(watched.diagnosis) });
  journal.append({
    kind: "verified",
    outcome: watched.why,
    passes: watched.passes,
    seconds: Math.round(inputs.soakMs / 1000),
  });
  return watched;
}
