// Stands for curl where the machine has none: one request, with the options that our programs and the sandbox's use, and
// curl's own exit statuses.
import { readFileSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { parseArgs } from "node:util";

const flag = { type: "boolean" };
const text = { type: "string" };
const { values, positionals } = parseArgs({
  options: {
    silent: flag,
    "show-error": flag,
    insecure: flag,
    "max-time": text,
    output: text,
    "user-agent": text,
    "write-out": text,
    header: { type: "string", multiple: true },
    noproxy: text,
    globoff: flag,
    "dump-header": text,
    "connect-to": text,
    "unix-socket": text,
    "data-binary": text,
    config: text,
  },
  allowPositionals: true,
});

const began = performance.now();
const elapsed = () => ((performance.now() - began) / 1000).toFixed(6);
const url = new URL(positionals[0] ?? "");
// HOST1:PORT1:HOST2:PORT2
const [, host = url.hostname.replace(/^\[|\]$/g, ""), port = url.port] =
  /:(?:\d*):([^:]+):(\d+)$/.exec(values["connect-to"] ?? "") ?? [];
let connected = "0.000000";

function end(status, words, code = "000", bytes = 0, type = "", location = "") {
  if (status !== 0 && values["show-error"]) process.stderr.write(`curl: (${status}) ${words}\n`);
  const known = {
    http_code: code,
    time_total: elapsed(),
    time_connect: connected,
    size_download: bytes,
    content_type: type,
    redirect_url: location,
  };
  let stream = process.stdout;
  for (const piece of (values["write-out"] ?? "").replaceAll("\\n", "\n").split(/(%\{\w+\})/)) {
    const name = /^%\{(\w+)\}$/.exec(piece)?.[1];
    if (name === "stderr") stream = process.stderr;
    else stream.write(name === undefined ? piece : String(known[name] ?? ""));
  }
  process.exitCode = status;
}

const headers = { "User-Agent": values["user-agent"] ?? "curl", Accept: "*/*", Host: url.host };
const configured = values.config === undefined ? "" : readFileSync(values.config, "utf8");
const fromConfig = [...configured.matchAll(/^header = "(.*)"$/gm)].map(([, line]) => line);
for (const line of [...(values.header ?? []), ...fromConfig])
  headers[line.slice(0, line.indexOf(":"))] = line.slice(line.indexOf(":") + 1).trim();
const body = values["data-binary"] === "@-" ? readFileSync(0) : undefined;
const request = (url.protocol === "https:" ? https : http).request({
  ...(values["unix-socket"] === undefined
    ? { host, port: port || undefined }
    : { socketPath: values["unix-socket"] }),
  path: url.pathname + url.search,
  method: body === undefined ? "GET" : "POST",
  headers,
  agent: false,
  ...(url.protocol === "https:" ? { rejectUnauthorized: !values.insecure, servername: url.hostname } : {}),
});
let ended = false;
const finish = (...how) => {
  if (ended) return;
  ended = true;
  clearTimeout(timer);
  end(...how);
  request.destroy();
};
const seconds = Number(values["max-time"] ?? 0);
const timer = seconds > 0 ? setTimeout(() => finish(28, "Operation timed out"), seconds * 1000) : undefined;
request.on("socket", (socket) => socket.on("connect", () => (connected = elapsed())));
request.on("error", (error) => {
  if (["ECONNREFUSED", "ENOENT", "EHOSTUNREACH"].includes(error.code))
    finish(7, `Failed to connect to ${host} port ${port}`);
  else if (error.code === "ENOTFOUND") finish(6, `Could not resolve host: ${host}`);
  else if (error.message === "socket hang up") finish(52, "Empty reply from server");
  else finish(56, "Recv failure: Connection reset by peer");
});
request.on("response", (response) => {
  const chunks = [];
  response.on("data", (chunk) => chunks.push(chunk));
  response.on("error", () => finish(18, "transfer closed with outstanding read data remaining"));
  response.on("end", () => {
    const received = Buffer.concat(chunks);
    if (values.output === undefined) process.stdout.write(received);
    else if (values.output !== "/dev/null") writeFileSync(values.output, received);
    if (values["dump-header"] !== undefined) {
      const lines = response.rawHeaders.map((word, at) => (at % 2 === 0 ? `${word}: ` : `${word}\r\n`));
      writeFileSync(values["dump-header"], `HTTP/1.1 ${response.statusCode}\r\n${lines.join("")}\r\n`);
    }
    const location = response.headers.location;
    const to = location === undefined ? "" : new URL(location, url).href;
    finish(0, "", String(response.statusCode), received.length, response.headers["content-type"] ?? "", to);
  });
});
request.end(body);
