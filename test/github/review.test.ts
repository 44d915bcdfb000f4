// Whether GitHub confirms a review, asked of an API of the tests' own over HTTP: every answer that it may give, and none.

import { describe, expect, it } from "vitest";
import { RefusedError } from "../../src/errors.ts";
import { GitHubApi } from "../../src/github/api.ts";
import { confirmReview, type ReviewedRun } from "../../src/github/review.ts";
import type { Review } from "../../src/review.ts";
import { VirtualClock } from "../support/clocks.ts";
import { GitHubServer, type Protection, type Trouble } from "../support/github-api.ts";

const RUN: ReviewedRun = { repository: "acme/shop", run: "4711", environment: "production" };
const ENVIRONMENT = "GET /repos/acme/shop/environments/production";
const REVIEWS = "GET /repos/acme/shop/actions/runs/4711/approvals";
/** Milliseconds, for calls that do not end; the others have all the time of a busy machine. */
const SHORT = 200;
const ENDLESS: readonly unknown[] = ["stalls", "drips"];

interface Asked {
  readonly run?: Partial<ReviewedRun>;
  readonly token?: string;
  readonly signal?: AbortSignal;
}

async function ask(server: GitHubServer, { run, token = server.token, signal }: Asked = {}): Promise<Review> {
  const callTakes = ENDLESS.includes(server.trouble) ? SHORT : 10_000;
  const api = new GitHubApi({ url: server.url, token, clock: new VirtualClock(), callTakes });
  return await confirmReview(api, { ...RUN, ...run }, signal);
}

async function refusal(server: GitHubServer, asked: Asked = {}): Promise<RefusedError> {
  const error = await ask(server, asked).catch((thrown: unknown) => thrown);
  if (!(error instanceof RefusedError))
    throw new Error(`not refused: ${JSON.stringify(error)}`, { cause: error });
  expect(JSON.stringify([error.message, error.detail, error.advice])).not.toContain(server.token);
  expect(error.message.split("\n")).toHaveLength(1);
  return error;
}

describe("a review that GitHub confirms", () => {
  it("has who let this run into the environment, and takes two calls", async () => {
    await using server = await GitHubServer.start();
    expect(await ask(server)).toEqual({ environment: "production", reviewers: ["carol"] });
    expect(server.asked).toEqual([ENVIRONMENT, REVIEWS]);
  });

  it("counts where the environment asks for a team, and whatever the case of its name", async () => {
    await using server = await GitHubServer.start();
    server.protection = "team";
    server.environment = "Production";
    expect(await ask(server, { run: { environment: "PRODUCTION" } })).toEqual({
      environment: "Production",
      reviewers: ["carol"],
    });
  });

  it("counts each person once, and neither rejections, bots, accounts that are gone, nor other environments", async () => {
    await using server = await GitHubServer.start();
    const environments = ["staging", "production"];
    server.reviews = [
      { state: "rejected", login: "erin", environments },
      { state: "approved", login: "carol", environments },
      { state: "approved", login: "dave_acme", environments: ["production"] },
      { state: "approved", login: "carol", environments },
      { state: "approved", login: "deployer[bot]", environments },
      { state: "approved", login: null, environments },
      { state: "pending", login: "frank", environments },
      { state: "approved", login: "grace", environments: ["staging"] },
    ];
    expect((await ask(server)).reviewers).toEqual(["carol", "dave_acme"]);
  });

  it("asks about an environment of any name, and never about another address", async () => {
    await using server = await GitHubServer.start();
    server.environment = "a/../b?c#d %2e é";
    server.reviews = [{ state: "approved", login: "carol", environments: [server.environment] }];
    expect((await ask(server, { run: { environment: server.environment } })).environment).toBe(
      server.environment,
    );
    expect(server.asked[0]).toBe(
      `GET /repos/acme/shop/environments/${encodeURIComponent(server.environment)}`,
    );
  });

  it.each<Trouble>([500, 502, 503, "page", "cuts", "half", "stalls", "drips"])(
    "is found at the second try where the first one fails: %s",
    async (trouble) => {
      for (const at of ["environment", "reviews"] as const) {
        await using server = await GitHubServer.start();
        Object.assign(server, { trouble, at, times: 1 });
        expect((await ask(server)).reviewers).toEqual(["carol"]);
        expect(server.asked).toHaveLength(3);
      }
    },
  );
});

