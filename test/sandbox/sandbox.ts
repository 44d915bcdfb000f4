/**
 * The sandbox: a droplet inside this process, for breaking and recovering on any machine, without Docker, root or any
 * trace outside of one temporary folder. A real SSH server runs our real programs with the real /bin/sh; `docker`,
 * `systemctl`, `ps` and the like are stand-ins in front on its PATH, which ask this process; a real HTTP front follows.
 * Nothing of the machine is seen but its clock, and nothing of it is touched: the host's ports, processes, disks and
 * paths are the sandbox's own.
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
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
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
import { DockerCli } from "./docker/cli.ts";
import { readProject } from "./docker/compose-file.ts";
import { type BootTimes, Engine } from "./docker/engine.ts";
import { psql } from "./docker/postgres.ts";
import { type Answer, answer, asShell } from "./machine/answer.ts";
import { ageFiles, writeHostFiles, writeUptime } from "./machine/files.ts";
import { redirected, redirection } from "./machine/places.ts";
import { containerProcesses, type Listed, listed } from "./machine/processes.ts";
import { Systemd } from "./machine/systemd.ts";
import { Nginx } from "./nginx/nginx.ts";

export interface Pace extends BootTimes {
  /** So many times shorter than on a droplet does anybody wait for an answer that does not come. */
  readonly hurry?: number;
}

/** Long enough to be seen, short enough to be waited for. */
export const PACE: Pace = { database: 1_000, odoo: 3_000 };
/** Milliseconds for which the healthy site has been there: what is told of changes is told of what breaks it. */
const AGE = 3 * 86_400_000;

