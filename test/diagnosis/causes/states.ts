/** States of a shop that several causes are tested with. */

import type { Cause } from "../../../src/diagnosis/cause.ts";
import { type Diagnosis, diagnose } from "../../../src/diagnosis/diagnosis.ts";
import type { RemedyName } from "../../../src/diagnosis/remedy-name.ts";
import { seen, unseen } from "../../../src/survey/survey.ts";
import {
  answer,
  BAD_GATEWAY,
  diagnosisOf,
  NO_WISHES,
  REFUSED,
  type Shop,
  stamp,
  survey,
  TIMED_OUT,
} from "../surveys.ts";

export const exited = { state: "exited", pid: 0, finishedAt: stamp(40) };
export const proxy = seen(BAD_GATEWAY);
export const down = { direct: seen(REFUSED), proxy };
export const hangs = { direct: seen(TIMED_OUT), proxy: seen(answer({ code: 504 })) };
export const fails = { direct: seen(answer({ code: 500 })), proxy: seen(answer({ code: 500 })) };
/** Odoo in a crash loop, as Docker tells of one between two tries, and during one. */
export const falling = { state: "restarting", exitCode: 1, restartCount: 7, startedAt: stamp(20), pid: 0 };
export const trying = { restartCount: 3, startedAt: stamp(2), finishedAt: stamp(3) };
export const DAEMON_IS_DOWN =
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";

export function causeOf(shop: Shop, tried: readonly RemedyName[] = []): Cause {
  return diagnosisOf(shop, tried).cause;
}

/** A shop whose containers could not be seen. */
export function diagnosisOfBlind(shop: Shop, why = DAEMON_IS_DOWN): Diagnosis {
  return diagnose({ ...survey({ proxy, ...shop }), containers: unseen(why) }, NO_WISHES);
}
