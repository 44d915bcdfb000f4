/** A port of this machine's loopback address on which something of the sandbox listens, or nothing does. */

import http from "node:http";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export class Door {
  readonly port: number;
  #server: net.Server | undefined;
  readonly #sockets = new Set<net.Socket>();

  /** Finds a free port; nothing listens yet. */
  static async find(): Promise<Door> {
    for (let attempt = 0; attempt < 50; attempt++) {
      // Below the ranges from which systems take ports for outgoing connections (Linux 32768, macOS 49152): nobody gets
      // it by chance while the door is closed.
      const door = new Door(20_000 + Math.floor(Math.random() * 12_000));
      if (await door.#tryOpen(net.createServer())) {
        await door.close();
        return door;
      }
    }
    throw new Error("no free port between 20000 and 32000 on 127.0.0.1");
  }

  private constructor(port: number) {
    this.port = port;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** The server listens; what listened before is closed. */
  async open(server: net.Server): Promise<void> {
    await this.close();
    for (let attempt = 0; !(await this.#tryOpen(server)); attempt++) {
      if (attempt === 20) throw new Error(`another program listens on 127.0.0.1:${this.port}`);
      await sleep(50);
    }
  }

  /** Stops listening and cuts what is connected, as the end of a process does. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if (server instanceof http.Server) server.closeAllConnections();
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  async #tryOpen(server: net.Server): Promise<boolean> {
    const listening = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(this.port, "127.0.0.1", () => resolve(true));
    });
    if (!listening) return false;
    this.#server = server;
    server.on("connection", (socket: net.Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
    });
    return true;
  }
}
