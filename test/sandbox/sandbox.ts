/**
 * The sandbox: a droplet inside this process, for breaking and recovering on any machine, without Docker, root or any
 * trace outside of one temporary folder. A real SSH server runs our real programs with the real /bin/sh; `docker`,
 * `systemctl` and the like are stand-ins in front on its PATH, which ask this process; a real HTTP front follows.
 *
 *     await using sandbox = await Sandbox.start();
 *     await sandbox.break("odoo-stopped");
 *     await sandbox.visit();            // 502
 *     sandbox.inputs({ mode: "recover" })
 */

import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { connect } from "../../src/host/connect.ts";
import { Host } from "../../src/host/host.ts";
import { assignments, quote } from "../../src/host/quote.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { curlArguments, type HttpAnswer, parseCurl } from "../droplet/curl.ts";
import { type Fault, faultNamed } from "../droplet/faults.ts";
import { parametersOf } from "../droplet/parameters.ts";
import { run } from "../droplet/process.ts";
import { variables, writeProject } from "../droplet/project.ts";
import { makeKey, type TestKey, TestServer } from "../host/ssh/test-server.ts";
import type { ActionInputs } from "../support/action.ts";
import { realClock } from "../support/clocks.ts";
import { nonce } from "../support/hosts.ts";
import { type Answer, answer, DockerCli } from "./docker/cli.ts";
import { readProject } from "./docker/compose-file.ts";
import { type BootTimes, Engine, odooLine } from "./docker/engine.ts";
import { Door, nginxPasses, odooAnswers } from "./site/front.ts";

/** Long enough to be seen, short enough to be waited for. */
const BOOT: BootTimes = { database: 1_000, odoo: 3_000 };

const USER = "deploy";
const DIRECTORY = "/opt/odoo-ce";
/** As on the test droplet. */
const IMAGES = { odoo: "odoo-prod:14", postgres: "postgres-prod:15" };

const standIn = (file: string): string => join(import.meta.dirname, "stand-ins", file);

export class Sandbox implements AsyncDisposable {
  /** The one folder in which everything lies. */
  readonly folder: string;
  readonly engine: Engine;
  readonly docker: DockerCli;
  readonly parameters = parametersOf({ directory: DIRECTORY });
  readonly databasePassword = `pw-${randomBytes(12).toString("hex")}`;
  readonly #server: TestServer;
  readonly #key: TestKey;
  readonly #daemon: http.Server;
  readonly #nginx: Door;

