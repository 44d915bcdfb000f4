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
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(76760);
/** Files as one tar (POSIX ustar), so that one file can be encrypted: `age -d … | tar -xz`. */


const BLOCK = 512;
/**
 * @param names paths below `root`, in ASCII, of at most 250 characters
 * @returns the archive, piece by piece
 */
async function* tarOf(root, names) {
    for (const name of names) {
        const path = (0,node_path__WEBPACK_IMPORTED_MODULE_1__.join)(root, name);
        const { size, mtimeMs } = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.statSync)(path);
        yield headerOf(name, size, Math.floor(mtimeMs / 1000));
        let left = size;
        if (size > 0)
            for await (const chunk of (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.createReadStream)(path, { end: size - 1 })) {
                left -= chunk.length;
                yield chunk;
            }
        // A file that became shorter meanwhile: its header has promised as much.
        yield Buffer.alloc(left + ((BLOCK - (size % BLOCK)) % BLOCK));
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
