/**
 * What CommonJS packages expect to find when they are bundled into an ES module: `__dirname` and `__filename` are read
 * when ssh2's Poly1305 (WebAssembly) loads. Must be the first import of the bundle.
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const filename = fileURLToPath(import.meta.url);
Object.assign(globalThis, { __filename: filename, __dirname: dirname(filename) });