  /** A healthy site, at once; what is started later boots for so long. */
  static async start(boot: BootTimes = BOOT): Promise<Sandbox> {
    const folder = temporaryFolder();
    try {
      const parts: { engine?: Engine } = {};
      const odoo = await Door.find(
        odooAnswers(
          () => parts.engine?.databaseAnswers === true,
          (request, code) => {
            const { engine } = parts;
            const container = engine?.containers.find(({ role }) => role === "odoo");
            if (engine === undefined || container === undefined) return;
            const words = `"${request.method} ${request.url} HTTP/${request.httpVersion}" ${code} -`;
            engine.log(container, odooLine(`werkzeug: 127.0.0.1 - - ${words}`, "odoo"));
            if (code === 200 && request.url === "/web/login") engine.emit("served");
          },
        ),
      );
      const nginx = await Door.find(nginxPasses(() => odoo.port));
      const engine = new Engine(odoo);
      parts.engine = engine;
      const key = makeKey();
      const server = await TestServer.start({
        users: { [USER]: { keys: [key.publicKey] } },
        login: { directory: join(folder, "home", USER), environment: environment(folder) },
      });
      const sandbox = new Sandbox(folder, engine, server, key, nginx);
      await sandbox.#provision(odoo.port);
      engine.times = boot;
      return sandbox;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(folder: string, engine: Engine, server: TestServer, key: TestKey, nginx: Door) {
    this.folder = folder;
    this.engine = engine;
    this.docker = new DockerCli(engine);
    this.#server = server;
    this.#key = key;
    this.#nginx = nginx;
    this.#daemon = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const [program = "", cwd = "", ...args] = Buffer.concat(chunks).toString().split("\0").slice(0, -1);
        void this.#answer(program, args, cwd).then(({ status, stdout, stderr }) =>
          response.end(`printf %s ${quote(stdout)}\nprintf %s ${quote(stderr)} >&2\nexit ${status}\n`),
        );
      });
    });
  }

  get sshPort(): number {
    return this.#server.port;
  }

  /** Where nginx answers, as the public would see it: no slash at the end. */
  get url(): string {
    return `http://127.0.0.1:${this.#nginx.port}`;
  }

  /** The compose project's directory on this machine. */
  get directory(): string {
    return join(this.folder, DIRECTORY);
  }

  /** Brings the stack up and waits until the site is good. */
  async #provision(odooPort: number): Promise<void> {
    const folders = ["bin", "dev/shm", "run/systemd/system", "tmp", "units", join("home", USER)];
    for (const each of folders) mkdirSync(join(this.folder, each), { recursive: true });
    installStandIns(join(this.folder, "bin"));
    await new Promise<void>((resolve, reject) => {
      this.#daemon.once("error", reject);
      this.#daemon.listen(join(this.folder, "daemon.sock"), resolve);
    });
    writeProject(this.folder, this.parameters, this.#variables);
    // The droplet's own ports are privileged, or may be in use here.
    const compose = join(this.directory, this.parameters.composeFile);
    substitute(compose, "127.0.0.1:8069:8069", `127.0.0.1:${odooPort}:8069`);
    substitute(compose, "127.0.0.1:8072:8072", `127.0.0.1:${odooPort + 1}:8072`);
    const site = join(this.folder, "etc/nginx/sites-available/odoo");
    substitute(site, "server 127.0.0.1:8069", `server 127.0.0.1:${odooPort}`);
    substitute(site, "listen 80 default_server", `listen ${this.#nginx.port} default_server`);
    await this.#nginx.open();
    const project = readProject({
      files: [compose],
      name: undefined,
      directory: undefined,
      cwd: this.directory,
    });
    this.engine.network = true;
    for (const service of [this.parameters.dbService, this.parameters.odooService]) {
      const container = this.engine.create(project, service);
      this.engine.start(container);
      await this.engine.untilHealthy(container);
    }
  }

  get #variables(): Record<string, string> {
    return variables(this.parameters, IMAGES, this.databasePassword);
  }

  /** The inputs that reach this droplet and change what is broken; others are added or take their place. */
  inputs(more: ActionInputs = {}): ActionInputs {
    const [hostKey] = this.#server.hostKeys;
    return {
      host: "127.0.0.1",
      port: String(this.sshPort),
      username: USER,
      key: this.#key.privateKey,
      fingerprint: hostKey?.fingerprint ?? "",
      url: this.url,
      mode: "recover",
      soak: "5s",
      ...more,
    };
  }

  /** A way to run programs on it, as the product has it. */
  async openHost(): Promise<Host> {
    const { connection } = parseInputs(this.inputs(), () => "");
    return await Host.open({
      connect: () => connect(connection, { log: () => {} }),
      clock: realClock,
      nonce,
      onConnection: () => {},
    });
  }

  /** Produces a fault of the test droplet, by the very program that produces it there. */
  async break(name: string): Promise<Fault> {
    const fault = faultNamed(name);
    const library = readFileSync(join(import.meta.dirname, "../droplet/guest/lib.sh"), "utf8");
    const values = assignments({ ...this.#variables, DIRECTORY: this.directory, FAULT: name });
    const ended = await run("bash", ["-s"], {
      env: environment(this.folder),
      stdin: `${library}\n${values}\n${fault.program}\nbreak_it\n`,
      timeoutSeconds: 30,
    });
    if (ended.code !== 0) throw new Error(`${name} could not be produced: ${ended.stderr}`);
    return fault;
  }

  /** What a visitor gets through nginx, by curl. */
  async visit(path = "/web/login"): Promise<HttpAnswer> {
    return parseCurl(
      await run("curl", curlArguments(`${this.url}${path}`, 10), { env: environment(this.folder) }),
    );
  }

  /** Steps that run on the host now. */
  get units(): string[] {
    return readdirSync(join(this.folder, "units"));
  }

  /** What of ours lies on the host now: leases, runs, temporary files. The audit log and the lock may stay. */
  get leftBehind(): string[] {
    const under = (path: string): string[] => {
      const folder = join(this.folder, path);
      return existsSync(folder)
        ? readdirSync(folder, { recursive: true }).map((name) => join(path, String(name)))
        : [];
    };
    const state = under("run/odoo-recover").filter(
      (path) => path.split("/").length > 3 && !path.endsWith("/lock"),
    );
    return [...state, ...under("dev/shm"), ...under("tmp"), ...this.units];
  }

  /** Ends all that runs in it and removes its folder. */
  async close(): Promise<void> {
    await this.#server.close();
    await this.#nginx.close();
    await this.engine.close();
    // Whatever still waits for an answer of ours, a detached step for one, ends now.
    await new Promise<void>((resolve) => {
      this.#daemon.close(() => resolve());
      this.#daemon.closeAllConnections();
    });
    for (let waited = 0; waited < 3_000 && this.units.length > 0; waited += 20) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer(program: string, args: readonly string[], cwd: string): Promise<Answer> {
    switch (program) {
      case "docker":
        return await this.docker.run(args, cwd);
      case "systemctl":
        return await this.#systemctl(args);
      case "nginx":
        return this.#nginxProgram(args);
      default:
        return answer("", `${program}: not known in the sandbox\n`, 127);
    }
  }

  async #systemctl(args: readonly string[]): Promise<Answer> {
    const [command = "", ...units] = args.filter((arg) => !arg.startsWith("-"));
    const unit = (units[0] ?? "").replace(/\.service$/, "");
    const active =
      unit === "nginx" ? this.#nginx.isOpen : unit === "docker" || this.units.includes(`${unit}.service`);
    if (command === "is-active") return answer(active ? "active\n" : "inactive\n", "", active ? 0 : 3);
    if (unit === "nginx" && (command === "start" || command === "stop")) {
      await (command === "start" ? this.#nginx.open() : this.#nginx.close());
      return answer("");
    }
    this.docker.notKnown.push(`systemctl ${args.join(" ")}`);
    return answer("", `systemctl ${args.join(" ")}: not known in the sandbox\n`, 1);
  }

  #nginxProgram(args: readonly string[]): Answer {
    const path = join(this.folder, "etc/nginx/sites-available/odoo");
    const words = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n`;
    if (args.join(" ") === "-t") return answer("", words);
    if (args.join(" ") === "-T") {
      return answer(
        `# configuration file /etc/nginx/sites-enabled/odoo:\n${readFileSync(path, "utf8")}\n`,
        words,
      );
    }
    this.docker.notKnown.push(`nginx ${args.join(" ")}`);
    return answer("", "nginx: invalid option\n", 1);
  }
}

