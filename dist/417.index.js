export const id = 417;
export const ids = [417];
export const modules = {

/***/ 45417:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  connectSsh: () => (/* binding */ connectSsh)
});

// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(77030);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(58500);
// EXTERNAL MODULE: ./build/errors.js
var errors = __webpack_require__(19473);
// EXTERNAL MODULE: ./build/host/ssh/words.js
var ssh_words = __webpack_require__(43999);
;// CONCATENATED MODULE: ./build/host/ssh/exec.js
// One command on an open SSH connection: input in, output out, and an end that can be believed.


/** The longest that setTimeout can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** `Transport.exec` over SSH; see there. */
function execOver(session, command, options) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const { signal, timeoutMs } = options;
    let channel;
    let exit;
    let settled = false;
    const unfinished = new Set(["stdout", "stderr", "channel"]);
    const settle = () => {
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        stopListening();
    };
    const giveUp = (error) => {
        if (!settled) {
            settle();
            closeQuietly(channel);
            reject(error);
        }
    };
    const onAbort = () => giveUp(signal?.reason);
    const stopListening = session.onGone(giveUp);
    const timer = setTimeout(() => giveUp(timedOut(session.address, command, timeoutMs)), Math.min(timeoutMs, MAX_TIMER_MS));
    const finished = (part) => {
        unfinished.delete(part);
        if (settled || unfinished.size > 0) {
            return;
        }
        if (exit === undefined) {
            giveUp(endedWithoutStatus(session.address, command));
            return;
        }
        settle();
        resolve(exit);
    };
    const handOver = (from, deliver) => (chunk) => {
        // What comes after the end of our interest is read all the same: unread, it would stall the connection's window.
        if (settled)
            return;
        try {
            const taken = deliver(chunk);
            if (taken !== undefined) {
                from.pause();
                taken.catch(giveUp).finally(() => from.resume());
            }
        }
        catch (error) {
            giveUp(error);
        }
    };
    const attach = (opened) => {
        channel = opened;
        // EPIPE and its like, when the command ends without reading its input: its exit status tells the story.
        opened.on("error", () => { });
        opened.stderr.on("error", () => { });
        opened.on("data", handOver(opened, options.onStdout));
        opened.stderr.on("data", handOver(opened.stderr, options.onStderr));
        opened.on("exit", (code, signalName) => {
            exit = { code, signal: signalName ?? null };
        });
        opened.on("end", () => finished("stdout"));
        opened.stderr.on("end", () => finished("stderr"));
        opened.on("close", () => finished("channel"));
        if (settled) {
            closeQuietly(opened);
            return;
        }
        try {
            // ssh2 cuts this to the window that the server grants, however long it is.
            opened.end(typeof options.stdin === "string" ? Buffer.from(options.stdin) : options.stdin);
        }
        catch (error) {
            giveUp(session.gone() ?? connectionUnusable(session.address, error));
        }
    };
    const gone = session.gone();
    if (gone !== undefined || signal?.aborted === true) {
        giveUp(gone ?? signal?.reason);
        return promise;
    }
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
        session.client.exec(command, (error, opened) => {
            if (error) {
                giveUp(session.gone() ?? notStarted(session.address, command, error));
            }
            else {
                attach(opened);
            }
        });
    }
    catch (error) {
        giveUp(session.gone() ?? connectionUnusable(session.address, error));
    }
    return promise;
}
function closeQuietly(channel) {
    try {
        channel?.close();
    }
    catch {
        // The connection is gone already.
    }
}
function timedOut(address, command, timeoutMs) {
    return new errors/* HostError */.dh("timed-out", `\`${command}\` did not end on ${address} within ${timeoutMs / 1000} s`, {
        advice: "It may still be running there. If the droplet is only slow, raise `command_timeout`.",
    });
}
function endedWithoutStatus(address, command) {
    return new errors/* HostError */.dh("lost", `${address} ended \`${command}\` without saying how it ended`, {
        advice: "What it did is not known; its outcome has to be looked up.",
    });
}
function connectionUnusable(address, cause) {
    return new errors/* HostError */.dh("lost", `The connection to ${address} cannot be used any more`, {
        detail: (0,ssh_words/* wordsOf */.Z9)(cause),
        cause,
    });
}
/** A refused channel (`MaxSessions`, "open failed") or a refused command; the connection itself stands. */
function notStarted(address, command, cause) {
    return new errors/* HostError */.dh("no-shell", `${address} accepted the login but would not start \`${command}\``, {
        detail: `It said: ${(0,ssh_words/* wordsOf */.Z9)(cause)}`,
        advice: "See `MaxSessions`, `ForceCommand` and `Match` in its sshd_config: this user must be allowed to run commands.",
        cause,
    });
}

