/** The public page, as an attacker serves it: the action asks for it from the runner. */

import type { ServerResponse } from "node:http";
import type { Attack } from "../attack.ts";
import type { World } from "../world.ts";
import { WORDS } from "./words.ts";

const page = (
  name: string,
  serve: (response: ServerResponse, world: World) => void,
  more: Partial<Attack> = {},
): Attack => ({
  name: `the public page ${name}`,
  page: (_, response, world) => serve(response, world),
  ...more,
});

/** Written past Node, which would refuse to send it. */
const raw = (name: string, text: string): Attack =>
  page(name, (response) => {
    response.socket?.end(Buffer.from(text, "latin1"));
  });

const ALL = Object.values(WORDS).flat().join("\n");

export const PAGES: readonly Attack[] = [
  page("is full of words", (response) => response.writeHead(500, { "Content-Type": "text/html" }).end(ALL)),
  page("sends browsers to a place of words", (response) =>
    response.writeHead(302, { Location: "https://pwn.example/%0A::error::pwn#<img src=pwn>`@pwn|" }).end(),
  ),
  page("sends the action to a file", (response) =>
    response.writeHead(302, { Location: "file:///etc/passwd" }).end(),
  ),
  page("sends the action to another host", (response) =>
    response.writeHead(302, { Location: "http://169.254.169.254/web/login" }).end(),
  ),
  page("sends the action round in a circle", (response) =>
    response.writeHead(302, { Location: "/web/login?again" }).end(),
  ),
  page("has a content type of words", (response) =>
    response
      .writeHead(200, { "Content-Type": "text/html; pwn=<img>|`@pwn`", Server: "pwn ::error:: @pwn" })
      .end("pwn"),
  ),
  page("takes a parser long", (response) =>
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end(`<form class="${"<a ".repeat(300_000)}${"\t".repeat(100_000)}${"=".repeat(100_000)}`),
  ),
  raw("is no HTTP", `${ALL}\r\n\r\n`),
  raw(
    "has a header of control characters",
    "HTTP/1.1 200 OK\r\nServer: pwn\x1b]0;pwn\x07\x9b\r\nX: \xff\r\n\r\npwn",
  ),
  raw(
    "has the status 999 in words",
    "HTTP/1.1 999 ::error::pwn ##[error]pwn\r\nContent-Length: 3\r\n\r\npwn",
  ),
  raw("has a header of a megabyte", `HTTP/1.1 200 OK\r\nServer: ${"pwn".repeat(350_000)}\r\n\r\npwn`),
];

/** For the long run: each takes as long as the action waits for a page. */
export const PAGES_THAT_STALL: readonly Attack[] = [
  page("never ends", (response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    const more = setInterval(() => response.write("pwn".repeat(100_000)), 20);
    response.on("close", () => clearInterval(more));
  }),
  page("comes a byte a second", (response) => {
    response.writeHead(200, { "Content-Type": "text/html" });
    const more = setInterval(() => response.write("p"), 1_000);
    response.on("close", () => clearInterval(more));
  }),
];
