/** Reads what the probes of Docker and Compose printed. */

import * as v from "valibot";
import { bodiesOf, linesOf, type Part, parseJson, words } from "../raw.ts";
import {
  type ComposeProgram,
  type Container,
  type Dependency,
  type FileLine,
  type Image,
  type Observation,
  type Others,
  type Project,
  type Service,
  type Setting,
  seen,
  unseen,
} from "../survey.ts";
import { atMost, Count, Pid, Port, timeAt, wholeNumber } from "../values.ts";

/** Of one host, and of one project. */
const MOST_CONTAINERS = 500;
const MOST_PROJECTS = 64;

/** As Docker gives it; year 1 stands for never. */
const DockerTime = v.pipe(
  v.string(),
  v.check((text) => text === "" || text.startsWith("0001-01-01T") || timeAt(text) !== undefined, "a time"),
);

const Whole = v.pipe(v.number(), v.safeInteger());

const InspectSchema = atMost(
  MOST_CONTAINERS,
  v.object({
    Id: v.pipe(v.string(), v.regex(/^[\w.-]{1,128}$/)),
    Name: v.string(),
    Created: DockerTime,
    RestartCount: v.optional(Count, 0),
    Image: v.string(),
    State: v.object({
      Status: v.string(),
      Pid: v.optional(Pid, 0),
      ExitCode: Whole,
      OOMKilled: v.boolean(),
      Error: v.optional(v.string(), ""),
      StartedAt: DockerTime,
      FinishedAt: DockerTime,
      Health: v.nullish(v.object({ Status: v.string() })),
    }),
    HostConfig: v.object({
      RestartPolicy: v.nullish(v.object({ Name: v.string() })),
      PortBindings: v.nullish(v.record(v.string(), v.unknown())),
      Memory: v.optional(Whole, 0),
    }),
    Config: v.object({
      Image: v.string(),
      Labels: v.record(v.string(), v.string()),
      ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
      Env: v.nullish(v.array(v.string())),
      Entrypoint: v.nullish(v.union([v.string(), v.array(v.string())])),
      Cmd: v.nullish(v.array(v.string())),
    }),
  }),
);

const ConfigSchema = v.object({
  name: v.string(),
  services: v.record(
    v.string(),
    v.object({
      image: v.optional(v.string()),
      ports: v.nullish(v.array(v.object({ target: Port }))),
      expose: v.nullish(v.array(v.union([v.string(), v.number()]))),
      depends_on: v.nullish(v.record(v.string(), v.object({ condition: v.string() }))),
    }),
  ),
});

/** @param text uncut */
export function parseContainers(text: string): Observation<Container[]> {
  const parsed = v.safeParse(InspectSchema, parseJson(text));
  if (!parsed.success)
    return unseen(`docker inspect printed something unexpected: ${parsed.issues[0].message}`);
  return seen(
    parsed.output.map((container): Container => {
      const { Config: config, HostConfig: hostConfig, State: state } = container;
      const label = (name: string): string => config.Labels[`com.docker.compose.${name}`] ?? "";
      const environment = new Map(
        (config.Env ?? []).map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]),
      );
      return {
        id: container.Id,
        name: container.Name.replace(/^\//, ""),
        project: label("project"),
        service: label("service"),
        number: label("container-number"),
        dependsOn: dependencies(label("depends_on")),
        oneOff: label("oneoff") === "True",
        state: state.Status,
        health: state.Health?.Status,
        exitCode: state.ExitCode,
        oomKilled: state.OOMKilled,
        error: state.Error,
        restartCount: container.RestartCount,
        pid: state.Pid,
        createdAt: container.Created,
        startedAt: state.StartedAt,
        finishedAt: state.FinishedAt,
        imageId: container.Image,
        imageReference: config.Image,
        restartPolicy: hostConfig.RestartPolicy?.Name || "no",
        memoryLimit: hostConfig.Memory,
        configHash: label("config-hash"),
        publishes: Object.keys(hostConfig.PortBindings ?? {}),
        exposes: Object.keys(config.ExposedPorts ?? {}),
        databaseHost:
          environment.get("HOST") ?? environment.get("DB_HOST") ?? environment.get("PGHOST") ?? "",
        entrypoint: typeof config.Entrypoint === "string" ? [config.Entrypoint] : (config.Entrypoint ?? []),
        command: config.Cmd ?? [],
      };
    }),
  );
}

/** `db:service_healthy:false,cache:service_started:true`, as Compose labels a container (pkg/compose/convergence.go). */
function dependencies(label: string): Dependency[] {
  return label
    .split(",")
    .filter(Boolean)
    .map((needed) => {
      const [service = "", condition = ""] = needed.split(":");
      return { service, condition: condition || "service_started" };
    });
}

