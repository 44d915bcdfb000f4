export const id = 940;
export const ids = [940,654];
export const modules = {

/***/ 40654:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   GitHubApi: () => (/* binding */ GitHubApi),
/* harmony export */   GitHubError: () => (/* binding */ GitHubError)
/* harmony export */ });
/* harmony import */ var _actions_github_lib_utils__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(85555);
/* harmony import */ var valibot__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(77934);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(19473);
/**
 * A client of GitHub's REST API, for the few things that a run asks there: every call is bounded in time and size, tried a
 * second time where that may help, and its answer is of a known form. Loaded only where it is needed.
 */
// Not the package's main file: that one reads the event's payload, and complains on stdout where there is none.



/** Of a call, in milliseconds. */
const CALL_TAKES = 10_000;
const ATTEMPTS = 2;
const BETWEEN_ATTEMPTS = 1_000;
/** Of an answer, in bytes: an environment with six reviewers is about 10 kB. */
const LARGEST_ANSWER = 1_000_000;
class GitHubError extends Error {
    problem;
    constructor(problem, message, options) {
        super(message, options);
        this.name = "GitHubError";
        this.problem = problem;
    }
}
/** As octokit throws it (https://github.com/octokit/request-error.js); without a response the status is its invention. */
const FailedRequest = valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
    status: valibot__WEBPACK_IMPORTED_MODULE_2__/* .number */ .aig(),
    message: valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(),
    response: valibot__WEBPACK_IMPORTED_MODULE_2__/* .optional */ .lqM(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ headers: valibot__WEBPACK_IMPORTED_MODULE_2__/* .record */ .g1P(valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(), valibot__WEBPACK_IMPORTED_MODULE_2__/* .unknown */ .L5J()) })),
});
class GitHubApi {
    #octokit;
    #clock;
    #callTakes;
    constructor({ url, token, clock, callTakes = CALL_TAKES }) {
        this.#octokit = new _actions_github_lib_utils__WEBPACK_IMPORTED_MODULE_0__/* .GitHub */ .gq((0,_actions_github_lib_utils__WEBPACK_IMPORTED_MODULE_0__/* .getOctokitOptions */ .EG)(token, { baseUrl: url }));
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
    async ask(route, values, form, signal) {
        for (let attempt = 1;; attempt += 1) {
            try {
                return await this.#askOnce(route, values, form, signal);
            }
            catch (error) {
                signal?.throwIfAborted();
                const failure = failureOf(error);
                if (failure.problem !== "unavailable" || attempt === ATTEMPTS)
                    throw failure;
                await this.#clock.sleep(BETWEEN_ATTEMPTS, signal);
            }
        }
    }
    async #askOnce(route, values, form, signal) {
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
        const answer = valibot__WEBPACK_IMPORTED_MODULE_2__/* .safeParse */ .xLC(valibot__WEBPACK_IMPORTED_MODULE_2__/* .pipe */ .FsL(valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(), valibot__WEBPACK_IMPORTED_MODULE_2__/* .parseJson */ .qFJ(), form), text);
        if (answer.success)
            return answer.output;
        const [issue] = answer.issues;
        throw new GitHubError("nonsense", `${valibot__WEBPACK_IMPORTED_MODULE_2__/* .getDotPath */ .BuJ(issue) ?? "the answer"}: ${issue.message}`);
    }
}
/** @param body a stream of the web */
async function textOf(body) {
    const parts = [];
    let bytes = 0;
    for await (const part of body) {
        bytes += part.byteLength;
        if (bytes > LARGEST_ANSWER)
            throw new GitHubError("nonsense", "the answer is larger than 1 MB");
        parts.push(part);
    }
    return Buffer.concat(parts).toString("utf8");
}
/** A proxy's error is a page. */
function shortened(message) {
    return message.replaceAll(/[\s\p{C}]+/gu, " ").slice(0, 200);
}
function failureOf(error) {
    if (error instanceof GitHubError)
        return error;
    const failed = valibot__WEBPACK_IMPORTED_MODULE_2__/* .safeParse */ .xLC(FailedRequest, error);
    const { status, message, response } = failed.success
        ? failed.output
        : { status: 0, message: (0,_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(error), response: undefined };
    const failure = (problem) => new GitHubError(problem, shortened(response === undefined ? message : `${status} ${message}`), {
        cause: error,
    });
    if (response === undefined)
        return failure("unavailable");
    // https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: 403 as well as 429.
    const limited = response.headers["x-ratelimit-remaining"] === "0" || "retry-after" in response.headers;
    if (status === 429 || (status === 403 && limited))
        return failure("limited");
    if (status === 401)
        return failure("unauthorized");
    if (status === 403)
        return failure("forbidden");
    if (status === 404)
        return failure("not-found");
    return failure(status >= 500 ? "unavailable" : "nonsense");
}


/***/ }),

/***/ 35940:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   confirmReview: () => (/* binding */ confirmReview)
/* harmony export */ });
/* harmony import */ var valibot__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(77934);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(19473);
/* harmony import */ var _api_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(40654);
/**
 * Whether GitHub confirms that required reviewers let this run into its environment. A job cannot ask in which environment
 * it runs, so the workflow names it, and two answers must agree: the environment has required reviewers, and one of this
 * run's reviews let it in. That shows a mistake in the workflow or in the settings. It is no guard against the author of the
 * workflow, who could as well give `approve` without any review.
 */



