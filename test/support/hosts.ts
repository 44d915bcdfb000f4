// Hosts for tests: this machine, with its real /bin/sh and real processes, reached in ways that can be bent.

import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { Host } from "../../src/host/host.ts";
import { localTransport } from "../../src/host/local.ts";
import type { Program } from "../../src/host/program.ts";
import type { StatePlace } from "../../src/host/state.ts";
import type { Transport } from "../../src/host/transport.ts";
import { realClock } from "./clocks.ts";

export const nonce = (): string => randomBytes(16).toString("hex");

export interface TestHost {
  readonly host: Host;
  /** What was told about the connection: `lost while “x” ran`, `reconnected this machine`. */
  readonly events: string[];
}

/** A host over the given way to connect; over the local transport unless told otherwise. */
export async function openHost(
  connect: () => Promise<Transport> = async () => localTransport(),
  clock: Clock = realClock,
): Promise<TestHost> {
  const events: string[] = [];
  const host = await Host.open({
    connect,
    clock,
    nonce,
    onConnection: (event, detail) => events.push(`${event} ${detail}`),
  });
  return { host, events };
}

/** A program with bounds that a test seldom cares for. */
export function program(text: string, more: Partial<Program> = {}): Program {
  return {
    name: "test",
    text,
    values: {},
    seconds: 20,
    repeatable: false,
    privileged: false,
    maxOutputBytes: 1_000_000,
    ...more,
  };
}

/** A way to this machine on which every command line is changed before it runs. */
export function bentTransport(bend: (command: string) => string): Transport {
  const local = localTransport();
  return { ...local, exec: (command, options) => local.exec(bend(command), options) };
}

/** An empty directory that goes away with its scope, though somebody may still be about to write into it. */
export function temporaryDirectory(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "odoo-recover-test-"));
  return {
    path,
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
  };
}

/** A place for our state under a temporary directory. */
export function temporaryPlace(): { readonly place: StatePlace; readonly path: string } & Disposable {
  const directory = temporaryDirectory();
  return {
    path: directory.path,
    place: {
      root: join(directory.path, "run"),
      auditRoot: join(directory.path, "audit"),
      key: "shop-1234abcd",
    },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}
