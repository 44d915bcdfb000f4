/** Drift: what the compose project would do now differs from what runs. Reported, never applied. */

import { ifSeen, type Survey } from "../survey/survey.ts";
import type { Target } from "./target.ts";

export interface Drift {
  readonly service: string;
  /** For people: `the definition in the compose files changed since the container was made`. */
  readonly what: string;
  /** Whether the next `docker compose up` would fail because of it. */
  readonly breaking?: true;
}

export function driftOf(survey: Survey, target: Target): Drift[] {
  const found: Drift[] = [];
  const services = target.project.services.observed ? target.project.services.value : [];
  // Compose v1, which we do not use, is a reason of its own, and no drift.
  if (!target.project.services.observed && ifSeen(survey.compose)?.generation !== "v1") {
    found.push({
      service: target.project.name,
      what: `the compose files cannot be read, so nothing could be made anew from them: ${target.project.services.why}`,
      breaking: true,
    });
  }
  for (const container of target.containers) {
    const definition = services.find((service) => service.name === container.service);
    if (target.project.services.observed && definition === undefined) {
      found.push({ service: container.service, what: "is no longer defined in the compose files" });
      continue;
    }
    const hash = definition?.configHash;
    if (hash !== undefined && container.configHash !== "" && hash !== container.configHash) {
      found.push({
        service: container.service,
        what: "its definition (compose files, .env) changed since the container was made",
      });
    }
    const current = ifSeen(survey.images)?.get(container.imageReference)?.id;
    if (current !== undefined && current !== container.imageId) {
      found.push({
        service: container.service,
        what: `${container.imageReference} now names another image than the one it runs (${short(container.imageId)} then, ${short(current)} now)`,
      });
    }
  }
  return found;
}

function short(imageId: string): string {
  return imageId.replace(/^sha256:/, "").slice(0, 12);
}
