/**
 * What brings a stack up without taking anything away: each container that is stopped is started, a service that has none
 * gets one, and what a service needs comes before it.
 */

import { type Container, type Dependency, ifSeen, type Service } from "../survey/survey.ts";
import { choicesOf, DOWN, hasRun, rivalsOf } from "./containers.ts";
import type { Target } from "./target.ts";

export type Start =
  | { readonly kind: "start"; readonly container: Container }
  /** The service has no container at all. */
  | { readonly kind: "make"; readonly service: string }
  /** Nothing more is started before the service is in this state. */
  | ({ readonly kind: "await" } & Dependency);

/**
 * Of all services where nothing runs. While something does, of Odoo and what it needs alone: somebody may have stopped
 * another service on purpose.
 *
 * @returns in the order in which it is done, or why it cannot be told what to start
 */
export function startsOf(target: Target): { readonly starts: readonly Start[]; readonly doubt?: string } {
  const { containers, odooService } = target;
  const running = containers.some(({ state }) => state === "running");
  const starts: Start[] = [];
  for (const service of inOrder(target, running ? [odooService] : allServices(target))) {
    const rivals = rivalsOf(containers, service);
    if (rivals !== undefined)
      return {
        starts: [],
        doubt: `which of the stopped containers of ${service} served last cannot be told: ${rivals.join(", ")}`,
      };
    const chosen = choicesOf(containers, service).flatMap((choice) =>
      choice.known ? [choice.container] : [],
    );
    // One that was scaled up and of which some run was scaled down by hand.
    if (chosen.some(({ state }) => !DOWN.has(state))) continue;
    const served = chosen.filter(hasRun);
    for (const needed of needsOf(target, service))
      if (needed.condition !== "service_started") starts.push({ kind: "await", ...needed });
    starts.push(
      ...(chosen.length === 0
        ? [{ kind: "make", service } as const]
        : // A further one that never started has no port of its own: where another one serves, it did without.
          (served.length > 0 ? served : chosen).map((container) => ({ kind: "start", container }) as const)),
    );
  }
  return { starts };
}

/** Those that the compose files define today; where they cannot be read, those that have containers. */
function allServices({ project, containers }: Target): string[] {
  const defined = ifSeen(project.services);
  return defined?.map(({ name }) => name) ?? [...new Set(containers.map(({ service }) => service))];
}

/** These services and all that they need, each after what it needs. */
function inOrder(target: Target, services: readonly string[]): string[] {
  const order: string[] = [];
  const visited = new Set<string>();
  const visit = (service: string): void => {
    if (visited.has(service)) return;
    visited.add(service);
    for (const needed of needsOf(target, service)) visit(needed.service);
    order.push(service);
  };
  for (const service of services) visit(service);
  return order;
}

/** What a service was made to need; without a container, what its definition says. Odoo needs its database in any case. */
function needsOf(
  { project, containers, odooService, dbService }: Target,
  service: string,
): readonly Dependency[] {
  const definitions: readonly Service[] = ifSeen(project.services) ?? [];
  const [made] = containers.filter((container) => container.service === service);
  const said = made?.dependsOn ?? definitions.find(({ name }) => name === service)?.dependsOn ?? [];
  const exists = (name: string): boolean =>
    definitions.some((definition) => definition.name === name) ||
    containers.some((container) => container.service === name);
  const needs = said.filter((needed) => exists(needed.service));
  return service !== odooService ||
    dbService === undefined ||
    needs.some((needed) => needed.service === dbService)
    ? needs
    : [...needs, { service: dbService, condition: "service_healthy" }];
}
