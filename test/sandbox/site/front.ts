/**
 * The site as the world sees it: a real HTTP server where Odoo listens, there only while Odoo serves, and a real one as
 * nginx before it, which passes requests on or answers 502. Both on ports of their own on the loopback address.
 */

import { readFileSync } from "node:fs";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** As Odoo 14 on the test droplet handed it out, with the token blanked. */
const LOGIN = readFileSync(new URL("./login.page", import.meta.url), "utf8");
/** Style sheets and scripts that the page names. Compiled ones are 2 MB: what they hold matters to no probe. */
const ASSETS = new Set(
  [...LOGIN.matchAll(/src="(\/web\/content\/[^"]+)"|href="(\/web\/content\/[^"]+)"/g)].map(
    ([, script, style]) => script ?? style ?? "",
  ),
);

const NGINX = "nginx/1.22.1";
const nginxPage = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${NGINX}</center>\r\n</body>\r\n</html>\r\n`;
/** Of nginx's `proxy_read_timeout`, as the droplet has it. */
const PROXY_TIMEOUT = 20_000;

/** A server that comes and goes on one port. */
export class Door {
  readonly port: number;
  readonly #handle: http.RequestListener;
  #server: http.Server | undefined;

  /** Finds a free port; nothing listens yet. */
  static async find(handle: http.RequestListener): Promise<Door> {
    for (let attempt = 0; attempt < 50; attempt++) {
      // Below the ranges from which systems take ports for outgoing connections (Linux 32768, macOS 49152): nobody gets
      // it by chance while the door is closed.
      const port = 20_000 + Math.floor(Math.random() * 12_000);
      const door = new Door(port, handle);
      if (await door.#tryOpen()) {
        await door.close();
        return door;
      }
    }
    throw new Error("no free port between 20000 and 32000 on 127.0.0.1");
  }

  private constructor(port: number, handle: http.RequestListener) {
    this.port = port;
    this.#handle = handle;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Listens; harmless when it does already. */
  async open(): Promise<void> {
    for (let attempt = 0; !(await this.#tryOpen()); attempt++) {
      if (attempt === 20) throw new Error(`another program listens on 127.0.0.1:${this.port}`);
      await sleep(50);
    }
  }

  /** Stops listening and cuts what is connected, as the end of a process does. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  async #tryOpen(): Promise<boolean> {
    if (this.#server !== undefined) return true;
    const server = http.createServer(this.#handle);
    this.#server = server;
    const listening = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(this.port, "127.0.0.1", () => resolve(true));
    });
    if (!listening && this.#server === server) this.#server = undefined;
    return listening;
  }
}

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
    if (ASSETS.has(path)) {
      const script = path.endsWith(".js");
      answer(200, script ? "application/javascript" : "text/css", `/* ${path} */\n`);
    } else if (!database()) {
      answer(500, "text/html", "<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n");
    } else if (path === "/web/login") {
      answer(200, "text/html; charset=utf-8", LOGIN);
    } else {
      answer(404, "text/html", "<title>404 Not Found</title>\n<h1>Not Found</h1>\n");
    }
  };
}

/** What nginx answers in front of `port`. */
export function nginxPasses(port: () => number): http.RequestListener {
  return (request, response) => {
    const fail = (title: string): void => {
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(Number.parseInt(title, 10), { Server: NGINX, "Content-Type": "text/html" })
          .end(nginxPage(title));
    };
    const upstream = http.request(
      {
        host: "127.0.0.1",
        port: port(),
        method: request.method,
        path: request.url,
        headers: request.headers,
        timeout: PROXY_TIMEOUT,
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, { ...answer.headers, server: NGINX });
        answer.on("error", () => response.destroy());
        answer.pipe(response);
      },
    );
    upstream.on("timeout", () => {
      fail("504 Gateway Time-out");
      upstream.destroy();
    });
    upstream.on("error", () => fail("502 Bad Gateway"));
    response.on("close", () => upstream.destroy());
    request.pipe(upstream);
  };
}