// EXTERNAL MODULE: ./build/inputs/fingerprint.js
var fingerprint = __webpack_require__(53472);
// EXTERNAL MODULE: ./build/inputs/known-hosts.js
var known_hosts = __webpack_require__(86949);
;// CONCATENATED MODULE: ./build/host/ssh/host-key.js
// Which host keys an endpoint may show us, and what to tell the person when it shows another one.




/** The SHA-1 signature `ssh-rsa` is left out: a pinned RSA key proves itself with SHA-2 (RFC 8332). */
const ALL_HOST_KEY_ALGORITHMS = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
];
/** `rsa-sha2-512` is a signature by a key of type `ssh-rsa`; all other algorithms are called like their key type. */
function keyTypeFor(algorithm) {
    return algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
}
function offeredKey(blob) {
    return { type: (0,known_hosts/* keyTypeOf */.zj)(blob) ?? "unknown", blob: Buffer.from(blob) };
}
/** Reads the pins of an endpoint into one judgement; `role` decides which inputs the advice names. */
function hostKeyPolicy(endpoint, role) {
    const fingerprints = endpoint.pins.flatMap((pin) => pin.kind === "fingerprint" ? [`SHA256:${pin.sha256}`] : []);
    const known = (0,known_hosts/* matchKnownHosts */.q_)(endpoint.pins.flatMap((pin) => (pin.kind === "known-hosts" ? pin.entries : [])), endpoint.host, endpoint.port);
    const pinnedTypes = new Set(known.accepted.map(({ keyType }) => keyType));
    const pinsNothing = fingerprints.length === 0 && known.accepted.length === 0;
    const typeIsOpen = fingerprints.length > 0;
    const pinnedAlgorithms = ALL_HOST_KEY_ALGORITHMS.filter((name) => pinnedTypes.has(keyTypeFor(name)));
    const pinned = [...fingerprints, ...known.accepted.map(({ keyType, key }) => (0,ssh_words/* namedKey */.zn)(keyType, key))];
    const isRevoked = ({ blob }) => known.revoked.some(({ key }) => key.equals(blob));
    return {
        algorithms: typeIsOpen || pinnedAlgorithms.length === 0 ? ALL_HOST_KEY_ALGORITHMS : pinnedAlgorithms,
        typeIsOpen,
        pinsNothing,
        judge(key) {
            if (isRevoked(key)) {
                return "revoked";
            }
            return fingerprints.includes((0,fingerprint/* fingerprintOf */.a)(key.blob)) ||
                known.accepted.some((entry) => entry.key.equals(key.blob))
                ? "accepted"
                : "other";
        },
        refusal(offered) {
            const revoked = offered.find(isRevoked);
            if (revoked !== undefined) {
                return revokedKey(endpoint, revoked);
            }
            return pinsNothing
                ? unpinnedHost(endpoint, role, offered, known.authorities.length > 0)
                : changedKey(endpoint, role, pinned, offered);
        },
    };
}
function revokedKey(endpoint, offered) {
    return new errors/* HostError */.dh("host-key", `${(0,ssh_words/* addressOf */.ci)(endpoint)} showed a host key that known_hosts marks as revoked`, {
        detail: `Offered and revoked: ${(0,ssh_words/* namedKey */.zn)(offered.type, offered.blob)}`,
        advice: "Nothing was logged in to. Find out why the key was revoked before anything else connects; then give the server a new host key and pin that one.",
    });
}
function unpinnedHost(endpoint, role, offered, hasAuthority) {
    const [first] = offered;
    const authority = hasAuthority
        ? " (`known_hosts` has only a `@cert-authority` line for it, and host certificates cannot be checked here.)"
        : "";
    return new errors/* HostError */.dh("host-key", `No host key is pinned for ${(0,ssh_words/* addressOf */.ci)(endpoint)}, so it was not logged in to${authority}`, {
        detail: offered.map(({ type, blob }) => `Offered: ${(0,ssh_words/* namedKey */.zn)(type, blob)}`).join("\n"),
        advice: `${howToCheck(offered)} If it shows the same, set \`${fingerprintInput(role)}: ${first === undefined ? "SHA256:…" : (0,fingerprint/* fingerprintOf */.a)(first.blob)}\`, or add the host's line to \`known_hosts\`.`,
    });
}
function changedKey(endpoint, role, pinned, offered) {
    return new errors/* HostError */.dh("host-key", `The host key of ${(0,ssh_words/* addressOf */.ci)(endpoint)} is not the pinned one, so it was not logged in to`, {
        detail: [
            ...pinned.map((key) => `Pinned: ${key}`),
            ...offered.map(({ type, blob }) => `Offered: ${(0,ssh_words/* namedKey */.zn)(type, blob)}`),
        ].join("\n"),
        advice: `Either the server was rebuilt, or the pin belongs to another host, or somebody stands between. ${howToCheck(offered)} Only if it shows the offered one, put that in \`${fingerprintInput(role)}\` or \`known_hosts\`.`,
    });
}
function fingerprintInput(role) {
    return role === "jump" ? "proxy_fingerprint" : "fingerprint";
}
function howToCheck(offered) {
    const families = [...new Set(offered.map(({ type }) => (0,ssh_words/* keyFamily */.Ef)(type)))];
    const commands = families.map((family) => `\`ssh-keygen -lf /etc/ssh/ssh_host_${family}_key.pub\``);
    return `Check it on the server itself, through the provider's console: ${commands.join(" and ")}.`;
}

