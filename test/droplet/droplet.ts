/**
 * A real droplet for tests: systemd, sshd, nginx, Docker, PostgreSQL and Odoo in a box, driven from outside by
 * OpenSSH, curl and `docker exec`. It judges the product, so it uses none of the product's own ways to a host.
 *
 *     const droplet = await Droplet.up({ workers: 2 });
 *     await droplet.break("odoo-stopped");
 *     await droplet.assertSymptom("odoo-stopped");
 *     await droplet.reset();
 */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assignments } from "../../src/host/quote.ts";
import { curlArguments, type HttpAnswer, parseCurl } from "./curl.ts";
import { type Fault, faultNamed, missingFrom } from "./faults.ts";
import * as home from "./home.ts";
import * as keys from "./keys.ts";
import * as machine from "./machine.ts";
import { type DropletOptions, keyOf, type Parameters, parametersOf } from "./parameters.ts";
import { type Ended, must, run, until } from "./process.ts";
import { type InnerImages, variables, writeProject } from "./project.ts";
import { templateVolume } from "./template.ts";

const guest = (file: string) => readFileSync(join(import.meta.dirname, "guest", file), "utf8");

/** Remembered between processes in the droplet's folder. */
interface Memory {
  readonly parameters: Parameters;
  readonly images: InnerImages;
  readonly password: string;
  readonly ports: machine.Ports;
  /** Paths of the CSS and JavaScript that the healthy login page names. */
  readonly assets: readonly string[];
}

export type User = "root" | "deploy";
export type Service = "odoo" | "db";

/** The part of `docker inspect` that tests read. */
export interface Inspected {
  readonly Id: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: {
    readonly Status: string;
    readonly Running: boolean;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly StartedAt: string;
    readonly Health?: { readonly Status: string };
  };
  readonly Config: { readonly Labels: Readonly<Record<string, string>>; readonly Env: readonly string[] };
}

export class Droplet {
  readonly parameters: Parameters;
  readonly sshPort: number;
  readonly httpPort: number;
  /** Where nginx answers, as the public would see it: no slash at the end. */
  readonly url: string;
  /** Both `root` and `deploy` let this key in. */
  readonly privateKeyPath: string;
  /** `SHA256:…` of the ed25519 host key. */
  readonly hostKeyFingerprint: string;
  /** The ed25519 host key as in a known_hosts line, without the host: `ssh-ed25519 AAAA…`. */
  readonly hostPublicKey: string;
  /** `hostPublicKey` and `hostKeyFingerprint` of every type: `ed25519`, `ecdsa`, `rsa`. */
  readonly hostPublicKeys: ReadonlyMap<string, string>;
  readonly hostKeyFingerprints: ReadonlyMap<string, string>;
  /** The database role's password: what must never show in any output. */
  readonly databasePassword: string;
  readonly #folder: string;
  readonly #memory: Memory;

