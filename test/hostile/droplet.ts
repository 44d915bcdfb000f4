/**
 * A droplet in an attacker's hands: an SSH server that receives the action's programs, has a sandbox (or a script, where
 * a program changes the host) give the real answer, and lets an attack change it. As on a real droplet, the attacker sees
 * the program's text and with it the nonce, so the answer may be anything.
 *
 * Sandboxes are shared and never changed: what they answered once is answered again, so that an attack costs no survey.
 */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { ServerChannel } from "ssh2";
import { connect } from "../../src/host/connect.ts";
import type { Transport } from "../../src/host/transport.ts";
import { parseInputs } from "../../src/inputs/parse.ts";
import { makeKey, TestServer } from "../host/ssh/test-server.ts";
import { Sandbox } from "../sandbox/sandbox.ts";
import type { ActionInputs } from "../support/action.ts";

/** The programs that the action sends, each recognised by the comment at the head of its file. */
const FILES = {
  survey: "survey/survey.sh",
  evidence: "evidence/evidence.sh",
  freeze: "evidence/freeze.sh",
  acquire: "host/lease/acquire.sh",
  recoveries: "host/budget/read.sh",
  spend: "host/budget/spend.sh",
  renew: "host/lease/renew.sh",
  release: "host/lease/release.sh",
  leftovers: "host/leftovers/remove.sh",
  start: "host/steps/start.sh",
  attach: "host/steps/attach.sh",
  stop: "host/steps/stop.sh",
  settle: "backup/settle.sh",
  copy: "backup/copy.sh",
  stream: "backup/stream.sh",
  abandon: "backup/abandon.sh",
} as const;

export type ProgramName = keyof typeof FILES | "other";

/** These only read, so a shared sandbox may run them. */
const READ_ONLY: ReadonlySet<ProgramName> = new Set(["survey", "evidence", "freeze"]);

const HEADS = Object.entries(FILES).map(([name, file]) => {
  const [, head = ""] = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8").split("\n");
  return { name: name as ProgramName, head };
});

/** A program as it arrived: what the attacker knows. */
export interface Received {
  readonly name: ProgramName;
  readonly text: string;
  readonly nonce: string;
  /** How many of this name came before it. */
  readonly earlier: number;
}

/** What a program printed, and how it ended. */
export interface Answer {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly exit: number;
}

/** What the attacker sends instead. */
export interface Reply {
  /** Pieces are sent at the pace at which the other side takes them. */
  readonly stdout: Buffer | AsyncIterable<Buffer>;
  readonly stderr?: Buffer;
  readonly exit?: number;
  /** After the output: the end, silence for ever, or a connection that is cut. `exit` unless told otherwise. */
  readonly afterwards?: "exit" | "stall" | "cut";
}

export type Bend = (real: Answer, received: Received) => Reply | Promise<Reply>;

/** How the site is: as the sandbox shows it, before and after a step. */
export type SiteState = "healthy" | "odoo-stopped" | "db-stopped";

export class Stages implements AsyncDisposable {
  readonly #stages = new Map<SiteState, Promise<Stage>>();

  of(state: SiteState): Promise<Stage> {
    const known = this.#stages.get(state);
    if (known !== undefined) return known;
    const set = Stage.set(state);
    this.#stages.set(state, set);
    return set;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stage of this.#stages.values()) await (await stage).close();
  }
}

const FRAME = /^FRAME=(\w+)$/m;

/** One sandbox in one state, whose answers are kept. */
export class Stage {
  readonly sandbox: Sandbox;
  readonly #transport: Transport;
  readonly #answers = new Map<string, Promise<Answer>>();

  static async set(state: SiteState): Promise<Stage> {
    const sandbox = await Sandbox.start({ database: 100, odoo: 300 });
    if (state !== "healthy") await sandbox.break(state);
    const { connection } = parseInputs(sandbox.inputs(), () => "");
    return new Stage(sandbox, await connect(connection, { log: () => {} }));
  }

  private constructor(sandbox: Sandbox, transport: Transport) {
    this.sandbox = sandbox;
    this.#transport = transport;
  }

