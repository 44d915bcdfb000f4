/**
 * Whether GitHub confirms that required reviewers let this run into its environment. A job cannot ask in which environment
 * it runs, so the workflow names it, and two answers must agree: the environment has required reviewers, and one of this
 * run's reviews let it in. That shows a mistake in the workflow or in the settings. It is no guard against the author of the
 * workflow, who could as well give `approve` without any review.
 */

import * as v from "valibot";
import { RefusedError } from "../errors.ts";
import type { Review } from "../review.ts";
import { type GitHubApi, GitHubError, type GitHubProblem } from "./api.ts";

/** What is asked about. */
export interface ReviewedRun {
  /** `owner/name`. */
  readonly repository: string;
  /** The run's id; the same in every attempt. */
  readonly run: string;
  /** The environment that the workflow names. */
  readonly environment: string;
}

/** A person's or a GitHub App's; those of an enterprise's own accounts have an underscore. */
const Login = v.pipe(v.string(), v.regex(/^[\w.-]{1,100}(?:\[bot\])?$/, "is no login"));

/**
 * Of the answer to `GET /repos/{owner}/{repo}/environments/{environment_name}`. The other rules are `wait_timer`,
 * `branch_policy` and those of GitHub Apps. A reviewer is a user or a team.
 * https://docs.github.com/en/rest/deployments/environments#get-an-environment
 */
const Environment = v.object({
  name: v.pipe(v.string(), v.maxLength(255)),
  protection_rules: v.optional(
    v.array(
      v.object({
        type: v.string(),
        reviewers: v.optional(v.array(v.object({ type: v.picklist(["User", "Team"]) }))),
      }),
    ),
    [],
  ),
});

/**
 * The answer to `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`: the reviews of the run. None says of which job,
 * attempt or time it is, so one for another job in the same environment looks the same. GitHub holds each job in the
 * environment until a reviewer lets that one in.
 * https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
const Reviews = v.array(
  v.object({
    state: v.string(),
    // The account may have been deleted since.
    user: v.nullable(v.object({ login: Login })),
    environments: v.array(v.object({ name: v.optional(v.string()) })),
  }),
);

/**
 * @throws RefusedError where GitHub does not confirm it, with the line to change
 * @throws the signal's reason when it fires
 */
export async function confirmReview(
  api: GitHubApi,
  { repository, run, environment }: ReviewedRun,
  signal?: AbortSignal,
): Promise<Review> {
  const [owner, repo] = repository.split("/");
  if (!owner || !repo || run === "")
    throw new RefusedError("A review can be confirmed only for a run on GitHub, and this is none", {
      advice: "Set `reviewed: false`, and approve the plan with `approve`.",
    });
  const at = { owner, repo };
  const found = await asking(`environment ${environment}`, () =>
    api.ask(
      "GET /repos/{owner}/{repo}/environments/{environment_name}",
      { ...at, environment_name: environment },
      Environment,
      signal,
    ),
  );
  const protects = found.protection_rules.some(
    ({ type, reviewers = [] }) => type === "required_reviewers" && reviewers.length > 0,
  );
  if (!protects)
    throw new RefusedError(
      `The environment ${found.name} has no required reviewers, so nobody approved the plan`,
      {
        advice: `Add required reviewers to it (Settings → Environments → ${found.name}). Until then set \`reviewed: false\`, and approve the plan with \`approve\`.`,
      },
    );
  const reviews = await asking("reviews of this run", () =>
    api.ask(
      "GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals",
      { ...at, run_id: run },
      Reviews,
      signal,
    ),
  );
  const reviewers = reviews.flatMap(({ state, user, environments }) =>
    state === "approved" &&
    user !== null &&
    !user.login.endsWith("[bot]") &&
    environments.some(({ name }) => isSame(name, found.name))
      ? [user.login]
      : [],
  );
  if (reviewers.length === 0)
    throw new RefusedError(`No reviewer has let this run into the environment ${found.name}`, {
      advice: `\`environment\` must name the environment in which this job runs: give the job \`environment: ${found.name}\` as well.`,
    });
  return { environment: found.name, reviewers: [...new Set(reviewers)] };
}

/** GitHub compares the names of environments without regard to case. */
function isSame(name: string | undefined, other: string): boolean {
  return name?.toLowerCase() === other.toLowerCase();
}

const OTHERWISE = "Until then set `reviewed: false`, and approve the plan with `approve`.";

const ADVICE: Readonly<Record<GitHubProblem, string>> = {
  unauthorized: `Give \`github_token: \${{ github.token }}\`.`,
  forbidden:
    "Add `actions: read` to the job's `permissions:`, and to those of the job that calls the workflow.",
  "not-found":
    "Correct `environment`: it must be the one in which the job runs. Is it right, add `actions: read` to the job's `permissions:`.",
  limited: `Run again when GitHub's rate limit is over. ${OTHERWISE}`,
  unavailable: `Run again when GitHub answers (https://www.githubstatus.com). ${OTHERWISE}`,
  nonsense: `Check that \`GITHUB_API_URL\` is the address of a GitHub API. ${OTHERWISE}`,
};

/** @param what is asked for, as a noun without its article */
async function asking<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    throw new RefusedError(refusal(error.problem, what), {
      detail: `GitHub: ${error.message}`,
      advice: ADVICE[error.problem],
      cause: error,
    });
  }
}

function refusal(problem: GitHubProblem, what: string): string {
  switch (problem) {
    case "unauthorized":
      return "The review could not be confirmed: GitHub does not accept `github_token`";
    case "forbidden":
      return `The review could not be confirmed: \`github_token\` may not read the ${what}`;
    case "not-found":
      return `The review could not be confirmed: GitHub finds no ${what}`;
    case "limited":
      return "The review could not be confirmed: GitHub has had too many questions";
    case "unavailable":
      return "The review could not be confirmed: GitHub does not answer";
    case "nonsense":
      return `The review could not be confirmed: GitHub's answer about the ${what} has another form`;
  }
}
