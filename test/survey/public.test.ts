// What the public gets, asked of real servers on this machine: a page, a redirect, silence, a certificate that no
// browser would accept.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import http, { type IncomingMessage, type RequestListener } from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askPublic, failureOf } from "../../src/survey/public.ts";
import type { Certificate, Observation, PublicProbe } from "../../src/survey/survey.ts";
import { realClock, VirtualClock } from "../support/clocks.ts";
import { temporaryDirectory } from "../support/hosts.ts";

const PAGE = '<form class="oe_login_form" action="/web/login">über</form>';

interface Site extends AsyncDisposable {
  readonly url: URL;
  /** What was asked for, in order: `GET /web/login`. */
  readonly requests: IncomingMessage[];
}

async function listening(server: net.Server, scheme: string, requests: IncomingMessage[]): Promise<Site> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: new URL(`${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    requests,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function site(answer: RequestListener): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  return listening(server, "http", requests);
}

interface Keys {
  readonly key: string;
  readonly cert: string;
}

function secureSite(keys: Keys, answer: RequestListener = page): Promise<Site> {
  const requests: IncomingMessage[] = [];
  const server = https.createServer({ ...keys }, (request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on("tlsClientError", () => {});
  return listening(server, "https", requests);
}

/** A server that does what it likes with each connection. */
const rawSite = (connection: (socket: net.Socket) => void): Promise<Site> =>
  listening(net.createServer(connection), "http", []);

const page: RequestListener = (_, response) => {
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(PAGE);
};
const redirect =
  (to: string, code = 302): RequestListener =>
  (_, response) => {
    response.writeHead(code, { Location: to }).end("moved");
  };

/** Asks, and has an answer that was observed. */
async function probe(url: URL, signal?: AbortSignal): Promise<PublicProbe> {
  const observation: Observation<PublicProbe> = await askPublic(url, realClock, signal);
  if (!observation.observed) throw new Error(`not observed: ${observation.why}`);
  return observation.value;
}

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe("a page", () => {
  it("is the login page as the public gets it, whatever path the address has", async () => {
    await using it = await site(page);
    expect(await probe(new URL("/shop?x=1#y", it.url))).toEqual({
      url: `${it.url}web/login`,
      answer: {
        answered: true,
        code: 200,
        seconds: expect.any(Number),
        bytes: Buffer.byteLength(PAGE),
        contentType: "text/html; charset=utf-8",
        location: "",
        body: PAGE,
      },
      headers: {},
      certificate: undefined,
    });
    expect(it.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /web/login"]);
    // By this name the access log leaves our own requests out.
    expect(it.requests[0]?.headers["user-agent"]).toBe("odoo-recover");
  });

  it.each([500, 502, 503, 521, 404, 403])("of %i is an answer, with its body", async (code) => {
    await using it = await site((_, response) => response.writeHead(code).end("sorry"));
    expect((await probe(it.url)).answer).toMatchObject({
      answered: true,
      code,
      body: "sorry",
      contentType: "",
    });
  });

  it("that is long is counted whole, and its beginning is kept", async () => {
    await using it = await site((_, response) => response.end("x".repeat(300_000)));
    const { answer } = await probe(it.url);
    expect(answer).toMatchObject({ answered: true, bytes: 300_000 });
    expect(answer.answered && answer.body.length).toBe(65_536);
  });

  it("takes as long as the clock says", async () => {
    const clock = new VirtualClock();
    await using it = await site((_, response) => {
      clock.pass(3_210);
      response.end(PAGE);
    });
    expect(await askPublic(it.url, clock)).toMatchObject({ value: { answer: { seconds: 3.21 } } });
  });
});

describe("a redirect", () => {
  it("to the same name is followed, onto https and another port, and the last answer counts", async () => {
    await using last = await secureSite(CERTIFICATES().good);
    await using first = await site(redirect(new URL("/web/login?db=shop", last.url).href, 301));
    expect(await probe(first.url)).toMatchObject({
      url: `${last.url}web/login?db=shop`,
      answer: { code: 200, body: PAGE },
      certificate: { names: ["127.0.0.1", "localhost"] },
    });
  });

  it("without a name is one to the same name", async () => {
    await using it = await site((request, response) =>
      request.url === "/web/login" ? redirect("login?db=shop")(request, response) : page(request, response),
    );
    expect(await probe(it.url)).toMatchObject({ url: `${it.url}web/login?db=shop`, answer: { code: 200 } });
  });

  it.each([
    ["another name", (port: string) => `http://localhost:${port}/web/login`],
    ["a name that only begins alike", (port: string) => `http://127.0.0.1.evil.example:${port}/web/login`],
    ["a name in front of an @", (port: string) => `http://127.0.0.1@localhost:${port}/web/login`],
    ["another page", () => "/web/database/selector"],
    ["no web address", () => "http://"],
    ["another protocol", () => "ftp://127.0.0.1/web/login"],
  ])("to %s is not followed, and is told as what it is", async (_, to) => {
    await using elsewhere = await site(page);
    await using it = await site((request, response) => redirect(to(elsewhere.url.port))(request, response));
    expect(await probe(it.url)).toMatchObject({
      url: `${it.url}web/login`,
      answer: { answered: true, code: 302, location: to(elsewhere.url.port), body: "moved" },
    });
    expect(it.requests).toHaveLength(1);
    expect(elsewhere.requests).toHaveLength(0);
  });

  it("that never ends is followed four times, and is the answer then", async () => {
    await using it = await site(redirect("/web/login"));
    expect(await probe(it.url)).toMatchObject({ answer: { code: 302, location: "/web/login" } });
    expect(it.requests).toHaveLength(5);
  });

  it("that leads to where nothing listens names that place", async () => {
    const closed = await closedPort();
    await using it = await site(redirect(`http://127.0.0.1:${closed}/web/login`));
    expect(await probe(it.url)).toMatchObject({
      url: `http://127.0.0.1:${closed}/web/login`,
      answer: { answered: false, problem: "refused" },
    });
  });
});

