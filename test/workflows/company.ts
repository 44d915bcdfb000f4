/**
 * A company that uses the workflows: a git repository of its own with the callers of `examples/`, filled in as a user would,
 * whose workflows nektos/act runs. Everything lies in one temporary folder: that repository, the action's own as this
 * working tree has it, the secrets, and what act makes.
 */

import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import type { Droplet } from "../droplet/droplet.ts";
import { must, run } from "../droplet/process.ts";
import type { GitHubServer } from "../support/github-api.ts";
import { filesOfZip } from "../support/results-service.ts";
import { ArtifactDoor } from "./artifact-door.ts";

const ROOT = join(import.meta.dirname, "../..");
const REPOSITORY = "acme/shop";
const ACTION_REPOSITORY = "acme/odoo-recover";

export type Event = "workflow_dispatch" | "push" | "schedule" | "repository_dispatch";
export type Caller = "recover-production" | "deploy" | "health-check";

/** How a run of a workflow ended. */
export interface WorkflowRun {
  readonly exitCode: number | null;
  /** As act prints it: each line begins with the workflow and the job. */
  readonly log: string;
  /** The artifacts that were uploaded, with their files. */
  readonly artifacts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export interface Wish {
  /** What the person chose who started the workflow. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** What the user wrote into the caller, below `host:`. */
  readonly with?: Readonly<Record<string, string>>;
  /** What the user put in place of something in the caller. */
  readonly edits?: Readonly<Record<string, string>>;
  /** What stands for GitHub's API, beside the artifacts; it takes the job's token. Unless told otherwise there is none. */
  readonly github?: GitHubServer;
  /** Whether the caller tells where the action is, as it must where the server does not tell. */
  readonly tellsAction?: boolean;
}

export class Company {
  readonly #folder: string;
  readonly #droplet: Droplet;
  readonly #commit: string;
  #runs = 0;

  /** @param secrets of its repository, by name; the droplet's own key unless told otherwise */
  static async found(droplet: Droplet, secrets?: Readonly<Record<string, string>>): Promise<Company> {
    const folder = mkdtempSync(join(tmpdir(), "odoo-recover-company-"));
    const action = join(folder, "github", ACTION_REPOSITORY);
    for (const part of ["action.yml", "dist", ".github"])
      cpSync(join(ROOT, part), join(action, part), { recursive: true });
    const commit = await committed(action);
    const shop = join(folder, "shop");
    mkdirSync(join(shop, ".github/workflows"), { recursive: true });
    await committed(shop);
    await must("git", ["-C", shop, "remote", "add", "origin", `https://github.com/${REPOSITORY}`]);
    const given = secrets ?? { DROPLET_KEY: readFileSync(droplet.privateKeyPath, "utf8") };
    const lines = Object.entries(given).map(([name, value]) => `${name}=${JSON.stringify(value)}\n`);
    writeFileSync(join(folder, "secrets"), lines.join(""), { mode: 0o600 });
    return new Company(folder, droplet, commit);
  }

  private constructor(folder: string, droplet: Droplet, commit: string) {
    this.#folder = folder;
    this.#droplet = droplet;
    this.#commit = commit;
  }

