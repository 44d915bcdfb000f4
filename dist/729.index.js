export const id = 729;
export const ids = [729];
export const modules = {

/***/ 81729:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   uploadArtifact: () => (/* binding */ uploadArtifact)
/* harmony export */ });
/* harmony import */ var _actions_artifact__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(70828);
/* harmony import */ var _transfer_timeout_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(80715);
/**
 * Files of a run -> an artifact of the workflow's run. The only file that loads GitHub's client, which is large: it is
 * imported when there is something to upload, and not before.
 */


/**
 * @param files absolute paths below `root`
 * @throws Error when the artifact is not there whole, or not in time
 */
async function uploadArtifact(name, files, root, bytes, { retentionDays, packed = false, signal } = {}) {
    const deadline = (0,_transfer_timeout_js__WEBPACK_IMPORTED_MODULE_1__/* .transferTimeout */ .P)(bytes);
    const stopped = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
    const upload = new _actions_artifact__WEBPACK_IMPORTED_MODULE_0__/* .DefaultArtifactClient */ .t9().uploadArtifact(name, [...files], root, {
        ...(retentionDays === undefined ? {} : { retentionDays }),
        compressionLevel: packed ? 0 : 6,
    });
    // The client cannot be told to stop: nobody waits for it any more, and its own failure is nobody's.
    upload.catch(() => { });
    const { id, size, digest } = await Promise.race([upload, rejection(stopped)]);
    return { id, bytes: size, digest };
}
function rejection(signal) {
    const { promise, reject } = Promise.withResolvers();
    const stop = () => reject(new Error((0,_transfer_timeout_js__WEBPACK_IMPORTED_MODULE_1__/* .whyStopped */ .k)(signal)));
    if (signal.aborted)
        stop();
    else
        signal.addEventListener("abort", stop, { once: true });
    return promise;
}


/***/ })

};