describe("a review is not believed", () => {
  it.each<Protection>(["none", "waits", "nobody"])(
    "where the environment has no required reviewers: %s",
    async (protection) => {
      await using server = await GitHubServer.start();
      server.protection = protection;
      const { message, advice } = await refusal(server);
      expect(message).toBe(
        "The environment production has no required reviewers, so nobody approved the plan",
      );
      expect(advice).toMatch(/Settings → Environments → production.*`reviewed: false`.*`approve`/);
      expect(server.asked).toEqual([ENVIRONMENT]);
    },
  );

  it.each([
    ["nobody", []],
    ["a bot alone", [{ state: "approved", login: "deployer[bot]", environments: ["production"] }]],
    ["somebody into another environment", [{ state: "approved", login: "carol", environments: ["staging"] }]],
    ["nobody, who was asked", [{ state: "rejected", login: "carol", environments: ["production"] }]],
  ] as const)("where this run was let in by %s", async (_, reviews) => {
    await using server = await GitHubServer.start();
    server.reviews = reviews;
    const { message, advice } = await refusal(server);
    expect(message).toBe("No reviewer has let this run into the environment production");
    expect(advice).toContain("give the job `environment: production`");
  });

  it.each<[Trouble, RegExp, RegExp, tries: number]>([
    [403, /`github_token` may not read the environment production/, /Add `actions: read`/, 1],
    [404, /GitHub finds no environment production/, /Correct `environment`.*`actions: read`/, 1],
    ["limits", /too many questions/, /rate limit.*`reviewed: false`/, 1],
    [429, /too many questions/, /rate limit/, 1],
    [410, /has another form/, /GITHUB_API_URL/, 1],
    ["garbles", /answer about the environment production has another form/, /GITHUB_API_URL/, 1],
    ["other", /has another form/, /GITHUB_API_URL/, 1],
    ["huge", /has another form/, /GITHUB_API_URL/, 1],
    [500, /GitHub does not answer/, /Run again when GitHub answers.*`reviewed: false`/, 2],
    [503, /GitHub does not answer/, /Run again/, 2],
    ["page", /GitHub does not answer/, /Run again/, 2],
    ["cuts", /GitHub does not answer/, /Run again/, 2],
    ["half", /GitHub does not answer/, /Run again/, 2],
    ["stalls", /GitHub does not answer/, /Run again/, 2],
    ["drips", /GitHub does not answer/, /Run again/, 2],
  ])("where the environment is answered with %s", async (trouble, message, advice, tries) => {
    await using server = await GitHubServer.start();
    Object.assign(server, { trouble, at: "environment" });
    const refused = await refusal(server);
    expect(refused.message).toMatch(/^The review could not be confirmed: /);
    expect(refused.message).toMatch(message);
    expect(refused.advice).toMatch(advice);
    expect(refused.detail).toMatch(/^GitHub: \S.{0,200}$/);
    expect(server.asked).toEqual(Array(tries).fill(ENVIRONMENT));
  });

  it.each<Trouble>([403, 404, 500, "garbles", "other", "huge", "cuts", "stalls"])(
    "where the reviews are answered with %s",
    async (trouble) => {
      await using server = await GitHubServer.start();
      Object.assign(server, { trouble, at: "reviews" });
      expect((await refusal(server)).message).toMatch(/^The review could not be confirmed: /);
      expect(server.asked[0]).toBe(ENVIRONMENT);
      expect(server.asked.slice(1)).toContain(REVIEWS);
    },
  );

  it("where a reviewer's name is not one", async () => {
    await using server = await GitHubServer.start();
    for (const login of ["", "two words", "a\n::error::b", "x".repeat(101)]) {
      server.reviews = [{ state: "approved", login, environments: ["production"] }];
      expect((await refusal(server)).detail).toContain("is no login");
    }
  });

  it("where the token is not accepted, and it is shown nowhere", async () => {
    await using server = await GitHubServer.start();
    const token = "ghs_another";
    const refused = await refusal(server, { token });
    expect(refused).toMatchObject({
      message: "The review could not be confirmed: GitHub does not accept `github_token`",
      advice: `Give \`github_token: \${{ github.token }}\`.`,
    });
    expect(JSON.stringify([refused.detail, refused.advice, String(refused.cause)])).not.toContain(token);
  });

  it("where nothing listens", async () => {
    const server = await GitHubServer.start();
    const url = server.url;
    await server[Symbol.asyncDispose]();
    const api = new GitHubApi({ url, token: "t", clock: new VirtualClock() });
    await expect(confirmReview(api, RUN)).rejects.toThrow("GitHub does not answer");
  });

  it.each([{ repository: "" }, { repository: "acme" }, { run: "" }])(
    "outside of a workflow, and then nothing is asked: %j",
    async (run) => {
      await using server = await GitHubServer.start();
      expect((await refusal(server, { run })).advice).toContain("`reviewed: false`");
      expect(server.asked).toEqual([]);
    },
  );
});

it("a run that is stopped does not wait for GitHub", async () => {
  await using server = await GitHubServer.start();
  server.trouble = "stalls";
  const stop = new AbortController();
  const reason = new Error("stopped by SIGINT");
  const asking = ask(server, { signal: stop.signal });
  setTimeout(() => stop.abort(reason), 20);
  await expect(asking).rejects.toBe(reason);
  expect(server.asked).toHaveLength(1);
});