// EXTERNAL MODULE: ./node_modules/ssh2/lib/index.js
var lib = __webpack_require__(85472);
// EXTERNAL MODULE: ./build/host/text.js
var host_text = __webpack_require__(85820);
;// CONCATENATED MODULE: ./build/host/ssh/login.js
// Logging in: which of our credentials to show a server, in which order, and the words when none opens the door.
// Each is shown once. A refusal is final, since fail2ban counts them.




/**
 * @param key the endpoint's own private key, as `readPrivateKey` gave it
 * @param refuse called when the login cannot succeed any more
 */
function loginTo(endpoint, key, refuse) {
    const { username, password } = endpoint.login;
    const shown = [];
    /** Methods that the server accepts from here on; null until it has said so. */
    let accepts = null;
    let satisfied;
    const refused = (serverWords = "") => refusal({ endpoint, key, shown, accepts: accepts ?? [], satisfied, serverWords });
    let answered = false;
    const answer = (_name, instructions, _language, prompts, finish) => {
        const [prompt, ...others] = prompts;
        if (!answered && prompt?.echo === false && others.length === 0 && password !== undefined) {
            answered = true;
            finish([password]);
            return;
        }
        const asked = [instructions, ...prompts.slice(0, 8).map((each) => each.prompt)]
            .map((words) => (0,host_text/* lineOf */.cA)(words))
            .filter(Boolean);
        refuse(unanswerable(endpoint, asked));
    };
    const next = () => {
        const untried = (method) => !shown.includes(method) && (accepts === null || accepts.includes(method));
        if (key !== undefined && untried("publickey")) {
            shown.push("publickey");
            return { type: "publickey", username, key };
        }
        if (accepts === null) {
            // Asks which methods there are: showing the password to a server that takes none would count as a failure.
            return { type: "none", username };
        }
        if (password !== undefined && untried("password") && !shown.includes("keyboard-interactive")) {
            shown.push("password");
            return { type: "password", username, password };
        }
        // The same password again by another method would be a second failure for the same mistake.
        if (password !== undefined && untried("keyboard-interactive") && !shown.includes("password")) {
            shown.push("keyboard-interactive");
            return { type: "keyboard-interactive", username, prompt: answer };
        }
        return undefined;
    };
    return {
        handler(methodsLeft, partialSuccess, proceed) {
            // Typed as an array, but null on the first call (ssh2's client.js, `curAuthsLeft`).
            const left = methodsLeft;
            if (left !== null) {
                accepts = left;
            }
            else if (shown.length > 0) {
                accepts = [];
            }
            if (partialSuccess === true) {
                satisfied = shown.at(-1);
            }
            const method = next();
            if (method === undefined) {
                refuse(refused());
            }
            else {
                proceed(method);
            }
        },
        passwordExpired(serverWords) {
            refuse(new errors/* HostError */.dh("authentication", `The password of ${username} has expired on ${(0,ssh_words/* addressOf */.ci)(endpoint)}`, {
                detail: (0,host_text/* lineOf */.cA)(serverWords),
                advice: `Log in as ${username} once by hand and set a new password, or let the workflow log in with a key.`,
            }));
        },
        refused,
    };
}
/**
 * The private key of an endpoint's login, if it has one.
 * @throws HostError `authentication` when it cannot be read
 */
