// Every expression of the redactor takes time in proportion to its text, as recheck sees it: hosts write the texts.

import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { parse } from "acorn";
