/**
 * The sandbox's Docker: the containers of one compose project, which are made, start, boot for a moment, become healthy,
 * log, pause, fall and are started again, stop and go. The site in front of them follows their state. It lives in the
 * sandbox's process, as the real one lives in dockerd: one thread, so nobody needs a lock.
 */

import { createHash, randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Door } from "../site/door.ts";
import { odooAnswers } from "../site/odoo.ts";
import { type ComposeProject, hashOf, type ServiceConfig } from "./compose-file.ts";
import { lostDatabase, odooLine, type Started, startOdoo } from "./odoo.ts";

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
  /** Made by `compose run`: it has no ports, and nothing restarts it. */
  readonly oneOff: boolean;
  readonly command: readonly string[];
  readonly project: ComposeProject;
  readonly definition: ServiceConfig;
  readonly imageId: string;
  created: Date;
  readonly log: LogLine[];
  state: "created" | "running" | "paused" | "restarting" | "exited";
  health: "starting" | "healthy" | "unhealthy" | undefined;
  exitCode: number;
  restartCount: number;
  /** Its main process; 0 without one. */
  pid: number;
  /** Whether its processes were stopped by a signal. */
  suspended: boolean;
  /** On which port it listens, of its own. */
  port: number | undefined;
  started: Date | undefined;
  finished: Date | undefined;
  /** Whether the daemon starts it again: it was not stopped by hand. */
  wanted: boolean;
}

type Role = "odoo" | "database";

/** What an image says of itself. */
const IMAGES: Readonly<
  Record<
    Role,
    { command: string[]; entrypoint: string; user: string; ports: string[]; environment: string[] }
  >
> = {
  odoo: {
    command: ["odoo"],
    entrypoint: "/entrypoint.sh",
    user: "odoo",
    ports: ["8069", "8071", "8072"],
    environment: ["LANG=C.UTF-8", "ODOO_RC=/etc/odoo/odoo.conf"],
  },
  database: {
    command: ["postgres"],
    entrypoint: "docker-entrypoint.sh",
    user: "0",
    ports: ["5432"],
    environment: [],
  },
};

const NEVER = "0001-01-01T00:00:00Z";
const COMPOSE_VERSION = "2.26.1";
/** A crash loop pauses for ever longer between its tries, from the first of these on up to the second (moby, restartmanager). */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 60_000;
/** Milliseconds of running after which a fall is the first one again. */
const RAN_LONG_ENOUGH = 10_000;

interface EngineEvents {
  /** Odoo was started, or made, by hand. */
  up: [];
  /** Odoo handed out a login page. */
  served: [];
}

export class Engine extends EventEmitter<EngineEvents> {
  /** Of boots that begin from now on. */
  times: BootTimes = { database: 0, odoo: 0 };
  /** Whether the compose project's network is there. */
  network = false;
  /** Whether the daemon runs. */
  up = false;
  /** dockerd itself, for those who send it signals. */
  pid = 0;
  readonly #folder: string;
  /** Odoo's 8069, inside of its container. */
  readonly #inner: Door;
  /** The host's 8069 and 8072, which docker-proxy holds while a container that publishes them runs. */
  readonly #published: ReadonlyMap<string, Door>;
  readonly #containers = new Map<string, Container>();
  /** What ends a container's processes. */
  readonly #lives = new Map<string, AbortController>();
  readonly #falls = new Map<string, number>();
  readonly #pauses = new Map<string, NodeJS.Timeout>();
  /** Requests that wait for an Odoo that is paused. */
  #held: (() => void)[] = [];
  #lastPid = 5_000_000;
  readonly #proxyPids = new Map<string, number>();

  /** @param folder in which the host's files lie */
  static async install(folder: string): Promise<Engine> {
    const [inner, first, second] = await Promise.all([Door.find(), Door.find(), Door.find()]);
    return new Engine(
      folder,
      inner,
      new Map([
        ["8069", first],
        ["8072", second],
      ]),
    );
  }

  private constructor(folder: string, inner: Door, published: ReadonlyMap<string, Door>) {
    super();
    this.#folder = folder;
    this.#inner = inner;
    this.#published = published;
  }

  /** A number that no process of this machine can have: a signal sent to it must reach nobody. */
  newPid(): number {
    this.#lastPid += 1;
    return this.#lastPid;
  }

