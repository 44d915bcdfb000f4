// The stand-ins that are used only where a machine lacks the program behave as the program does, where it is there to
// compare with.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../droplet/process.ts";
import { temporaryDirectory } from "../support/hosts.ts";

const file = (name: string): string => join(import.meta.dirname, "stand-ins", name);
const has = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Runs shell text with the real programs, and with the stand-ins in front on its PATH. */
async function both(text: string): Promise<{ real: Ran; standIn: Ran }> {
  using folder = temporaryDirectory();
  const bin = join(folder.path, "bin");
  mkdirSync(bin);
  for (const name of ["flock", "setsid", "timeout"]) {
    copyFileSync(file(`${name}.pl`), join(bin, name));
    chmodSync(join(bin, name), 0o755);
  }
  const once = async (path: string): Promise<Ran> => {
    const where = join(folder.path, String(Math.random()));
    mkdirSync(where);
    const ended = await run("sh", ["-c", `cd "$1" && { ${text}\n}`, "sh", where], {
      env: { ...process.env, PATH: path },
      timeoutSeconds: 20,
    });
    return { code: ended.code, stdout: ended.stdout };
  };
  const path = process.env.PATH ?? "";
  const [real, standIn] = await Promise.all([once(path), once(`${bin}:${path}`)]);
  return { real, standIn };
}
interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

describe.skipIf(!has("perl") || !["flock", "setsid", "timeout"].every(has))(
  "in Perl, as util-linux and coreutils",
  () => {
    it.concurrent.each<[string, string, number]>([
      [
        "timeout passes stdin, output and the exit status on",
        "echo hello | timeout -k 1 5 sh -c 'cat; exit 3'",
        3,
      ],
      ["timeout ends what takes too long with 124", "timeout -k 1 1 sleep 10", 124],
      [
        "timeout kills what ignores SIGTERM",
        `timeout -k 1 1 sh -c 'trap "" TERM; while :; do sleep 0.1; done' 2>/dev/null`,
        137,
      ],
      [
        "timeout lets a trap choose the exit status",
        `timeout -k 1 1 sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'`,
        124,
      ],
      [
        "timeout takes the children along",
        `timeout -k 1 1 sh -c 'sleep 8 & echo $! >pid; wait'; sleep 0.3; case $(ps -o stat= -p "$(cat pid)") in "" | Z*) exit 1 ;; esac`,
        1,
      ],
      ["timeout says 127 for a command that is not there", "timeout 5 /no/such/command 2>/dev/null", 127],
      ["timeout says 126 for a command that cannot be started", "timeout 5 /etc/passwd 2>/dev/null", 126],
      ["flock takes a free lock", "exec 9>lock; flock -w 2 9", 0],
      ["flock gives up on a held one", "exec 9>lock; flock -w 2 9; (exec 8>lock; flock -w 1 8)", 1],
      [
        "flock waits for one that gets free",
        "(exec 9>lock; flock -w 1 9; sleep 0.5) & sleep 0.2; exec 8>lock; flock -w 5 8",
        0,
      ],
      ["setsid runs the command and gives its exit status", "setsid sh -c 'echo out; exit 4'", 4],
    ])("%s", async (_, text, code) => {
      const { real, standIn } = await both(text);
      expect(standIn).toEqual(real);
      expect(standIn.code).toBe(code);
    });
  },
);

describe.skipIf(!has("curl"))("curl in Node, as curl", () => {
  let server: http.Server;
  let port: number;
  beforeAll(async () => {
    server = http.createServer((request, response) => {
      const { headers, method, url } = request;
      if (url === "/reset") request.socket.resetAndDestroy();
      else if (url === "/nothing") request.socket.end();
      else if (url === "/redirect") response.writeHead(303, { Location: "/web/login" }).end();
      else if (url?.startsWith("/echo"))
        response
          .writeHead(200, { "Content-Type": "text/plain" })
          .end(
            `${method} ${url} host=${headers.host} agent=${headers["user-agent"]} for=${headers["x-forwarded-host"]}`,
          );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const FORM =
    "code=%{http_code}\\nbytes=%{size_download}\\ntype=%{content_type}\\nlocation=%{redirect_url}\\n";

  it.concurrent.each<[string, (port: number) => string[]]>([
    ["a page", (at) => [`http://127.0.0.1:${at}/echo?a=b`]],
    [
      "headers",
      (at) => [
        "--header",
        "Host: erp.example.com",
        "--header",
        "X-Forwarded-Host: shop",
        `http://127.0.0.1:${at}/echo`,
      ],
    ],
    [
      "another address for a name",
      (at) => [
        "--insecure",
        "--noproxy",
        "*",
        "--connect-to",
        `erp.example.com:80:127.0.0.1:${at}`,
        "http://erp.example.com:80/echo",
      ],
    ],
    ["a redirect", (at) => [`http://127.0.0.1:${at}/redirect`]],
    ["a closed port", () => ["http://127.0.0.1:1/echo"]],
    ["a connection that breaks", (at) => [`http://127.0.0.1:${at}/reset`]],
    ["an empty answer", (at) => [`http://127.0.0.1:${at}/nothing`]],
    ["no answer in time", (at) => ["--max-time", "1", `http://127.0.0.1:${at}/never`]],
  ])("%s", async (_, argumentsFor) => {
    const args = ["--silent", "--user-agent", "odoo-recover", "--write-out", FORM, ...argumentsFor(port)];
    const env = { PATH: process.env.PATH };
    const real = await run("curl", args, { env, timeoutSeconds: 10 });
    const standIn = await run(process.execPath, [file("curl.mjs"), ...args], { env, timeoutSeconds: 10 });
    expect({ code: standIn.code, stdout: standIn.stdout }).toEqual({ code: real.code, stdout: real.stdout });
  });

  it("sends stdin to a socket, and writes a body to a file", async () => {
    using folder = temporaryDirectory();
    const socket = join(folder.path, "s");
    const daemon = http.createServer((request, response) => {
      request.pipe(response);
    });
    await new Promise<void>((resolve) => daemon.listen(socket, resolve));
    const output = join(folder.path, "body");
    writeFileSync(output, "");
    const args = ["--unix-socket", socket, "--data-binary", "@-", "http://sandbox/"];
    const sent = await run(process.execPath, [file("curl.mjs"), ...args], { stdin: "one\0two\0" });
    daemon.close();
    expect(sent).toMatchObject({ code: 0, stdout: "one\0two\0" });
  });
});
