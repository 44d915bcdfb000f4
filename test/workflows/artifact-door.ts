/**
 * The door in front of act's artifact server, which does not understand today's @actions/artifact in two things: it answers
 * a MIME type, which it does not know, with an empty 500 (https://github.com/nektos/act/issues/6022), and the `=` at the end
 * of the signature that it gives out does not come back from Azure's client
 * (https://github.com/nektos/act/issues/6021). The one is taken out here, the other is spelt `%3D`; all else goes on as it
 * came, and what is uploaded goes past this door.
 */

import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export class ArtifactDoor implements AsyncDisposable {
  readonly #server: Server;

  /** @param behind act's own server, `http://127.0.0.1:34567` */
  static async open(behind: string): Promise<ArtifactDoor> {
    const server = createServer((request, response) => {
      passOn(request, behind).then(
        ({ status, body }) => response.writeHead(status, { "Content-Type": "application/json" }).end(body),
        (error: unknown) => response.writeHead(502).end(String(error)),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ArtifactDoor(server);
  }

  private constructor(server: Server) {
    this.#server = server;
  }

  /** With the slash that act has at the end of its own. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function passOn(request: IncomingMessage, behind: string): Promise<{ status: number; body: string }> {
  const { mime_type: _, ...known } = JSON.parse(await text(request));
  const answer = await fetch(new URL(request.url ?? "/", behind), {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: request.headers.authorization ?? "" },
    body: JSON.stringify(known),
  });
  return {
    status: answer.status,
    body: (await answer.text()).replace(/(\?sig=[\w-]+)=(?=&)/, "$1%3D"),
  };
}