  /** The port of this machine that stands for `127.0.0.1:8069` or the like; undefined where nothing ever listens. */
  portFor(address: string): number | undefined {
    const [, host, port = ""] = /^(.*):(\d+)$/.exec(address) ?? [];
    if (host === "127.0.0.1" || host === "localhost") return this.#published.get(port)?.port;
    return address === `${this.addressOf("odoo")}:8069` ? this.#inner.port : undefined;
  }

  /** Where volumes would lie: in the sandbox's folder, whoever looks for them. */
  get volumes(): string {
    return join(this.#folder, "var/lib/docker/volumes");
  }

  /** In the project's network. */
  addressOf(role: Role): string {
    return role === "odoo" ? "172.31.0.3" : "172.31.0.2";
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
    return this.containers.find((container) => container.service === service && !container.oneOff);
  }

  /** Those whose processes are there. */
  get live(): Container[] {
    return this.containers.filter(({ pid }) => pid !== 0);
  }

  /** Host ports that are held now, with the container they lead to and the process that holds them. */
  get proxies(): { readonly port: string; readonly pid: number; readonly container: Container }[] {
    return this.live.flatMap((container) =>
      container.oneOff
        ? []
        : (container.definition.ports ?? [])
            .filter(({ published }) => this.#published.get(published)?.isOpen)
            .map(({ published }) => ({
              port: published,
              pid: this.#proxyPids.get(published) ?? 0,
              container,
            })),
    );
  }

  create(
    project: ComposeProject,
    service: string,
    once?: { name: string; command: readonly string[] },
  ): Container {
    const definition = project.services[service];
    if (definition === undefined) throw new Error(`no such service: ${service}`);
    const role = definition.image.startsWith("postgres") ? "database" : "odoo";
    const container: Container = {
      id: randomBytes(32).toString("hex"),
      name: once?.name ?? `${project.name}-${service}-1`,
      role,
      service,
      oneOff: once !== undefined,
      command: once?.command ?? IMAGES[role].command,
      project,
      definition,
      imageId: imageId(definition.image),
      created: new Date(),
      log: [],
      state: "created",
      health: undefined,
      exitCode: 0,
      restartCount: 0,
      pid: 0,
      suspended: false,
      port: undefined,
      started: undefined,
      finished: undefined,
      wanted: false,
    };
    this.#containers.set(container.id, container);
    return container;
  }

  /** Starts a container by hand; it boots after that. Harmless when it runs. */
  async start(container: Container): Promise<void> {
    if (container.pid !== 0) return;
    this.#forgetFalls(container);
    await this.#run(container);
  }

  /** @param exitCode 0 for a process that ends when it is asked to, as Odoo and PostgreSQL do */
  async stop(container: Container, exitCode = 0): Promise<void> {
    container.wanted = false;
    if (container.state === "restarting") {
      this.#forgetFalls(container);
      container.state = "exited";
    }
    if (container.pid === 0) return;
    if (exitCode === 0) {
      this.log(
        container,
        container.role === "odoo"
          ? odooLine("odoo.service.server: Initiating shutdown")
          : postgresLine("database system is shut down"),
      );
    }
    await this.#endProcesses(container, exitCode);
    container.state = "exited";
  }

  async remove(container: Container): Promise<void> {
    await this.stop(container, 137);
    this.#containers.delete(container.id);
  }

  pause(container: Container): void {
    container.state = "paused";
  }

  unpause(container: Container): void {
    container.state = "running";
    this.#thaw(container);
  }

  /** Sends a signal to a container's main process, or to a docker-proxy. @returns whether there is such a process */
  async signal(pid: number, name: string): Promise<boolean> {
    const proxy = this.proxies.find((each) => each.pid === pid);
    if (proxy !== undefined) {
      if (name === "KILL" || name === "TERM") await this.#published.get(proxy.port)?.close();
      return true;
    }
    const container = this.live.find((each) => each.pid === pid);
    if (container === undefined) return false;
    if (name === "STOP") {
      container.suspended = true;
    } else if (name === "CONT") {
      container.suspended = false;
      this.#thaw(container);
    } else if (name === "QUIT" && container.role === "odoo" && !this.#isFrozen(container)) {
      this.log(container, stacks());
    } else if (name === "KILL" || name === "TERM") {
      await this.#fell(container, name === "KILL" ? 137 : 143);
    }
    return true;
  }

  /** Resolves when the container's health check passes; rejects when it stops first. */
  async untilHealthy(container: Container): Promise<void> {
    while (container.health !== "healthy") {
      if (container.state !== "running")
        throw new Error(`dependency failed to start: container ${container.name} exited`);
      await sleep(20);
    }
  }

  log(container: Container, text: string): void {
    for (const line of text.split("\n")) container.log.push({ at: new Date(), text: line });
  }

  /** The daemon starts, and with it what ran when it went down in order. */
  async daemonStarts(): Promise<void> {
    this.up = true;
    this.pid = this.newPid();
    writeFileSync(join(this.#folder, "run/docker.pid"), String(this.pid));
    for (const container of this.#containers.values()) {
      if (container.wanted && container.pid === 0) await this.#run(container);
    }
  }

  /** The daemon is stopped in order: it stops every container, and remembers which ran. */
  async daemonStops(): Promise<void> {
    for (const container of this.containers) {
      const { wanted } = container;
      await this.stop(container);
      container.wanted = wanted;
    }
    this.#daemonIsGone();
  }

  /** The daemon is killed. What ran is gone when it comes back, and is not started again, as the droplet has it. */
  async daemonKilled(): Promise<void> {
    for (const container of this.containers) {
      const { health } = container;
      await this.stop(container);
      // Nobody was there to notice.
      container.health = health;
    }
    this.#daemonIsGone();
  }

  /** As if all of it had been there for so many milliseconds. */
  age(ms: number): void {
    for (const container of this.#containers.values()) {
      container.created = new Date(container.created.getTime() - ms);
      if (container.started !== undefined) container.started = new Date(container.started.getTime() - ms);
      container.log.length = 0;
    }
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const timer of this.#pauses.values()) clearTimeout(timer);
    for (const container of this.containers) {
      container.wanted = false;
      if (container.pid !== 0) await this.#endProcesses(container, 137);
    }
  }

  /** Whether PostgreSQL lets Odoo in. */
  get databaseAnswers(): boolean {
    return this.containers.some(
      ({ role, health, state, suspended }) =>
        role === "database" && health === "healthy" && state === "running" && !suspended,
    );
  }

  /** A container of its own for one command, gone when that has ended. @returns the command's exit status */
  async runOnce(
    project: ComposeProject,
    service: string,
    once: { name: string; command: readonly string[] },
    print: (text: string) => void,
  ): Promise<number> {
    const container = this.create(project, service, once);
    this.#begin(container);
    const outcome = await this.#boot(container, (text) => {
      this.log(container, text);
      print(text);
    }).catch(() => undefined);
    if (this.#containers.has(container.id)) await this.remove(container);
    return outcome?.ended === true ? outcome.status : 137;
  }

  #daemonIsGone(): void {
    this.up = false;
    this.pid = 0;
    rmSync(join(this.#folder, "run/docker.pid"), { force: true });
  }

  #isFrozen({ state, suspended }: Container): boolean {
    return state === "paused" || suspended;
  }

  /** Requests that waited are answered now. */
  #thaw(container: Container): void {
    if (!this.#isFrozen(container)) for (const go of this.#held.splice(0)) go();
  }

  #begin(container: Container): void {
    container.state = "running";
    container.health = "starting";
    container.exitCode = 0;
    container.suspended = false;
    container.started = new Date();
    container.pid = this.newPid();
    container.wanted = !container.oneOff;
    this.#lives.set(container.id, new AbortController());
    this.#writeSockets(container);
  }

  async #run(container: Container): Promise<void> {
    this.#begin(container);
    if (!container.oneOff) {
      for (const { published, target } of container.definition.ports ?? []) {
        this.#proxyPids.set(published, this.newPid());
        await this.#published.get(published)?.open(this.#proxyTo(container, target));
      }
    }
    void this.#boot(container, (text) => this.log(container, text)).then(
      async (outcome) => {
        if (outcome.ended) await this.#fell(container, outcome.status);
      },
      () => {
        // It was stopped meanwhile.
      },
    );
  }

