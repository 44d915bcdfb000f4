/** Notices when a container is stopped during a run and not by it: the run does not start it again. */

import type { Diagnosis } from "./diagnosis/diagnosis.ts";
import type { Container } from "./survey/survey.ts";

/** With one of these, Docker starts a container again however it ends, but not after somebody stopped it. */
const STARTED_AGAIN: ReadonlySet<string> = new Set(["always", "unless-stopped"]);
const UP: ReadonlySet<string> = new Set(["running", "restarting", "paused"]);

export class StopsByOthers {
  /** Containers that were up when the run last looked, and that no step of the run has touched since. */
  readonly #up = new Set<string>();
  #stopped: Container | undefined;

  /** To be given each diagnosis of the run, in order. */
  observe({ target }: Diagnosis): void {
    this.#stopped = undefined;
    if (target === undefined) {
      // Docker was not seen: what it did meanwhile is not known.
      this.#up.clear();
      return;
    }
    for (const container of [target.db, target.odoo]) {
      if (container === undefined) continue;
      if (UP.has(container.state)) this.#up.add(container.id);
      else if (this.#up.has(container.id) && wasStopped(container)) this.#stopped = container;
    }
  }

  /** A step of the run begins: what changes from now on may be its doing. */
  forget(): void {
    this.#up.clear();
    this.#stopped = undefined;
  }

  /** The container that somebody stopped, as the last diagnosis saw it; undefined: none. */
  stopped(): Container | undefined {
    return this.#stopped;
  }
}

function wasStopped({ state, restartPolicy, oomKilled, error }: Container): boolean {
  return state === "exited" && STARTED_AGAIN.has(restartPolicy) && !oomKilled && error === "";
}
