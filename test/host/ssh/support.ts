// What the tests of the SSH transport share: a login that works, and short ways to run a command and to fail.

import { HostError } from "../../../src/errors.ts";
import { connectSsh, type SshDeps } from "../../../src/host/ssh/connect.ts";
import type { ExecEnd, ExecOptions, Transport } from "../../../src/host/transport.ts";
import type { Connection, FingerprintPin, Login, SshEndpoint } from "../../../src/inputs/connection.ts";
import { makeKey, type TestKey, TestServer, type TestServerOptions } from "./test-server.ts";

export const clientKey = makeKey();

/** A server where `deploy` may log in with `clientKey`. */
export function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  return TestServer.start({ users: { deploy: { keys: [clientKey.publicKey] } }, ...options });
}

export function pin({ fingerprint }: TestKey): FingerprintPin {
  return { kind: "fingerprint", sha256: fingerprint.replace("SHA256:", "") };
}

export interface Wishes {
  readonly host?: string;
  readonly port?: number;
  readonly login?: Login;
  readonly pins?: SshEndpoint["pins"];
}

/** How to reach a server: `deploy`, with `clientKey`, pinned to its first host key, unless wished otherwise. */
export function endpointOf(server: TestServer, wishes: Wishes = {}): SshEndpoint {
  return {
    host: "127.0.0.1",
    port: server.port,
    login: { username: "deploy", privateKey: clientKey.privateKey },
    pins: server.hostKeys.slice(0, 1).map(pin),
    ...wishes,
  };
}

/** Deps that wait for nothing and remember what was logged. */
export function quickDeps(more: Partial<SshDeps> = {}): SshDeps & { readonly lines: string[] } {
  const lines: string[] = [];
  return { log: (line) => lines.push(line), sleep: async () => {}, random: () => 1, ...more, lines };
}

type SshConnection = Extract<Connection, { kind: "ssh" }>;

export function connectTo(
  target: SshEndpoint,
  { jump, connectTimeoutMs = 5_000 }: Partial<Pick<SshConnection, "jump" | "connectTimeoutMs">> = {},
  deps: SshDeps = quickDeps(),
): Promise<Transport> {
  return connectSsh({ kind: "ssh", target, connectTimeoutMs, ...(jump === undefined ? {} : { jump }) }, deps);
}

/** Awaits a failure that a person will read. */
export async function failureOf(promise: Promise<unknown>): Promise<HostError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HostError) {
      return error;
    }
    throw error;
  }
  throw new Error("it did not fail");
}

export interface Ran extends ExecEnd {
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(
  transport: Transport,
  command: string,
  options: Partial<ExecOptions> = {},
): Promise<Ran> {
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  const end = await transport.exec(command, {
    stdin: "",
    onStdout: (chunk) => {
      stdout.push(chunk);
    },
    onStderr: (chunk) => {
      stderr.push(chunk);
    },
    timeoutMs: 10_000,
    ...options,
  });
  return { ...end, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
}