describe("no answer", () => {
  it("is refused where nothing listens", async () => {
    const url = new URL(`http://127.0.0.1:${await closedPort()}`);
    expect(await probe(url)).toEqual({
      url: `${url}web/login`,
      answer: { answered: false, problem: "refused", detail: expect.stringContaining("ECONNREFUSED") },
      headers: {},
      certificate: undefined,
    });
  });

  it.each<[string, (socket: net.Socket) => void]>([
    ["is reset", (socket) => socket.once("data", () => socket.resetAndDestroy())],
    ["is closed without a word", (socket) => socket.once("data", () => socket.end())],
    ["is no HTTP", (socket) => socket.once("data", () => socket.end("SSH-2.0-OpenSSH_9.6\r\n"))],
    [
      "breaks off in its body",
      (socket) =>
        socket.once("data", () =>
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<html>half of a"),
        ),
    ],
    [
      "has headers without an end",
      (socket) => socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`)),
    ],
  ])("is a broken one when the connection %s", async (_, connection) => {
    await using it = await rawSite(connection);
    expect((await probe(it.url)).answer).toEqual({
      answered: false,
      problem: "broken",
      detail: expect.stringMatching(/./),
    });
  });

  it("is a broken one where https is asked of a server without TLS", async () => {
    await using it = await site(page);
    const answer = (await probe(new URL(it.url.href.replace("http:", "https:")))).answer;
    expect(answer).toMatchObject({ answered: false, problem: "broken" });
  });

  it("comes in bounded time from a server that says nothing, and from one that never stops", async () => {
    await using silent = await rawSite(() => {});
    await using endless = await site((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write("x"), 200);
      response.on("close", () => clearInterval(timer));
    });
    const began = performance.now();
    for (const { answer } of await Promise.all([probe(silent.url), probe(endless.url)])) {
      expect(answer).toEqual({
        answered: false,
        problem: "timed-out",
        detail: expect.stringMatching(/^nothing within \d\d s$/),
      });
    }
    expect(performance.now() - began).toBeLessThan(18_000);
  }, 30_000);

  it("is not waited for when the run is stopped, and is told as no finding", async () => {
    await using silent = await rawSite(() => {});
    const stop = new AbortController();
    const asking = askPublic(silent.url, realClock, stop.signal);
    setTimeout(() => stop.abort(new Error("stopped by hand")), 50);
    await expect(asking).rejects.toThrow("stopped by hand");
    await expect(askPublic(silent.url, realClock, stop.signal)).rejects.toThrow("stopped by hand");
  });

  it("is not observed for a name without an address: that may be the runner's own trouble", async () => {
    expect(await askPublic(new URL("http://nothing.invalid"), realClock)).toEqual({
      observed: false,
      why: expect.stringContaining("nothing.invalid"),
    });
  });
});

describe("a name with several addresses", () => {
  /** The error of a real attempt to connect to all of them. */
  async function failing(...addresses: string[]): Promise<unknown> {
    const port = await closedPort();
    return new Promise((resolve, reject) => {
      http
        .get({
          host: "erp.example.com",
          port,
          agent: false,
          lookup: (_, __, found) =>
            found(
              null,
              addresses.map((address) => ({ address, family: net.isIP(address) })),
            ),
        })
        .on("error", resolve)
        .on("response", () => reject(new Error("it answered")));
    });
  }

  it("is refused where one of them refuses and the other cannot be reached from here", async () => {
    // 2001:db8:: is nobody's (RFC 3849).
    const failure = failureOf(await failing("2001:db8::1", "127.0.0.1"));
    expect(failure.problem).toBe("refused");
    expect(failure.words).toContain("ECONNREFUSED");
  });

  it("is not observed where none of them can be reached from here", () => {
    const unreachable = (code: string) => Object.assign(new Error(`connect ${code}`), { code });
    const error = new AggregateError([unreachable("ENETUNREACH"), unreachable("EHOSTUNREACH")]);
    expect(failureOf(error)).toEqual({
      problem: undefined,
      words: "connect ENETUNREACH; connect EHOSTUNREACH",
    });
  });
});

describe("who answered", () => {
  it("is told by the headers of CDNs and proxies, bounded, and by no others", async () => {
    await using it = await site((_, response) => {
      response
        .writeHead(503, {
          Server: "cloudflare",
          "CF-RAY": "8a1b-FRA",
          "cf-mitigated": "challenge",
          Via: "1.1 varnish, 1.1 nginx",
          "X-Cache": "x".repeat(5_000),
          "Set-Cookie": "session_id=secret",
          "X-Odoo": "14",
        })
        .end();
    });
    expect((await probe(it.url)).headers).toEqual({
      server: "cloudflare",
      "cf-ray": "8a1b-FRA",
      "cf-mitigated": "challenge",
      via: "1.1 varnish, 1.1 nginx",
      "x-cache": `${"x".repeat(199)}…`,
    });
  });
});

describe.skipIf(!hasOpenssl)("a certificate", () => {
  const certificateOf = async (keys: Keys): Promise<Certificate> => {
    await using it = await secureSite(keys);
    const { answer, certificate } = await probe(it.url);
    // Whatever it is, it is no reason not to look at the page.
    expect(answer).toMatchObject({ answered: true, code: 200, body: PAGE });
    if (certificate === undefined) throw new Error("there was none");
    return certificate;
  };

  it("that a browser would accept has no problem", async () => {
    const certificate = await certificateOf(CERTIFICATES().good);
    expect(certificate).toMatchObject({ names: ["127.0.0.1", "localhost"], problem: undefined });
    expect((certificate.expires ?? 0) - Date.now()).toBeGreaterThan(20 * 86_400_000);
  });

  it("that has expired says when", async () => {
    expect((await certificateOf(CERTIFICATES().expired)).problem).toBe("it expired on 2024-02-01");
  });

  it("for another name says for which", async () => {
    const certificate = await certificateOf(CERTIFICATES().other);
    expect(certificate.names).toEqual(["erp.example.com", "www.example.com"]);
    expect(certificate.problem).toBe("it is for erp.example.com, www.example.com, not for 127.0.0.1");
  });

  it("that nobody vouches for says so", async () => {
    const { problem } = await certificateOf(CERTIFICATES().selfSigned);
    expect(problem).toMatch(/^no authority that this machine knows vouches for it \(.*SELF_SIGNED.*\)$/);
  });

  it("is remembered from the last secure step of a redirect, even when the answer then breaks off", async () => {
    await using broken = await secureSite(CERTIFICATES().good, (_, response) => {
      response.writeHead(502).end("bad gateway");
    });
    expect(await probe(broken.url)).toMatchObject({
      answer: { code: 502 },
      certificate: { problem: undefined },
    });
  });
});

// ---- Certificates made for this run, by openssl ----------------------------------------------------------------------

interface Made {
  readonly good: Keys;
  readonly expired: Keys;
  readonly other: Keys;
  readonly selfSigned: Keys;
}

let made: Made | undefined;
function CERTIFICATES(): Made {
  if (made === undefined) throw new Error("they are not made yet");
  return made;
}

const trusted = tls.getCACertificates("default");

beforeAll(() => {
  if (!hasOpenssl) return;
  using directory = temporaryDirectory();
  const file = (name: string): string => join(directory.path, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: directory.path, stdio: "pipe" });
  };
  const key = (name: string): void =>
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file(`${name}.key`));
  const pair = (name: string): Keys => ({
    key: readFileSync(file(`${name}.key`), "utf8"),
    cert: readFileSync(file(`${name}.crt`), "utf8"),
  });
  key("ca");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    "ca.key",
    "-subj",
    "/CN=Authority of a test",
    "-days",
    "60",
    "-out",
    "ca.crt",
  );
  // `openssl ca` can also make one whose time is over; `openssl x509` cannot everywhere.
  writeFileSync(file("index.txt"), "");
  writeFileSync(file("serial"), "01\n");
  writeFileSync(
    file("ca.conf"),
    `[ca]\ndefault_ca=a\n[a]\ndir=${directory.path}\ndatabase=$dir/index.txt\nserial=$dir/serial\nnew_certs_dir=$dir\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n`,
  );
  const signed = (name: string, names: string, from: string, to: string): Keys => {
    key(name);
    openssl(
      "req",
      "-new",
      "-key",
      `${name}.key`,
      "-subj",
      `/CN=${name}`,
      "-addext",
      `subjectAltName=${names}`,
      "-out",
      `${name}.csr`,
    );
    openssl(
      "ca",
      "-batch",
      "-config",
      "ca.conf",
      "-cert",
      "ca.crt",
      "-keyfile",
      "ca.key",
      "-startdate",
      from,
      "-enddate",
      to,
      "-in",
      `${name}.csr`,
      "-out",
      `${name}.crt`,
      "-notext",
    );
    return pair(name);
  };
  const day = (after: number): string =>
    new Date(Date.now() + after * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const here = "IP:127.0.0.1,DNS:localhost";
  key("own");
  openssl(
    "req",
    "-x509",
    "-new",
    "-key",
    "own.key",
    "-subj",
    "/CN=own",
    "-addext",
    `subjectAltName=${here}`,
    "-days",
    "30",
    "-out",
    "own.crt",
  );
  made = {
    good: signed("good", here, day(-1), day(30)),
    expired: signed("expired", here, "20240101000000Z", "20240201000000Z"),
    other: signed("other", "DNS:erp.example.com,DNS:www.example.com", day(-1), day(30)),
    selfSigned: pair("own"),
  };
  tls.setDefaultCACertificates([...trusted, readFileSync(file("ca.crt"), "utf8")]);
});
afterAll(() => tls.setDefaultCACertificates(trusted));

/** A port on which nothing listens: it was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