function readPrivateKey(endpoint) {
    const { privateKey } = endpoint.login;
    if (privateKey === undefined) {
        return undefined;
    }
    const key = lib.utils.parseKey(privateKey);
    if (key instanceof Error || !key.isPrivateKey()) {
        throw new errors/* HostError */.dh("authentication", `The private key for ${(0,ssh_words/* addressOf */.ci)(endpoint)} cannot be read`, {
            advice: "Check the key; nothing was connected to.",
        });
    }
    return key;
}
function refusal({ endpoint, key, shown, accepts, satisfied, serverWords }) {
    const keyName = key === undefined ? "" : (0,ssh_words/* namedKey */.zn)(key.type, key.getPublicSSH());
    const tried = [
        ...(shown.includes("publickey") ? [`the key ${keyName}`] : []),
        ...(shown.includes("password") || shown.includes("keyboard-interactive") ? ["the password"] : []),
    ];
    return new errors/* HostError */.dh("authentication", `${(0,ssh_words/* addressOf */.ci)(endpoint)} refused the login`, {
        detail: [
            tried.length === 0 ? "Nothing was tried." : `Tried: ${tried.join(", then ")}.`,
            ...(satisfied === undefined
                ? []
                : [`It accepted the ${satisfied === "publickey" ? "key" : "password"} and asks for more.`]),
            ...(accepts.length === 0 ? [] : [`The server accepts: ${(0,host_text/* lineOf */.cA)(accepts.join(", "))}.`]),
            ...(serverWords === "" ? [] : [`It said: ${serverWords}`]),
        ].join(" "),
        advice: adviceFor({ endpoint, key, shown, accepts, satisfied, serverWords }, keyName),
    });
}
function adviceFor({ endpoint, key, shown, accepts, satisfied }, keyName) {
    const { username, password } = endpoint.login;
    if (satisfied !== undefined) {
        return password === undefined && accepts.includes("password")
            ? "This server wants a key and a password; set `password` too."
            : "This server wants a second factor, which no workflow can give; exempt this user from it (`Match User` in sshd_config).";
    }
    if (key !== undefined && !shown.includes("publickey")) {
        return "The server takes no keys; set `password`, or allow `PubkeyAuthentication` in its sshd_config.";
    }
    if (key !== undefined && password === undefined) {
        const root = username === "root" ? " For root, `PermitRootLogin` in sshd_config must allow it too." : "";
        return `Check \`username\`, and that the key's public half (${keyName}) is a line of ~${username}/.ssh/authorized_keys.${root}`;
    }
    if (key === undefined &&
        accepts.length > 0 &&
        !accepts.includes("password") &&
        !accepts.includes("keyboard-interactive")) {
        return "The server takes no passwords; set `key`.";
    }
    return "Check `username` and the credentials; the login is not tried again, so that the server does not ban the runner.";
}
function unanswerable(endpoint, asked) {
    return new errors/* HostError */.dh("authentication", `${(0,ssh_words/* addressOf */.ci)(endpoint)} asks a question during the login that no workflow can answer`, {
        detail: asked.join(" / "),
        advice: "If it asks for a second factor or a new password, exempt this user from it, or let the workflow log in with a key.",
    });
}

;// CONCATENATED MODULE: ./build/host/ssh/session.js
// One SSH connection to one endpoint, from its first byte to its last: key exchange, host key, login, and the one
// place that knows when and why it went away. ssh2 is wrapped here and nowhere else.







/** Why no session came about, and what may be done about it. */
class NoSession extends Error {
    error;
    /** True when nothing of ours was shown to the server, so that another try cannot count as a failed login. */
    mayTryAgain;
    /** The key that was offered and not accepted. */
    offered;
    /** The server has no key of the types that we asked for. */
    hasNoSuchKey;
    constructor(error, { mayTryAgain = false, offered, hasNoSuchKey = false, } = {}) {
        super(error.message, { cause: error });
        this.error = error;
        this.mayTryAgain = mayTryAgain;
        this.offered = offered;
        this.hasNoSuchKey = hasNoSuchKey;
    }
}
/** Milliseconds that a good-bye may take before the socket is torn down. */
const GOODBYE_MS = 1_000;
/**
 * Speaks SSH over a connected stream until the login is through.
 * @throws NoSession
 */