  private constructor(memory: Memory) {
    this.#memory = memory;
    this.#folder = home.droplet(memory.parameters.name);
    this.parameters = memory.parameters;
    this.sshPort = memory.ports.ssh;
    this.httpPort = memory.ports.http;
    this.url = `http://127.0.0.1:${memory.ports.http}`;
    this.privateKeyPath = keys.privateKey(this.#folder);
    this.databasePassword = memory.password;
    const hostKeys = [...keys.readHostKeys(this.#folder)];
    this.hostPublicKeys = new Map(hostKeys.map(([type, key]) => [type, key.line]));
    this.hostKeyFingerprints = new Map(hostKeys.map(([type, key]) => [type, key.fingerprint]));
    this.hostPublicKey = this.hostPublicKeys.get("ed25519") ?? "";
    this.hostKeyFingerprint = this.hostKeyFingerprints.get("ed25519") ?? "";
  }

  /**
   * A healthy droplet with these options: the one that runs, or one made from the template (and the template and the
   * images first, where they are missing). `DROPLET` (its name), `ODOO_IMAGE` and `POSTGRES_IMAGE` in the environment
   * stand in for the options. Each further worker of vitest has a droplet of its own: `droplet-2`.
   */
  static async up(options: DropletOptions = {}, progress: machine.Progress = () => {}): Promise<Droplet> {
    const { DROPLET: name = "", ODOO_IMAGE: odooImage, POSTGRES_IMAGE: postgresImage } = process.env;
    const { VITEST_POOL_ID: worker = "1" } = process.env;
    const own = name || "droplet";
    const parameters = parametersOf({
      name: worker === "1" ? own : `${own}-${worker}`,
      ...(odooImage ? { odooImage } : {}),
      ...(postgresImage ? { postgresImage } : {}),
      ...options,
    });
    return await home.withLock(`droplet-${parameters.name}`, async () => {
      const images = await machine.prepareImages(parameters, progress);
      const key = keyOf(parameters, images.key);
      const found = await machine.inspect(parameters.name);
      if (found?.labels["odoo-recover.key"] === key && existsSync(memoryFile(parameters.name))) {
        const droplet = await Droplet.attach(parameters.name);
        if (!found.running) {
          progress("starting the droplet\n");
          await machine.boot(parameters.name);
          await machine.waitForSsh(parameters.name);
          await droplet.waitHealthy(90).catch(() => undefined);
        }
        if (!(await droplet.isHealthy())) {
          progress("the droplet is not healthy: resetting it\n");
          await droplet.reset();
        }
        return droplet;
      }
      return await Droplet.#make(parameters, images, key, progress);
    });
  }

  static async #make(
    parameters: Parameters,
    images: machine.Images,
    key: string,
    progress: machine.Progress,
  ): Promise<Droplet> {
    const { name } = parameters;
    const template = await templateVolume(parameters, images, progress);
    progress(`making the droplet ${name}\n`);
    await machine.remove(name, true);
    const folder = machine.privateFolder(home.droplet(name));
    await keys.makeKeys(folder);
    // Keys, ports and password outlive the droplet. Without the file, a half-made one is not taken for a droplet.
    const remembered = existsSync(memoryFile(name)) ? readMemory(name) : undefined;
    rmSync(memoryFile(name), { force: true });
    const memory: Memory = {
      parameters,
      images: images.inner,
      password: remembered?.password ?? `pw-${crypto.randomUUID()}`,
      ports: await machine.freePorts(remembered?.ports),
      assets: [],
    };
    const volume = machine.containerName(name);
    await machine.cloneVolume(images.droplet, template, volume);
    await machine.create(
      name,
      images.droplet,
      volume,
      memory.ports,
      { droplet: name, key },
      parameters.memory,
    );
    // sshd starts with the droplet, so its keys must be there before
    await must("bash", [
      "-o",
      "pipefail",
      "-c",
      'cd "$1" && tar --owner=0 --group=0 -c ssh_host_*_key ssh_host_*_key.pub | docker cp - "$2:/etc/ssh"',
      "keys",
      keys.hostKeyFolder(folder),
      volume,
    ]);
    keys.pinHostKeys(folder, memory.ports.ssh);
    await machine.boot(name);
    await machine.waitForSsh(name);
    const droplet = new Droplet(memory);
    await droplet.#provision();
    const finished = { ...memory, assets: await droplet.assertHealthy() };
    writeFileSync(memoryFile(name), JSON.stringify(finished, null, 2));
    return new Droplet(finished);
  }

  /** The droplet of that name as it is, healthy or not. @throws Error when there is none */
  static async attach(name = "droplet"): Promise<Droplet> {
    if (!existsSync(memoryFile(name)) || !(await machine.inspect(name))) {
      throw new Error(`there is no droplet called ${name}; make one with: npm run droplet`);
    }
    return new Droplet(readMemory(name));
  }

  /** Removes the droplet; with `purge` its data, keys and ports too. Nothing to remove is no error. */
  static async down(name = "droplet", { purge = false } = {}): Promise<void> {
    await home.withLock(`droplet-${name}`, async () => {
      if (purge) {
        await machine.remove(name, true);
        rmSync(home.droplet(name), { recursive: true, force: true });
      } else {
        await run("docker", ["stop", machine.containerName(name)], { timeoutSeconds: 120 });
      }
    });
  }

  /** As the static one, for this droplet: without `purge` it is stopped, and `up` starts it again. */
  async down(options: { purge?: boolean } = {}): Promise<void> {
    await Droplet.down(this.parameters.name, options);
  }

  /** Runs a command line over OpenSSH with the host key pinned. Never throws for what the command does; 255 is ssh's own. */
  async ssh(
    user: User,
    command: string,
    options: { stdin?: string; timeoutSeconds?: number } = {},
  ): Promise<Ended> {
    return await run("ssh", [...this.sshArguments(user), "--", command], {
      timeoutSeconds: 120,
      ...options,
    });
  }

  /** What `ssh` needs to log in, the destination included. */
  sshArguments(user: User): string[] {
    return [
      ...["-F", "none", "-i", this.privateKeyPath, "-p", String(this.sshPort)],
      ...[
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=10",
        "-o",
        "LogLevel=ERROR",
      ],
      ...["-o", `UserKnownHostsFile=${keys.knownHosts(this.#folder)}`, "-o", "StrictHostKeyChecking=yes"],
      `${user}@127.0.0.1`,
    ];
  }

  /**
   * Runs a bash program on the droplet as root, from a temporary file and with nothing on stdin, so that no command in
   * it can eat the rest. It has the variables and functions of `guest/lib.sh`. Not over ssh: it works whatever became
   * of sshd. Returns stdout. @throws Error when the program fails or takes too long
   */
  async script(program: string, { timeoutSeconds = 120 } = {}): Promise<string> {
    const ended = await this.#program(program, timeoutSeconds);
    if (ended.code !== 0) {
      const tail = ended.stderr.trim().split("\n").slice(-20).join("\n");
      throw new Error(`a program on ${this.parameters.name} ended with ${ended.code ?? "a signal"}\n${tail}`);
    }
    return ended.stdout.trimEnd();
  }

  async #program(program: string, timeoutSeconds: number): Promise<Ended> {
    const values = assignments(variables(this.parameters, this.#memory.images, this.databasePassword));
    return await run(
      "docker",
      [
        ...["exec", "-i", machine.containerName(this.parameters.name), "bash", "-c"],
        'f=$(mktemp /run/program.XXXXXX) && cat >"$f" && timeout -k 5 "$1" bash "$f" </dev/null; s=$?; rm -f "$f"; exit $s',
        "program",
        String(timeoutSeconds),
      ],
      { stdin: `${values}${guest("lib.sh")}${program}\n`, timeoutSeconds: timeoutSeconds + 10 },
    );
  }

  /** What a visitor gets: through nginx, from this machine. */
  async http(path: string, { timeoutSeconds = 25 } = {}): Promise<HttpAnswer> {
    return parseCurl(await run("curl", curlArguments(this.url + path, timeoutSeconds)));
  }

  /** What Odoo's own port answers on the droplet. */
  async direct(path: string, { timeoutSeconds = 10 } = {}): Promise<HttpAnswer> {
    return parseCurl(
      await run("docker", [
        ...["exec", machine.containerName(this.parameters.name), "curl"],
        ...curlArguments(`http://127.0.0.1:8069${path}`, timeoutSeconds),
      ]),
    );
  }

  /** `docker inspect` of a service's container; undefined when it has none. @throws Error when Docker is down */
  async inspect(service: Service): Promise<Inspected | undefined> {
    const name = service === "odoo" ? "$ODOO_SERVICE" : "$DB_SERVICE";
    const output = await this.script(`container_of "${name}" | xargs -r docker inspect`);
    return output === "" ? undefined : (JSON.parse(output) as Inspected[])[0];
  }

  /** Runs SQL as the database's owner, in the shop's database; rows with `|` between columns, one a line. */
  async psql(sql: string, { database = this.parameters.database } = {}): Promise<string> {
    return await this.script(`${assignments({ NAME: database, SQL: sql })}sql "$NAME" <<<"$SQL"`);
  }

  /** Produces a fault. Its symptom may take a moment: `assertSymptom`. */
  async break(name: string): Promise<Fault> {
    const fault = faultNamed(name);
    await this.script(
      `${faultProgram(fault)}
      mkdir -p "$KEEP"; echo "$FAULT" >>"$STATE/applied"
      break_it`,
    );
    return fault;
  }

  /** Makes a fault that ends by itself end now: its header says what it then leaves. */
  async finish(name: string): Promise<void> {
    await this.script(`${faultProgram(faultNamed(name))}touch "$KEEP/go-on"`);
  }

  /** Takes a fault back. Harmless when something else has mended it already. Does not wait until the site is healthy. */
  async undo(name: string): Promise<void> {
    await this.script(
      `${faultProgram(faultNamed(name))}
      undo_it
      rm -rf "$KEEP"; if [ -f "$STATE/applied" ]; then sed -i "/^$FAULT$/d" "$STATE/applied"; fi`,
    );
  }

  /** What can be seen now, from outside and inside, in the words of `faults/`: `proxy`, `asset`, `direct`, `odoo`, `db`, … */
  async observe(): Promise<Map<string, string>> {
    const [proxy, asset, inside] = await Promise.all([
      this.http("/web/login"),
      this.http(this.#memory.assets[0] ?? "/web/login"),
      this.script(guest("observe.sh")),
    ]);
    const pairs = inside.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
    return new Map([["proxy", proxy.outcome], ["asset", asset.outcome], ...pairs]);
  }

  /** Waits until the fault's symptom shows. @throws Error that tells what is seen instead */
  async assertSymptom(name: string): Promise<void> {
    const fault = faultNamed(name);
    let missing: string[] = [];
    await until(
      fault.withinSeconds,
      async () => {
        missing = missingFrom(await this.observe(), fault.symptom);
        if (fault.odooLog && !(await this.odooLog()).includes(fault.odooLog)) {
          missing.push(`nothing in Odoo's log says: ${fault.odooLog}`);
        }
        return missing.length === 0 ? true : undefined;
      },
      () => `${name} does not show its symptom: ${missing.join(", ")}`,
    );
  }

  /**
   * Produces a fault and waits until its symptom shows. Where it does not (what Docker, Odoo and the machine do takes its
   * own time), it is taken back and produced once more, which is said: what a test is about begins after this.
   *
   * @throws Error when its symptom does not show then either
   */
  async produce(name: string): Promise<void> {
    await this.break(name);
    try {
      await this.assertSymptom(name);
    } catch (error) {
      process.emitWarning(`produced once more: ${error instanceof Error ? error.message : error}`);
      await this.undo(name);
      await this.waitHealthy();
      await this.break(name);
      await this.assertSymptom(name);
    }
  }

  /** The control of every test: the fault is still there after so many seconds in which nobody did anything. */
  async assertPersists(name: string, seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    do await this.assertSymptom(name);
    while (performance.now() < end);
  }

  /** Odoo's container log since the container was last started by hand. */
  async odooLog(lines = 500): Promise<string> {
    return await this.script(`container_of "$ODOO_SERVICE" | xargs -r docker logs --tail ${lines} 2>&1`);
  }

  /**
   * Reboots the whole droplet, in order as a machine does. It has started again when this resolves, as sshd tells; the
   * site may need longer. Every process and all of /run are new; the kernel, its boot id and its uptime are not.
   */
  async reboot(): Promise<void> {
    await machine.reboot(this.parameters.name);
  }

  /** Waits until Docker says healthy and nginx answers 200 for the login page. */
  async waitHealthy(seconds = 60): Promise<void> {
    await this.script(`${guest("state.sh")}\nwait_for ${seconds} odoo_is_healthy`, {
      timeoutSeconds: seconds + 10,
    });
  }

  /**
   * The site as a visitor has it: the login page is 200 and every style sheet and script on it is 200 and not empty.
   * Returns their paths. @throws Error that names what is not
   */
  async assertHealthy(): Promise<string[]> {
    const page = await this.http("/web/login");
    if (page.code !== 200) throw new Error(`/web/login answers ${page.outcome}`);
    const assets = [...page.body.matchAll(/(?:href|src)="(\/[^"]+\.(?:css|js)[^"]*)"/g)].map((match) =>
      (match[1] ?? "").replaceAll("&amp;", "&"),
    );
    if (assets.length === 0) throw new Error("/web/login names no style sheet and no script");
    const answers = await Promise.all(
      assets.map(async (path) => ({ path, answer: await this.http(path, { timeoutSeconds: 60 }) })),
    );
    const bad = answers.filter(({ answer }) => answer.code !== 200 || answer.body.length === 0);
    if (bad.length > 0) {
      throw new Error(
        bad.map(({ path, answer }) => `${path}: ${answer.outcome}, ${answer.body.length} bytes`).join("; "),
      );
    }
    return assets;
  }

  async isHealthy(): Promise<boolean> {
    return await this.assertHealthy().then(
      () => true,
      () => false,
    );
  }

  /**
   * Everything a recovery could change, one line each: files, containers, images, volumes, database, filestore,
   * services, users, left-overs. Lines that begin with `identity ` (container id, start time, restarts) change with a
   * restart; a healthy droplet after a reset differs in those only.
   */
  async fingerprint(): Promise<string[]> {
    return (await this.script(`${guest("state.sh")}\nfingerprint`)).split("\n");
  }

  /**
   * Takes back every fault and every other change, until the fingerprint is that of the healthy droplet. The site is
   * healthy when this resolves, as curl sees it. Returns what it took: `parts` put back; `everything` inside the
   * droplet made from nothing; or the droplet `anew` from the template, with the same name, keys and ports.
   */
  async reset(): Promise<"parts" | "everything" | "anew"> {
    try {
      const applied = (await this.script('cat "$STATE/applied" 2>/dev/null || true')).split("\n");
      const undo = applied
        .filter(Boolean)
        .reverse()
        .map(
          (name) =>
            `(${faultProgram(faultNamed(name))}\nundo_it; rm -rf "$KEEP") || echo "undo failed: ${name}" >&2`,
        );
      const program = [guest("state.sh"), ...undo, guest("reset.sh")].join("\n");
      const ended = await this.#program(program, 240);
      // The last line: before it stands whatever an undo printed
      const how = ended.stdout.trimEnd().split("\n").at(-1);
      if (ended.code !== 0 || (how !== "parts" && how !== "everything")) throw new Error(ended.stderr);
      await this.assertHealthy();
      // A reset that takes this much is worth a look at why
      if (how === "everything") process.emitWarning(`${this.parameters.name}: ${ended.stderr}`);
      return how;
    } catch (error) {
      process.emitWarning(`${this.parameters.name} is made anew: ${String(error)}`);
      const images = await machine.prepareImages(this.parameters, () => {});
      await Droplet.#make(this.parameters, images, keyOf(this.parameters, images.key), () => {});
      return "anew";
    }
  }

  /** Gives `deploy` another login shell: `/usr/bin/fish`, `/bin/dash`, `/usr/sbin/nologin`. A reset takes it back. */
  async setLoginShell(shell: string): Promise<void> {
    await this.script(`${assignments({ SHELL_PATH: shell })}usermod --shell "$SHELL_PATH" deploy`);
  }

  /** Makes every login of the user print this text, as a chatty .bashrc does. A reset takes it back. */
  async addLoginNoise(text: string, user: User = "deploy"): Promise<void> {
    // In front: Debian's .bashrc ends early for a shell that is not interactive
    await this.script(
      `${assignments({ NOISE: text, USER_NAME: user })}
      home=$(getent passwd "$USER_NAME" | cut -d: -f6)
      printf '%s\\n' "$NOISE" >"$home/.noise"
      sed -i '1i cat ~/.noise' "$home/.bashrc"`,
    );
  }

  /** Makes sudo ask `deploy` for a password, which the user does not have. A reset takes it back. */
  async requireSudoPassword(): Promise<void> {
    await this.script(`echo 'deploy ALL=(ALL:ALL) ALL' >/etc/sudoers.d/deploy`);
  }

  async #provision(): Promise<void> {
    const { name } = this.parameters;
    const files = machine.privateFolder(join(this.#folder, "files"));
    const values = variables(this.parameters, this.#memory.images, this.databasePassword);
    writeProject(files, this.parameters, values);
    const publicKey = readFileSync(`${this.privateKeyPath}.pub`, "utf8");
    for (const user of ["root", "home/deploy"]) {
      const ssh = join(files, user, ".ssh");
      mkdirSync(ssh, { recursive: true });
      writeFileSync(join(ssh, "authorized_keys"), publicKey, { mode: 0o600 });
    }
    await machine.sendFiles(name, files);
    rmSync(files, { recursive: true });
    await this.script(`${guest("state.sh")}\n${guest("provision.sh")}`, { timeoutSeconds: 180 });
  }
}

function faultProgram(fault: Fault): string {
  return `${assignments({ FAULT: fault.name })}KEEP=$STATE/faults/$FAULT\n${fault.program}`;
}

const memoryFile = (name: string) => join(home.droplet(name), "droplet.json");
const readMemory = (name: string) => JSON.parse(readFileSync(memoryFile(name), "utf8")) as Memory;
