/**
 * The sandbox's nginx: a real HTTP server that passes requests on as its configuration says, or answers 502 and 504, and
 * writes the logs that the real one writes. It runs with what it read when it was started or reloaded last.
 */

import { appendFileSync, mkdirSync } from "node:fs";
import http from "node:http";
import { dirname, join } from "node:path";
import type { Unit } from "../machine/systemd.ts";
import { Door } from "../site/door.ts";
import {
  type Configuration,
  ConfigurationError,
  type Directive,
  find,
  readConfiguration,
  wordsOf,
} from "./configuration.ts";

const NAME = "nginx/1.22.1";
const page = (title: string): string =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${NAME}</center>\r\n</body>\r\n</html>\r\n`;

/** A port of the host -> the one of this machine that stands for it; undefined where nothing listens. */
type Addresses = (address: string) => number | undefined;

export class Nginx {
  readonly #root: string;
  readonly #door: Door;
  readonly #addresses: Addresses;
  readonly #hurry: number;
  #running: Configuration | undefined;

  /** @param hurry so many times shorter than it says does it wait for an answer */
  static async install(root: string, addresses: Addresses, hurry: number): Promise<Nginx> {
    return new Nginx(root, addresses, hurry, await Door.find());
  }

  private constructor(root: string, addresses: Addresses, hurry: number, door: Door) {
    this.#root = root;
    this.#door = door;
    this.#addresses = addresses;
    this.#hurry = hurry;
  }

  /** Of this machine, for the host's port 80. */
  get port(): number {
    return this.#door.port;
  }

  get runs(): boolean {
    return this.#running !== undefined;
  }

  /** How systemd starts, stops and reloads it. */
  get unit(): Pick<Unit, "description" | "start" | "stop" | "reload"> {
    return {
      description: "A high performance web server and a reverse proxy server",
      start: async () => {
        const { configuration, said } = this.test();
        if (configuration === undefined) throw new Error(said);
        await this.#door.open(http.createServer((request, response) => this.#answer(request, response)));
        this.#running = configuration;
      },
      stop: async () => {
        this.#running = undefined;
        await this.#door.close();
      },
      reload: async () => {
        const { configuration, said } = this.test();
        if (configuration === undefined) throw new Error(said);
        this.#running = configuration;
      },
    };
  }

  /** What `nginx -t` finds. */
  test(): { readonly said: string; readonly configuration: Configuration | undefined } {
    try {
      const configuration = readConfiguration(this.#root);
      const file = "/etc/nginx/nginx.conf";
      return {
        configuration,
        said: `nginx: the configuration file ${file} syntax is ok\nnginx: configuration file ${file} test is successful\n`,
      };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return { configuration: undefined, said: refusal(error) };
    }
  }

  async close(): Promise<void> {
    await this.#door.close();
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const httpBlock = find(this.#running?.directives ?? [], "http")[0]?.inner ?? [];
    const server = find(httpBlock, "server")[0]?.inner ?? [];
    const target = passOf(server, request.url ?? "/");
    const name = /^http:\/\/([^/]+)/.exec(target ?? "")?.[1] ?? "";
    const upstream = find(httpBlock, "upstream").find(({ words }) => words[1] === name);
    const servers =
      upstream === undefined ? [name] : find(upstream.inner, "server").map(({ words }) => words[1] ?? "");
    const client = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    let bytes = 0;
    response.on("close", () => {
      const agent = request.headers["user-agent"] ?? "-";
      this.#log(
        wordsOf(server, "access_log")?.[0],
        `${client} - - [${logTime()}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${response.writableEnded ? response.statusCode : 499} ${bytes} "-" "${agent}"`,
      );
    });
    const fail = (title: string): void => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const body = page(title);
      bytes = body.length;
      response.writeHead(Number.parseInt(title, 10), {
        Server: NAME,
        "Content-Type": "text/html",
        "Content-Length": body.length,
      });
      response.end(body);
    };
    const complain = (what: string, at: string): void =>
      this.#log(
        wordsOf(server, "error_log")?.[0],
        `${errorTime()} [error] 1#1: *1 ${what}, client: ${client}, server: _, request: "${request.method} ${request.url} HTTP/${request.httpVersion}", upstream: "http://${at}${request.url}", host: "${request.headers.host}"`,
      );
    const patience = Number.parseInt(wordsOf(server, "proxy_read_timeout")?.[0] ?? "60s", 10) * 1000;
    // As proxy_next_upstream says by default: what refuses, breaks or stays silent is passed over.
    const ask = ([address = "", ...others]: readonly string[]): void => {
      const port = this.#addresses(address);
      const next = (what: string, title: string): void => {
        complain(what, address);
        if (others.length > 0 && !response.headersSent) ask(others);
        else fail(title);
      };
      if (port === undefined) {
        next("connect() failed (111: Connection refused) while connecting to upstream", "502 Bad Gateway");
        return;
      }
      let late = false;
      const passed = http.request(
        {
          host: "127.0.0.1",
          port,
          method: request.method,
          path: request.url,
          headers: { ...request.headers, connection: "close" },
          timeout: patience / this.#hurry,
          agent: false,
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, { ...answer.headers, server: NAME });
          answer.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
          });
          answer.on("error", () => response.destroy());
          answer.pipe(response);
        },
      );
      passed.on("timeout", () => {
        late = true;
        passed.destroy();
        next(
          "upstream timed out (110: Connection timed out) while reading response header from upstream",
          "504 Gateway Time-out",
        );
      });
      passed.on("error", (error: NodeJS.ErrnoException) => {
        if (late || response.destroyed) return;
        const what =
          error.code === "ECONNREFUSED"
            ? "connect() failed (111: Connection refused) while connecting to upstream"
            : "recv() failed (104: Connection reset by peer) while reading response header from upstream";
        next(what, "502 Bad Gateway");
      });
      response.on("close", () => passed.destroy());
      passed.end();
    };
    // What comes with a request is read by nobody here: every question is a GET.
    request.resume();
    ask(servers);
  }

  #log(path: string | undefined, line: string): void {
    const file = join(this.#root, path ?? "/var/log/nginx/access.log");
    try {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${line}\n`);
    } catch {
      // The sandbox is being removed.
    }
  }
}

/** nginx's last words about a configuration, as they stand on its stderr. */
function refusal(error: ConfigurationError): string {
  return `${errorTime()} [emerg] 1#1: ${error.message}\nnginx: configuration file /etc/nginx/nginx.conf test failed\n`;
}

/** The `proxy_pass` for a path: a pattern that fits goes before the prefix `/`. */
function passOf(server: readonly Directive[], path: string): string | undefined {
  const locations = find(server, "location");
  const pattern = locations.find(({ words }) => words[1] === "~" && new RegExp(words[2] ?? "").test(path));
  const prefix = locations.find(({ words }) => words[1] === "/");
  return wordsOf((pattern ?? prefix)?.inner ?? [], "proxy_pass")?.[0];
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `24/Nov/2026:02:47:13 +0000` */
function logTime(): string {
  const now = new Date();
  const day = String(now.getUTCDate()).padStart(2, "0");
  return `${day}/${MONTHS[now.getUTCMonth()]}/${now.getUTCFullYear()}:${now.toISOString().slice(11, 19)} +0000`;
}

/** `2026/11/24 02:47:13` */
function errorTime(): string {
  return new Date().toISOString().slice(0, 19).replaceAll("-", "/").replace("T", " ");
}
