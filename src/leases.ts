/** The leases of a run: taken before the first change, told in the journal, given back at the end. */

import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import { RefusedError } from "./errors.ts";
import type { Host } from "./host/host.ts";
import { acquireLease, keepLease, releaseLease } from "./host/lease/lease.ts";
import { type StatePlace, stateKey, statePlace } from "./host/state.ts";
import { noteThat, type Parts } from "./parts.ts";

/** The project's, and the host's where the project could not be seen before Docker was there. */
export class Leases {
  readonly #host: Host;
  readonly #parts: Parts;
  readonly #held = new Map<string, { place: StatePlace; stopBeating: () => void }>();
  readonly #lost = new AbortController();

  constructor(host: Host, parts: Parts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Fires when one of them was taken over by somebody else: nothing more may be changed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** The one for this diagnosis, taken if it is not held yet. @throws RefusedError when somebody else holds it */
  async take({ place: where }: Diagnosis): Promise<StatePlace> {
    if (where === undefined) throw new RefusedError("There is no target to act on");
    const place = statePlace(stateKey(where.project, where.directory));
    if (this.#held.has(place.key)) return place;
    const { run, who, journal } = this.#parts;
    const acquisition = await acquireLease(this.#host, place, run, who);
    if (acquisition.outcome === "held") {
      const { who: holder, since, ageSeconds, step } = acquisition.by;
      throw new RefusedError(`Another recovery is at work on this project: ${holder}`, {
        detail: `It holds the lease since ${since}; its last heartbeat was ${ageSeconds} s ago${step ? `; its last step is ${step}` : ""}.`,
        advice:
          "Wait for it, or look at it. A lease without a heartbeat for two minutes can be taken over by running again.",
      });
    }
    const takenOver =
      acquisition.outcome === "taken-over"
        ? `from ${acquisition.from.who} (${acquisition.reason})${
            acquisition.from.step
              ? `; its step ${acquisition.from.step} left the status ${acquisition.from.stepStatus}`
              : ""
          }`
        : undefined;
    journal.append({ kind: "lease-taken", key: place.key, owner: run, takenOver });
    const stopBeating = keepLease(this.#host, place, run, () => {
      journal.append({ kind: "lease-lost" });
      this.#lost.abort(new RefusedError("Somebody else took the lease over, so we stopped"));
    });
    this.#held.set(place.key, { place, stopBeating });
    return place;
  }

  async giveBack(): Promise<void> {
    for (const { place, stopBeating } of this.#held.values()) {
      stopBeating();
      await giveLeaseBack(this.#host, place, this.#parts);
    }
  }
}

export async function giveLeaseBack(host: Host, place: StatePlace, parts: Parts): Promise<void> {
  try {
    const outcome = await releaseLease(host, place, parts.run);
    parts.journal.append({ kind: "lease-released", key: place.key, outcome });
  } catch (error) {
    noteThat(parts, "The lease could not be given back; it runs out by itself")(error);
  }
}