  /** docker-proxy: takes every connection, and cuts it where nobody listens inside. */
  #proxyTo(container: Container, target: number): net.Server {
    return net.createServer({ noDelay: true }, (client) => {
      client.on("error", () => {});
      if (container.port !== target) {
        client.resetAndDestroy();
        return;
      }
      const inside = net.connect({ host: "127.0.0.1", port: this.#inner.port, noDelay: true });
      inside.on("error", () => client.resetAndDestroy());
      client.on("close", () => inside.destroy());
      inside.on("close", () => client.destroy());
      client.pipe(inside).pipe(client);
    });
  }

  async #boot(container: Container, print: (text: string) => void): Promise<Started> {
    const signal = this.#lives.get(container.id)?.signal;
    const pause = async (ms: number): Promise<void> => {
      await sleep(ms, undefined, { signal });
    };
    if (container.role === "database") {
      print(postgresLine("starting PostgreSQL 15.20 (Debian 15.20-0+deb12u1)"));
      print(postgresLine('listening on IPv4 address "0.0.0.0", port 5432'));
      await pause(this.times.database);
      print(postgresLine("database system is ready to accept connections"));
      container.health = "healthy";
      return { ended: false, port: 5432 };
    }
    const started = await startOdoo({
      directory: container.project.directory,
      args: container.command,
      print,
      sleep: pause,
      databaseAnswers: () => this.databaseAnswers,
      bootMs: this.times.odoo,
      host: container.id.slice(0, 12),
    });
    signal?.throwIfAborted();
    if (!started.ended) await this.#serve(container, started.port);
    return started;
  }

