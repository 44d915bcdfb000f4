/** Reads what the probes of Docker and Compose printed. */

import * as v from "valibot";
import { bodiesOf, linesOf, type Part, parseJson, plainText } from "../raw.ts";
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

const InspectSchema = v.array(
  v.object({
    Id: v.string(),
    Name: v.string(),
    Created: v.string(),
    RestartCount: v.optional(v.number(), 0),
    Image: v.string(),
    State: v.object({
      Status: v.string(),
      Pid: v.optional(v.number(), 0),
      ExitCode: v.number(),
      OOMKilled: v.boolean(),
      Error: v.optional(v.string(), ""),
      StartedAt: v.string(),
      FinishedAt: v.string(),
      Health: v.nullish(v.object({ Status: v.string() })),
    }),
    HostConfig: v.object({
      RestartPolicy: v.nullish(v.object({ Name: v.string() })),
      PortBindings: v.nullish(v.record(v.string(), v.unknown())),
      Memory: v.optional(v.number(), 0),
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
      ports: v.nullish(v.array(v.object({ target: v.number() }))),
      expose: v.nullish(v.array(v.union([v.string(), v.number()]))),
      depends_on: v.nullish(v.record(v.string(), v.object({ condition: v.string() }))),
    }),
  ),
});

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
        error: plainText(state.Error),
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
    const at = Date.parse(
      tagged.replace(/^(\S+) (\d\d:\d\d:\d\d)(\.\d{1,3})?\d* ([+-]\d\d)(\d\d) \S+$/, "$1T$2$3$4:$5"),
    );
    images.set(reference, { id, taggedAt: at > 0 ? at : undefined });
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
  const body = (kind: string, subject: string): string =>
    parts.find((part) => part.kind === kind && part.subject === subject)?.body ?? "";
  const list = (text: string | undefined): string[] => (text ?? "").split(",").filter((item) => item !== "");
  return parts
    .filter((part) => part.kind === "project")
    .map(({ subject, body: line }): Project => {
      const [name = "", directory = "", files, environmentFiles, origin] = line.trimEnd().split("\t");
      const config = v.safeParse(ConfigSchema, parseJson(body("config", subject)));
      const hashes = new Map(
        linesOf(body("hashes", subject))
          .map((row) => row.trim().split(/\s+/))
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
                  exposes: (definition.expose ?? []).map((port) => Number.parseInt(String(port), 10)),
                  dependsOn: Object.entries(definition.depends_on ?? {}).map(([needed, { condition }]) => ({
                    service: needed,
                    condition,
                  })),
                  configHash: hashes.get(service),
                }),
              ),
            )
          : unseen(
              plainText(body("config-why", subject)).trim() || "docker compose config printed nothing usable",
            ),
      };
    });
}

/** `FILE:LINE:TEXT`, as grep prints it. */
function fileLine(row: string): FileLine[] {
  const [, file, line, text] = /^(.+?):(\d+):(.*)$/.exec(row) ?? [];
  return file === undefined || text === undefined ? [] : [{ file, line: Number(line), text }];
}

export function parseLogs(parts: readonly Part[]): Map<string, string> {
  return new Map([...bodiesOf(parts, "log")].map(([id, body]) => [id, plainText(body)]));
}

/** Lines `NUMBER:NAME = VALUE`, as grep prints them. */
export function parseSettings(parts: readonly Part[]): Map<string, Setting[]> {
  return new Map(
    [...bodiesOf(parts, "conf")].map(([id, body]) => [
      id,
      linesOf(body).flatMap((row) => {
        const [, line, name, value] = /^(\d+):\s*(\w+)\s*=\s*(.*?)\s*$/.exec(plainText(row)) ?? [];
        return name === undefined || value === undefined ? [] : [{ name, value, line: Number(line) }];
      }),
    ]),
  );
}

export function parseOthers(parts: readonly Part[]): Others {
  const columns = (kind: string, separator: RegExp): string[][] =>
    linesOf(bodiesOf(parts, kind).get("") ?? "").map((line) => plainText(line).trim().split(separator));
  return {
    containers: columns("containers", /\t/)
      .filter(([, , , , project = ""]) => project === "")
      .map(([name = "", image = "", status = "", ports = ""]) => ({ name, image, status, ports })),
    services: columns("services", /\s+/).map(([unit = "", , active = ""]) => ({ unit, active })),
  };
}
