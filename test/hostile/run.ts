/** Runs one attack: the bundle as GitHub's runner starts it, in a world of its own, against a droplet that lies. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Action, BUNDLE, type StepEnd } from "../support/action.ts";
import { filesOfZip, ResultsService } from "../support/results-service.ts";
import type { Attack } from "./attack.ts";
import { HostileDroplet, type ProgramName, type Stages } from "./droplet.ts";
import { differences, World } from "./world.ts";

/**
 * The action that is attacked: the committed bundle. While its source is worked on, `ODOO_RECOVER_ACTION` names another
 * one: a bundle that was built elsewhere, or `src/index.ts`.
 */
const ACTION = process.env.ODOO_RECOVER_ACTION || BUNDLE;

const HEARTBEAT = join(import.meta.dirname, "heartbeat.ts");
const SECONDS = 60;

/** What an attack came to. */
export interface Outcome {
  readonly attack: Attack;
  readonly end: StepEnd;
  /** Whether it had to be killed, because it had not ended in time. */
  readonly overdue: boolean;
  /** What changed outside of the report directory. */
  readonly changed: readonly string[];
  readonly reportDirectory: string;
  readonly journal: string;
  readonly report: string;
  /** Milliseconds for which the event loop was blocked at most; undefined when that was not measured. */
  readonly blocked: number | undefined;
  /** Bytes of memory in use at most. */
  readonly memory: number;
  /** The programs that the droplet received. */
  readonly programs: readonly ProgramName[];
  /** The files of the artifacts, by name. */
  readonly uploaded: ReadonlyMap<string, Buffer>;
}

/**
 * @param judge is given the outcome while its files are still there
 * @throws Error when the attack itself did not work
 */
export async function attacked<T>(
  stages: Stages,
  attack: Attack,
  judge: (outcome: Outcome) => T | Promise<T>,
): Promise<T> {
  using world = new World();
  await using service = await ResultsService.start();
  let failure: unknown;
  const bends = attack.bends?.(world) ?? {};
  await using droplet = await HostileDroplet.start(stages, {
    state: attack.state ?? "healthy",
    bends: Object.fromEntries(
      Object.entries(bends).map(([name, bend]) => [
        name,
        async (...given: Parameters<typeof bend>) => {
          try {
            return await bend(...given);
          } catch (error) {
            failure ??= error;
            throw error;
          }
        },
      ]),
    ),
    onProgram: (received) => attack.onProgram?.(received, world),
    ...(attack.banner === undefined ? {} : { banner: attack.banner }),
    ...(attack.ident === undefined ? {} : { ident: attack.ident }),
  });
  await using page = await Page.open(attack, droplet, world);
  const heartbeat = join(world.root, "..", `${world.root.split("/").at(-1)}.heartbeat`);
  const event = `${heartbeat}.event.json`;
  writeFileSync(
    event,
    JSON.stringify({ repository: { full_name: "acme/shop", private: attack.public !== true } }),
  );
  const action = new Action(
    droplet.inputs({
      url: page.url,
      mode: attack.mode ?? "check",
      soak: "0s",
      grace: "0s",
      boot_wait: "10s",
      timeout: "10s",
      ...attack.inputs,
    }),
    {
      ...(attack.uploads === true ? service.environment() : {}),
      NODE_OPTIONS: `--import=${pathToFileURL(HEARTBEAT)} --disable-warning=ExperimentalWarning`,
      HEARTBEAT_FILE: heartbeat,
      HOME: world.path("home"),
      RUNNER_TEMP: world.path("temp"),
      GITHUB_WORKSPACE: world.path("workspace"),
      GITHUB_REPOSITORY: "acme/shop",
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_RUN_ID: "123",
      GITHUB_ACTOR: "jane",
      GITHUB_EVENT_NAME: "workflow_dispatch",
      GITHUB_EVENT_PATH: event,
    },
    ACTION,
  );
  try {
    const before = world.fingerprint();
    let overdue = false;
    const patience = setTimeout(
      () => {
        overdue = true;
        action.kill("SIGKILL");
      },
      (attack.seconds ?? SECONDS) * 1000,
    );
    const end = await action.main().finally(() => clearTimeout(patience));
    if (failure !== undefined) throw failure;
    const { reportDirectory } = action;
    const measured = JSON.parse(textOf(heartbeat) || "{}");
    return await judge({
      attack,
      end,
      overdue,
      changed: differences(before, world.fingerprint()),
      reportDirectory,
      journal: textOf(join(reportDirectory, "journal.jsonl")),
      report: textOf(join(reportDirectory, "report.json")),
      blocked: measured.blocked,
      memory: measured.memory ?? 0,
      programs: droplet.received.map(({ name }) => name),
      uploaded: new Map(service.artifacts.flatMap(({ bytes }) => [...filesOfZip(bytes)])),
    });
  } finally {
    action.discard();
    for (const file of [heartbeat, event]) rmSync(file, { force: true });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The public side: the attacker's page, or the one that the site has in its state of now. */
class Page implements AsyncDisposable {
  readonly #server: http.Server;

  static async open(attack: Attack, droplet: HostileDroplet, world: World): Promise<Page> {
    const server = http.createServer((request, response) => {
      if (attack.page !== undefined) {
        attack.page(request, response, world);
        return;
      }
      droplet
        .stage()
        .then(({ sandbox }) => fetch(`${sandbox.url}${request.url}`, { redirect: "manual" }))
        .then(async (answer) => {
          response.writeHead(answer.status, { "Content-Type": answer.headers.get("content-type") ?? "" });
          response.end(Buffer.from(await answer.arrayBuffer()));
        })
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Page(server);
  }

  private constructor(server: http.Server) {
    this.#server = server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