  /** What the sandbox answers to a program that only reads, under the nonce of this time. */
  async answer(command: string, text: string): Promise<Answer> {
    const nonce = nonceOf(text);
    // The attacker's own page has another port in each run; the sandbox knows only its own.
    const asked = text.replace(/^URL_PORT='\d*'$/m, `URL_PORT='${new URL(this.sandbox.url).port}'`);
    const key = `${command}\n${asked.replace(FRAME, "")}`;
    let known = this.#answers.get(key);
    if (known === undefined) {
      known = this.#run(command, asked).then(({ stdout, ...rest }) => ({
        ...rest,
        stdout: Buffer.from(stdout.toString("latin1").replaceAll(nonce, NONCE_PLACE), "latin1"),
      }));
      this.#answers.set(key, known);
    }
    const { stdout, ...rest } = await known;
    return {
      ...rest,
      stdout: Buffer.from(stdout.toString("latin1").replaceAll(NONCE_PLACE, nonce), "latin1"),
    };
  }

  async close(): Promise<void> {
    await this.#transport.close();
    await this.sandbox.close();
  }

  async #run(command: string, stdin: string): Promise<Answer> {
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    const { code } = await this.#transport.exec(command, {
      stdin,
      timeoutMs: 120_000,
      onStdout: (chunk) => void stdout.push(chunk),
      onStderr: (chunk) => void stderr.push(chunk),
    });
    return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), exit: code ?? 255 };
  }
}

const NONCE_PLACE = "<the nonce of this time>";

export interface DropletOptions {
  readonly state: SiteState;
  /** What the attacker changes, by the program that it answers. */
  readonly bends?: Partial<Record<ProgramName, Bend>>;
  /** Told each program before it is answered. */
  readonly onProgram?: (received: Received) => void | Promise<void>;
  /** Sent before the login, as sshd's `Banner`. */
  readonly banner?: string;
  /** The server's version, as it stands after `SSH-2.0-`. */
  readonly ident?: string;
}

export class HostileDroplet implements AsyncDisposable {
  /** The programs that arrived, in order. */
  readonly received: Received[] = [];
  readonly #stages: Stages;
  readonly #options: DropletOptions;
  readonly #key = makeKey();
  #server: TestServer | undefined;
  /** Whether a step was begun: from then on the site is well. */
  #acted = false;

  static async start(stages: Stages, options: DropletOptions): Promise<HostileDroplet> {
    const droplet = new HostileDroplet(stages, options);
    droplet.#server = await TestServer.start({
      users: { deploy: { keys: [droplet.#key.publicKey] } },
      onExec: (channel, command) => {
        // A channel that was closed under the answer: the run is over, and judged by itself.
        droplet.#answer(channel, command).catch(() => channel.close());
      },
      ...(options.banner === undefined ? {} : { banner: options.banner }),
      ...(options.ident === undefined ? {} : { ident: options.ident }),
    });
    return droplet;
  }

  private constructor(stages: Stages, options: DropletOptions) {
    this.#stages = stages;
    this.#options = options;
  }

  /** Whose pages the public gets now. */
  stage(): Promise<Stage> {
    return this.#stages.of(this.#acted ? "healthy" : this.#options.state);
  }

  inputs(more: ActionInputs): ActionInputs {
    const { port = 0, hostKeys = [] } = this.#server ?? {};
    return {
      host: "127.0.0.1",
      port: String(port),
      username: "deploy",
      key: this.#key.privateKey,
      fingerprint: hostKeys[0]?.fingerprint ?? "",
      ...more,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
  }

  async #answer(channel: ServerChannel, command: string): Promise<void> {
    const text = await whole(channel);
    const name = nameOf(text);
    const received = read(text, this.received.filter((each) => each.name === name).length);
    this.received.push(received);
    await this.#options.onProgram?.(received);
    const real = scripted(received) ?? (await (await this.stage()).answer(command, text));
    if (name === "start") this.#acted = true;
    const bend = this.#options.bends?.[name];
    const reply = bend === undefined ? real : { stderr: real.stderr, ...(await bend(real, received)) };
    await this.#send(channel, reply, real.exit);
  }

  async #send(channel: ServerChannel, reply: Reply, exit: number): Promise<void> {
    const { stdout, stderr, afterwards = "exit" } = reply;
    if (stderr !== undefined && stderr.length > 0) await written(channel, stderr);
    for await (const piece of Buffer.isBuffer(stdout) ? [stdout] : stdout) {
      if (channel.destroyed) return;
      if (!channel.write(piece)) await drained(channel);
    }
    if (afterwards === "stall") return;
    if (afterwards === "cut") {
      this.#server?.cut();
      return;
    }
    channel.stderr.write("", () => {
      channel.exit(reply.exit ?? exit);
      channel.end();
    });
  }
}

