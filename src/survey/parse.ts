/** Reads what survey.sh printed. Parses once, at the edge; what does not fit is *not observed*, with the reason. */

import { stripVTControlCharacters } from "node:util";
import * as v from "valibot";
import type { ProgramResult } from "../host/host.ts";
import {
  type Container,
  type DirectProbe,
  type HostFacts,
  type HttpAnswer,
  type Observation,
  type Project,
  type ProxyProbe,
  type Service,
  type Survey,
  seen,
  unseen,
} from "./survey.ts";

const InspectSchema = v.array(
  v.object({
    Id: v.string(),
    Name: v.string(),
    Created: v.string(),
    RestartCount: v.optional(v.number(), 0),
    Image: v.string(),
    State: v.object({
      Status: v.string(),
      ExitCode: v.number(),
      OOMKilled: v.boolean(),
      StartedAt: v.string(),
      FinishedAt: v.string(),
      Health: v.nullish(v.object({ Status: v.string() })),
    }),
    HostConfig: v.object({
      RestartPolicy: v.nullish(v.object({ Name: v.string() })),
      PortBindings: v.nullish(v.record(v.string(), v.unknown())),
    }),
    Config: v.object({
      Image: v.string(),
      Labels: v.record(v.string(), v.string()),
      ExposedPorts: v.nullish(v.record(v.string(), v.unknown())),
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
    }),
  ),
});

const decode = (bytes: Buffer): string => new TextDecoder().decode(bytes);

/** A probe's raw answer: its stdout, the sections inside it, its exit status, and what it printed on stderr. */
interface RawProbe {
  readonly status: number;
  readonly output: string;
  readonly parts: readonly Part[];
  readonly why: string;
}

interface Part {
  /** `config 1` is kind `config` of subject `1`. */
  readonly kind: string;
  readonly subject: string;
  readonly body: string;
}

/**
 * @param result of the program `survey.sh`
 * @returns the survey; parts whose probe failed, timed out or printed nonsense are not observed
 */
export function parseSurvey(result: ProgramResult): Survey {
  const probes = rawProbes(result);
  const read = <T>(name: string, parse: (probe: RawProbe) => Observation<T>): Observation<T> => {
    const probe = probes.get(name);
    if (probe === undefined)
      return unseen(result.truncated ? "the host printed too much" : "the probe did not run");
    if (probe.status === 124 || probe.status === 137) return unseen("no answer in time");
    if (probe.status === 127) return unseen(probe.why || "a program is not installed");
    if (probe.status !== 0) return unseen(probe.why || `the probe failed with status ${probe.status}`);
    return parse(probe);
  };
  return {
    host: read("host", (probe) => parseHost(probe.output)),
    containers: read("containers", (probe) => parseContainers(probe.output)),
    images: read("images", (probe) => seen(parseImages(probe.output))),
    compose: read("compose", (probe) => seen(probe.output.trim())),
    projects: read("projects", (probe) => seen(parseProjects(probe.parts))),
    direct: read("direct", (probe) => seen(parseDirect(probe.parts))),
    proxy: read("proxy", (probe) => parseProxy(probe.parts)),
    logs: read("logs", (probe) =>
      seen(new Map(probe.parts.map((part) => [part.subject, plainText(part.body)]))),
    ),
  };
}

const SECRET_NAME = /PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|PRIVATE|DSN/i;

const EnvironmentsSchema = v.array(v.object({ Config: v.object({ Env: v.nullish(v.array(v.string())) }) }));

const ConfigEnvironmentsSchema = v.object({
  services: v.record(v.string(), v.object({ environment: v.nullish(v.record(v.string(), v.unknown())) })),
});

/**
 * Every value on the host that looks like a secret by its name: from the containers' environment and from the compose
 * configuration. For the redactor, before anything of this survey is printed.
 */
export function secretsIn(result: ProgramResult): string[] {
  const found = new Set<string>();
  const learn = (name: string, value: unknown): void => {
    if (typeof value === "string" && value !== "" && SECRET_NAME.test(name)) found.add(value);
  };
  for (const section of result.sections) {
    const text = decode(section.body);
    if (section.name.startsWith("probe containers ")) {
      const parsed = v.safeParse(EnvironmentsSchema, parseJson(text));
      for (const assignment of parsed.success
        ? parsed.output.flatMap(({ Config }) => Config.Env ?? [])
        : []) {
        const at = assignment.indexOf("=");
        learn(assignment.slice(0, at), assignment.slice(at + 1));
      }
    } else if (section.name.startsWith("config ")) {
      const parsed = v.safeParse(ConfigEnvironmentsSchema, parseJson(text));
      const services = parsed.success ? Object.values(parsed.output.services) : [];
      for (const { environment } of services) {
        for (const [name, value] of Object.entries(environment ?? {})) learn(name, value);
      }
    }
  }
  return [...found];
}

function rawProbes(result: ProgramResult): Map<string, RawProbe> {
  const probes = new Map<string, { status: number; output: string; parts: Part[]; why: string }>();
  let current: { status: number; output: string; parts: Part[]; why: string } | undefined;
  for (const section of result.sections) {
    const [kind = "", subject = "", status = ""] = section.name.split(" ");
    const body = decode(section.body);
    if (kind === "probe") {
      current = { status: Number(status), output: body, parts: [], why: "" };
      probes.set(subject, current);
    } else if (kind === "why") {
      if (current) current.why = body.trim();
    } else {
      current?.parts.push({ kind, subject, body });
    }
  }
  return probes;
}