  async #serve(container: Container, port: number): Promise<void> {
    const answers = odooAnswers(
      () => this.databaseAnswers,
      (request, code) => {
        if (code === 500) this.log(container, lostDatabase());
        this.log(
          container,
          odooLine(
            `werkzeug: 127.0.0.1 - - [${new Date().toISOString()}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${code} -`,
            "odoo",
          ),
        );
        if (code === 200 && request.url === "/web/login") this.emit("served");
      },
    );
    const server = http.createServer(async (request, response) => {
      if (this.#isFrozen(container)) await new Promise<void>((resolve) => this.#held.push(resolve));
      answers(request, response);
    });
    if (port === 8069) await this.#inner.open(server);
    container.port = port;
    if (container.pid === 0) {
      await this.#inner.close();
      container.port = undefined;
      return;
    }
    if (port === 8069) container.health = "healthy";
    this.#writeSockets(container);
    this.log(container, odooLine("odoo.modules.loading: Modules loaded.", "odoo"));
  }

  /** /proc/PID/net/tcp, as far as a reader looks for what listens. */
  #writeSockets({ pid, port }: Container): void {
    const folder = join(this.#folder, "proc", String(pid), "net");
    mkdirSync(folder, { recursive: true });
    const listening =
      port === undefined
        ? ""
        : `   0: 00000000:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A 00000000:00000000\n`;
    writeFileSync(
      join(folder, "tcp"),
      `  sl  local_address rem_address   st\n${listening}   1: 0B00007F:A68B 00000000:0000 0A 00000000:00000000\n`,
    );
    writeFileSync(join(folder, "tcp6"), "  sl  local_address rem_address   st\n");
    writeFileSync(join(folder, "../status"), "Name:\todoo\nState:\tS (sleeping)\nVmRSS:\t  140000 kB\n");
  }

  /** Its main process ended without having been asked to. */
  async #fell(container: Container, exitCode: number): Promise<void> {
    const ran = Date.now() - (container.started?.getTime() ?? 0);
    await this.#endProcesses(container, exitCode);
    const policy = container.definition.restart ?? "no";
    if (container.oneOff || !container.wanted || policy === "no") {
      container.state = "exited";
      return;
    }
    const falls = ran >= RAN_LONG_ENOUGH ? 0 : (this.#falls.get(container.id) ?? 0);
    this.#falls.set(container.id, falls + 1);
    container.state = "restarting";
    container.restartCount += 1;
    const timer = setTimeout(
      () => void this.#run(container),
      Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** falls),
    );
    this.#pauses.set(container.id, timer);
  }

  #forgetFalls(container: Container): void {
    clearTimeout(this.#pauses.get(container.id));
    this.#pauses.delete(container.id);
    this.#falls.delete(container.id);
    container.restartCount = 0;
  }

  async #endProcesses(container: Container, exitCode: number): Promise<void> {
    this.#lives.get(container.id)?.abort();
    rmSync(join(this.#folder, "proc", String(container.pid)), { recursive: true, force: true });
    container.pid = 0;
    container.port = undefined;
    container.suspended = false;
    container.exitCode = exitCode;
    container.finished = new Date();
    // Docker calls a container without a process unhealthy, if it has a health check at all.
    container.health = "unhealthy";
    if (container.role === "odoo" && !container.oneOff) {
      this.#held = [];
      await this.#inner.close();
    }
    if (!container.oneOff) {
      for (const { published } of container.definition.ports ?? [])
        await this.#published.get(published)?.close();
    }
  }
}

