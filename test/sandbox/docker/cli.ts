/**
 * `docker …` and `docker compose …` on the sandbox's engine: the commands that our programs use, with the words and exit
 * statuses that Docker 20.10 with Compose 2.26 has on the test droplet. A command or an option that it does not know
 * ends with an error and is remembered, so that a test notices.
 */

import { randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { quote } from "../../../src/host/quote.ts";
import { type Answer, answer } from "../machine/answer.ts";
import { containerProcesses, listed } from "../machine/processes.ts";
import { ComposeError, type ComposeProject, hashOf, readProject } from "./compose-file.ts";
import { type Container, type Engine, imageId, inspected, nanoseconds } from "./engine.ts";
import { renderTemplate } from "./go-template.ts";

/** What Docker ends with when it does not understand. */
class NotKnown extends Error {}

/** As on the test droplet. */
const IMAGES = ["postgres-prod:15", "odoo-prod:14"];

const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;
const list = { type: "string", multiple: true } as const;

const DOWN =
  "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n";

export class DockerCli {
  readonly #engine: Engine;
  /** What commands that were attached to a container print, a file for each, which goes when the command has ended. */
  readonly #attached: string;
  #tagged = new Date();
  /** Command lines that were not understood. */
  readonly notKnown: string[] = [];
  /** Milliseconds that bringing the stack up takes longer than it must. */
  slowUpMs = 0;

  /** @param folder of the sandbox */
  constructor(engine: Engine, folder: string) {
    this.#engine = engine;
    this.#attached = join(folder, "attached");
  }

  /** As if the images had been tagged so many milliseconds ago. */
  age(ms: number): void {
    this.#tagged = new Date(this.#tagged.getTime() - ms);
  }

  /** Ends what waits for a container of its own. @returns whether all of it is gone */
  endAttached(): boolean {
    const files = readdirSync(this.#attached);
    for (const file of files)
      if (!file.endsWith(".status")) writeFileSync(join(this.#attached, `${file}.status`), "137");
    return files.length === 0;
  }

  async run(args: readonly string[], cwd: string): Promise<Answer> {
    try {
      return await (args[0] === "compose" ? this.#compose(args.slice(1), cwd) : this.#docker(args));
    } catch (error) {
      if (error instanceof ComposeError) return answer("", `${error.message}\n`, error.status);
      this.notKnown.push(`docker ${args.join(" ")}`);
      return answer("", `${error instanceof Error ? error.message : error}\n`, 125);
    }
  }

  async #docker([command = "", ...args]: readonly string[]): Promise<Answer> {
    if (!this.#engine.up)
      return answer(command === "version" ? "Client:\n Version:           20.10.24\n" : "", DOWN, 1);
    switch (command) {
      case "version":
      case "info":
        return answer(
          "Client:\n Version:           20.10.24\n\nServer:\n Engine:\n  Version:          20.10.24\n",
        );
      case "ps":
        return this.#ps(args);
      case "inspect":
        return this.#inspect(args);
      case "logs":
        return this.#logs(args);
      case "image":
        return this.#images(args);
      case "start":
      case "stop":
      case "restart":
      case "pause":
      case "unpause":
      case "kill":
      case "rm":
        return await this.#change(command, args);
      case "top":
        return this.#top(args);
      case "cp":
        return this.#copy(args);
      case "exec":
        return this.#exec(args);
      default:
        throw new NotKnown(`docker: '${command}' is not a docker command.\nSee 'docker --help'`);
    }
  }

  #ps(args: readonly string[]): Answer {
    const { values } = parseArgs({
      args: [...args],
      options: {
        all: { ...flag, short: "a" },
        quiet: { ...flag, short: "q" },
        "no-trunc": flag,
        filter: { ...list, short: "f" },
        format: text,
      },
    });
    const labels = (container: Container) => labelsOf(container, this.#engine);
    const wanted = (values.filter ?? []).map((filter) => labelFilter(filter, labels));
    const shown = this.#engine.containers.filter(
      (container) =>
        (values.all === true || !["created", "exited"].includes(container.state)) &&
        wanted.every((fits) => fits(container)),
    );
    const id = (container: Container): string =>
      values["no-trunc"] === true ? container.id : container.id.slice(0, 12);
    if (values.quiet === true) return answer(lines(shown.map(id)));
    if (values.format !== undefined) {
      const { format } = values;
      return answer(
        lines(
          shown.map((container) =>
            renderTemplate(format, {
              ID: id(container),
              Names: container.name,
              Image: container.definition.image,
              State: container.state,
              Status: statusWords(container),
              Ports: portWords(container),
              Label: (name: string) => labels(container)[name] ?? "",
            }),
          ),
        ),
      );
    }
    return answer(
      table([
        ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"],
        ...shown.map((container) => [
          id(container),
          container.definition.image,
          container.role === "odoo" ? '"/entrypoint.sh odoo"' : '"docker-entrypoint.sh postgres"',
          `${ago(container.created)} ago`,
          statusWords(container),
          portWords(container),
          container.name,
        ]),
      ]),
    );
  }

  #inspect(args: readonly string[]): Answer {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { type: text, format: { ...text, short: "f" } },
      allowPositionals: true,
    });
    const found = positionals.map((reference) => this.#engine.find(reference));
    const missing = positionals.filter((_, index) => found[index] === undefined);
    const there = found
      .filter((container) => container !== undefined)
      .map((each) => inspected(each, this.#engine));
    const { format } = values;
    return answer(
      format === undefined
        ? `${JSON.stringify(there, null, 4)}\n`
        : lines(there.map((each) => renderTemplate(format, each))) || "\n",
      lines(missing.map((reference) => `Error: No such container: ${reference}`)),
      missing.length > 0 ? 1 : 0,
    );
  }

  #logs(args: readonly string[]): Answer {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { timestamps: { ...flag, short: "t" }, tail: { ...text, short: "n" }, since: text },
      allowPositionals: true,
    });
    const since = Date.parse(values.since ?? "1970-01-01T00:00:00Z");
    const [reference = ""] = positionals;
    const container = this.#engine.find(reference);
    if (container === undefined) return answer("", `Error: No such container: ${reference}\n`, 1);
    const most =
      values.tail === undefined || values.tail === "all" ? Number.POSITIVE_INFINITY : Number(values.tail);
    const shown = container.log.filter(({ at }) => at.getTime() >= since);
    // Odoo and PostgreSQL log to stderr.
    return answer(
      "",
      lines(
        shown
          .slice(Math.max(0, shown.length - most))
          .map((line) => (values.timestamps === true ? `${nanoseconds(line.at)} ${line.text}` : line.text)),
      ),
    );
  }

  #images([command = "", ...args]: readonly string[]): Answer {
    if (command === "inspect") return this.#inspectImage(args);
    if (command !== "ls") throw new NotKnown(`docker: unknown command: docker image ${command}`);
    const { values } = parseArgs({ args: [...args], options: { all: flag, "no-trunc": flag, format: text } });
    const { format } = values;
    if (format === undefined) throw new NotKnown("docker image ls is known with --format only");
    return answer(
      lines(
        IMAGES.map((reference) => {
          const [repository, tag] = reference.split(":");
          return renderTemplate(format, { ID: imageId(reference), Repository: repository, Tag: tag });
        }),
      ),
    );
  }

  #inspectImage(args: readonly string[]): Answer {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { format: text },
      allowPositionals: true,
    });
    const { format = "{{.Id}}" } = values;
    const [reference = ""] = positionals;
    if (!IMAGES.includes(reference)) return answer("\n", `Error: No such image: ${reference}\n`, 1);
    const facts = { Id: imageId(reference), Metadata: { LastTagTime: nanoseconds(this.#tagged) } };
    return answer(`${renderTemplate(format, facts)}\n`);
  }

  async #change(command: string, args: readonly string[]): Promise<Answer> {
    const { positionals, values } = parseArgs({
      args: [...args],
      options: { time: { ...text, short: "t" }, force: { ...flag, short: "f" } },
      allowPositionals: true,
    });
    const done: string[] = [];
    for (const reference of positionals) {
      const container = this.#engine.find(reference);
      if (container === undefined) {
        return answer(lines(done), `Error response from daemon: No such container: ${reference}\n`, 1);
      }
      const objection = await this.#changeOne(command, container, values.force === true);
      if (objection !== undefined)
        return answer(lines(done), `Error response from daemon: ${objection}\n`, 1);
      done.push(reference);
    }
    return answer(lines(done));
  }

  /** @returns why it could not be done */
  async #changeOne(command: string, container: Container, force: boolean): Promise<string | undefined> {
    const engine = this.#engine;
    const { id, state } = container;
    switch (command) {
      case "pause":
        if (state !== "running") return `Container ${id} is not running`;
        engine.pause(container);
        return undefined;
      case "unpause":
        if (state !== "paused") return `Container ${id} is not paused`;
        engine.unpause(container);
        return undefined;
      case "kill":
        if (container.pid === 0) return `Cannot kill container: ${id}: Container ${id} is not running`;
        await engine.stop(container, 137);
        return undefined;
      case "rm":
        if (state !== "exited" && state !== "created" && !force)
          return `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`;
        await engine.remove(container);
        return undefined;
      default:
        if (command === "start" && state === "paused")
          return `cannot start a paused container, try unpause instead`;
        // What is frozen does not end by itself, and is killed after a while.
        if (command !== "start")
          await engine.stop(container, state === "paused" || container.suspended ? 137 : 0);
        if (command === "start" && container.role === "odoo") await this.#bringsUp();
        if (command !== "stop") await engine.start(container);
        return undefined;
    }
  }

  #top([reference = "", ...args]: readonly string[]): Answer {
    const container = this.#engine.find(reference);
    if (container === undefined) return answer("", `Error: No such container: ${reference}\n`, 1);
    const refusal = notRunning(container);
    if (refusal !== undefined && container.state !== "paused") return answer("", refusal, 1);
    const columns = args[0] === "-eo" ? (args[1] ?? "") : "uid,pid,ppid,args";
    return answer(listed(containerProcesses(container, this.#engine), columns.split(",")));
  }

  /** `cp CONTAINER:/etc/odoo/odoo.conf -`: as a tar archive on stdout, from a container that is stopped as well. */
  #copy(args: readonly string[]): Answer {
    const [from = "", to] = args;
    const [reference = "", path] = from.split(":");
    if (to !== "-" || path !== "/etc/odoo/odoo.conf")
      throw new NotKnown(`docker cp ${args.join(" ")} is not known`);
    const container = this.#engine.find(reference);
    if (container === undefined) return answer("", `Error: No such container:path: ${from}\n`, 1);
    return { shell: `exec tar -cf - -C ${quote(join(container.project.directory, "config"))} odoo.conf\n` };
  }

  /** The program itself is run by the machine's shell; psql and python3 in it are stand-ins. */
  #exec(args: readonly string[]): Answer {
    const options = {
      interactive: { ...flag, short: "i" },
      env: { ...list, short: "e" },
      user: { ...text, short: "u" },
    } as const;
    const { env, user } = options;
    const { command: reference, before, after } = splitCommand(args, { env, user });
    const { values } = parseArgs({ args: before, options });
    const container = this.#engine.find(reference);
    if (container === undefined) return answer("", `Error: No such container: ${reference}\n`, 1);
    const refusal = notRunning(container);
    if (refusal !== undefined) return answer("", refusal, 1);
    const [program = ""] = after;
    if (!["psql", "sh", "timeout", "true"].includes(program))
      throw new NotKnown(`docker exec … ${program} is not known`);
    const environment = Object.entries(container.definition.environment ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .concat(values.env ?? []);
    const words = ['PATH="$SANDBOX/inside:$PATH"', ...environment.map(quote), ...after.map(quote)];
    return { shell: `exec env ${words.join(" ")}${values.interactive === true ? "" : " </dev/null"}\n` };
  }

  async #compose(args: readonly string[], cwd: string): Promise<Answer> {
    const options = {
      file: { ...list, short: "f" },
      "env-file": list,
      "project-name": { ...text, short: "p" },
      "project-directory": text,
    } as const;
    const { command, before, after } = splitCommand(args, options);
    const { values } = parseArgs({ args: before, options });
    if (command === "version")
      return answer(after.includes("--short") ? "2.26.1-4\n" : "Docker Compose version 2.26.1-4\n");
    const project = readProject({
      files: values.file ?? [],
      name: values["project-name"],
      directory: values["project-directory"],
      cwd,
    });
    if (command === "config") return composeConfig(project, after);
    if (!this.#engine.up) return answer("", DOWN, 1);
    switch (command) {
      case "up":
        return await this.#up(project, after);
      case "stop":
        return await this.#stopAll(project, composeServices(after, {}));
      case "rm":
        return await this.#remove(project, after);
      case "down":
        return await this.#down(project, after);
      case "run":
        return await this.#run(project, after);
      default:
        throw new NotKnown(`unknown docker command: "compose ${command}"`);
    }
  }

  async #up(project: ComposeProject, args: readonly string[]): Promise<Answer> {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        detach: { ...flag, short: "d" },
        "no-recreate": flag,
        "no-build": flag,
        pull: text,
        "no-color": flag,
        "no-deps": flag,
      },
      allowPositionals: true,
    });
    if (values.detach !== true) throw new NotKnown("docker compose up is known with --detach only");
    const engine = this.#engine;
    if (positionals.length === 0 || positionals.includes("odoo")) await this.#bringsUp();
    const told: string[] = [];
    if (!engine.network) {
      told.push(`Network ${project.name}_default  Creating`, `Network ${project.name}_default  Created`);
      engine.network = true;
    }
    const services = positionals.length > 0 ? positionals : Object.keys(project.services);
    const wanted = values["no-deps"] === true ? services : withDependencies(project, services);
    const made: Container[] = [];
    for (const service of wanted) {
      const there = engine.of(service);
      const name = `Container ${project.name}-${service}-1 `;
      const definition = project.services[service];
      const drifted =
        there !== undefined && definition !== undefined && hashOf(there.definition) !== hashOf(definition);
      if (there !== undefined && drifted && values["no-recreate"] !== true) {
        told.push(`${name} Recreate`);
        await engine.remove(there);
        made.push(engine.create(project, service));
        told.push(`${name} Recreated`);
      } else if (there === undefined) {
        told.push(`${name} Creating`, `${name} Created`);
        made.push(engine.create(project, service));
      } else {
        told.push(`${name} ${there.state === "running" ? "Running" : "Created"}`);
        made.push(there);
      }
    }
    for (const container of made) {
      for (const dependency of Object.keys(container.definition.depends_on ?? {})) {
        const other = engine.of(dependency);
        if (other === undefined) continue;
        told.push(`Container ${other.name}  Waiting`);
        try {
          await engine.untilHealthy(other);
        } catch (error) {
          told.push(`Container ${other.name}  Error`);
          return answer("", `${progress(told)}${error instanceof Error ? error.message : error}\n`, 1);
        }
        told.push(`Container ${other.name}  Healthy`);
      }
      if (container.state !== "running") {
        told.push(`Container ${container.name}  Starting`);
        await engine.start(container);
        told.push(`Container ${container.name}  Started`);
      }
    }
    return answer("", progress(told));
  }

  async #bringsUp(): Promise<void> {
    this.#engine.emit("up");
    if (this.slowUpMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowUpMs));
  }

  /** A container for one command, to which whoever called stays attached. */
  async #run(project: ComposeProject, args: readonly string[]): Promise<Answer> {
    const options = {
      rm: flag,
      "no-deps": flag,
      "no-TTY": { ...flag, short: "T" },
      name: text,
      entrypoint: text,
    } as const;
    const { command: service, before, after } = splitCommand(args, { name: text, entrypoint: text });
    const { values } = parseArgs({ args: before, options });
    if (values.rm !== true) throw new NotKnown("docker compose run is known with --rm only");
    // What it would read is for a program that nobody here has.
    if (values.entrypoint === "python3") return { shell: "cat >/dev/null\nexit 0\n" };
    // A shell that does something first, and then becomes what the words after its name say.
    const command = values.entrypoint === "/bin/sh" ? after.slice(3) : after;
    const { name = `${project.name}-${service}-run-${randomBytes(6).toString("hex")}` } = values;
    mkdirSync(this.#attached, { recursive: true });
    const file = join(this.#attached, name);
    writeFileSync(file, "");
    const write = (path: string, words: string): void => {
      try {
        appendFileSync(path, words);
      } catch {
        // The sandbox is being removed.
      }
    };
    void this.#engine
      .runOnce(
        project,
        service,
        { name, command: command.filter((word) => word !== "/entrypoint.sh") },
        (line) => write(file, `${line}\n`),
      )
      .then((status) => write(`${file}.status`, String(status)));
    return {
      shell: `file=${quote(file)}
exec 3<"$file"
while [ -e "$file" ] && ! [ -e "$file.status" ]; do cat <&3; sleep 0.1; done
cat <&3
status=$(cat "$file.status" 2>/dev/null || echo 137)
rm -f "$file" "$file.status"
exit "$status"
`,
    };
  }

  async #stopAll(project: ComposeProject, services: readonly string[]): Promise<Answer> {
    const told: string[] = [];
    for (const container of this.#chosen(project, services)) {
      told.push(`Container ${container.name}  Stopping`);
      await this.#engine.stop(container);
      told.push(`Container ${container.name}  Stopped`);
    }
    return answer("", progress(told));
  }

  async #remove(project: ComposeProject, args: readonly string[]): Promise<Answer> {
    const services = composeServices(args, { stop: { ...flag, short: "s" }, force: { ...flag, short: "f" } });
    const gone = this.#chosen(project, services);
    const told = await this.#removeAll(gone);
    return answer(
      gone.length > 0 ? `Going to remove ${gone.map(({ name }) => name).join(", ")}\n` : "",
      progress(told),
    );
  }

  async #removeAll(containers: readonly Container[]): Promise<string[]> {
    const told: string[] = [];
    for (const container of containers) {
      told.push(`Container ${container.name}  Removing`);
      await this.#engine.remove(container);
      told.push(`Container ${container.name}  Removed`);
    }
    return told;
  }

  async #down(project: ComposeProject, args: readonly string[]): Promise<Answer> {
    composeServices(args, {});
    const removed = await this.#removeAll(this.#chosen(project, []));
    this.#engine.network = false;
    const network = `Network ${project.name}_default `;
    return answer("", progress([...removed, `${network} Removing`, `${network} Removed`]));
  }

  /** Of the project's containers those of the services, or all; those that need others first. */
  #chosen(project: ComposeProject, services: readonly string[]): Container[] {
    return withDependencies(project, Object.keys(project.services))
      .reverse()
      .filter((service) => services.length === 0 || services.includes(service))
      .flatMap((service) => this.#engine.of(service) ?? []);
  }
}

