export const id = 130;
export const ids = [130];
export const modules = {

/***/ 75130:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   encryptTo: () => (/* binding */ encryptTo)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(73024);
/* harmony import */ var node_stream__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(57075);
/* harmony import */ var node_stream_promises__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(46466);
/* harmony import */ var age_encryption__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(81539);
/** A stream -> a file that only the recipients can read, with age. Loads the cipher, so it is imported where it is needed. */




/**
 * @param recipients `age1…`
 * @param path is made, for this user only; must not exist
 */
async function encryptTo(recipients, source, path, signal) {
    const encrypter = new age_encryption__WEBPACK_IMPORTED_MODULE_3__/* .Encrypter */ .T7();
    for (const recipient of recipients)
        encrypter.addRecipient(recipient);
    const plain = node_stream__WEBPACK_IMPORTED_MODULE_1__.Readable.toWeb(source);
    const encrypted = await encrypter.encrypt(plain);
    const file = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.createWriteStream)(path, { flags: "wx", mode: 0o600 });
    await (0,node_stream_promises__WEBPACK_IMPORTED_MODULE_2__.pipeline)(node_stream__WEBPACK_IMPORTED_MODULE_1__.Readable.fromWeb(encrypted), file, { signal });
}


/***/ })

};
