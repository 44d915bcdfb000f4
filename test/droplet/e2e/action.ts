/** The bundled action, aimed at a test droplet. */

import type { ActionInputs } from "../../support/action.ts";
import type { Droplet, User } from "../droplet.ts";

export { Action, type ActionInputs, type StepEnd } from "../../support/action.ts";

/** The inputs that reach a droplet as one of its users; others are added or take their place. */
export function inputsFor(droplet: Droplet, user: User, more: ActionInputs = {}): ActionInputs {
  return {
    host: "127.0.0.1",
    port: String(droplet.sshPort),
    username: user,
    key_path: droplet.privateKeyPath,
    fingerprint: droplet.hostKeyFingerprint,
    soak: "1s",
    ...more,
  };
}