function composeConfig(project: ComposeProject, args: readonly string[]): Answer {
  const { values } = parseArgs({ args: [...args], options: { format: text, hash: text, services: flag } });
  if (values.hash !== undefined) {
    return answer(
      lines(Object.entries(project.services).map(([name, service]) => `${name} ${hashOf(service)}`)),
    );
  }
  if (values.services === true) return answer(lines(Object.keys(project.services)));
  if (values.format !== "json") throw new NotKnown("docker compose config is known with --format json only");
  return answer(JSON.stringify(project.config, null, 2));
}

function composeServices(
  args: readonly string[],
  options: Record<string, { type: "boolean"; short: string }>,
): string[] {
  return parseArgs({ args: [...args], options, allowPositionals: true }).positionals;
}

/** Those services and what they depend on, dependencies first. */
function withDependencies(project: ComposeProject, services: readonly string[]): string[] {
  const found: string[] = [];
  const visit = (service: string): void => {
    const definition = project.services[service];
    if (definition === undefined) throw new ComposeError(`no such service: ${service}`, 1);
    for (const dependency of Object.keys(definition.depends_on ?? {})) visit(dependency);
    if (!found.includes(service)) found.push(service);
  };
  for (const service of services) visit(service);
  return found;
}

/** Splits Compose's own options from the command and what follows it. */
function splitCommand(
  args: readonly string[],
  options: Readonly<Record<string, { type: string; short?: string }>>,
): { command: string; before: string[]; after: string[] } {
  const takesValue = (word: string): boolean =>
    !word.includes("=") &&
    Object.entries(options).some(
      ([name, { short }]) => word === `--${name}` || (short !== undefined && word === `-${short}`),
    );
  let at = 0;
  while (args[at]?.startsWith("-")) at += takesValue(args[at] ?? "") ? 2 : 1;
  return { command: args[at] ?? "", before: args.slice(0, at), after: args.slice(at + 1) };
}