async function whole(channel: ServerChannel): Promise<string> {
  const chunks: Buffer[] = [];
  channel.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(channel, "end");
  return Buffer.concat(chunks).toString();
}

/**
 * Standard error first, and whole: where both streams wait for room, ssh2's server goes on with the other one alone
 * (CHANNEL_WINDOW_ADJUST in lib/server.js).
 */
async function written(channel: ServerChannel, stderr: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    channel.once("close", resolve);
    channel.stderr.write(stderr, () => {
      channel.off("close", resolve);
      resolve();
    });
  });
}

/** Room again, or nobody there any more. */
async function drained(channel: ServerChannel): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      channel.off("drain", done);
      channel.off("close", done);
      resolve();
    };
    channel.once("drain", done);
    channel.once("close", done);
  });
}

/** A program as it arrived. */
export function read(text: string, earlier: number): Received {
  return { name: nameOf(text), text, nonce: nonceOf(text), earlier };
}

function nonceOf(text: string): string {
  return FRAME.exec(text)?.[1] ?? "";
}

/** By the program itself: what it passes on to other programs stands in front of it, as values. */
function nameOf(text: string): ProgramName {
  const body = text.slice(text.lastIndexOf("\nodoo_recover_program() {\n"));
  const found = HEADS.map(({ name, head }) => ({ name, at: body.lastIndexOf(head) })).filter(
    ({ at }) => at >= 0,
  );
  return found.sort((one, other) => other.at - one.at)[0]?.name ?? "other";
}

/** A value in front of a program. */
export function valueIn({ text }: Received, name: string): string {
  const at = text.indexOf(`\n${name}='`);
  if (at < 0) return "";
  const from = at + name.length + 3;
  return text.slice(from, text.indexOf("'\n", from)).replaceAll("'\\''", "'");
}

/** What an honest droplet's backup holds. */
export const DUMP: Buffer = Buffer.from("PGDMP, or what is said to be one\n".repeat(64));

/** What settle.sh prints of a good backup. */
export function honestManifest(received: Received): Record<string, unknown> {
  return {
    version: 1,
    database: "odoo",
    step: valueIn(received, "STEP_NAME"),
    at: 1_714_550_000,
    file: `${valueIn(received, "FILE_NAME")}-20260101T000000Z.dump`,
    bytes: DUMP.length,
    sha256: createHash("sha256").update(DUMP).digest("hex"),
    seconds: 3,
    tables: 120,
    size: 400_000,
    compression: "zstd",
    major: "15",
    snapshot: "",
  };
}

/** What an honest droplet answers to a program that would change it; undefined for one that only reads. */
export function scripted(received: Received): Answer | undefined {
  if (READ_ONLY.has(received.name)) return undefined;
  const { name, nonce } = received;
  const section = (title: string, body: string): string => `\n${nonce} section ${title}\n${body}`;
  switch (name) {
    case "acquire":
      return framed("acquired\n", nonce);
    case "renew":
      return framed("renewed\n", nonce);
    case "release":
      return framed("released\n", nonce);
    case "recoveries":
      return framed("now=1714550000\nuptime=90000\nboot=0a1b2c3d\n", nonce);
    case "spend":
      return framed("disk\n", nonce);
    case "leftovers":
      return framed("", nonce);
    case "start":
      return framed("started\n", nonce);
    case "stop":
      return framed("stopped\n", nonce);
    case "attach": {
      const log = valueIn(received, "OFFSET") === "0" ? "did: started what was down\n" : "";
      return framed(`${section("log", log)}${section("state", "ended 0\n")}`, nonce);
    }
    case "settle": {
      const manifest = JSON.stringify(honestManifest(received), undefined, 2);
      return framed(`${section("said", "")}${section("manifest", `${manifest}\n`)}`, nonce);
    }
    case "copy":
      return framed(DUMP.subarray(Number(valueIn(received, "OFFSET"))), nonce);
    default:
      return framed("", nonce);
  }
}

/** A program's output as it travels. */
export function framed(output: Buffer | string, nonce: string, status: number | string = 0): Answer {
  const parts = [`\n${nonce} begin\n`, output, `\n${nonce} end ${status}\n`];
  return { stdout: Buffer.concat(parts.map((part) => Buffer.from(part))), stderr: Buffer.alloc(0), exit: 0 };
}
