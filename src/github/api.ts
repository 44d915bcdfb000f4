/**
 * A client of GitHub's REST API, for the few things that a run asks there: every call is bounded in time and size, tried a
 * second time where that may help, and its answer is of a known form. Loaded only where it is needed.
 */

// Not the package's main file: that one reads the event's payload, and complains on stdout where there is none.
import { GitHub, getOctokitOptions } from "@actions/github/lib/utils";
import * as v from "valibot";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";

/** Of a call, in milliseconds. */
const CALL_TAKES = 10_000;
const ATTEMPTS = 2;
const BETWEEN_ATTEMPTS = 1_000;
/** Of an answer, in bytes: an environment with six reviewers is about 10 kB. */
const LARGEST_ANSWER = 1_000_000;

/**
 * Why GitHub did not give what was asked for:
 * - `unauthorized`: it does not accept the token; `forbidden`: the token lacks a permission;
 * - `not-found`: there is no such thing, or the token may not see it;
 * - `limited`: too many calls were made; `unavailable`: no answer, or an error of its own;
 * - `nonsense`: an answer of another form.
 */
export type GitHubProblem =
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "limited"
  | "unavailable"
  | "nonsense";

export class GitHubError extends Error {
  readonly problem: GitHubProblem;

  constructor(problem: GitHubProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GitHubError";
    this.problem = problem;
  }
}

export interface GitHubAccess {
  /** `https://api.github.com`, or `https://…/api/v3` of a GitHub Enterprise Server (`GITHUB_API_URL`). */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  /** How long a call may take, in milliseconds. */
  readonly callTakes?: number;
}

/** As octokit throws it (https://github.com/octokit/request-error.js); without a response the status is its invention. */
const FailedRequest = v.object({
  status: v.number(),
  message: v.string(),
  response: v.optional(v.object({ headers: v.record(v.string(), v.unknown()) })),
});

export class GitHubApi {
  readonly #octokit: InstanceType<typeof GitHub>;
  readonly #clock: Clock;
  readonly #callTakes: number;

  constructor({ url, token, clock, callTakes = CALL_TAKES }: GitHubAccess) {
    this.#octokit = new GitHub(getOctokitOptions(token, { baseUrl: url }));
    this.#clock = clock;
    this.#callTakes = callTakes;
  }

  /**
   * @param route as GitHub's documentation writes it: `GET /repos/{owner}/{repo}`
   * @param values of the route; they are encoded
   * @param form of the answer
   * @throws GitHubError
   * @throws the signal's reason when it fires
   */
  async ask<T>(
    route: string,
    values: Readonly<Record<string, string>>,
    form: v.GenericSchema<unknown, T>,
    signal?: AbortSignal,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#askOnce(route, values, form, signal);
      } catch (error) {
        signal?.throwIfAborted();
        const failure = failureOf(error);
        if (failure.problem !== "unavailable" || attempt === ATTEMPTS) throw failure;
        await this.#clock.sleep(BETWEEN_ATTEMPTS, signal);
      }
    }
  }

  async #askOnce<T>(
    route: string,
    values: Readonly<Record<string, string>>,
    form: v.GenericSchema<unknown, T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const late = AbortSignal.timeout(this.#callTakes);
    const { data } = await this.#octokit.request(route, {
      ...values,
      // The body is read here: octokit takes one that was cut off for an empty one.
      request: {
        signal: signal === undefined ? late : AbortSignal.any([late, signal]),
        parseSuccessResponseBody: false,
      },
    });
    const text = await textOf(data);
    const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), form), text);
    if (answer.success) return answer.output;
    const [issue] = answer.issues;
    throw new GitHubError("nonsense", `${v.getDotPath(issue) ?? "the answer"}: ${issue.message}`);
  }
}

/** @param body a stream of the web */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > LARGEST_ANSWER) throw new GitHubError("nonsense", "the answer is larger than 1 MB");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** A proxy's error is a page. */
function shortened(message: string): string {
  return message.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, 200);
}

function failureOf(error: unknown): GitHubError {
  if (error instanceof GitHubError) return error;
  const failed = v.safeParse(FailedRequest, error);
  const { status, message, response } = failed.success
    ? failed.output
    : { status: 0, message: messageOf(error), response: undefined };
  const failure = (problem: GitHubProblem): GitHubError =>
    new GitHubError(problem, shortened(response === undefined ? message : `${status} ${message}`), {
      cause: error,
    });
  if (response === undefined) return failure("unavailable");
  // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 as well as 429.
  const limited = response.headers["x-ratelimit-remaining"] === "0" || "retry-after" in response.headers;
  if (status === 429 || (status === 403 && limited)) return failure("limited");
  if (status === 401) return failure("unauthorized");
  if (status === 403) return failure("forbidden");
  if (status === 404) return failure("not-found");
  return failure(status >= 500 ? "unavailable" : "nonsense");
}
