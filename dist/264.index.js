export const id = 264;
export const ids = [264];
export const modules = {

/***/ 26264:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   tarOf: () => (/* binding */ tarOf)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(73024);
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(51455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(76760);
/* harmony import */ var _files_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(86376);
/** Files as one tar (POSIX ustar), so that one file can be encrypted: `age -d … | tar -xz`. */
var __addDisposableResource = (undefined && undefined.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (undefined && undefined.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});




const BLOCK = 512;
/**
 * @param names safe paths below `root` (`isSafePath`) of regular files
 * @returns the archive, piece by piece
 * @throws Error for another path, and for what is no regular file by now: no link is followed
 */
async function* tarOf(root, names) {
    for (const name of names) {
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
            if (!(0,_files_js__WEBPACK_IMPORTED_MODULE_3__/* .isSafePath */ .p)(name))
                throw new Error("a file for the archive has a path that is not safe");
            const file = __addDisposableResource(env_1, await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_1__.open)((0,node_path__WEBPACK_IMPORTED_MODULE_2__.join)(root, name), node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_RDONLY | node_fs__WEBPACK_IMPORTED_MODULE_0__.constants.O_NOFOLLOW), true);
            const about = await file.stat();
            if (!about.isFile())
                throw new Error(`${name} is no regular file`);
            const { size, mtimeMs } = about;
            yield headerOf(name, size, Math.floor(mtimeMs / 1000));
            let left = size;
            if (size > 0)
                for await (const chunk of file.createReadStream({ end: size - 1, autoClose: false })) {
                    left -= chunk.length;
                    yield chunk;
                }
            // A file that became shorter meanwhile: its header has promised as much.
            yield Buffer.alloc(left + ((BLOCK - (size % BLOCK)) % BLOCK));
        }
        catch (e_1) {
            env_1.error = e_1;
            env_1.hasError = true;
        }
        finally {
            const result_1 = __disposeResources(env_1);
            if (result_1)
                await result_1;
        }
    }
    yield Buffer.alloc(2 * BLOCK);
}
function headerOf(name, size, seconds) {
    const header = Buffer.alloc(BLOCK);
    const [folder, file] = split(name);
    const octal = (value, digits) => value.toString(8).padStart(digits, "0");
    header.write(file, 0, 100);
    header.write(`${octal(0o600, 7)}\0`, 100);
    header.write(`${octal(0, 7)}\0`, 108);
    header.write(`${octal(0, 7)}\0`, 116);
    header.write(`${octal(size, 11)}\0`, 124);
    header.write(`${octal(seconds, 11)}\0`, 136);
    header.write("        0", 148);
    header.write("ustar\u000000", 257);
    header.write(folder, 345, 155);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${octal(sum, 6)}\0 `, 148);
    return header;
}
/** A long path is written in two parts. */
function split(name) {
    if (Buffer.byteLength(name) <= 100)
        return ["", name];
    const at = name.lastIndexOf("/", 155);
    const [folder, file] = [name.slice(0, Math.max(0, at)), name.slice(at + 1)];
    if (at < 1 || Buffer.byteLength(file) > 100 || Buffer.byteLength(folder) > 155)
        throw new Error(`the path is too long for an archive: ${name}`);
    return [folder, file];
}


/***/ })

};
