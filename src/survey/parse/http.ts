/** Reads what the probes by HTTP printed. */

import { bodiesOf, keyValues, linesOf, type Part, plainText } from "../raw.ts";
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

export function parseDirect(parts: readonly Part[]): DirectProbe[] {
  const sockets = bodiesOf(parts, "sockets");
  const inner = bodiesOf(parts, "inner");
  return [...bodiesOf(parts, "direct")].map(([id, body]): DirectProbe => {
    const fields = keyValues(body.split("\n", 2).join("\n"));
    const address = fields.get("address") ?? "";
    const answer = body.split("\n").slice(2).join("\n");
    const innerAnswer = inner.has(id) ? parseAnswer(inner.get(id) ?? "") : unseen("it was not asked");
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
  return lines.slice(0, -1).map((line) => Number.parseInt(line, 16));
}

export function parseProxy(parts: readonly Part[]): Observation<ProxyProbe> {
  const last = parts.findLast((part) => part.kind === "answer");
  if (last === undefined) return unseen("the probe printed nothing");
  const answer = parseAnswer(last.body);
  return answer.observed ? seen({ door: last.subject, answer: answer.value }) : answer;
}

/** By the page's name: the id of Odoo's container, or `proxy`. */
export function parseAssets(parts: readonly Part[]): Map<string, PageAssets> {
  return new Map(
    [...bodiesOf(parts, "page")].map(([page, body]): [string, PageAssets] => [
      page,
      {
        assets: parts
          .filter(({ kind, subject }) => kind === "asset" && subject.split(" ")[0] === page)
          .map((part) => parseAsset(part.body)),
        elsewhere: linesOf(body).map((line) => line.replace(/^elsewhere\t/, "")),
      },
    ]),
  );
}

function parseAsset(body: string): Asset {
  const fields = keyValues(body);
  const answer = parseAnswer(body);
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
    sha1: fields.get("sha1") ?? "",
    markers: linesOf(text)
      .filter((line) => line.startsWith("marker="))
      .map((line) => plainText(line.slice("marker=".length)).slice(0, 300)),
  };
}

/**
 * curl's exit codes: 7 could not connect, 28 timed out; the others mean that the answer broke off or was no HTTP. What
 * curl was asked to print and did not, was not printed by curl.
 */
function parseAnswer(text: string): Observation<HttpAnswer> {
  const end = text.indexOf("\n\n");
  const fields = keyValues(end < 0 ? text : text.slice(0, end));
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
  const code = Number(fields.get("code"));
  if (!Number.isInteger(code) || code < 100) return unseen("curl printed no status code");
  return seen({
    answered: true,
    code,
    seconds: Number(fields.get("seconds")),
    bytes: Number(fields.get("bytes")),
    contentType: fields.get("type") ?? "",
    location: fields.get("location") ?? "",
    body: end < 0 ? "" : text.slice(end + 2),
  });
}
