// An SSH server inside the test's own process, on loopback, that really runs what it is told with /bin/sh. Faults are
// options: what it accepts, how much it says, when it hangs up.
//
//   await using server = await TestServer.start({ users: { deploy: { keys: [pair.publicKey] } } });
//   server.port, server.hostKeys[0].fingerprint, server.commands, server.attempts

import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import net from "node:net";
import ssh2, { type AuthContext, type AuthenticationType, type Connection, type ServerChannel } from "ssh2";
import { parsePrivateKey } from "../../../src/inputs/private-key.ts";

/** A key made for one test run; never stored. */
export interface TestKey {
  /** In a form that ssh2 reads: OpenSSH's own for Ed25519, PEM for the others. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`. */
  readonly type: string;
  readonly blob: Buffer;
  /** `SHA256:…`. */
  readonly fingerprint: string;
}

/**
 * Makes a key pair. By node:crypto, because ssh2's own generator (1.17) cuts a leading zero off an Ed25519 public key:
 * one of its keys in 256 cannot be read by anyone.
 */
export function makeKey(kind: "ed25519" | "ecdsa" | "rsa" = "ed25519"): TestKey {
  const pair =
    kind === "ed25519"
      ? generateKeyPairSync("ed25519")
      : kind === "ecdsa"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const parsed = parsePrivateKey(pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  const read = parsed.ok ? ssh2.utils.parseKey(parsed.key) : new Error(parsed.problem);
  if (!parsed.ok || read instanceof Error) {
    throw new Error("the key just made cannot be read", { cause: read });
  }
  const blob = read.getPublicSSH();
  return {
    privateKey: parsed.key,
    publicKey: `${read.type} ${blob.toString("base64")}`,
    type: read.type,
    blob,
    fingerprint: parsed.fingerprint,
  };
}

interface TestUser {
  readonly password?: string;
  /** Public key lines, as in authorized_keys. */
  readonly keys?: readonly string[];
  /** A second step after the first one succeeded, as `AuthenticationMethods publickey,password` asks for. */
  readonly alsoNeeds?: "password" | "keyboard-interactive";
  /** The rounds of a keyboard-interactive login. Its first answer must be the password. One hidden prompt by default. */
  readonly prompts?: readonly (readonly { prompt: string; echo: boolean }[])[];
  readonly passwordExpired?: boolean;
}

/** What happens on `exec` instead of running the command. */
type ExecHandler = (channel: ServerChannel, command: string, connection: Connection) => void;

export interface TestServerOptions {
  readonly hostKeys?: readonly TestKey[];
  readonly users?: Readonly<Record<string, TestUser>>;
  /** What the server says that it accepts; key and password by default. */
  readonly methods?: readonly AuthenticationType[];
  /** Shown before the login, as sshd's `Banner`. */
  readonly banner?: string;
  /** The version, as it stands after `SSH-2.0-`; ssh2's own by default. */
  readonly ident?: string;
  /** `silent`: accepts TCP and never speaks. `greeting`: sends its version and then nothing. */
  readonly halfOpen?: "silent" | "greeting";
  /** Sent first, in place of SSH; the connection is closed after it. */
  readonly sayInstead?: string;
  /** As sshd's MaxSessions: further sessions of one connection are refused with "open failed". */
  readonly maxSessions?: number;
  /** As sshd's AllowTcpForwarding. */
  readonly allowForwarding?: boolean;
  /** Refuses every command, as a session without exec would. */
  readonly refuseExec?: boolean;
  /** When a login is tried: cuts the connection, or hangs up as sshd does after too many failures. */
  readonly onLogin?: "cut" | "disconnect";
  /** Cuts a connection once this many bytes went out on it. */
  readonly dropAfterBytes?: number;
  readonly onExec?: ExecHandler;
  /** What a login finds; this process's own environment and directory by default. */
  readonly login?: { readonly environment: Readonly<Record<string, string>>; readonly directory: string };
  /** The address to listen on; 127.0.0.1 by default. */
  readonly address?: string;
  /** The port to listen on; a free one by default. */
  readonly port?: number;
}

export class TestServer implements AsyncDisposable {
  readonly port: number;
  readonly hostKeys: readonly TestKey[];
  /** TCP connections seen so far. */
  connections = 0;
  /** Login attempts seen so far: `password`, `publickey`, …; a key counts once, when it is asked about. */
  readonly attempts: string[] = [];
  /** Command lines received so far. */
  readonly commands: string[] = [];
  readonly #listener: net.Server;
  readonly #ssh: InstanceType<typeof ssh2.Server>;
  readonly #options: TestServerOptions;
  readonly #sockets = new Set<net.Socket>();
  readonly #open = new Set<Connection>();
  readonly #children = new Set<ChildProcess>();

  /** Starts listening. */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const listener = net.createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(options.port ?? 0, options.address ?? "127.0.0.1", resolve);
    });
    return new TestServer(listener, options);
  }

  private constructor(listener: net.Server, options: TestServerOptions) {
    const address = listener.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    this.hostKeys = options.hostKeys ?? [makeKey()];
    this.#listener = listener;
    this.#options = options;
    this.#ssh = new ssh2.Server(
      {
        hostKeys: this.hostKeys.map(({ privateKey }) => privateKey),
        ...(options.banner === undefined ? {} : { banner: options.banner }),
        ...(options.ident === undefined ? {} : { ident: options.ident }),
      },
      (connection) => this.#serve(connection),
    );
    this.#ssh.on("error", () => {});
    listener.on("connection", (socket) => this.#welcome(socket));
  }

  /** Cuts every connection, as a network does: without a word of SSH. */
  cut(): void {
    for (const socket of this.#sockets) {
      socket.resetAndDestroy();
    }
  }

  /** Starts a key exchange on every open connection and waits until they are through (or the connections gone). */
  async rekey(hostKey?: TestKey): Promise<void> {
    await Promise.all(
      [...this.#open].map(
        (connection) =>
          new Promise<void>((resolve) => {
            if (hostKey !== undefined) {
              swapHostKey(connection, hostKey);
            }
            connection.once("close", resolve);
            connection.rekey(() => resolve());
          }),
      ),
    );
  }

  /** Stops listening, cuts what is connected and kills what still runs. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    for (const child of this.#children) {
      killGroup(child);
    }
    await new Promise<void>((resolve) => {
      this.#listener.close(() => resolve());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #welcome(socket: net.Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    const { halfOpen, sayInstead, dropAfterBytes } = this.#options;
    if (sayInstead !== undefined) {
      socket.end(sayInstead);
    } else if (halfOpen !== undefined) {
      socket.resume();
      if (halfOpen === "greeting") {
        socket.write("SSH-2.0-OpenSSH_9.2\r\n");
      }
    } else {
      if (dropAfterBytes !== undefined) {
        dropAfter(socket, dropAfterBytes);
      }
      this.#ssh.injectSocket(socket);
    }
  }

  #serve(connection: Connection): void {
    this.#open.add(connection);
    connection.on("close", () => this.#open.delete(connection));
    connection.on("error", () => {});
    const passedFirstStep = new Set<string>();
    connection.on("authentication", (context) => {
      if (this.#options.onLogin === "cut") {
        this.cut();
      } else if (this.#options.onLogin === "disconnect") {
        disconnect(connection);
      } else {
        this.#authenticate(context, passedFirstStep);
      }
    });
    let sessions = 0;
    connection.on("session", (accept, reject) => {
      if (sessions >= (this.#options.maxSessions ?? Number.POSITIVE_INFINITY)) {
        reject();
        return;
      }
      sessions++;
      const session = accept();
      session.on("close", () => {
        sessions--;
      });
      session.on("exec", (acceptExec, rejectExec, { command }) => {
        this.commands.push(command);
        if (this.#options.refuseExec === true) {
          rejectExec();
          return;
        }
        const channel = acceptExec();
        channel.on("error", () => {});
        const { onExec } = this.#options;
        if (onExec === undefined) {
          this.#run(channel, command);
        } else {
          onExec(channel, command, connection);
        }
      });
    });
    // Without a listener ssh2 refuses as sshd does: "administratively prohibited".
    if (this.#options.allowForwarding !== false) {
      this.#forward(connection);
    }
  }

  #forward(connection: Connection): void {
    connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
      const upstream = net.connect({ host: destIP, port: destPort, noDelay: true });
      upstream.once("error", () => reject());
      upstream.once("connect", () => {
        upstream.removeAllListeners("error");
        const channel = accept();
        this.#sockets.add(upstream);
        upstream.on("error", () => channel.close());
        upstream.on("close", () => {
          this.#sockets.delete(upstream);
          channel.close();
        });
        channel.on("error", () => {});
        channel.on("close", () => upstream.destroy());
        channel.pipe(upstream).pipe(channel);
      });
    });
  }

  #authenticate(context: AuthContext, passedFirstStep: Set<string>): void {
    const methods: AuthenticationType[] = [
      ...(this.#options.methods ?? (["publickey", "password"] as const)),
    ];
    const user = this.#options.users?.[context.username];
    const refuse = () => context.reject(methods);
    if (context.method === "none") {
      refuse();
      return;
    }
    if (context.method !== "publickey" || context.signature === undefined) {
      this.attempts.push(context.method);
    }
    if (user === undefined || !methods.includes(context.method)) {
      refuse();
      return;
    }
    const pass = () => {
      const { alsoNeeds } = user;
      if (alsoNeeds === undefined || passedFirstStep.has(context.username)) {
        context.accept();
      } else {
        passedFirstStep.add(context.username);
        context.reject([alsoNeeds], true);
      }
    };
    const decide = (good: boolean) => (good ? pass() : refuse());
    if (context.method === "password") {
      if (user.passwordExpired === true) {
        context.requestChange("Your password has expired.", () => refuse());
      } else {
        decide(context.password === user.password);
      }
    } else if (context.method === "publickey") {
      const known = (user.keys ?? []).map((line) => ssh2.utils.parseKey(line));
      const key = known.find(
        (each) => !(each instanceof Error) && each.getPublicSSH().equals(context.key.data),
      );
      if (key === undefined || key instanceof Error) {
        refuse();
      } else if (context.signature === undefined || context.blob === undefined) {
        // Only asking whether this key would do.
        context.accept();
      } else {
        decide(key.verify(context.blob, context.signature, context.hashAlgo) === true);
      }
    } else if (context.method === "keyboard-interactive") {
      const [first = [{ prompt: "Password: ", echo: false }], ...later] = user.prompts ?? [];
      context.prompt([...first], ([answer]) => {
        const [second] = later;
        if (answer !== user.password) {
          refuse();
        } else if (second === undefined) {
          pass();
        } else {
          context.prompt([...second], () => refuse());
        }
      });
    } else {
      refuse();
    }
  }

  #run(channel: ServerChannel, command: string): void {
    // Its own group, so that close() finds what it started; like sshd, a lost connection kills nothing.
    const { login } = this.#options;
    const child = spawn("/bin/sh", ["-c", command], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      ...(login === undefined ? {} : { env: login.environment, cwd: login.directory }),
    });
    this.#children.add(child);
    child.stdin.on("error", () => {});
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.on("close", (code, signal) => {
      this.#children.delete(child);
      // After what was written before it, both streams being in order.
      channel.stderr.write("", () => {
        if (signal === null) {
          channel.exit(code ?? 255);
        } else {
          channel.exit(signal.replace(/^SIG/, ""));
        }
        channel.end();
      });
    });
  }
}

function dropAfter(socket: net.Socket, bytes: number): void {
  const write = socket.write.bind(socket);
  let left = bytes;
  socket.write = (chunk: unknown): boolean => {
    const data =
      Buffer.isBuffer(chunk) || chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.from(String(chunk));
    const part = data.subarray(0, left);
    left -= part.length;
    const more = write(part);
    if (left === 0) {
      socket.destroySoon();
    }
    return more;
  };
}

/** Reaches into ssh2, which has no way to show another host key later: what an attacker in the middle would do. */
function swapHostKey(connection: Connection, hostKey: TestKey): void {
  const protocol: unknown = Reflect.get(connection, "_protocol");
  const held: unknown =
    typeof protocol === "object" && protocol !== null ? Reflect.get(protocol, "_hostKeys") : undefined;
  if (typeof held !== "object" || held === null || !(hostKey.type in held)) {
    throw new Error(`this ssh2 holds no ${hostKey.type} host key to swap`);
  }
  Reflect.set(held, hostKey.type, ssh2.utils.parseKey(hostKey.privateKey));
}

/** Reaches into ssh2, which has no public way to give a reason: 14 is "no more auth methods available" (RFC 4253). */
function disconnect(connection: Connection): void {
  const protocol: unknown = Reflect.get(connection, "_protocol");
  const send: unknown =
    typeof protocol === "object" && protocol !== null ? Reflect.get(protocol, "disconnect") : undefined;
  if (typeof send !== "function") {
    throw new Error("this ssh2 has no disconnect message");
  }
  Reflect.apply(send, protocol, [14]);
  connection.end();
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined) {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
}
