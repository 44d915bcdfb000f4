/**
 * GitHub's REST API, as far as the review of a run needs it: an environment and the reviews of one run, over HTTP on
 * loopback. It answers as GitHub's documentation shows it, and can be told to fail as the real one does.
 */

import http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** `waits`: a timer alone; `nobody`: a rule of reviewers without any; `team`: a team in place of a person. */
export type Protection = "none" | "waits" | "nobody" | "person" | "team";

/**
 * - a number: that status, with GitHub's own body; `limits`: 403 for too many calls; `page`: 502 as a proxy says it;
 * - `garbles`: no JSON; `other`: JSON of another form; `huge`: more than any answer; `half`: cut off in the body;
 * - `cuts`: the connection, before any answer; `stalls`: never answers; `drips`: answers, and never comes to the end.
 */
export type Trouble =
  | number
  | "limits"
  | "page"
  | "garbles"
  | "other"
  | "huge"
  | "half"
  | "cuts"
  | "stalls"
  | "drips";

export interface Reviewed {
  readonly state: "approved" | "rejected" | "pending";
  /** null: the account is gone. */
  readonly login: string | null;
  readonly environments: readonly string[];
}

const TOKEN = "ghs_notARealTokenOfAnybody0123456789abcd";

export class GitHubServer implements AsyncDisposable {
  /** Method and path of every request that bore the token. */
  readonly asked: string[] = [];
  readonly token = TOKEN;
  /** The one run that there is, in the one repository. */
  readonly run = "4711";
  protection: Protection = "person";
  environment = "production";
  reviews: readonly Reviewed[] = [{ state: "approved", login: "carol", environments: ["production"] }];
  trouble: Trouble | undefined;
  /** In which call; in both unless told otherwise. */
  at: "environment" | "reviews" | undefined;
  /** How many times; for ever unless told otherwise. */
  times = Number.POSITIVE_INFINITY;
  readonly #server: http.Server;

  static async start(): Promise<GitHubServer> {
    const server = new GitHubServer();
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  private constructor() {
    this.#server = http.createServer((request, response) => this.#answer(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (request.headers.authorization !== `token ${TOKEN}`) {
      fail(response, 401, "Bad credentials");
      return;
    }
    const path = request.url ?? "";
    this.asked.push(`${request.method} ${path}`);
    const [, name] = /^\/repos\/acme\/shop\/environments\/([^/]+)$/.exec(path) ?? [];
    const call = name === undefined ? "reviews" : "environment";
    if (this.trouble !== undefined && (this.at ?? call) === call && this.times > 0) {
      this.times -= 1;
      stumble(this.trouble, response);
    } else if (name === undefined && path === `/repos/acme/shop/actions/runs/${this.run}/approvals`) {
      send(response, 200, this.reviews.map(reviewBody));
    } else if (name !== undefined && isSame(decodeURIComponent(name), this.environment)) {
      send(response, 200, this.#environmentBody());
    } else {
      fail(response, 404, "Not Found");
    }
  }

  #environmentBody(): unknown {
    const reviewers = {
      none: undefined,
      waits: undefined,
      nobody: [],
      person: [{ type: "User", reviewer: { login: "carol", id: 1, type: "User" } }],
      team: [{ type: "Team", reviewer: { id: 1, name: "On call", slug: "on-call" } }],
    }[this.protection];
    return {
      id: 161088068,
      node_id: "MDExOkVudmlyb25tZW50MTYxMDg4MDY4",
      name: this.environment,
      url: `${this.url}/repos/acme/shop/environments/${encodeURIComponent(this.environment)}`,
      created_at: "2026-11-23T22:00:40Z",
      updated_at: "2026-11-23T22:00:40Z",
      can_admins_bypass: true,
      protection_rules: [
        ...(this.protection === "waits"
          ? [{ id: 3736, node_id: "MDQ6R2F0ZTM3MzY=", type: "wait_timer", wait_timer: 30 }]
          : []),
        ...(reviewers === undefined
          ? []
          : [
              {
                id: 3755,
                node_id: "MDQ6R2F0ZTM3NTU=",
                prevent_self_review: false,
                type: "required_reviewers",
                reviewers,
              },
            ]),
        { id: 3756, node_id: "MDQ6R2F0ZTM3NTY=", type: "branch_policy" },
      ],
      deployment_branch_policy: { protected_branches: true, custom_branch_policies: false },
    };
  }
}

/** Names of environments have no case. */
function isSame(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}

function reviewBody({ state, login, environments }: Reviewed): unknown {
  return {
    environments: environments.map((name, at) => ({ id: 161088068 + at, name })),
    state,
    user: login === null ? null : { login, id: 1, type: login.endsWith("[bot]") ? "Bot" : "User" },
    comment: "Ship it!",
  };
}

function send(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}

function fail(response: http.ServerResponse, status: number, message: string): void {
  send(response, status, {
    message,
    documentation_url: "https://docs.github.com/rest",
    status: String(status),
  });
}

function stumble(trouble: Trouble, response: http.ServerResponse): void {
  const json = { "content-type": "application/json; charset=utf-8" };
  switch (trouble) {
    case "limits":
      response.setHeader("x-ratelimit-remaining", "0");
      fail(response, 403, "API rate limit exceeded");
      break;
    case "page":
      response.writeHead(502, { "content-type": "text/html" });
      response.end(`<html>\n${"<p>Bad gateway</p>\n".repeat(1_000)}</html>`);
      break;
    case "garbles":
      response.writeHead(200, json);
      response.end('{"name": "production", "protection_rules": [{"type"');
      break;
    case "other":
      send(response, 200, { name: 7, protection_rules: { type: "required_reviewers" } });
      break;
    case "huge":
      // A few kilobytes on the line.
      response.writeHead(200, { ...json, "content-encoding": "gzip" });
      response.end(gzipSync(`"${"x".repeat(5_000_000)}"`));
      break;
    case "half":
      response.writeHead(200, { ...json, "content-length": "1000" });
      response.write('{"name": "production"');
      setTimeout(() => response.destroy(), 20);
      break;
    case "cuts":
      response.destroy();
      break;
    case "stalls":
      break;
    case "drips":
      response.writeHead(200, json);
      response.write("[");
      break;
    default:
      fail(response, trouble, http.STATUS_CODES[trouble] ?? "");
  }
}
