/**
 * GitHub's results service, as far as an upload needs it: over HTTP on loopback, in front of a blob store that takes blocks.
 * It can be told to fail as the real one does.
 */

import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { inflateRawSync } from "node:zlib";

/** `refuses`: 401; `fails`: 500; `cuts`: the connection; `stalls`: never answers; `dawdles`: answers after two seconds. */
export type Trouble = "refuses" | "fails" | "cuts" | "stalls" | "dawdles";

/** What an upload asks for: a name, places for its blocks, and that it is whole. */
export type Call = "create" | "block" | "finalize";

const SLOW = 2_000;

export interface StoredArtifact {
  readonly name: string;
  readonly bytes: Buffer;
  /** What the client said in the end. */
  readonly size: string;
  readonly hash: string;
}

const SERVICE = "/twirp/github.actions.results.api.v1.ArtifactService";

export class ResultsService implements AsyncDisposable {
  readonly artifacts: StoredArtifact[] = [];
  /** Method and path of every request. */
  readonly asked: string[] = [];
  readonly #blocks = new Map<string, Buffer>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #server: http.Server;
  trouble: Trouble | undefined;
  /** In which call; of itself: a service that refuses or fails does so in all, one that cuts or stalls in the upload. */
  at: Call | undefined;
  /** Of whose artifact the name must have this for the trouble; of every one unless told otherwise. */
  of = "";

  static async start(trouble?: Trouble): Promise<ResultsService> {
    const service = new ResultsService();
    service.trouble = trouble;
    await new Promise<void>((resolve) => service.#server.listen(0, "127.0.0.1", resolve));
    return service;
  }

  private constructor() {
    this.#server = http.createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("error", () => {});
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const trouble = this.#troubleWith(request, body);
        const answer = (): void => this.#answer(request, body, response, trouble);
        if (trouble === "dawdles") setTimeout(answer, SLOW);
        else answer();
      });
    });
  }

  /** What a step of a workflow in a private repository finds in its environment. */
  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const claims = Buffer.from(JSON.stringify({ scp: "Actions.Results:run-1:job-1" })).toString("base64url");
    return {
      ACTIONS_RESULTS_URL: this.#origin,
      ACTIONS_RUNTIME_TOKEN: `eyJhbGciOiJub25lIn0.${claims}.x`,
      ...more,
    };
  }

  /** As an earlier artifact of the same workflow's run would. */
  takeName(name: string): void {
    this.#blobs.set(name, Buffer.alloc(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #troubleWith({ url = "/" }: http.IncomingMessage, body: Buffer): Trouble | undefined {
    const call = url.startsWith("/store/")
      ? "block"
      : url.endsWith("/CreateArtifact")
        ? "create"
        : "finalize";
    const name = call === "block" ? decodeURIComponent(url) : body.toString();
    if (!name.includes(this.of)) return undefined;
    const inUpload = this.trouble === "cuts" || this.trouble === "stalls";
    const at = this.at ?? (inUpload ? "block" : call);
    return at === call ? this.trouble : undefined;
  }

  #answer(
    request: http.IncomingMessage,
    body: Buffer,
    response: http.ServerResponse,
    trouble: Trouble | undefined,
  ): void {
    const url = new URL(request.url ?? "/", this.#origin);
    this.asked.push(`${request.method} ${url.pathname}`);
    if (trouble === "cuts") request.socket.destroy();
    if (trouble === "cuts" || trouble === "stalls") return;
    if (trouble === "refuses" || trouble === "fails") {
      const [status, msg] =
        trouble === "refuses" ? [401, "the token is not valid"] : [500, "something went wrong"];
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ msg }));
    } else if (request.method === "POST" && url.pathname.startsWith(SERVICE)) {
      const { status, value } = this.#called(url.pathname, JSON.parse(body.toString()));
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    } else if (request.method === "PUT" && url.pathname.startsWith("/store/")) {
      this.#store(decodeURIComponent(url.pathname.slice("/store/".length)), url.searchParams, body);
      response.writeHead(201, { ETag: '"1"', "x-ms-request-id": "1" }).end();
    } else {
      response.writeHead(404).end("{}");
    }
  }

  #called(path: string, said: Record<string, string>): { status: number; value: unknown } {
    const { name = "", size = "", hash = "" } = said;
    if (path.endsWith("/CreateArtifact")) {
      if (this.#blobs.has(name))
        return { status: 409, value: { msg: "an artifact with this name already exists" } };
      this.#blobs.set(name, Buffer.alloc(0));
      const signed = `${this.#origin}/store/${encodeURIComponent(name)}?sig=CANARY-SIGNATURE`;
      return { status: 200, value: { ok: true, signed_upload_url: signed } };
    }
    this.artifacts.push({ name, bytes: this.#blobs.get(name) ?? Buffer.alloc(0), size, hash });
    return { status: 200, value: { ok: true, artifact_id: String(4700 + this.artifacts.length) } };
  }

  #store(name: string, parameters: URLSearchParams, body: Buffer): void {
    const block = parameters.get("blockid");
    if (block !== null) this.#blocks.set(`${name} ${block}`, body);
    else if (parameters.get("comp") === "blocklist") {
      const ids = [...body.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(([, id]) => id);
      const blocks = ids.map((id) => this.#blocks.get(`${name} ${id}`) ?? Buffer.alloc(0));
      this.#blobs.set(name, Buffer.concat(blocks));
    } else this.#blobs.set(name, body);
  }
}

/** The files of a stored artifact, whose size and hash must be what the client said. */
export function unzipped({ name, bytes, size, hash }: StoredArtifact): Map<string, Buffer> {
  if (bytes.length !== Number(size))
    throw new Error(`${name}: ${bytes.length} bytes came, ${size} were said`);
  const real = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (JSON.stringify(hash).includes(real) === false)
    throw new Error(`${name}: ${real} came, ${hash} was said`);
  return filesOfZip(bytes);
}

/** The files of a zip archive. */
export function filesOfZip(bytes: Buffer): Map<string, Buffer> {
  const end = bytes.lastIndexOf("PK\u0005\u0006", undefined, "latin1");
  const files = new Map<string, Buffer>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, lengths] = [
      bytes.readUInt32LE(at + 20),
      [28, 30, 32].map((place) => bytes.readUInt16LE(at + place)),
    ];
    const [nameLength = 0, extra = 0, comment = 0] = lengths;
    const path = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    const local = bytes.readUInt32LE(at + 42);
    const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(data, data + packed);
    files.set(path, bytes.readUInt16LE(at + 10) === 0 ? content : inflateRawSync(content));
    at += 46 + nameLength + extra + comment;
  }
  return files;
}
