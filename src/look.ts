/** Looking at the host: connect, survey, diagnose, and say so in the journal. */

import { type Diagnosis, diagnose } from "./diagnosis/diagnosis.ts";
import type { RemedyName } from "./diagnosis/remedy-name.ts";
import { Host } from "./host/host.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { recordOf } from "./journal.ts";
import type { Parts } from "./parts.ts";
import { StopsByOthers } from "./stops-by-others.ts";
import { ifSeen, type Survey } from "./survey/survey.ts";
import { type SurveyMeans, takeSurvey } from "./survey/take.ts";

const LOG_LINES = 200;
const LOG_LINES_WHILE_WAITING = 60;

export async function openHost(parts: Parts): Promise<Host> {
  const { journal } = parts;
  const host = await Host.open({
    connect: parts.connect,
    clock: parts.clock,
    nonce: parts.nonce,
    onConnection: (event, detail) => journal.append({ kind: "connection", event, detail }),
  });
  journal.append({ kind: "connected", host: host.description, identity: host.identity });
  return host;
}

/** One host, looked at again and again: a whole look first, and lighter ones while waiting. */
export class Watch {
  readonly #host: Host;
  readonly #inputs: Inputs;
  readonly #parts: Parts;
  /** What somebody else stopped during the run. */
  readonly stops = new StopsByOthers();
  #last: Survey | undefined;

  constructor(host: Host, inputs: Inputs, parts: Parts) {
    this.#host = host;
    this.#inputs = inputs;
    this.#parts = parts;
  }

  /** A whole look, which the journal tells. */
  async look(purpose: string, tried: readonly RemedyName[] = []): Promise<Diagnosis> {
    const { clock, journal } = this.#parts;
    const began = clock.monotonic();
    this.#last = await takeSurvey(this.#means(), this.#inputs, { logLines: LOG_LINES });
    this.#host.become(ifSeen(this.#last.host)?.privilege ?? this.#host.privilege);
    journal.append({ kind: "surveyed", purpose, milliseconds: Math.round(clock.monotonic() - began) });
    const diagnosis = diagnose(this.#last, this.#inputs, tried);
    this.stops.observe(diagnosis);
    journal.append({ kind: "diagnosed", diagnosis: recordOf(diagnosis) });
    return diagnosis;
  }

  /** A look at what changes while one waits; the rest is as the last whole look saw it. */
  async glance(tried: readonly RemedyName[]): Promise<Diagnosis> {
    const survey = await takeSurvey(this.#means(), this.#inputs, {
      logLines: LOG_LINES_WHILE_WAITING,
      before: this.#last,
    });
    const diagnosis = diagnose(survey, this.#inputs, tried);
    this.stops.observe(diagnosis);
    return diagnosis;
  }

  #means(): SurveyMeans {
    const { redactor, mask, askPublic, clock, signal } = this.#parts;
    return {
      host: this.#host,
      clock,
      askPublic,
      learn: (secrets, names) => mask(redactor.learn(secrets, names)),
      signal,
    };
  }
}