/** Images have an id that their name decides. */
export function imageId(reference: string): string {
  return `sha256:${createHash("sha256").update(reference).digest("hex")}`;
}

function postgresLine(text: string): string {
  return `${new Date().toISOString().replace("T", " ").replace("Z", "")} UTC [1] LOG:  ${text}`;
}

/** What Odoo prints on SIGQUIT, of one thread. */
function stacks(): string {
  return `${odooLine("odoo.tools.misc: ")}
# Thread: <_MainThread(MainThread, started 140000000000000)> (db:n/a) (uid:n/a) (url:n/a)
File: "/usr/lib/python3/dist-packages/odoo/service/server.py", line 500, in run
  time.sleep(60)`;
}

/** The container as `docker inspect` prints it: what programs read of it, in Docker's form and order. */
export function inspected(container: Container, engine: Engine): Record<string, unknown> {
  const { id, name, role, service, project, definition, state, oneOff } = container;
  const image = IMAGES[role];
  const running = state === "running" || state === "paused" || state === "restarting";
  const bindings = oneOff
    ? {}
    : Object.fromEntries(
        (definition.ports ?? []).map(({ target, host_ip: address = "", published, protocol }) => [
          `${target}/${protocol}`,
          [{ HostIp: address, HostPort: published }],
        ]),
      );
  const exposed = Object.fromEntries(image.ports.map((port) => [`${port}/tcp`, {}]));
  const dependencies = Object.entries(definition.depends_on ?? {});
  const mounts = (definition.volumes ?? []).map(({ type, source, target }) => ({
    Type: type,
    Source: type === "bind" ? source : `${engine.volumes}/${project.name}_${source}/_data`,
    Destination: target,
    Mode: type === "bind" ? "rw" : "z",
    RW: true,
  }));
  return {
    Id: id,
    Created: stamp(container.created),
    Path: image.entrypoint,
    Args: container.command,
    State: {
      Status: state,
      Running: running,
      Paused: state === "paused",
      Restarting: state === "restarting",
      OOMKilled: false,
      Dead: false,
      Pid: container.pid,
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
    RestartCount: container.restartCount,
    Driver: "overlay2",
    Platform: "linux",
    HostConfig: {
      NetworkMode: `${project.name}_default`,
      PortBindings: bindings,
      RestartPolicy: { Name: oneOff ? "no" : (definition.restart ?? "no"), MaximumRetryCount: 0 },
      AutoRemove: false,
      Memory: 0,
      OomKillDisable: false,
    },
    Mounts: mounts,
    Config: {
      Hostname: id.slice(0, 12),
      User: image.user,
      ExposedPorts: exposed,
      Env: [
        ...Object.entries(definition.environment ?? {}).map(([key, value]) => `${key}=${value}`),
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        ...image.environment,
      ],
      Cmd: container.command,
      Image: definition.image,
      Entrypoint: [image.entrypoint],
      Labels: {
        ...definition.labels,
        "com.docker.compose.config-hash": hashOf(
          // A one-off's definition is another: `run` gives it a command and takes its ports.
          oneOff ? { ...definition, ports: [], command: container.command } : definition,
        ),
        "com.docker.compose.container-number": "1",
        "com.docker.compose.depends_on": dependencies
          .map(([other, { condition }]) => `${other}:${condition}:false`)
          .join(","),
        "com.docker.compose.image": container.imageId,
        "com.docker.compose.oneoff": oneOff ? "True" : "False",
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
          IPAddress: container.pid === 0 ? "" : engine.addressOf(role),
          Gateway: container.pid === 0 ? "" : "172.31.0.1",
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