function openSession(stream, plan) {
    const { endpoint, policy, keepalive, deadline } = plan;
    const address = (0,ssh_words/* addressOf */.ci)(endpoint);
    const { promise, resolve, reject } = Promise.withResolvers();
    const client = new lib.Client();
    const closed = new Promise((done) => client.once("close", done));
    const goneListeners = new Set();
    let phase = "greeting";
    let firstBytes = "";
    let verified;
    let refusedKey;
    let state = "opening";
    let reason;
    const tearDown = () => {
        quietly(() => client.destroy());
        quietly(() => stream.destroy());
    };
    const fail = (failure) => {
        if (state === "opening") {
            state = "failed";
            deadline.removeEventListener("abort", onDeadline);
            reject(failure);
            tearDown();
        }
    };
    const vanish = (why, cause) => {
        if (state === "open") {
            state = "gone";
            reason =
                refusedKey === undefined
                    ? new errors/* HostError */.dh("lost", `The connection to ${address} was lost`, {
                        detail: why,
                        advice: "What ran there may have gone on running; its outcome has to be looked up.",
                        cause,
                    })
                    : policy.refusal([refusedKey]);
            for (const listener of [...goneListeners]) {
                listener(reason);
            }
            goneListeners.clear();
            tearDown();
        }
    };
    const onDeadline = () => fail(tooSlow(address, phase, firstBytes));
    const login = loginTo(endpoint, plan.key, (error) => fail(new NoSession(error)));
    // For life: ssh2 emits errors after success too, and an unheard `error` event ends the process.
    client.on("error", (error) => {
        if (state === "opening") {
            fail(explain({ address, phase, firstBytes, error, refusedKey, policy, login }));
        }
        else {
            vanish((0,ssh_words/* wordsOf */.Z9)(error), error);
        }
    });
    const onClosed = () => {
        if (state === "opening") {
            fail(explain({ address, phase, firstBytes, error: undefined, refusedKey, policy, login }));
        }
        else {
            vanish("The other side closed it.");
        }
    };
    client.on("end", onClosed);
    client.on("close", onClosed);
    client.on("handshake", () => {
        phase = "login";
    });
    client.on("change password", (serverWords) => login.passwordExpired(serverWords));
    client.on("ready", () => {
        if (state !== "opening" || verified === undefined) {
            return;
        }
        state = "open";
        deadline.removeEventListener("abort", onDeadline);
        resolve({
            client,
            address,
            fingerprint: (0,fingerprint/* fingerprintOf */.a)(verified.blob),
            gone: () => reason,
            onGone(listener) {
                goneListeners.add(listener);
                return () => goneListeners.delete(listener);
            },
            async close() {
                if (state === "open") {
                    quietly(() => client.end());
                    await withinMs(GOODBYE_MS, closed);
                    vanish("We closed it.");
                }
                tearDown();
            },
        });
    });
    /** Called on the first key exchange and on every later one. */
    const hostVerifier = (blob) => {
        const key = offeredKey(blob);
        if (policy.judge(key) === "accepted") {
            verified = key;
            return true;
        }
        refusedKey = key;
        return false;
    };
    if (deadline.aborted) {
        onDeadline();
        return promise;
    }
    deadline.addEventListener("abort", onDeadline, { once: true });
    try {
        client.connect({
            sock: stream,
            username: endpoint.login.username,
            hostVerifier,
            algorithms: { serverHostKey: [...plan.algorithms] },
            authHandler: login.handler,
            // Ours covers DNS, TCP, key exchange and login together.
            readyTimeout: 0,
            keepaliveInterval: keepalive.intervalMs,
            keepaliveCountMax: keepalive.unanswered,
        });
        stream.once("data", (chunk) => {
            firstBytes = chunk.toString("latin1", 0, 200);
            phase = firstBytes.startsWith("SSH-") ? "key exchange" : phase;
        });
    }
    catch (error) {
        fail(explain({ address, phase, firstBytes, error, refusedKey, policy, login }));
    }
    return promise;
}
function explain({ address, phase, firstBytes, error, refusedKey, policy, login }) {
    if (refusedKey !== undefined) {
        return new NoSession(policy.refusal([refusedKey]), { offered: refusedKey });
    }
    const words = error === undefined ? "" : (0,ssh_words/* wordsOf */.Z9)(error);
    if (/no matching host key format/.test(words)) {
        return new NoSession(new errors/* HostError */.dh("host-key", `${address} has no host key of a type that can be used here`, {
            advice: "Give the server an Ed25519 host key (`ssh-keygen -A` on the server makes the missing ones).",
            cause: error,
        }), { hasNoSuchKey: true });
    }
    if (phase === "login") {
        return new NoSession(isFromServer(error)
            ? login.refused(words)
            : hostError("lost", `The connection to ${address} was lost during the login`, {
                detail: words,
                advice: "The login is not tried again, so that the server does not ban the runner.",
                cause: error,
            }));
    }
    const said = (0,host_text/* lineOf */.cA)(firstBytes.split(/[\r\n]/)[0] ?? "");
    const heard = [said, words].filter(Boolean).join(" / ");
    if (phase === "greeting" && said !== "" && !/not allowed|exceeded|refused|denied/i.test(said)) {
        return new NoSession(hostError("nonsense", `${address} does not speak SSH`, {
            detail: `It said: ${said}`,
            advice: "Check `port`: something else than an SSH server answers there.",
            cause: error,
        }));
    }
    if (phase === "key exchange" && isProtocolError(error)) {
        return new NoSession(hostError("nonsense", `${address} speaks SSH in a way that is not understood here`, {
            detail: heard === "" ? "" : `Heard: ${heard}`,
            advice: "The server's SSH is too old or too restricted; see KexAlgorithms, Ciphers and MACs in its sshd_config.",
            cause: error,
        }));
    }
    return new NoSession(hostError("closed", `${address} accepted the connection and closed it before the login`, {
        detail: heard === "" ? "" : `Heard: ${heard}`,
        advice: "The server is starting, or too busy (MaxStartups), or refuses this runner's address (fail2ban, PerSourcePenalties, a firewall).",
        cause: error,
    }), { mayTryAgain: true });
}
/** True for a disconnect message of the server: ssh2 gives those the reason's number as `code`. */
function isFromServer(error) {
    return error instanceof Error && "code" in error && typeof error.code === "number";
}
/** True when ssh2 itself gave up on what the server sent; a lost socket has the level `client-socket`. */
function isProtocolError(error) {
    const level = error instanceof Error && "level" in error ? error.level : undefined;
    return error !== undefined && !isFromServer(error) && level !== "client-socket";
}
function tooSlow(address, phase, firstBytes) {
    const where = {
        greeting: firstBytes === ""
            ? "accepted the connection and then said nothing"
            : "accepted the connection and did not come to speak SSH",
        "key exchange": "stopped answering in the middle of the key exchange",
        login: "did not finish the login",
    }[phase];
    return new NoSession(hostError("silent", `${address} ${where} in time`, {
        advice: "The droplet may be out of memory or overloaded; look at its console and graphs at the provider, or raise `timeout`.",
    }));
}
function hostError(problem, message, words) {
    return new errors/* HostError */.dh(problem, message, words);
}
function quietly(action) {
    try {
        action();
    }
    catch {
        // Tearing down what is already torn down.
    }
}
async function withinMs(ms, promise) {
    let timer;
    await Promise.race([promise, new Promise((done) => (timer = setTimeout(done, ms)))]);
    clearTimeout(timer);
}