function parseHost(text: string): Observation<HostFacts> {
  const fields = keyValues(text);
  const privilege = fields.get("privilege");
  if (privilege !== "root" && privilege !== "sudo" && privilege !== "user")
    return unseen("the probe printed nonsense");
  const uptime = fields.get("uptime");
  return seen({
    user: fields.get("user") ?? "",
    privilege,
    name: fields.get("name") ?? "",
    system: fields.get("system") ?? "",
    bootId: fields.get("boot") ?? "",
    uptimeSeconds: uptime ? Number(uptime) : undefined,
    epoch: Number(fields.get("epoch")),
  });
}

function parseContainers(text: string): Observation<Container[]> {
  const parsed = v.safeParse(InspectSchema, parseJson(text));
  if (!parsed.success)
    return unseen(`docker inspect printed something unexpected: ${parsed.issues[0].message}`);
  return seen(
    parsed.output.map((container): Container => {
      const label = (name: string): string => container.Config.Labels[`com.docker.compose.${name}`] ?? "";
      return {
        id: container.Id,
        name: container.Name.replace(/^\//, ""),
        project: label("project"),
        service: label("service"),
        oneOff: label("oneoff") === "True",
        state: container.State.Status,
        health: container.State.Health?.Status,
        exitCode: container.State.ExitCode,
        oomKilled: container.State.OOMKilled,
        restartCount: container.RestartCount,
        createdAt: container.Created,
        startedAt: container.State.StartedAt,
        finishedAt: container.State.FinishedAt,
        imageId: container.Image,
        imageReference: container.Config.Image,
        restartPolicy: container.HostConfig.RestartPolicy?.Name || "no",
        configHash: label("config-hash"),
        publishes: Object.keys(container.HostConfig.PortBindings ?? {}),
        exposes: Object.keys(container.Config.ExposedPorts ?? {}),
      };
    }),
  );
}

function parseImages(text: string): Map<string, string> {
  const images = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [id, reference] = line.split("\t");
    if (id && reference) images.set(reference, id);
  }
  return images;
}

function parseProjects(parts: readonly Part[]): Project[] {
  const body = (kind: string, subject: string): string =>
    parts.find((part) => part.kind === kind && part.subject === subject)?.body ?? "";
  const list = (text: string | undefined): string[] => (text ?? "").split(",").filter((item) => item !== "");
  return parts
    .filter((part) => part.kind === "project")
    .map(({ subject, body: line }): Project => {
      const [name = "", directory = "", files, environmentFiles, origin] = line.trimEnd().split("\t");
      const config = v.safeParse(ConfigSchema, parseJson(body("config", subject)));
      const hashes = new Map(
        body("hashes", subject)
          .split("\n")
          .map((row) => row.trim().split(/\s+/))
          .flatMap(([service, hash]) => (service && hash ? [[service, hash] as const] : [])),
      );
      return {
        name: name || (config.success ? config.output.name : ""),
        directory,
        files: list(files),
        environmentFiles: list(environmentFiles),
        origin: origin === "labels" ? "labels" : "files",
        services: config.success
          ? seen(
              Object.entries(config.output.services).map(
                ([service, definition]): Service => ({
                  name: service,
                  image: definition.image,
                  publishes: (definition.ports ?? []).map((port) => port.target),
                  exposes: (definition.expose ?? []).map((port) => Number.parseInt(String(port), 10)),
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

function parseDirect(parts: readonly Part[]): DirectProbe[] {
  return parts
    .filter((part) => part.kind === "direct")
    .map(({ subject, body }): DirectProbe => {
      const fields = keyValues(body.split("\n", 2).join("\n"));
      const address = fields.get("address") ?? "";
      return {
        containerId: subject,
        published: fields.get("published") === "yes",
        address,
        answer:
          address === ""
            ? unseen("the container has no address")
            : parseAnswer(body.split("\n").slice(2).join("\n")),
      };
    });
}

function parseProxy(parts: readonly Part[]): Observation<ProxyProbe> {
  const answers = parts.filter((part) => part.kind === "answer");
  const last = answers.at(-1);
  if (last === undefined) return unseen("the probe printed nothing");
  const answer = parseAnswer(last.body);
  return answer.observed ? seen({ door: last.subject, answer: answer.value }) : answer;
}

/** curl's exit codes: 7 could not connect, 28 timed out; the others mean that the answer broke off or was no HTTP. */
function parseAnswer(text: string): Observation<HttpAnswer> {
  const end = text.indexOf("\n\n");
  const fields = keyValues(end < 0 ? text : text.slice(0, end));
  const exit = fields.get("curl");
  if (exit === undefined || exit === "127") return unseen(fields.get("error") || "curl is not installed");
  const detail = (fields.get("error") ?? "").trim();
  if (exit !== "0") {
    const problem = exit === "7" ? "refused" : exit === "28" ? "timed-out" : "broken";
    return seen({ answered: false, problem, detail });
  }
  return seen({
    answered: true,
    code: Number(fields.get("code")),
    seconds: Number(fields.get("seconds")),
    bytes: Number(fields.get("bytes")),
    contentType: fields.get("type") ?? "",
    location: fields.get("location") ?? "",
    body: end < 0 ? "" : text.slice(end + 2),
  });
}

/** Lines NAME=VALUE; other lines are passed over. */
function keyValues(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) fields.set(line.slice(0, at), line.slice(at + 1));
  }
  return fields;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Without what terminals obey: `docker compose logs` puts `ESC[2K` before each line, even into a pipe. */
export function plainText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\t\n]/gu, "");
}
