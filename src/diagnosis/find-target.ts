/**
 * Which compose project, and which of its services, this is about. Found from the containers' labels; only narrowed by
 * what the user says. Two candidates are a refusal, never "all of them".
 */

import { type Container, type Project, type Service, type Survey, seen } from "../survey/survey.ts";
import { containerOf, rivalsOf } from "./containers.ts";
import { findDatabase } from "./discovery.ts";
import type { Target, TargetWishes } from "./target.ts";

export type TargetSearch =
  | { readonly found: "one"; readonly target: Target }
  | {
      readonly found: "several";
      readonly what: string;
      readonly candidates: readonly string[];
      /** Where naming one to us does not help. */
      readonly advice?: string;
    }
  | { readonly found: "none"; readonly why: string };

const ODOO_PORT = 8069;
const POSTGRES_PORT = 5432;

/** A service as its definition and its containers describe it together. */
interface Profile {
  readonly name: string;
  readonly publishes: ReadonlySet<number>;
  readonly exposes: ReadonlySet<number>;
  readonly images: readonly string[];
}

/** @param wishes with the public address, whose name may select the database */
export function findTarget(
  survey: Survey,
  wishes: TargetWishes & { readonly url: URL | undefined },
): TargetSearch {
  if (!survey.containers.observed) return { found: "none", why: survey.containers.why };
  if (!survey.projects.observed) return { found: "none", why: survey.projects.why };
  const containers = survey.containers.value.filter((container) => !container.oneOff);
  const projects = survey.projects.value.filter(
    (project) =>
      (wishes.directory === undefined || project.directory === wishes.directory) &&
      (wishes.composeFile === undefined ||
        project.files.some((file) => file === wishes.composeFile || file.endsWith(`/${wishes.composeFile}`))),
  );
  if (projects.length === 0) {
    const known = survey.projects.value.map((project) => `${project.name} in ${project.directory}`);
    return {
      found: "none",
      why:
        known.length === 0
          ? "no container made by Compose, and no compose file where the runbook expects one"
          : `no compose project fits what was asked for; there is: ${known.join(", ")}`,
    };
  }
  const hits = projects.map((project) => ({
    project,
    names: odooServices(profiles(project, containers), wishes.odooService),
  }));
  const withOdoo = hits.filter((hit) => hit.names.length > 0);
  if (withOdoo.length > 1) {
    return {
      found: "several",
      what: "compose projects with an Odoo service",
      candidates: withOdoo.map(
        ({ project, names }) => `${project.name} in ${project.directory} (${names.join(", ")})`,
      ),
    };
  }
  const [hit] = withOdoo;
  if (hit === undefined) return { found: "none", why: noOdoo(projects, wishes.odooService) };
  const { project, names } = hit;
  const [odooService] = names;
  if (odooService === undefined || names.length > 1) {
    return { found: "several", what: `Odoo services in the project ${project.name}`, candidates: names };
  }
  const databases = databaseServices(profiles(project, containers), wishes.dbService);
  if (wishes.dbService !== undefined && databases.length === 0) {
    return { found: "none", why: `the project ${project.name} has no service named ${wishes.dbService}` };
  }
  if (databases.length > 1) {
    return {
      found: "several",
      what: `PostgreSQL services in the project ${project.name}`,
      candidates: databases,
    };
  }
  const own = containers.filter((container) => container.project === project.name);
  const [dbService] = databases;
  for (const service of [dbService, odooService]) {
    const candidates = service === undefined ? undefined : rivalsOf(own, service);
    if (candidates !== undefined) {
      return {
        found: "several",
        what: `stopped containers of the service ${service}, of which none is known to have served last`,
        candidates,
        advice: "Start the right one (`docker start NAME`), or remove the others.",
      };
    }
  }
  const odoo = containerOf(own, odooService);
  const db = dbService === undefined ? undefined : containerOf(own, dbService);
  const database = findDatabase(survey, wishes, odoo, db);
  return {
    found: "one",
    target: {
      project,
      odooService,
      odoo,
      dbService,
      db,
      database: database.observed ? seen(database.value.name) : database,
      dbUser: wishes.dbUser,
      containers: own,
    },
  };
}

function profiles(project: Project, containers: readonly Container[]): Profile[] {
  const services: readonly Service[] = project.services.observed ? project.services.value : [];
  const own = containers.filter((container) => container.project === project.name);
  const names = new Set([
    ...services.map((service) => service.name),
    ...own.map((container) => container.service),
  ]);
  const port = (text: string): number => Number.parseInt(text, 10);
  return [...names].map((name) => {
    const definition = services.find((service) => service.name === name);
    const made = own.filter((container) => container.service === name);
    return {
      name,
      publishes: new Set([...(definition?.publishes ?? []), ...made.flatMap((c) => c.publishes.map(port))]),
      exposes: new Set([...(definition?.exposes ?? []), ...made.flatMap((c) => c.exposes.map(port))]),
      images: [definition?.image, ...made.map((c) => c.imageReference)].filter(
        (image) => image !== undefined,
      ),
    };
  });
}

/**
 * The named service; otherwise those that publish Odoo's port; otherwise those that look like Odoo. The first kind that
 * has any decides: a worker or an init service of the same image publishes nothing.
 */
function odooServices(services: readonly Profile[], wish: string | undefined): string[] {
  return pick(services, wish, [
    (service) => service.publishes.has(ODOO_PORT),
    (service) => service.name === "odoo",
    (service) => service.exposes.has(ODOO_PORT) || service.images.some((image) => imageIs(image, "odoo")),
  ]);
}

function databaseServices(services: readonly Profile[], wish: string | undefined): string[] {
  return pick(services, wish, [
    (service) => service.images.some((image) => imageIs(image, "postgres")),
    (service) => service.exposes.has(POSTGRES_PORT) || service.publishes.has(POSTGRES_PORT),
    (service) => service.name === "db",
  ]);
}

function pick(
  services: readonly Profile[],
  wish: string | undefined,
  kinds: readonly ((service: Profile) => boolean)[],
): string[] {
  if (wish !== undefined)
    return services.filter((service) => service.name === wish).map((service) => service.name);
  for (const kind of kinds) {
    const found = services.filter(kind).map((service) => service.name);
    if (found.length > 0) return found;
  }
  return [];
}

/**
 * Whether the last part of an image's name has the word: `registry.example/shop/odoo-prod:14` is an `odoo`, while
 * `postgres-exporter` is no `postgres`.
 */
function imageIs(reference: string, word: string): boolean {
  const name = reference.split("@", 1)[0]?.split("/").at(-1)?.split(":", 1)[0] ?? "";
  return name.includes(word) && !/exporter|admin|backup|bouncer/.test(name);
}

function noOdoo(projects: readonly Project[], wish: string | undefined): string {
  const names = projects.map((project) => project.name).join(", ");
  const blind = projects.find((project) => !project.services.observed);
  const because =
    blind && !blind.services.observed ? `; its compose files cannot be read: ${blind.services.why}` : "";
  return wish === undefined
    ? `no service in ${names} looks like Odoo${because}`
    : `no service named ${wish} in ${names}${because}`;
}
