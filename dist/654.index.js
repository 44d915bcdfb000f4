export const id = 654;
export const ids = [654];
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


/***/ })

};