/** Lines `REFERENCE<TAB>ID<TAB>TIME`. */
export function parseImages(text: string): Map<string, Image> {
  const images = new Map<string, Image>();
  for (const line of linesOf(text)) {
    const [reference, id, tagged = ""] = line.split("\t");
    if (!reference || !id) continue;
    // Docker gives year 1 for an image that was never tagged; beyond JSON it has Go's own form, in the daemon's zone.
    const at = timeAt(
      tagged.replace(/^(\S+) (\d\d:\d\d:\d\d)(\.\d{1,3})?\d* ([+-]\d\d)(\d\d) \S+$/, "$1T$2$3$4:$5"),
    );
    images.set(reference, { id, taggedAt: at });
  }
  return images;
}

export function parseCompose(text: string): Observation<ComposeProgram> {
  const [, generation, version] = /^(v1|v2) v?(\d\S*)\s*$/.exec(text) ?? [];
  if ((generation !== "v1" && generation !== "v2") || version === undefined)
    return unseen("the version of Compose could not be read");
  return seen({ generation, version });
}

export function parseProjects(parts: readonly Part[]): Project[] {
  const printed = new Map(parts.map((part) => [`${part.kind} ${part.subject}`, part]));
  const body = (kind: string, subject: string): string => printed.get(`${kind} ${subject}`)?.body ?? "";
  const list = (text: string | undefined): string[] => (text ?? "").split(",").filter((item) => item !== "");
  return parts
    .filter((part) => part.kind === "project")
    .slice(0, MOST_PROJECTS)
    .map(({ subject, body: line }): Project => {
      const [name = "", directory = "", files, environmentFiles, origin] = line.trimEnd().split("\t");
      const config = v.safeParse(ConfigSchema, parseJson(printed.get(`config ${subject}`)?.uncut ?? ""));
      const hashes = new Map(
        linesOf(body("hashes", subject))
          .map((row) => words(row, 2))
          .flatMap(([service, hash]) => (service && hash ? [[service, hash] as const] : [])),
      );
      return {
        name: name || (config.success ? config.output.name : ""),
        directory,
        files: list(files),
        environmentFiles: list(environmentFiles),
        origin: origin === "labels" ? "labels" : "files",
        outline: linesOf(body("outline", subject)).flatMap(fileLine),
        services: config.success
          ? seen(
              Object.entries(config.output.services).map(
                ([service, definition]): Service => ({
                  name: service,
                  image: definition.image,
                  publishes: (definition.ports ?? []).map((port) => port.target),
                  exposes: (definition.expose ?? []).flatMap(exposed),
                  dependsOn: Object.entries(definition.depends_on ?? {}).map(([needed, { condition }]) => ({
                    service: needed,
                    condition,
                  })),
                  configHash: hashes.get(service),
                }),
              ),
            )
          : unseen(body("config-why", subject).trim() || "docker compose config printed nothing usable"),
      };
    });
}

/** `8072`, `8072/tcp`, or the first of `8072-8080`. */
function exposed(port: string | number): number[] {
  const number = wholeNumber(/^\d{1,5}/.exec(String(port))?.[0], 65_535);
  return number === undefined ? [] : [number];
}

/** `FILE:LINE:TEXT`, as grep prints it; a file's name may have colons too. */
function fileLine(row: string): FileLine[] {
  for (let at = row.indexOf(":", 1); at > 0; ) {
    const next = row.indexOf(":", at + 1);
    const line = next < 0 ? undefined : wholeNumber(row.slice(at + 1, next));
    if (line !== undefined) return [{ file: row.slice(0, at), line, text: row.slice(next + 1) }];
    at = next;
  }
  return [];
}

export function parseLogs(parts: readonly Part[]): Map<string, string> {
  return bodiesOf(parts, "log");
}

/** Lines `NUMBER:NAME = VALUE`, as grep prints them. */
export function parseSettings(parts: readonly Part[]): Map<string, Setting[]> {
  return new Map([...bodiesOf(parts, "conf")].map(([id, body]) => [id, linesOf(body).flatMap(settingIn)]));
}

function settingIn(row: string): Setting[] {
  const colon = row.indexOf(":");
  const equals = row.indexOf("=", colon);
  const [line, name] = [wholeNumber(row.slice(0, colon)), row.slice(colon + 1, equals).trim()];
  if (colon < 0 || equals < 0 || line === undefined || !/^\w+$/.test(name)) return [];
  return [{ name, value: row.slice(equals + 1).trim(), line }];
}

export function parseOthers(parts: readonly Part[]): Others {
  const lines = (kind: string): string[] => linesOf(bodiesOf(parts, kind).get("") ?? "");
  return {
    containers: lines("containers")
      .map((line) => line.trim().split("\t"))
      .filter(([, , , , project = ""]) => project === "")
      .map(([name = "", image = "", status = "", ports = ""]) => ({ name, image, status, ports })),
    services: lines("services")
      .map((line) => words(line, 3))
      .map(([unit = "", , active = ""]) => ({ unit, active })),
  };
}
