/** One run of the bundled action against a droplet that a fault broke, and the outside view before and after it. */

import { Droplet, type User } from "../droplet.ts";
import type { DropletOptions } from "../parameters.ts";
import { Action, type ActionInputs, inputsFor, type StepEnd } from "./action.ts";
import { expectNothingLeftBehind, lookFromOutside, type OutsideView } from "./outside.ts";

/** Long enough to see that a fault does not go away by itself. */
const CONTROL_SECONDS = 2;

export interface Run {
  readonly end: StepEnd;
  readonly action: Action;
}

/** A droplet for one test file, and the actions that ran on it. */
export class Bench {
  readonly droplet: Droplet;
  readonly #actions: Action[] = [];

  static async up(options: DropletOptions = {}): Promise<Bench> {
    const droplet = await Droplet.up(options);
    await droplet.assertHealthy();
    return new Bench(droplet);
  }

  private constructor(droplet: Droplet) {
    this.droplet = droplet;
  }

  /** Produces the fault, asserts its symptom, and sees that it persists while nobody does anything. */
  async break(fault: string, controlSeconds = CONTROL_SECONDS): Promise<void> {
    await this.droplet.produce(fault);
    await this.droplet.assertPersists(fault, controlSeconds);
  }

  /** @param event what started the workflow, as GitHub names it */
  action(more: ActionInputs = {}, user: User = "deploy", event = ""): Action {
    const action = new Action(
      inputsFor(this.droplet, user, { mode: "recover", url: this.droplet.url, soak: "0s", ...more }),
      { GITHUB_EVENT_NAME: event },
    );
    this.#actions.push(action);
    return action;
  }

  async run(more: ActionInputs = {}, user: User = "deploy", event = ""): Promise<Run> {
    const action = this.action(more, user, event);
    return { action, end: await action.main() };
  }

  async look(): Promise<OutsideView> {
    return await lookFromOutside(this.droplet);
  }

  async nothingLeftBehind(): Promise<void> {
    await expectNothingLeftBehind(this.droplet);
  }

  async tidy(): Promise<void> {
    for (const action of this.#actions.splice(0)) {
      action.kill("SIGKILL");
      action.discard();
    }
    await this.droplet.reset();
  }
}
