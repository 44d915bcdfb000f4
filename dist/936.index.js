export const id = 936;
export const ids = [936];
export const modules = {

/***/ 1936:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   localTransport: () => (/* binding */ localTransport)
/* harmony export */ });
/* harmony import */ var node_child_process__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(31421);
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(73024);
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(48161);
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(19473);
// A Transport to the machine that the action runs on: a self-hosted runner that is the droplet itself.
//
// It uses node:child_process and not @actions/exec, which (3.0.0, measured) lets EPIPE end the process when a
// command does not read its input, loses the signal that ended a command, gives no handle to stop one with, and
// needs 11 s and 400 MB for 30 MB of output without newlines.




/** Milliseconds between asking a command to stop and making it stop. */
const STOP_GRACE_MS = 1_000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** A transport that runs each command by `sh -c`, as its own process group, in the environment of a fresh login. */
function localTransport() {
    return {
        description: "this machine",
        identity: "local",
        exec: runLocally,
        async close() { },
    };
}
function runLocally(command, options) {
    const { signal, timeoutMs } = options;
    if (signal?.aborted === true) {
        return Promise.reject(signal.reason);
    }
    const { promise, resolve, reject } = Promise.withResolvers();
    const { home, environment } = freshLogin();
    const child = (0,node_child_process__WEBPACK_IMPORTED_MODULE_0__.spawn)("/bin/sh", ["-c", command], {
        cwd: home,
        env: environment,
        // Its own process group, so that what it started can be stopped with it.
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
    });
    let failure;
    let stopTimer;
    const stop = (error) => {
        if (failure === undefined) {
            failure = { error };
            signalGroup(child, "SIGTERM");
            stopTimer = setTimeout(() => {
                signalGroup(child, "SIGKILL");
                // Something that left the group may hold the pipes open; nobody waits for it.
                child.stdout.destroy();
                child.stderr.destroy();
            }, STOP_GRACE_MS);
        }
    };
    const onAbort = () => stop(signal?.reason);
    const timer = setTimeout(() => stop(timedOut(command, timeoutMs)), Math.min(timeoutMs, MAX_TIMER_MS));
    signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (act) => {
        clearTimeout(timer);
        clearTimeout(stopTimer);
        signal?.removeEventListener("abort", onAbort);
        act();
    };
    const handOver = (from, deliver) => (chunk) => {
        if (failure !== undefined)
            return;
        try {
            const taken = deliver(chunk);
            if (taken !== undefined) {
                from.pause();
                taken.catch(stop).finally(() => from.resume());
            }
        }
        catch (error) {
            stop(error);
        }
    };
    child.stdout.on("data", handOver(child.stdout, options.onStdout));
    child.stderr.on("data", handOver(child.stderr, options.onStderr));
    child.on("error", (cause) => settle(() => reject(notStarted(command, cause))));
    child.on("close", (code, signalName) => settle(() => {
        if (failure === undefined) {
            resolve({ code, signal: signalName });
            return;
        }
        // What ignored the first signal and has let go of the pipes.
        signalGroup(child, "SIGKILL");
        reject(failure.error);
    }));
    // EPIPE, when the command ends without reading its input: its exit status tells the story.
    child.stdin.on("error", () => { });
    child.stdin.end(options.stdin);
    return promise;
}
/**
 * What sshd gives to a login (sshd(8), "LOGIN PROCESS") and no more: the runner's own environment holds its tokens
 * and our inputs, which no program of the host has to see.
 */
function freshLogin() {
    const { username, homedir } = whoRuns();
    return {
        home: (0,node_fs__WEBPACK_IMPORTED_MODULE_1__.existsSync)(homedir) ? homedir : "/",
        environment: {
            HOME: homedir,
            LOGNAME: username,
            USER: username,
            SHELL: "/bin/sh",
            PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin:/opt/homebrew/bin",
        },
    };
}
/** userInfo throws for a user without a line in passwd, as containers have. */
function whoRuns() {
    try {
        return (0,node_os__WEBPACK_IMPORTED_MODULE_2__.userInfo)();
    }
    catch {
        return { username: String(process.getuid?.() ?? ""), homedir: "/" };
    }
}
function signalGroup(child, name) {
    if (child.pid !== undefined) {
        try {
            process.kill(-child.pid, name);
        }
        catch {
            // The whole group has ended already.
        }
    }
}
function timedOut(command, timeoutMs) {
    return new _errors_js__WEBPACK_IMPORTED_MODULE_3__/* .HostError */ .dh("timed-out", `\`${command}\` did not end on this machine within ${timeoutMs / 1000} s`, {
        advice: "It was stopped. If the machine is only slow, raise `command_timeout`.",
    });
}
function notStarted(command, cause) {
    return new _errors_js__WEBPACK_IMPORTED_MODULE_3__/* .HostError */ .dh("no-shell", `\`${command}\` could not be started on this machine`, {
        detail: cause.message,
        cause,
    });
}


/***/ })

};
