/**
 * The sandbox's Docker: the containers of one compose project, which are made, start, boot for a moment, become healthy,
 * log, stop and go. The site in front of them follows their state. It lives in the sandbox's process, as the real one
 * lives in dockerd: one thread, so nobody needs a lock.
 */

import { createHash, randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import type { Door } from "../site/front.ts";
import { type ComposeProject, hashOf, type ServiceConfig } from "./compose-file.ts";

export interface BootTimes {
  /** Milliseconds until PostgreSQL accepts connections. */
  readonly database: number;
  /** Milliseconds until Odoo listens. */
  readonly odoo: number;
}

interface LogLine {
  readonly at: Date;
  readonly text: string;
}

export interface Container {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly service: string;
  readonly project: ComposeProject;
  readonly definition: ServiceConfig;
  readonly imageId: string;
  readonly created: Date;
  readonly log: LogLine[];
  state: "created" | "running" | "exited";
  health: "starting" | "healthy" | "unhealthy" | undefined;
  exitCode: number;
  started: Date | undefined;
  finished: Date | undefined;
}

type Role = "odoo" | "database";

/** What an image says of itself. */
const IMAGES: Readonly<
  Record<Role, { command: string[]; entrypoint: string; user: string; ports: string[] }>
> = {
  odoo: { command: ["odoo"], entrypoint: "/entrypoint.sh", user: "odoo", ports: ["8069", "8071", "8072"] },
  database: { command: ["postgres"], entrypoint: "docker-entrypoint.sh", user: "0", ports: ["5432"] },
};

const NEVER = "0001-01-01T00:00:00Z";
const COMPOSE_VERSION = "2.26.1";

interface EngineEvents {
  /** Compose was told to bring the stack up. */
  up: [];
  /** Odoo handed out a login page. */
  served: [];
}

export class Engine extends EventEmitter<EngineEvents> {
  /** Of boots that begin from now on. */
  times: BootTimes = { database: 0, odoo: 0 };
  readonly #odooDoor: Door;
  readonly #containers = new Map<string, Container>();
  readonly #boots = new Map<string, NodeJS.Timeout>();
  /** Whether the compose project's network is there. */
  network = false;

  constructor(odooDoor: Door) {
    super();
    this.#odooDoor = odooDoor;
  }

  /** Newest first, as `docker ps` lists them. */
  get containers(): Container[] {
    return [...this.#containers.values()].reverse();
  }

  /** By id, the beginning of an id, or name. */
  find(reference: string): Container | undefined {
    return this.containers.find(
      ({ id, name }) =>
        name === reference.replace(/^\//, "") || (reference !== "" && id.startsWith(reference)),
    );
  }

  of(service: string): Container | undefined {
    return this.containers.find((container) => container.service === service);
  }

  create(project: ComposeProject, service: string): Container {
    const definition = project.services[service];
    if (definition === undefined) throw new Error(`no such service: ${service}`);
    const role = definition.image.startsWith("postgres") ? "database" : "odoo";
    const container: Container = {
      id: randomBytes(32).toString("hex"),
      name: `${project.name}-${service}-1`,
      role,
      service,
      project,
      definition,
      imageId: imageId(definition.image),
      created: new Date(),
      log: [],
      state: "created",
      health: undefined,
      exitCode: 0,
      started: undefined,
      finished: undefined,
    };
    this.#containers.set(container.id, container);
    return container;
  }

  /** Starts a container; it boots after that. Harmless when it runs. */
  start(container: Container): void {
    if (container.state === "running") return;
    container.state = "running";
    container.health = "starting";
    container.exitCode = 0;
    container.started = new Date();
    for (const line of firstWords(container)) this.log(container, line);
    const timer = setTimeout(() => void this.#booted(container), this.times[container.role]);
    this.#boots.set(container.id, timer);
  }

  /** @param exitCode 0 for a process that ends when it is asked to, as Odoo and PostgreSQL do */
  async stop(container: Container, exitCode = 0): Promise<void> {
    if (container.state !== "running") return;
    clearTimeout(this.#boots.get(container.id));
    container.state = "exited";
    // Docker calls a container without a process unhealthy, if it has a health check at all.
    container.health = "unhealthy";
    container.exitCode = exitCode;
    container.finished = new Date();
    if (container.role === "odoo") {
      this.log(container, odooLine("odoo.service.server: Initiating shutdown"));
      await this.#odooDoor.close();
    } else {
      this.log(container, postgresLine("database system is shut down"));
    }
  }

  async remove(container: Container): Promise<void> {
    await this.stop(container);
    this.#containers.delete(container.id);
  }

  /** Resolves when the container's health check passes; rejects when it stops first. */
  async untilHealthy(container: Container): Promise<void> {
    while (container.health !== "healthy") {
      if (container.state !== "running")
        throw new Error(`dependency failed to start: container ${container.name} exited`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  log(container: Container, text: string): void {
    container.log.push({ at: new Date(), text });
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const timer of this.#boots.values()) clearTimeout(timer);
    await this.#odooDoor.close();
  }

  /** Whether PostgreSQL lets Odoo in. */
  get databaseAnswers(): boolean {
    return this.containers.some(({ role, health }) => role === "database" && health === "healthy");
  }

  async #booted(container: Container): Promise<void> {
    if (container.role === "database") {
      this.log(container, postgresLine("database system is ready to accept connections"));
    } else {
      this.log(
        container,
        odooLine(`odoo.service.server: HTTP service (werkzeug) running on ${container.id.slice(0, 12)}:8069`),
      );
      await this.#odooDoor.open();
      this.log(container, odooLine("odoo.modules.loading: Modules loaded.", "odoo"));
    }
    if (container.state === "running") container.health = "healthy";
    else if (container.role === "odoo") await this.#odooDoor.close();
  }
}

/** Images have an id that their name decides. */
export function imageId(reference: string): string {
  return `sha256:${createHash("sha256").update(reference).digest("hex")}`;
}

/** A line of Odoo's log, as Odoo 14 writes it. */
export function odooLine(text: string, database = "?"): string {
  const [date, time = ""] = new Date().toISOString().split("T");
  return `${date} ${time.slice(0, 12).replace(".", ",")} 1 INFO ${database} ${text}`;
}

function postgresLine(text: string): string {
  return `${new Date().toISOString().replace("T", " ").replace("Z", "")} UTC [1] LOG:  ${text}`;
}

function firstWords({ role }: Container): string[] {
  return role === "odoo"
    ? [odooLine("odoo: Odoo version 14.0"), odooLine("odoo: database: odoo@db:5432")]
    : [
        postgresLine("starting PostgreSQL 15.20 (Debian 15.20-0+deb12u1)"),
        postgresLine('listening on IPv4 address "0.0.0.0", port 5432'),
      ];
}

/** The container as `docker inspect` prints it: what programs read of it, in Docker's form and order. */
export function inspected(container: Container): Record<string, unknown> {
  const { id, name, role, service, project, definition, state } = container;
  const image = IMAGES[role];
  const running = state === "running";
  const bindings = Object.fromEntries(
    (definition.ports ?? []).map(({ target, host_ip: address = "", published, protocol }) => [
      `${target}/${protocol}`,
      [{ HostIp: address, HostPort: published }],
    ]),
  );
  const exposed = Object.fromEntries(image.ports.map((port) => [`${port}/tcp`, {}]));
  const dependencies = Object.entries(definition.depends_on ?? {});
  return {
    Id: id,
    Created: stamp(container.created),
    Path: image.entrypoint,
    Args: image.command,
    State: {
      Status: state,
      Running: running,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      // No process of this machine: a signal sent to it must reach nobody.
      Pid: 0,
      ExitCode: container.exitCode,
      Error: "",
      StartedAt: stamp(container.started),
      FinishedAt: stamp(container.finished),
      ...(container.health === undefined
        ? {}
        : { Health: { Status: container.health, FailingStreak: 0, Log: [] } }),
    },
    Image: container.imageId,
    Name: `/${name}`,
    RestartCount: 0,
    Driver: "overlay2",
    Platform: "linux",
    HostConfig: {
      NetworkMode: `${project.name}_default`,
      PortBindings: bindings,
      RestartPolicy: { Name: definition.restart ?? "no", MaximumRetryCount: 0 },
      AutoRemove: false,
      Memory: 0,
      OomKillDisable: false,
    },
    Mounts: [],
    Config: {
      Hostname: id.slice(0, 12),
      User: image.user,
      ExposedPorts: exposed,
      Env: Object.entries(definition.environment ?? {}).map(([key, value]) => `${key}=${value}`),
      Cmd: image.command,
      Image: definition.image,
      Entrypoint: [image.entrypoint],
      Labels: {
        ...definition.labels,
        "com.docker.compose.config-hash": hashOf(definition),
        "com.docker.compose.container-number": "1",
        "com.docker.compose.depends_on": dependencies
          .map(([other, { condition }]) => `${other}:${condition}:false`)
          .join(","),
        "com.docker.compose.image": container.imageId,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.project": project.name,
        "com.docker.compose.project.config_files": project.files.join(","),
        "com.docker.compose.project.working_dir": project.directory,
        "com.docker.compose.service": service,
        "com.docker.compose.version": COMPOSE_VERSION,
      },
    },
    NetworkSettings: {
      Ports: running
        ? { ...Object.fromEntries(Object.keys(exposed).map((port) => [port, null])), ...bindings }
        : {},
      Networks: {
        [`${project.name}_default`]: {
          Aliases: [name, service, id.slice(0, 12)],
          // No address of this machine's: what is published is reached on the loopback address.
          IPAddress: "",
          Gateway: "",
        },
      },
    },
  };
}

/** A time in Docker's form, to the nanosecond. */
function stamp(date: Date | undefined): string {
  return date === undefined ? NEVER : nanoseconds(date);
}

export function nanoseconds(date: Date): string {
  return date.toISOString().replace("Z", "000000Z");
}