;// CONCATENATED MODULE: ./build/host/ssh/connect.js
// A Transport over SSH: through the jump host if there is one, to the pinned host and no other, with patience for
// what may pass (a closed port, a busy server) and none for what may not (a wrong key, a refused login).








/** A dead link is noticed after 40 seconds: long enough for a droplet that swaps, short beside any step of ours. */
const KEEPALIVE = { intervalMs: 10_000, unanswered: 3 };
const TRIES = 4;
const FIRST_PAUSE_MS = 500;
/**
 * How long one of several addresses of a name may take before the next is tried. Node's own 250 ms would give up on
 * a good but distant address.
 */
const NEXT_ADDRESS_MS = 2_000;
/**
 * Connects and logs in. Every endpoint has `connectTimeoutMs` for all its tries together; another try follows only
 * when nothing of ours was shown to the server yet.
 * @throws HostError saying why not; `jump` when it was the jump host's fault, with that host's error as `cause`
 */
async function connectSsh(connection, deps) {
    const { target, jump, connectTimeoutMs } = connection;
    // Both keys before the first byte: a key that cannot be read should not cost a connection.
    const targetKey = readPrivateKey(target);
    const viaTcp = (endpoint) => (deadline) => openTcp(endpoint, deadline);
    if (jump === undefined) {
        const hop = { endpoint: target, role: "target", key: targetKey, openStream: viaTcp(target) };
        return transportOver([await reach(hop, connectTimeoutMs, deps)], (0,ssh_words/* addressOf */.ci)(target));
    }
    const jumpSession = await reachJump(jump, viaTcp(jump), connectTimeoutMs, deps);
    try {
        const hop = {
            endpoint: target,
            role: "target",
            key: targetKey,
            openStream: (deadline) => openForward(jumpSession, target, deadline),
        };
        const session = await reach(hop, connectTimeoutMs, deps);
        return transportOver([session, jumpSession], `${(0,ssh_words/* addressOf */.ci)(target)} via ${(0,ssh_words/* addressOf */.ci)(jump)}`);
    }
    catch (error) {
        await jumpSession.close();
        throw error;
    }
}
async function reachJump(endpoint, openStream, timeoutMs, deps) {
    try {
        return await reach({ endpoint, role: "jump", key: readPrivateKey(endpoint), openStream }, timeoutMs, deps);
    }
    catch (error) {
        throw error instanceof errors/* HostError */.dh ? unusableJump(error) : error;
    }
}
function transportOver(sessions, description) {
    const [session] = sessions;
    let closing;
    return {
        description,
        identity: session.fingerprint,
        exec: (command, options) => execOver(session, command, options),
        close() {
            closing ??= (async () => {
                for (const each of sessions) {
                    await each.close();
                }
            })();
            return closing;
        },
    };
}
async function reach(hop, timeoutMs, deps) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), timeoutMs);
    try {
        return await withRetries(deps, patience.signal, () => openVerified(hop, deps.keepalive ?? KEEPALIVE, patience.signal));
    }
    catch (error) {
        throw error instanceof NoSession ? error.error : error;
    }
    finally {
        clearTimeout(timer);
    }
}
async function withRetries({ log, sleep = (ms, signal) => (0,promises_.setTimeout)(ms, undefined, { signal }), random = Math.random }, deadline, attempt) {
    for (let tries = 1;; tries++) {
        try {
            return await attempt();
        }
        catch (error) {
            if (!(error instanceof NoSession) || !error.mayTryAgain || tries === TRIES || deadline.aborted) {
                throw error;
            }
            // Half to all of the pause, so that runners that fail together do not come back together.
            const pauseMs = Math.round(FIRST_PAUSE_MS * 2 ** (tries - 1) * (0.5 + random() / 2));
            log(`${error.message}; trying again in ${(pauseMs / 1000).toFixed(1)} s`);
            await sleep(pauseMs, deadline).catch(() => undefined);
            if (deadline.aborted) {
                throw error;
            }
        }
    }
}
/**
 * Opens a session on the pinned key. A fingerprint does not say what type of key it is of, and a server shows one
 * type only: when that one does not fit, the other types are asked for, before anything of ours was shown.
 */