/** A person's or a GitHub App's; those of an enterprise's own accounts have an underscore. */
const Login = valibot__WEBPACK_IMPORTED_MODULE_2__/* .pipe */ .FsL(valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(), valibot__WEBPACK_IMPORTED_MODULE_2__/* .regex */ .yGV(/^[\w.-]{1,100}(?:\[bot\])?$/, "is no login"));
/**
 * Of the answer to `GET /repos/{owner}/{repo}/environments/{environment_name}`. The other rules are `wait_timer`,
 * `branch_policy` and those of GitHub Apps. A reviewer is a user or a team.
 * https://docs.github.com/en/rest/deployments/environments#get-an-environment
 */
const Environment = valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
    name: valibot__WEBPACK_IMPORTED_MODULE_2__/* .pipe */ .FsL(valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(), valibot__WEBPACK_IMPORTED_MODULE_2__/* .maxLength */ .Ru6(255)),
    protection_rules: valibot__WEBPACK_IMPORTED_MODULE_2__/* .optional */ .lqM(valibot__WEBPACK_IMPORTED_MODULE_2__/* .array */ .YOg(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
        type: valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(),
        reviewers: valibot__WEBPACK_IMPORTED_MODULE_2__/* .optional */ .lqM(valibot__WEBPACK_IMPORTED_MODULE_2__/* .array */ .YOg(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ type: valibot__WEBPACK_IMPORTED_MODULE_2__/* .picklist */ .KIO(["User", "Team"]) }))),
    })), []),
});
/**
 * The answer to `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`: the reviews of the run. None says of which job,
 * attempt or time it is, so one for another job in the same environment looks the same. GitHub holds each job in the
 * environment until a reviewer lets that one in.
 * https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
 */
const Reviews = valibot__WEBPACK_IMPORTED_MODULE_2__/* .array */ .YOg(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({
    state: valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP(),
    // The account may have been deleted since.
    user: valibot__WEBPACK_IMPORTED_MODULE_2__/* .nullable */ .mee(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ login: Login })),
    environments: valibot__WEBPACK_IMPORTED_MODULE_2__/* .array */ .YOg(valibot__WEBPACK_IMPORTED_MODULE_2__/* .object */ .Ikc({ name: valibot__WEBPACK_IMPORTED_MODULE_2__/* .optional */ .lqM(valibot__WEBPACK_IMPORTED_MODULE_2__/* .string */ .YjP()) })),
}));
/**
 * @throws RefusedError where GitHub does not confirm it, with the line to change
 * @throws the signal's reason when it fires
 */
async function confirmReview(api, { repository, run, environment }, signal) {
    const [owner, repo] = repository.split("/");
    if (!owner || !repo || run === "")
        throw new _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .RefusedError */ .fk("A review can be confirmed only for a run on GitHub, and this is none", {
            advice: "Set `reviewed: false`, and approve the plan with `approve`.",
        });
    const at = { owner, repo };
    const found = await asking(`environment ${environment}`, () => api.ask("GET /repos/{owner}/{repo}/environments/{environment_name}", { ...at, environment_name: environment }, Environment, signal));
    const protects = found.protection_rules.some(({ type, reviewers = [] }) => type === "required_reviewers" && reviewers.length > 0);
    if (!protects)
        throw new _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .RefusedError */ .fk(`The environment ${found.name} has no required reviewers, so nobody approved the plan`, {
            advice: `Add required reviewers to it (Settings → Environments → ${found.name}). Until then set \`reviewed: false\`, and approve the plan with \`approve\`.`,
        });
    const reviews = await asking("reviews of this run", () => api.ask("GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals", { ...at, run_id: run }, Reviews, signal));
    const reviewers = reviews.flatMap(({ state, user, environments }) => state === "approved" &&
        user !== null &&
        !user.login.endsWith("[bot]") &&
        environments.some(({ name }) => isSame(name, found.name))
        ? [user.login]
        : []);
    if (reviewers.length === 0)
        throw new _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .RefusedError */ .fk(`No reviewer has let this run into the environment ${found.name}`, {
            advice: `\`environment\` must name the environment in which this job runs: give the job \`environment: ${found.name}\` as well.`,
        });
    return { environment: found.name, reviewers: [...new Set(reviewers)] };
}
/** GitHub compares the names of environments without regard to case. */
function isSame(name, other) {
    return name?.toLowerCase() === other.toLowerCase();
}
const OTHERWISE = "Until then set `reviewed: false`, and approve the plan with `approve`.";
const ADVICE = {
    unauthorized: `Give \`github_token: \${{ github.token }}\`.`,
    forbidden: "Add `actions: read` to the job's `permissions:`, and to those of the job that calls the workflow.",
    "not-found": "Correct `environment`: it must be the one in which the job runs. Is it right, add `actions: read` to the job's `permissions:`.",
    limited: `Run again when GitHub's rate limit is over. ${OTHERWISE}`,
    unavailable: `Run again when GitHub answers (https://www.githubstatus.com). ${OTHERWISE}`,
    nonsense: `Check that \`GITHUB_API_URL\` is the address of a GitHub API. ${OTHERWISE}`,
};
/** @param what is asked for, as a noun without its article */
async function asking(what, ask) {
    try {
        return await ask();
    }
    catch (error) {
        if (!(error instanceof _api_js__WEBPACK_IMPORTED_MODULE_1__.GitHubError))
            throw error;
        throw new _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .RefusedError */ .fk(refusal(error.problem, what), {
            detail: `GitHub: ${error.message}`,
            advice: ADVICE[error.problem],
            cause: error,
        });
    }
}
function refusal(problem, what) {
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


/***/ })

};
