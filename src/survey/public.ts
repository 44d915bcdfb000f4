/** What the public gets: one GET of the login page from the runner, with the certificate that a browser would see. */

import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls";
import type { Clock } from "../clock.ts";
import { cleanPage, decoded, lineOf } from "../host/text.ts";
import {
  type Certificate,
  type HttpAnswer,
  type Observation,
  type PublicProbe,
  seen,
  unseen,
} from "./survey.ts";

const MOST_BODY = 65_536;
/** Characters of an address: browsers take no longer ones. */
const MOST_LOCATION = 2_048;
/** Names of a certificate that are kept. */
const MOST_NAMES = 100;
/** For all of it together, in milliseconds. */
const PATIENCE = 10_000;
const MOST_REDIRECTS = 4;
/** Headers by which a CDN, a load balancer or another proxy is recognised. */
const TELLING = [
  "server",
  "via",
  "cf-ray",
  "cf-mitigated",
  "x-cache",
  "x-served-by",
  "x-sucuri-id",
  "x-amz-cf-id",
];

interface Response {
  readonly answer: HttpAnswer;
  readonly headers: Readonly<Record<string, string>>;
  readonly certificate: Certificate | undefined;
}

/**
 * Follows redirects, as a browser does, as long as they stay on the same host name.
 *
 * @returns not observed when this machine cannot look, a name that has no address included
 */
export async function askPublic(
  url: URL,
  clock: Clock,
  signal?: AbortSignal,
): Promise<Observation<PublicProbe>> {
  const limit = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(signal === undefined ? [] : [signal])]);
  let at = new URL("/web/login", url);
  let certificate: Certificate | undefined;
  try {
    for (let redirects = 0; ; redirects++) {
      const response = await get(at, clock, limit);
      certificate = response.certificate ?? certificate;
      const { answer } = response;
      const next =
        answer.answered && answer.code >= 300 && answer.code < 400 && URL.canParse(answer.location, at.href)
          ? new URL(answer.location, at)
          : undefined;
      const follow =
        next !== undefined &&
        /^https?:$/.test(next.protocol) &&
        next.hostname === url.hostname &&
        next.pathname.startsWith("/web/login");
      if (!follow || redirects === MOST_REDIRECTS)
        return seen({ url: at.href, answer, headers: response.headers, certificate });
      at = next;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return seen(unanswered(at, "timed-out", `nothing within ${PATIENCE / 1000} s`));
    const { problem, words } = failureOf(error);
    return problem === undefined ? unseen(words) : seen(unanswered(at, problem, words));
  }
}

/**
 * Why there was no answer. A name with several addresses fails once at each of them, and one that was reached decides.
 *
 * @returns no problem where it is the runner's own trouble, or the site's: from here it cannot be told which
 */
export function failureOf(error: unknown): {
  readonly problem: "refused" | "broken" | undefined;
  readonly words: string;
} {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  const codes = errors.map((each) => (each instanceof Error && "code" in each ? String(each.code) : ""));
  const words = lineOf(
    errors.map((each) => (each instanceof Error ? each.message : String(each))).join("; "),
    500,
  );
  if (codes.includes("ECONNREFUSED")) return { problem: "refused", words };
  const astray = codes.every((code) => /^(ENOTFOUND|EAI_|ENETUNREACH|EHOSTUNREACH|EADDRNOTAVAIL)/.test(code));
  return { problem: astray ? undefined : "broken", words };
}

function unanswered(url: URL, problem: "refused" | "timed-out" | "broken", detail: string): PublicProbe {
  return { url: url.href, answer: { answered: false, problem, detail }, headers: {}, certificate: undefined };
}

function get(url: URL, clock: Clock, signal: AbortSignal): Promise<Response> {
  const began = clock.monotonic();
  return new Promise((resolve, reject) => {
    const take = (response: IncomingMessage): void => {
      const socket = response.socket as Partial<TLSSocket>;
      const certificate =
        url.protocol === "https:"
          ? certificateOf(socket as TLSSocket, url.hostname.replaceAll(/[[\]]/g, ""), clock.now())
          : undefined;
      const body: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        if (bytes < MOST_BODY) body.push(chunk);
        bytes += chunk.length;
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          certificate,
          headers: Object.fromEntries(
            TELLING.flatMap((name) => {
              const value = response.headers[name];
              return value === undefined ? [] : [[name, lineOf(String(value))]];
            }),
          ),
          answer: {
            answered: true,
            code: response.statusCode ?? 0,
            seconds: (clock.monotonic() - began) / 1000,
            bytes,
            contentType: lineOf(response.headers["content-type"] ?? ""),
            location: lineOf(response.headers.location ?? "", MOST_LOCATION),
            body: cleanPage(decoded(Buffer.concat(body).subarray(0, MOST_BODY)), MOST_BODY),
          },
        }),
      );
    };
    const options = { signal, agent: false, headers: { "User-Agent": "odoo-recover", Accept: "text/html" } };
    const request =
      url.protocol === "https:"
        ? // Looked at whatever it is: a wrong certificate is a finding, and not the end of the looking.
          https.get(url, { ...options, rejectUnauthorized: false }, take)
        : http.get(url, options, take);
    request.on("error", reject);
  });
}

/** What a browser would say of the certificate. */
function certificateOf(socket: TLSSocket, hostname: string, now: number): Certificate | undefined {
  const peer: PeerCertificate | undefined = socket.getPeerCertificate?.();
  if (peer === undefined || peer.valid_to === undefined) return undefined;
  const names = lineOf(peer.subjectaltname ?? "", MOST_LOCATION)
    .split(", ")
    .map((name) => name.replace(/^(DNS|IP Address):/, ""))
    .slice(0, MOST_NAMES);
  const mismatch = checkServerIdentity(hostname, peer);
  const date = Date.parse(peer.valid_to);
  const expires = Number.isNaN(date) ? undefined : date;
  const problem =
    expires === undefined
      ? "the date on which it expires cannot be read"
      : expires < now
        ? `it expired on ${new Date(expires).toISOString().slice(0, 10)}`
        : mismatch !== undefined
          ? `it is for ${names.filter(Boolean).join(", ") || lineOf(String(peer.subject?.CN))}, not for ${hostname}`
          : socket.authorized
            ? undefined
            : `no authority that this machine knows vouches for it (${socket.authorizationError})`;
  return { names: names.filter(Boolean), expires, problem };
}
