/** A compose file as `docker compose config` understands it: the services, made whole, and their hashes. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { parse } from "yaml";

/** What Compose prints on stderr before it ends with this status. */
export class ComposeError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface PortMapping {
  readonly mode: "ingress";
  readonly host_ip?: string;
  readonly target: number;
  readonly published: string;
  readonly protocol: string;
}

/** A service as `config --format json` prints it. */
export interface ServiceConfig {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly PortMapping[];
  readonly command?: readonly string[] | string | null;
  readonly restart?: string;
  readonly volumes?: readonly { readonly type: string; readonly source: string; readonly target: string }[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required: boolean }>>;
}

export interface ComposeProject {
  readonly name: string;
  readonly directory: string;
  readonly files: readonly string[];
  readonly services: Readonly<Record<string, ServiceConfig>>;
  /** What `config --format json` prints. */
  readonly config: unknown;
}

export interface ComposeWishes {
  readonly files: readonly string[];
  readonly name: string | undefined;
  readonly directory: string | undefined;
  /** Where Compose was called. */
  readonly cwd: string;
}

/** @throws ComposeError with the words and the status that Compose 2.26 has for it */
export function readProject({ files, name, directory, cwd }: ComposeWishes): ComposeProject {
  const paths = files.map((file) => resolve(cwd, file));
  const [path] = paths;
  if (path === undefined) throw new ComposeError("no configuration file provided: not found", 14);
  const where = directory ?? dirname(path);
  const raw = parseYaml(path);
  const values = environmentOf(where);
  const filled = interpolate(raw, values) as {
    readonly name?: string;
    readonly services?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly volumes?: Readonly<Record<string, unknown>>;
  };
  const project = name ?? filled.name ?? basename(where);
  const services = Object.fromEntries(
    Object.entries(filled.services ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([service, definition]) => [service, whole(definition, where)]),
  );
  return {
    name: project,
    directory: where,
    files: paths,
    services,
    config: {
      name: project,
      networks: { default: { name: `${project}_default`, ipam: {} } },
      services,
      volumes: Object.fromEntries(
        Object.keys(filled.volumes ?? {}).map((volume) => [volume, { name: `${project}_${volume}` }]),
      ),
    },
  };
}

/** By this Compose decides whether a container is still what the files define. */
export function hashOf(service: ServiceConfig): string {
  return createHash("sha256").update(JSON.stringify(service)).digest("hex");
}

function parseYaml(path: string): unknown {
  if (!existsSync(path)) throw new ComposeError(`open ${path}: no such file or directory`, 14);
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new ComposeError(`yaml: ${error instanceof Error ? error.message.split("\n")[0] : error}`, 15);
  }
}

function environmentOf(directory: string): Map<string, string> {
  const path = join(directory, ".env");
  const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** `${NAME}` in every string. */
function interpolate(value: unknown, values: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return value.replaceAll(/\$\{(\w+)\}/g, (_, name) => values.get(name) ?? "");
  if (Array.isArray(value)) return value.map((each) => interpolate(each, values));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, interpolate(each, values)]));
}

/** Short forms written out and defaults filled in, as Compose does. */
function whole(definition: Readonly<Record<string, unknown>>, directory: string): ServiceConfig {
  const { depends_on: dependsOn, environment, healthcheck, ports, volumes, image, ...rest } = definition;
  const needs = Object.entries((dependsOn ?? {}) as Record<string, { condition: string }>);
  return {
    command: null,
    ...(needs.length === 0
      ? {}
      : {
          depends_on: Object.fromEntries(
            needs.map(([name, { condition }]) => [name, { condition, required: true }]),
          ),
        }),
    entrypoint: null,
    ...(environment === undefined
      ? {}
      : {
          environment: Object.fromEntries(
            Object.entries(environment as Record<string, unknown>)
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([name, value]) => [name, String(value)]),
          ),
        }),
    ...(healthcheck === undefined ? {} : { healthcheck: healthcheck as Record<string, unknown> }),
    image: String(image),
    networks: { default: null },
    ...(ports === undefined ? {} : { ports: (ports as string[]).map(portOf) }),
    ...(volumes === undefined
      ? {}
      : { volumes: (volumes as string[]).map((volume) => volumeOf(volume, directory)) }),
    ...rest,
  } as ServiceConfig;
}

function portOf(text: string): PortMapping {
  const [target = "", published = "", address] = text.split(":").reverse();
  return {
    mode: "ingress",
    ...(address === undefined ? {} : { host_ip: address }),
    target: Number(target),
    published,
    protocol: "tcp",
  };
}

function volumeOf(text: string, directory: string): unknown {
  const [source = "", target = ""] = text.split(":");
  return source.startsWith(".") || isAbsolute(source)
    ? { type: "bind", source: resolve(directory, source), target, bind: { create_host_path: true } }
    : { type: "volume", source, target, volume: {} };
}