  /** Runs the caller's workflow as GitHub would at this event, to its end. */
  async run(caller: Caller, event: Event, wish: Wish = {}): Promise<WorkflowRun> {
    const name = String(++this.#runs);
    const workflow = join(".github/workflows", `${caller}.yml`);
    const shop = join(this.#folder, "shop");
    writeFileSync(join(shop, workflow), this.#filledIn(caller, wish));
    const payload = join(this.#folder, `event-${name}.json`);
    writeFileSync(payload, JSON.stringify(this.#payload(event, workflow, wish.inputs)));
    const artifacts = join(this.#folder, `artifacts-${name}`);
    const port = await freePort();
    await using door = await ArtifactDoor.open(`http://127.0.0.1:${port}`);
    const ended = await run(
      actProgram(),
      [
        event,
        ...["--directory", shop, "--workflows", join(shop, workflow), "--eventpath", payload],
        ...["--platform", "ubuntu-latest=-self-hosted", "--pull=false", "--no-cache-server"],
        ...[
          "--secret-file",
          join(this.#folder, "secrets"),
          "--action-cache-path",
          join(this.#folder, "cache"),
        ],
        ...["--artifact-server-path", artifacts, "--artifact-server-addr", "127.0.0.1"],
        ...["--artifact-server-port", String(port)],
        ...["--local-repository", `${ACTION_REPOSITORY}@${this.#commit}=${this.#actionFolder}`],
        ...["--local-repository", `${checkoutPinned()}=${join(import.meta.dirname, "checkout")}`],
        ...["--env", `CHECKOUT_FROM=${join(this.#folder, "github")}`],
        ...githubFor(wish.github),
      ],
      {
        timeoutSeconds: 240,
        // Not the machine's own Node: GitHub's runner brings 24 for `using: node24`.
        env: {
          PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
          HOME: join(this.#folder, "home"),
          ACTIONS_RUNTIME_URL: door.url,
        },
      },
    );
    return {
      exitCode: ended.code,
      log: `${ended.stdout}${ended.stderr}`,
      artifacts: artifactsIn(artifacts),
    };
  }

  dissolve(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #actionFolder(): string {
    return join(this.#folder, "github", ACTION_REPOSITORY);
  }

  /** The caller of `examples/` with the droplet's own values in place of those that stand there. */
  #filledIn(caller: Caller, wish: Wish): string {
    const { url, sshPort, hostKeyFingerprint } = this.#droplet;
    const more = {
      port: String(sshPort),
      ...(wish.tellsAction === false
        ? {}
        : { action_repository: ACTION_REPOSITORY, action_ref: this.#commit }),
      ...wish.with,
    };
    const edits = {
      "OWNER/odoo-recover/": `${ACTION_REPOSITORY}/`,
      "@COMMIT": `@${this.#commit}`,
      "host: 203.0.113.7": [
        "host: 127.0.0.1",
        ...Object.entries(more).map(([name, value]) => `      ${name}: ${JSON.stringify(value)}`),
      ].join("\n"),
      "fingerprint: SHA256:…": `fingerprint: ${hostKeyFingerprint}`,
      "https://erp.example.com": url,
      ...wish.edits,
    };
    // Its comment names the owner too.
    const text = readFileSync(join(ROOT, "examples", `${caller}.yml`), "utf8").replaceAll(/^#.*\n/gm, "");
    return Object.entries(edits).reduce((now, [from, to]) => {
      if (now.split(from).length !== 2) throw new Error(`examples/${caller}.yml does not have once: ${from}`);
      return now.replace(from, () => to);
    }, text);
  }

  #payload(event: Event, workflow: string, inputs: Wish["inputs"]): unknown {
    const [owner = "", name = ""] = REPOSITORY.split("/");
    const repository = { full_name: REPOSITORY, name, owner: { login: owner }, private: true };
    switch (event) {
      case "workflow_dispatch":
        return { repository, workflow, ref: "refs/heads/main", inputs: inputs ?? {} };
      case "schedule":
        return { repository, schedule: "7-59/15 * * * *" };
      case "repository_dispatch":
        return { repository, action: "odoo-health", client_payload: {} };
      case "push":
        return { repository, ref: "refs/heads/main" };
    }
  }
}

/** act takes address and run as the runner's variables, and the secret of this name for the job's token. */
function githubFor(server: GitHubServer | undefined): string[] {
  return server === undefined
    ? []
    : [
        ...["--env", `GITHUB_API_URL=${server.url}`, "--env", `GITHUB_RUN_ID=${server.run}`],
        ...["--secret", `GITHUB_TOKEN=${server.token}`],
      ];
}

/** Where CI and `go install` put it. */
function actProgram(): string {
  const path = [process.env.PATH, join(homedir(), "go/bin")].join(delimiter).split(delimiter);
  const [found] = path.flatMap((folder) => globSync(join(folder, "act")));
  if (found === undefined)
    throw new Error("nektos/act is not installed: `go install github.com/nektos/act@v0.2.89`, or .ci/tools");
  return found;
}

/** `actions/checkout@…` as the workflows name it. */
function checkoutPinned(): string {
  const workflow = readFileSync(join(ROOT, ".github/workflows/smoke-and-heal.yml"), "utf8");
  const [pinned] = /actions\/checkout@[0-9a-f]{40}/.exec(workflow) ?? [];
  if (pinned === undefined) throw new Error("smoke-and-heal.yml does not pin actions/checkout");
  return pinned;
}

async function committed(folder: string): Promise<string> {
  const git = (...args: string[]) => must("git", ["-C", folder, ...args]);
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all", "--force");
  const author = ["-c", "user.name=a user", "-c", "user.email=user@example.com"];
  await git(...author, "commit", "--quiet", "--allow-empty", "--message=as it is");
  return await git("rev-parse", "HEAD");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}

/** act keeps an artifact as `<run>/<name>/<name>.zip`. */
function artifactsIn(folder: string): Map<string, Map<string, string>> {
  return new Map(
    globSync("*/*/*.zip", { cwd: folder }).map((path) => [
      dirname(path).split("/").at(-1) ?? "",
      new Map(
        [...filesOfZip(readFileSync(join(folder, path)))].map(([name, bytes]) => [name, bytes.toString()]),
      ),
    ]),
  );
}