async function openVerified({ endpoint, role, key, openStream }, keepalive, deadline) {
    const policy = hostKeyPolicy(endpoint, role);
    const open = async (algorithms) => openSession(await openStream(deadline), { endpoint, key, policy, algorithms, keepalive, deadline });
    let algorithms = policy.algorithms;
    const offered = [];
    for (;;) {
        try {
            return await open(algorithms);
        }
        catch (error) {
            if (!(error instanceof NoSession)) {
                throw error;
            }
            if (error.hasNoSuchKey && offered.length > 0) {
                throw new NoSession(policy.refusal(offered));
            }
            if (error.hasNoSuchKey && algorithms !== ALL_HOST_KEY_ALGORITHMS) {
                // Only to be able to say which key it has instead.
                algorithms = ALL_HOST_KEY_ALGORITHMS;
                continue;
            }
            if (error.offered === undefined) {
                throw error;
            }
            offered.push(error.offered);
            algorithms = algorithms.filter((name) => keyTypeFor(name) !== error.offered?.type);
            const isFinal = policy.judge(error.offered) === "revoked" || !policy.typeIsOpen || algorithms.length === 0;
            if (isFinal) {
                throw new NoSession(policy.refusal(offered));
            }
        }
    }
}
function unusableJump(cause) {
    return new errors/* HostError */.dh("jump", `The jump host could not be used: ${cause.message}`, {
        detail: cause.detail,
        advice: cause.advice,
        cause,
    });
}
async function openTcp(endpoint, deadline) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const socket = external_node_net_.connect({
        host: endpoint.host.replace(/^\[(.*)\]$/, "$1"),
        port: endpoint.port,
        noDelay: true,
        autoSelectFamily: true,
        autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    });
    const onDeadline = () => {
        reject(new NoSession(noAnswer(endpoint)));
        socket.destroy();
    };
    const onError = (error) => reject(unreachable(endpoint, error));
    socket.once("connect", () => resolve(socket));
    socket.on("error", onError);
    deadline.addEventListener("abort", onDeadline, { once: true });
    if (deadline.aborted) {
        onDeadline();
    }
    try {
        return await promise;
    }
    finally {
        deadline.removeEventListener("abort", onDeadline);
    }
}
function noAnswer(endpoint, cause) {
    return new errors/* HostError */.dh("silent", `${(0,ssh_words/* addressOf */.ci)(endpoint)} did not answer`, {
        detail: cause === undefined ? "" : particulars(cause),
        advice: "The droplet may be off, or a firewall drops what this runner sends: look at the provider's console and at the firewall's rules for the SSH port.",
        cause,
    });
}
function unreachable(endpoint, error) {
    const codes = errorCodes(error);
    if (codes.some((code) => /^(?:ENOTFOUND|ENODATA|ENONAME|EAI_\w+)$/.test(code))) {
        return new NoSession(new errors/* HostError */.dh("unresolved", `The name ${endpoint.host} has no address`, {
            detail: particulars(error),
            advice: "Check the spelling of `host`, and the DNS record; an address works too.",
            cause: error,
        }), { mayTryAgain: codes.includes("EAI_AGAIN") });
    }
    if (codes.some((code) => code === "ECONNREFUSED" || code === "ECONNRESET")) {
        return new NoSession(new errors/* HostError */.dh("closed", `Nothing accepts connections on ${(0,ssh_words/* addressOf */.ci)(endpoint)}`, {
            detail: particulars(error),
            advice: "Check `port`; if it is right, sshd is not running: start it from the provider's console.",
            cause: error,
        }), { mayTryAgain: true });
    }
    return new NoSession(noAnswer(endpoint, error), { mayTryAgain: true });
}
/** A name with several addresses fails with one error for each, and no words of its own. */
function particulars(error) {
    const all = error instanceof AggregateError ? error.errors : [error];
    return all.map(ssh_words/* wordsOf */.Z9).join("; ");
}
function errorCodes(error) {
    const all = error instanceof AggregateError ? [error, ...error.errors] : [error];
    return all.flatMap((each) => (each instanceof Error && "code" in each ? [String(each.code)] : []));
}
/** RFC 4254 section 5.1. */
const OPEN_ADMINISTRATIVELY_PROHIBITED = 1;
const OPEN_CONNECT_FAILED = 2;
async function openForward(jump, target, deadline) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const onDeadline = () => reject(new NoSession(noAnswerThrough(jump, target)));
    const onGone = (error) => reject(new NoSession(unusableJump(error)));
    const stopListening = jump.onGone(onGone);
    deadline.addEventListener("abort", onDeadline, { once: true });
    const gone = jump.gone();
    if (gone !== undefined) {
        onGone(gone);
    }
    else if (deadline.aborted) {
        onDeadline();
    }
    else {
        try {
            jump.client.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
                if (error) {
                    reject(notForwarded(jump, target, error));
                }
                else if (deadline.aborted) {
                    stream.close();
                }
                else {
                    // The session's own listeners come later; an error before them must not end the process.
                    stream.on("error", () => { });
                    resolve(stream);
                }
            });
        }
        catch (error) {
            reject(notForwarded(jump, target, error));
        }
    }
    try {
        return await promise;
    }
    finally {
        stopListening();
        deadline.removeEventListener("abort", onDeadline);
    }
}
function noAnswerThrough(jump, target) {
    return new errors/* HostError */.dh("silent", `${(0,ssh_words/* addressOf */.ci)(target)} did not answer the jump host ${jump.address}`, {
        advice: "Check that the jump host may reach this address and port, and that the droplet is on.",
    });
}
function notForwarded(jump, target, cause) {
    const gone = jump.gone();
    if (gone !== undefined) {
        return new NoSession(unusableJump(gone));
    }
    const words = (0,ssh_words/* wordsOf */.Z9)(cause);
    const reason = cause instanceof Error && "reason" in cause ? cause.reason : undefined;
    if (reason === OPEN_CONNECT_FAILED) {
        // OpenSSH gives every failure this number and says in words which it was.
        const problem = /not known|resolve|no address/i.test(words)
            ? "unresolved"
            : /timed out|unreachable|no route/i.test(words)
                ? "silent"
                : "closed";
        return new NoSession(new errors/* HostError */.dh(problem, `The jump host ${jump.address} cannot connect to ${target.host}:${target.port}`, {
            detail: `It said: ${words}`,
            advice: "Check `host` and `port` as the jump host sees them, and that sshd runs there.",
            cause,
        }), { mayTryAgain: problem !== "unresolved" });
    }
    return new NoSession(new errors/* HostError */.dh("jump", `The jump host ${jump.address} would not pass us on to ${target.host}:${target.port}`, {
        detail: `It said: ${words}`,
        advice: reason === OPEN_ADMINISTRATIVELY_PROHIBITED
            ? "Allow it in the jump host's sshd_config: `AllowTcpForwarding` and `PermitOpen`."
            : "See the jump host's own log for the reason.",
        cause,
    }));
}


/***/ })

};