function labelFilter(
  filter: string,
  labelsOf: (container: Container) => Record<string, string>,
): (container: Container) => boolean {
  const [, name, value] = /^label=([^=]+)(?:=(.*))?$/.exec(filter) ?? [];
  if (name === undefined) throw new NotKnown(`docker ps --filter ${filter} is not known`);
  return (container) => {
    const label = labelsOf(container)[name];
    return label !== undefined && (value === undefined || label === value);
  };
}

function labelsOf(container: Container, engine: Engine): Record<string, string> {
  const { Config } = inspected(container, engine) as { Config: { Labels: Record<string, string> } };
  return Config.Labels;
}

function statusWords(container: Container): string {
  if (container.state === "created") return "Created";
  if (container.state === "exited") return `Exited (${container.exitCode}) ${ago(container.finished)} ago`;
  if (container.state === "restarting")
    return `Restarting (${container.exitCode}) ${ago(container.finished)} ago`;
  if (container.state === "paused") return `Up ${ago(container.started)} (Paused)`;
  const health = container.health === "starting" ? "health: starting" : container.health;
  return `Up ${ago(container.started)} (${health})`;
}

/** Published ports, then those that are only exposed. */
function portWords(container: Container): string {
  if (container.pid === 0) return "";
  const ports = container.oneOff ? [] : (container.definition.ports ?? []);
  const published = ports.map((port) => `${port.host_ip}:${port.published}->${port.target}/${port.protocol}`);
  const exposed = container.role === "odoo" ? [8069, 8071, 8072] : [5432];
  const rest = exposed
    .filter((port) => !ports.some(({ target }) => target === port))
    .map((port) => `${port}/tcp`);
  return [...published, ...rest].join(", ");
}

/** Why nothing can be run in it. */
function notRunning({ id, state }: Container): string | undefined {
  switch (state) {
    case "running":
      return undefined;
    case "paused":
      return `Error response from daemon: Container ${id} is paused, unpause the container before exec\n`;
    case "restarting":
      return `Error response from daemon: Container ${id} is restarting, wait until the container is running\n`;
    default:
      return `Error response from daemon: Container ${id} is not running\n`;
  }
}

function ago(date: Date | undefined): string {
  const seconds = Math.floor((Date.now() - (date?.getTime() ?? Date.now())) / 1000);
  if (seconds < 1) return "Less than a second";
  if (seconds < 120) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const days = Math.floor(seconds / 86_400);
  return days >= 2 ? `${days} days` : `${Math.floor(seconds / 60)} minutes`;
}

function progress(told: readonly string[]): string {
  return lines(told.map((line) => ` ${line}`));
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map(
    (_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)) + 3,
  );
  return lines(
    rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("")
        .trimEnd(),
    ),
  );
}
