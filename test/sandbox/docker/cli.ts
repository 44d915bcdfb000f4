/**
 * `docker …` and `docker compose …` on the sandbox's engine: the commands that our programs use, with the words and exit
 * statuses that Docker 20.10 with Compose 2.26 has on the test droplet. A command or an option that it does not know
 * ends with an error and is remembered, so that a test notices.
 */

import { parseArgs } from "node:util";
import { ComposeError, type ComposeProject, hashOf, readProject } from "./compose-file.ts";
import { type Container, type Engine, imageId, inspected, nanoseconds } from "./engine.ts";
import { renderTemplate } from "./go-template.ts";

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const answer = (stdout: string, stderr = "", status = 0): Answer => ({ status, stdout, stderr });

/** What Docker ends with when it does not understand. */
class NotKnown extends Error {}

const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;
const list = { type: "string", multiple: true } as const;

export class DockerCli {
  readonly #engine: Engine;
  /** Command lines that were not understood. */
  readonly notKnown: string[] = [];
  /** Milliseconds that bringing the stack up takes longer than it must. */
  slowUpMs = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
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
    switch (command) {
      case "version":
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
        return await this.#change(command, args);
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
    const wanted = (values.filter ?? []).map(labelFilter);
    const shown = this.#engine.containers.filter(
      (container) =>
        (values.all === true || container.state === "running") && wanted.every((fits) => fits(container)),
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
              Label: (name: string) => labelsOf(container)[name] ?? "",
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
          container.state === "running"
            ? (container.definition.ports ?? [])
                .map((port) => `${port.host_ip}:${port.published}->${port.target}/${port.protocol}`)
                .join(", ")
            : "",
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
    const there = found.filter((container) => container !== undefined).map(inspected);
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
      options: { timestamps: { ...flag, short: "t" }, tail: { ...text, short: "n" } },
      allowPositionals: true,
    });
    const [reference = ""] = positionals;
    const container = this.#engine.find(reference);
    if (container === undefined) return answer("", `Error: No such container: ${reference}\n`, 1);
    const most =
      values.tail === undefined || values.tail === "all" ? Number.POSITIVE_INFINITY : Number(values.tail);
    // Odoo and PostgreSQL log to stderr.
    return answer(
      "",
      lines(
        container.log
          .slice(Math.max(0, container.log.length - most))
          .map((line) => (values.timestamps === true ? `${nanoseconds(line.at)} ${line.text}` : line.text)),
      ),
    );
  }

  #images([command = "", ...args]: readonly string[]): Answer {
    if (command !== "ls") throw new NotKnown(`docker: unknown command: docker image ${command}`);
    const { values } = parseArgs({ args: [...args], options: { all: flag, "no-trunc": flag, format: text } });
    const { format } = values;
    if (format === undefined) throw new NotKnown("docker image ls is known with --format only");
    return answer(
      lines(
        ["postgres-prod:15", "odoo-prod:14"].map((reference) => {
          const [repository, tag] = reference.split(":");
          return renderTemplate(format, { ID: imageId(reference), Repository: repository, Tag: tag });
        }),
      ),
    );
  }

  async #change(command: "start" | "stop" | "restart", args: readonly string[]): Promise<Answer> {
    const { positionals } = parseArgs({
      args: [...args],
      options: { time: { ...text, short: "t" } },
      allowPositionals: true,
    });
    const done: string[] = [];
    for (const reference of positionals) {
      const container = this.#engine.find(reference);
      if (container === undefined) {
        return answer(lines(done), `Error response from daemon: No such container: ${reference}\n`, 1);
      }
      if (command !== "start") await this.#engine.stop(container);
      if (command !== "stop") this.#engine.start(container);
      done.push(reference);
    }
    return answer(lines(done));
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
    switch (command) {
      case "config":
        return composeConfig(project, after);
      case "up":
        return await this.#up(project, after);
      case "stop":
        return await this.#stopAll(project, composeServices(after, {}));
      case "rm":
        return await this.#remove(project, after);
      case "down":
        return await this.#down(project, after);
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
      },
      allowPositionals: true,
    });
    if (values.detach !== true) throw new NotKnown("docker compose up is known with --detach only");
    const engine = this.#engine;
    engine.emit("up");
    if (this.slowUpMs > 0) await new Promise((resolve) => setTimeout(resolve, this.slowUpMs));
    const told: string[] = [];
    if (!engine.network) {
      told.push(`Network ${project.name}_default  Creating`, `Network ${project.name}_default  Created`);
      engine.network = true;
    }
    const wanted = withDependencies(
      project,
      positionals.length > 0 ? positionals : Object.keys(project.services),
    );
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
        engine.start(container);
        told.push(`Container ${container.name}  Started`);
      }
    }
    return answer("", progress(told));
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
    const told: string[] = [];
    const gone = this.#chosen(project, services);
    for (const container of gone) {
      told.push(`Container ${container.name}  Removing`);
      await this.#engine.remove(container);
      told.push(`Container ${container.name}  Removed`);
    }
    return answer(
      gone.length > 0 ? `Going to remove ${gone.map(({ name }) => name).join(", ")}\n` : "",
      progress(told),
    );
  }

  async #down(project: ComposeProject, args: readonly string[]): Promise<Answer> {
    composeServices(args, {});
    const removed = await this.#remove(project, []);
    this.#engine.network = false;
    const network = `Network ${project.name}_default `;
    return answer("", `${removed.stderr}${progress([`${network} Removing`, `${network} Removed`])}`);
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

function labelFilter(filter: string): (container: Container) => boolean {
  const [, name, value] = /^label=([^=]+)(?:=(.*))?$/.exec(filter) ?? [];
  if (name === undefined) throw new NotKnown(`docker ps --filter ${filter} is not known`);
  return (container) => {
    const label = labelsOf(container)[name];
    return label !== undefined && (value === undefined || label === value);
  };
}

function labelsOf(container: Container): Record<string, string> {
  const { Config } = inspected(container) as { Config: { Labels: Record<string, string> } };
  return Config.Labels;
}

function statusWords(container: Container): string {
  if (container.state === "created") return "Created";
  if (container.state === "exited") return `Exited (${container.exitCode}) ${ago(container.finished)} ago`;
  const health = container.health === "starting" ? "health: starting" : container.health;
  return `Up ${ago(container.started)} (${health})`;
}

function ago(date: Date | undefined): string {
  const seconds = Math.floor((Date.now() - (date?.getTime() ?? Date.now())) / 1000);
  return seconds < 1 ? "Less than a second" : seconds === 1 ? "1 second" : `${seconds} seconds`;
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