/** The faults whose programs ask for nothing but what the sandbox has. */
export const FAULTS: readonly string[] = [
  "compose-file-edited",
  "crash-loop-conf",
  "crash-loop-exit",
  "db-stopped",
  "docker-left-out",
  "docker-stopped",
  "dockerd-killed",
  "env-changed",
  "nginx-invalid",
  "nginx-invalid-unapplied",
  "nginx-stopped",
  "nginx-wrong-port",
  "odoo-not-listening",
  "odoo-paused",
  "odoo-removed",
  "odoo-sigstop",
  "odoo-stopped",
  "port-mapping-missing",
  "port-proxy-lost",
  "stack-down",
  "stack-stopped",
  "update-running",
];

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
  readonly databasePassword: string;
  readonly #server: TestServer;
  readonly #key: TestKey;
  readonly #daemon: http.Server;
  readonly #systemd: Systemd;
  readonly #nginx: Nginx;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #began = new Date(Date.now() - AGE);
  #uptime: NodeJS.Timeout | undefined;
  /** Command lines of docker that are under way. */
  readonly #calls = new Set<Listed>();

  /**
   * A healthy site, at once; what is started later boots for so long.
   *
   * @param databasePassword one that nobody else has, unless told otherwise
   */
  static async start(
    pace: Pace = PACE,
    databasePassword: string = `pw-${randomBytes(12).toString("hex")}`,
  ): Promise<Sandbox> {
    const folder = temporaryFolder();
    try {
      const { hurry = 1 } = pace;
      const engine = await Engine.install(folder);
      const nginx = await Nginx.install(folder, (address) => engine.portFor(address), hurry);
      const key = makeKey();
      const login = { directory: join(folder, "home", USER), environment: environment(folder, hurry) };
      const server = await TestServer.start({ users: { [USER]: { keys: [key.publicKey] } }, login });
      const sandbox = new Sandbox(folder, engine, server, key, nginx, login.environment, databasePassword);
      await sandbox.#provision();
      engine.times = pace;
      return sandbox;
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(
    folder: string,
    engine: Engine,
    server: TestServer,
    key: TestKey,
    nginx: Nginx,
    login: Readonly<Record<string, string>>,
    databasePassword: string,
  ) {
    this.folder = folder;
    this.databasePassword = databasePassword;
    this.engine = engine;
    this.docker = new DockerCli(engine, folder);
    this.#server = server;
    this.#key = key;
    this.#nginx = nginx;
    this.#environment = login;
    this.#systemd = new Systemd(folder);
    this.#systemd.add("nginx.service", nginx.unit);
    this.#systemd.add("docker.service", {
      description: "Docker Application Container Engine",
      start: () => engine.daemonStarts(),
      stop: () => engine.daemonStops(),
    });
    this.#systemd.add("docker.socket", {
      description: "Docker Socket for the API",
      start: async () => {},
      stop: async () => {},
    });
    this.#daemon = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const [program = "", cwd = "", ...args] = Buffer.concat(chunks).toString().split("\0").slice(0, -1);
        void this.#answer(program, args, cwd)
          .catch((error: unknown) => this.#notKnown(`${program} (${error})`, args))
          .then((given) => response.end(asShell(given)));
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
  async #provision(): Promise<void> {
    const folders = ["attached", "bin", "inside", "lib", "tmp", "units", join("home", USER)];
    for (const each of folders) mkdirSync(join(this.folder, each), { recursive: true });
    installStandIns(this.folder);
    writeFileSync(join(this.folder, "places.sed"), redirection(this.folder));
    await new Promise<void>((resolve, reject) => {
      this.#daemon.once("error", reject);
      this.#daemon.listen(join(this.folder, "daemon.sock"), resolve);
    });
    writeHostFiles(this.folder);
    const tellUptime = (): void => writeUptime(this.folder, Date.now() - this.#began.getTime());
    tellUptime();
    this.#uptime = setInterval(tellUptime, 250);
    writeProject(this.folder, this.parameters, this.#variables);
    for (const place of ["etc", "opt"]) ageFiles(join(this.folder, place), AGE);
    writeFileSync(
      join(this.folder, "ports"),
      ["127.0.0.1:80", "127.0.0.1:8069", "127.0.0.1:8072", `${this.engine.addressOf("odoo")}:8069`]
        .map(
          (address) =>
            `${address}=${address.endsWith(":80") ? this.#nginx.port : this.engine.portFor(address)}\n`,
        )
        .join(""),
    );
    for (const unit of ["docker.socket", "docker.service", "nginx.service"]) await this.#systemd.start(unit);
    const project = readProject({
      files: [join(this.directory, this.parameters.composeFile)],
      name: undefined,
      directory: undefined,
      cwd: this.directory,
    });
    this.engine.network = true;
    for (const service of [this.parameters.dbService, this.parameters.odooService]) {
      const container = this.engine.create(project, service);
      await this.engine.start(container);
      await this.engine.untilHealthy(container);
    }
    this.engine.age(AGE);
    this.docker.age(AGE);
    // Somebody has worked with it already: a log of requests that holds none tells nothing.
    await this.visit();
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

  /**
   * Produces a fault of the test droplet, by the very program that produces it there.
   *
   * @throws Error for one whose program does what the sandbox has no stand-in for
   */
  async break(name: string): Promise<Fault> {
    const fault = faultNamed(name);
    // Such a program must not even begin: it runs on this machine.
    if (!FAULTS.includes(name))
      throw new Error(`the sandbox cannot produce ${name}; it can: ${FAULTS.join(", ")}`);
    await this.#script(name, `${fault.program}\nmkdir -p "$KEEP"\nbreak_it`);
    return fault;
  }

  /** Makes a fault that ends by itself end now. */
  async finish(name: string): Promise<void> {
    await this.#script(name, 'touch "$KEEP/go-on"');
  }

  async #script(fault: string, program: string): Promise<void> {
    const library = readFileSync(join(import.meta.dirname, "../droplet/guest/lib.sh"), "utf8");
    const values = assignments({ ...this.#variables, DIRECTORY: this.directory, FAULT: fault });
    const text = `${library}\n${ON_THIS_MACHINE}\n${values}\nKEEP=$STATE/faults/$FAULT\n${program}\n`;
    const ended = await run(
      "bash",
      [
        "-c",
        'LC_ALL=C sed -E -f "$SANDBOX/places.sed" >"$0" && bash "$0" </dev/null; s=$?; rm -f "$0"; exit $s',
        join(this.folder, `fault-${randomBytes(4).toString("hex")}`),
      ],
      {
        env: this.#environment,
        stdin: text,
        timeoutSeconds: 30,
      },
    );
    if (ended.code !== 0) throw new Error(`${fault} could not be produced: ${ended.stderr}`);
  }

  /** What a visitor gets through nginx, by curl. */
  async visit(path = "/web/login"): Promise<HttpAnswer> {
    const curl = join(this.folder, "lib/curl");
    return parseCurl(await run(curl, curlArguments(`${this.url}${path}`, 25), { env: this.#environment }));
  }

  /** Steps that run on the host now. */
  get units(): string[] {
    return readdirSync(join(this.folder, "units"));
  }

  /** The lines of the audit logs on the host. */
  get auditLog(): string[] {
    const logs = globSync("var/lib/odoo-recover/*/audit.log", { cwd: this.folder });
    return logs.flatMap((path) => readFileSync(join(this.folder, path), "utf8").trimEnd().split("\n"));
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
    const putBack = under("var/lib/odoo-recover").filter((path) => path.includes("put-back"));
    return [
      ...state,
      ...putBack,
      ...under("dev/shm"),
      ...under("tmp"),
      ...under("etc/systemd/system"),
      ...under("attached"),
      ...this.units,
    ];
  }

  /** Ends all that runs in it and removes its folder. */
  async close(): Promise<void> {
    await this.#server.close();
    this.#systemd.close();
    clearInterval(this.#uptime);
    await this.#nginx.close();
    await this.engine.close();
    this.docker.endAttached();
    // Whatever still waits for an answer of ours, a detached step for one, ends now.
    await new Promise<void>((resolve) => {
      this.#daemon.close(() => resolve());
      this.#daemon.closeAllConnections();
    });
    for (
      let waited = 0;
      waited < 3_000 && !(this.docker.endAttached() && this.units.length === 0);
      waited += 20
    ) {
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
        return await this.#docker(args, cwd);
      case "systemctl":
        return (await this.#systemd.systemctl(args)) ?? this.#notKnown(program, args);
      case "journalctl":
        return this.#systemd.journalctl(args);
      case "nginx":
        return this.#nginxProgram(args);
      case "psql":
        return psql(args, this.engine) ?? this.#notKnown(program, args);
      case "ps":
        return answer(
          listed(
            this.#processes,
            args
              .filter((arg) => !arg.startsWith("-"))
              .join(",")
              .split(","),
          ),
        );
      case "pgrep":
        return this.#pgrep(args);
      case "ss":
        return answer(this.#listeners);
      case "df":
        return answer(diskTable(args));
      case "kill":
        return await this.#kill(args);
      default:
        return this.#notKnown(program, args);
    }
  }

  #notKnown(program: string, args: readonly string[]): Answer {
    this.docker.notKnown.push([program, ...args].join(" "));
    return answer("", `${program} ${args.join(" ")}: not known in the sandbox\n`, 1);
  }

  async #docker(args: readonly string[], cwd: string): Promise<Answer> {
    const command = ["docker", ...args].join(" ");
    const call = { pid: this.engine.newPid(), parent: 1, state: "Sl", since: new Date(), command };
    this.#calls.add(call);
    try {
      return await this.docker.run(args, cwd);
    } finally {
      this.#calls.delete(call);
    }
  }

  #nginxProgram(args: readonly string[]): Answer {
    const { said, configuration } = this.#nginx.test();
    const words = redirected(said, this.folder);
    if (!["-t", "-T"].includes(args.join(" "))) return this.#notKnown("nginx", args);
    if (configuration === undefined) return answer("", words, 1);
    const dump = configuration.files
      .map(({ path, text }) => `# configuration file ${path}:\n${text}\n`)
      .join("");
    return answer(args[0] === "-T" ? redirected(dump, this.folder) : "", words);
  }

  /** What runs on the host, the machine's own left out. */
  get #processes(): Listed[] {
    const { engine } = this;
    let pid = 6_000_000;
    const one = (command: string, state = "Ss", since = this.#began): Listed => {
      pid += 1;
      return { pid, parent: 1, state, since, command };
    };
    const docker = this.#systemd.upSince("docker.service");
    const nginx = this.#systemd.upSince("nginx.service");
    return [
      { ...one("/sbin/init"), pid: 1, parent: 0 },
      one("/lib/systemd/systemd-journald"),
      one("/usr/sbin/cron -f"),
      one("/usr/bin/containerd", "Ssl"),
      one("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"),
      ...(docker === undefined
        ? []
        : [
            {
              ...one(
                "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock",
                "Ssl",
                docker,
              ),
              pid: engine.pid,
            },
          ]),
      ...(nginx === undefined
        ? []
        : [
            one("nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", "Ss", nginx),
            one("nginx: worker process", "S", nginx),
          ]),
      ...engine.proxies.map(({ port, pid: proxy, container }) => ({
        ...one(
          `/usr/sbin/docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port ${port} -container-ip ${engine.addressOf(container.role)} -container-port ${port}`,
          "Sl",
          container.started,
        ),
        pid: proxy,
      })),
      ...engine.live.flatMap((container) => [
        one(`/usr/bin/containerd-shim-runc-v2 -namespace moby -id ${container.id}`, "Sl", container.started),
        ...containerProcesses(container, engine),
      ]),
      ...this.#calls,
    ];
  }

  /** `pgrep -f PATTERN` */
  #pgrep(args: readonly string[]): Answer {
    const [option, pattern = ""] = args;
    if (option !== "-f") return this.#notKnown("pgrep", args);
    const found = this.#processes.filter(({ command }) => new RegExp(pattern).test(command));
    return answer(found.map(({ pid }) => `${pid}\n`).join(""), "", found.length > 0 ? 0 : 1);
  }

  /** As `ss -H -lntp` prints them. */
  get #listeners(): string {
    const line = (address: string, program: string, pid: number): string =>
      `LISTEN 0      511    ${address} 0.0.0.0:* users:(("${program}",pid=${pid},fd=4))\n`;
    return [
      line("0.0.0.0:22", "sshd", 6_000_004),
      ...(this.#nginx.runs ? [line("0.0.0.0:80", "nginx", 6_000_006)] : []),
      ...this.engine.proxies.map(({ port, pid }) => line(`127.0.0.1:${port}`, "docker-proxy", pid)),
    ].join("");
  }

  async #kill(args: readonly string[]): Promise<Answer> {
    const words = args.filter((arg) => arg !== "-s" && arg !== "--");
    const [signal = "", ...pids] = words;
    const name = signal.replace(/^-/, "").replace(/^SIG/, "");
    for (const pid of pids.map(Number)) {
      if (pid === this.engine.pid && name === "KILL") {
        await this.engine.daemonKilled();
        await this.#systemd.killed("docker.service");
      } else if (!(await this.engine.signal(pid, name))) {
        return answer("", `kill: (${pid}): No such process\n`, 1);
      }
    }
    return answer("");
  }
}

/** What bash on another system than the droplet's needs, so that the faults' programs mean the same there. */
const ON_THIS_MACHINE = `kill() { "$SANDBOX/bin/kill" "$@"; }
sed() {
  if [ "$1" = -i ]; then
    command sed -i.before "\${@:2}" && rm -f "\${@: -1}.before"
  else
    command sed "$@"
  fi
}`;

/** One disk with room, for whatever is asked about. In KiB, or with \`-Pi\` in inodes. */
function diskTable(args: readonly string[]): string {
  const inodes = args[0] === "-Pi";
  const [header, row] = inodes
    ? [
        "Filesystem      Inodes  IUsed   IFree IUse% Mounted on",
        "/dev/vda1      3225600 310012 2915588   10% /",
      ]
    : [
        "Filesystem     1024-blocks     Used Available Capacity Mounted on",
        "/dev/vda1         50620216 14210312  36393520      29% /",
      ];
  return [header, ...args.slice(1).map(() => row), ""].join("\n");
}

/** A folder whose path needs no quoting anywhere, and is short enough for a socket in it (104 bytes on macOS). */
function temporaryFolder(): string {
  const parent = /^[\w/.-]{1,70}$/.test(tmpdir()) ? tmpdir() : "/tmp";
  return mkdtempSync(join(parent, "odoo-sandbox-"));
}

/** What a login on this droplet finds. */
function environment(folder: string, hurry: number): Record<string, string> {
  return {
    HOME: join(folder, "home", USER),
    USER,
    LOGNAME: USER,
    SHELL: "/bin/sh",
    LC_ALL: "C",
    TZ: "UTC",
    TMPDIR: join(folder, "tmp"),
    // The folder may lie in a checkout of somebody's.
    GIT_CEILING_DIRECTORIES: folder,
    SANDBOX: folder,
    SANDBOX_HURRY: String(hurry),
    PATH: [join(folder, "bin"), process.env.PATH ?? "", "/usr/bin:/bin:/usr/sbin:/sbin"].join(delimiter),
  };
}

/** What the sandbox answers for. */
const ASKED = ["df", "docker", "journalctl", "nginx", "pgrep", "ps", "ss", "systemctl"];
/** What would see or change this machine, and stands for nothing: it is not known, and a test notices. */
const REFUSED = [
  ...[
    "apt-get",
    "chown",
    "crontab",
    "docker-compose",
    "findmnt",
    "iptables",
    "killall",
    "mount",
    "pkill",
    "reboot",
  ],
  ...["rsync", "shutdown", "sysctl", "umount", "useradd", "usermod"],
];

/** Puts the stand-ins in front on the sandbox's PATH: some always, the others where this machine has no such program. */
function installStandIns(folder: string): void {
  const put = (path: string, file: string): void => {
    copyFileSync(standIn(file), join(folder, path));
    chmodSync(join(folder, path), 0o755);
  };
  for (const name of [...ASKED, ...REFUSED]) put(`bin/${name}`, "ask.sh");
  for (const name of ["curl", "getconf", "id", "kill", "sh", "sudo", "systemd-run", "uname"])
    put(`bin/${name}`, `${name}.sh`);
  for (const name of ["flock", "setsid", "timeout"]) if (!whereIs(name)) put(`bin/${name}`, `${name}.pl`);
  // In containers, and what the stand-ins themselves call.
  put("inside/psql", "psql.sh");
  put("inside/python3", "python3.sh");
  for (const name of ["kill", "psql"]) put(`lib/${name}`, "ask.sh");
  const curl = whereIs("curl");
  if (curl !== undefined) {
    symlinkSync(curl, join(folder, "lib/curl"));
  } else {
    writeFileSync(
      join(folder, "lib/curl"),
      `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(standIn("curl.mjs"))} "$@"\n`,
      { mode: 0o755 },
    );
  }
}

function whereIs(program: string): string | undefined {
  return `${process.env.PATH}:/usr/bin:/bin:/usr/sbin:/sbin`
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