/** A folder whose path needs no quoting anywhere, and is short enough for a socket in it (104 bytes on macOS). */
function temporaryFolder(): string {
  const parent = /^[\w/.-]{1,70}$/.test(tmpdir()) ? tmpdir() : "/tmp";
  return mkdtempSync(join(parent, "odoo-sandbox-"));
}

/** What a login on this droplet finds. */
function environment(folder: string): Record<string, string> {
  return {
    HOME: join(folder, "home", USER),
    USER,
    LOGNAME: USER,
    SHELL: "/bin/sh",
    LC_ALL: "C",
    TMPDIR: join(folder, "tmp"),
    SANDBOX: folder,
    PATH: [join(folder, "bin"), process.env.PATH ?? "", "/usr/bin:/bin:/usr/sbin:/sbin"].join(delimiter),
  };
}

/** Puts the stand-ins in front on the sandbox's PATH: some always, the others where this machine has no such program. */
function installStandIns(bin: string): void {
  const put = (name: string, file: string): void => {
    copyFileSync(standIn(file), join(bin, name));
    chmodSync(join(bin, name), 0o755);
  };
  for (const name of ["docker", "systemctl", "nginx"]) put(name, "ask.sh");
  for (const name of ["sh", "sudo", "id", "systemd-run"]) put(name, `${name}.sh`);
  for (const name of ["flock", "setsid", "timeout"]) if (!isInstalled(name)) put(name, `${name}.pl`);
  if (!isInstalled("curl")) {
    writeFileSync(
      join(bin, "curl"),
      `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(standIn("curl.mjs"))} "$@"\n`,
      { mode: 0o755 },
    );
  }
}

function isInstalled(program: string): boolean {
  return `${process.env.PATH}:/usr/bin:/bin:/usr/sbin:/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function substitute(path: string, old: string, now: string): void {
  const text = readFileSync(path, "utf8");
  if (!text.includes(old)) throw new Error(`${path} does not say ${old}`);
  writeFileSync(path, text.replace(old, now));
}
