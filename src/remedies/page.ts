/** What a remedy needs that looks at the login page with all of its stylesheets and scripts, at Odoo's own port. */

import { readFileSync } from "node:fs";
import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import { COMPILED_BADLY } from "../survey/compiled-badly.ts";

const PAGE = readFileSync(new URL("./page.sh", import.meta.url), "utf8");
const PAGE_ASSETS_AWK = readFileSync(new URL("../survey/page-assets.awk", import.meta.url), "utf8");

/** Puts the functions of page.sh in front of a remedy's own program, whose values name Odoo's CONTAINER. */
export function pageProgram(
  { url }: Diagnosis,
  text: string,
  values: Readonly<Record<string, string>>,
): { readonly text: string; readonly values: Readonly<Record<string, string>> } {
  return {
    text: `${PAGE}\n${text}`,
    values: {
      URL_SCHEME: url?.protocol.replace(":", "") ?? "",
      URL_HOST: url?.hostname ?? "",
      URL_PORT: url?.port ?? "",
      PAGE_ASSETS_AWK,
      COMPILED_BADLY_CSS: COMPILED_BADLY.css,
      COMPILED_BADLY_JS: COMPILED_BADLY.js,
      ...values,
    },
  };
}
