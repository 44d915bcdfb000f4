/** The pages of the sandbox's Odoo: its login page with what that names, or an error where it has no database. */

import { readFileSync } from "node:fs";
import type http from "node:http";

/** As Odoo 14 on the test droplet handed it out, with the token blanked. */
const LOGIN = readFileSync(new URL("./login.page", import.meta.url), "utf8");
/** Stylesheets and scripts that the page names, by their path. Compiled ones are 2 MB: what they hold matters to no probe. */
export const ASSETS: ReadonlyMap<string, string> = new Map(
  [...LOGIN.matchAll(/(?:src|href)="(\/web\/content\/[^"]+)"/g)].map(([, path = ""]) => [
    path,
    `/* ${path} */\n`,
  ]),
);

/** What Odoo answers. `database`: whether its database can be reached; `told`: each request, for its log. */
export function odooAnswers(
  database: () => boolean,
  told: (request: http.IncomingMessage, code: number) => void,
): http.RequestListener {
  return (request, response) => {
    const path = (request.url ?? "/").replace(/\?.*/, "");
    const answer = (code: number, type: string, body: string): void => {
      told(request, code);
      response.writeHead(code, { "Content-Type": type }).end(body);
    };
    const asset = ASSETS.get(path);
    if (asset !== undefined) {
      answer(200, path.endsWith(".js") ? "application/javascript" : "text/css", asset);
    } else if (!database()) {
      answer(
        500,
        "text/html; charset=utf-8",
        "<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n",
      );
    } else if (path === "/web/login") {
      answer(200, "text/html; charset=utf-8", LOGIN);
    } else {
      answer(404, "text/html", "<title>404 Not Found</title>\n<h1>Not Found</h1>\n");
    }
  };
}
