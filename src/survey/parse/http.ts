/** Reads what the probes by HTTP printed. */

import { cleanPage, cleanText } from "../../host/text.ts";
import { bodiesOf, keyValues, linesOf, type Part, partsOf } from "../raw.ts";
import {
  type Asset,
  type AssetAnswer,
  type DirectProbe,
  type HttpAnswer,
  type Observation,
  type PageAssets,
  type ProxyProbe,
  seen,
  unseen,
} from "../survey.ts";
import { decimal, portOf, wholeNumber } from "../values.ts";

/** Characters of a page; its lines may be of any length (pages are minified), so they are not cut. */
const MOST_PAGE = 65_536;

export function parseDirect(parts: readonly Part[]): DirectProbe[] {
  const sockets = bodiesOf(parts, "sockets");
  const inner = partsOf(parts, "inner");
  return [...partsOf(parts, "direct")].map(([id, { uncut }]): DirectProbe => {
    // Two lines of our own stand in front of the answer.
    const at = uncut.indexOf("\n", uncut.indexOf("\n") + 1) + 1;
    const [head, answer] = at === 0 ? [uncut, ""] : [uncut.slice(0, at), uncut.slice(at)];
    const fields = keyValues(cleanText(head));
    const address = fields.get("address") ?? "";
    const innerAnswer = inner.has(id) ? parseAnswer(inner.get(id)?.uncut ?? "") : unseen("it was not asked");
    return {
      containerId: id,
      published: fields.get("published") === "yes",
      address,
      answer:
        address === ""
          ? unseen("the container has no address")
          : answer.trim() === ""
            ? unseen("the container does not run, so it was not asked")
            : parseAnswer(answer),
      listens: parseSockets(sockets.get(id)),
      inner: innerAnswer.observed ? innerAnswer.value : undefined,
    };
  });
}

/** Port numbers in hexadecimal, then `end`: without it the list is not whole. */
function parseSockets(body: string | undefined): number[] | undefined {
  const lines = linesOf(body ?? "");
  if (lines.at(-1) !== "end") return undefined;
  const ports = lines.slice(0, -1).map((line) => portOf(String(Number.parseInt(line, 16))));
  return ports.filter((port) => port !== undefined);
}

export function parseProxy(parts: readonly Part[]): Observation<ProxyProbe> {
  const last = parts.findLast((part) => part.kind === "answer");
  if (last === undefined) return unseen("the probe printed nothing");
  const answer = parseAnswer(last.uncut);
  return answer.observed ? seen({ door: last.subject, answer: answer.value }) : answer;
}

/** By the page's name: the id of Odoo's container, or `proxy`. */
export function parseAssets(parts: readonly Part[]): Map<string, PageAssets> {
  const assets = Map.groupBy(
    parts.filter(({ kind }) => kind === "asset"),
    ({ subject }) => subject.split(" ", 1)[0] ?? "",
  );
  return new Map(
    [...bodiesOf(parts, "page")].map(([page, body]): [string, PageAssets] => [
      page,
      {
        assets: (assets.get(page) ?? []).map((part) => parseAsset(part)),
        elsewhere: linesOf(body).map((line) => line.replace(/^elsewhere\t/, "")),
      },
    ]),
  );
}

function parseAsset({ body, uncut }: Part): Asset {
  const fields = keyValues(body);
  const answer = parseAnswer(uncut);
  return {
    path: fields.get("path") ?? "",
    kind: fields.get("kind") === "css" ? "css" : "js",
    answer: answer.observed
      ? assetAnswer(answer.value, fields, body)
      : { answered: false, problem: "broken", detail: answer.why },
  };
}

function assetAnswer(answer: HttpAnswer, fields: ReadonlyMap<string, string>, text: string): AssetAnswer {
  if (!answer.answered) return answer;
  const { body: _, ...seenOfIt } = answer;
  return {
    ...seenOfIt,
    sha1: /^[\da-f]{40}$/.exec(fields.get("sha1") ?? "")?.[0] ?? "",
    markers: linesOf(text)
      .filter((line) => line.startsWith("marker="))
      .map((line) => line.slice("marker=".length).slice(0, 300)),
  };
}

/**
 * @param text uncut: a page follows what curl was asked to print
 *
 * curl's exit codes: 7 could not connect, 28 timed out; the others mean that the answer broke off or was no HTTP. What
 * curl was asked to print and did not, was not printed by curl.
 */
function parseAnswer(text: string): Observation<HttpAnswer> {
  const end = text.indexOf("\n\n");
  const fields = keyValues(cleanText(end < 0 ? text : text.slice(0, end)));
  const exit = fields.get("curl");
  if (exit === undefined || exit === "127" || exit === "126")
    return unseen(fields.get("error")?.trim() || "curl is not installed");
  const detail = (fields.get("error") ?? "").trim();
  // The bound around curl, not curl's own: its answer, if any, was never seen.
  if (exit === "124" || exit === "137") return unseen("curl itself did not end in time");
  if (!fields.has("code"))
    return unseen(detail || `curl ended with ${exit} and printed nothing that it was asked for`);
  if (exit !== "0") {
    const problem = exit === "7" ? "refused" : exit === "28" ? "timed-out" : "broken";
    return seen({ answered: false, problem, detail });
  }
  const code = wholeNumber(fields.get("code"), 599);
  if (code === undefined || code < 100) return unseen("curl printed no status code");
  const [seconds, bytes] = [decimal(fields.get("seconds")), wholeNumber(fields.get("bytes"))];
  if (seconds === undefined || bytes === undefined)
    return unseen("how long the answer took and how large it is could not be read");
  return seen({
    answered: true,
    code,
    seconds,
    bytes,
    contentType: fields.get("type") ?? "",
    location: fields.get("location") ?? "",
    body: end < 0 ? "" : cleanPage(text.slice(end + 2), MOST_PAGE),
  });
}
