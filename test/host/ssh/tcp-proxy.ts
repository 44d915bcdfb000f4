// A network that can be broken on purpose: a TCP proxy on loopback whose link can be cut, stalled, slowed or closed.
//
//   await using proxy = await TcpProxy.to(server.port);
//   connect to proxy.port; then proxy.cut(), proxy.stall(), proxy.flow(), proxy.refuse(), proxy.accept()

import net from "node:net";

interface Link {
  readonly near: net.Socket;
  readonly far: net.Socket;
}

export interface TcpProxyOptions {
  /** Where to connect to; 127.0.0.1 by default. */
  readonly host?: string;
  /** Milliseconds that every chunk takes in either direction. */
  readonly delayMs?: number;
}

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  /** Connections accepted so far. */
  connections = 0;
  #listener: net.Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #delayMs: number;
  readonly #links = new Set<Link>();
  #stalled = false;
  #allowance: number | undefined;

  /** Starts a proxy to a port, on a free port of its own. */
  static async to(port: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const listener = await listen(0);
    return new TcpProxy(listener, port, options);
  }

  private constructor(
    listener: net.Server,
    port: number,
    { host = "127.0.0.1", delayMs = 0 }: TcpProxyOptions,
  ) {
    const address = listener.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
    this.#listener = listener;
    this.#target = { host, port };
    this.#delayMs = delayMs;
    listener.on("connection", (socket) => this.#join(socket));
  }

  /** Resets every connection, on both sides. New ones are accepted. */
  cut(): void {
    for (const { near, far } of this.#links) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Lets so many more bytes pass towards the target, and then resets every connection. */
  cutAfter(bytes: number): void {
    this.#allowance = bytes;
  }

  /** A dead link: nothing passes any more and nobody is told. New connections are accepted and hear nothing. */
  stall(): void {
    this.#stalled = true;
    for (const { near, far } of this.#links) {
      near.pause();
      far.pause();
    }
  }

  /** Ends a stall; what was sent meanwhile arrives now. */
  flow(): void {
    this.#stalled = false;
    for (const { near, far } of this.#links) {
      near.resume();
      far.resume();
    }
  }

  /** Refuses new connections, as a closed port does. Those that stand go on. */
  async refuse(): Promise<void> {
    // close() calls back only when the last connection ends; the port is free at once.
    this.#listener.close();
  }

  /** Accepts connections again, on the same port. */
  async accept(): Promise<void> {
    this.#listener = await listen(this.port);
    this.#listener.on("connection", (socket) => this.#join(socket));
  }

  /** Cuts everything and stops listening. */
  async close(): Promise<void> {
    this.cut();
    if (this.#listener.listening) {
      await new Promise<void>((resolve) => {
        this.#listener.close(() => resolve());
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #join(near: net.Socket): void {
    this.connections++;
    const far = net.connect({ ...this.#target, noDelay: true });
    near.setNoDelay(true);
    const link = { near, far };
    this.#links.add(link);
    this.#pass(near, far, link, (chunk) => this.#allowed(chunk));
    this.#pass(far, near, link, (chunk) => chunk);
    if (this.#stalled) {
      near.pause();
      far.pause();
    }
  }

  #pass(from: net.Socket, to: net.Socket, link: Link, allowed: (chunk: Buffer) => Buffer): void {
    from.on("data", (chunk) => this.#later(() => this.#write(from, to, allowed(chunk))));
    from.on("end", () => this.#later(() => to.end()));
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => {
      this.#links.delete(link);
      this.#later(() => to.destroySoon());
    });
  }

  /** What of a chunk may still pass; when that was the last of it, everything is cut. */
  #allowed(chunk: Buffer): Buffer {
    if (this.#allowance === undefined) return chunk;
    const part = chunk.subarray(0, this.#allowance);
    this.#allowance -= part.length;
    if (this.#allowance > 0) return part;
    this.#allowance = undefined;
    // After what passes has been handed to the other side.
    setTimeout(() => this.cut(), 5);
    return part;
  }

  #write(from: net.Socket, to: net.Socket, chunk: Buffer): void {
    if (!to.write(chunk)) {
      from.pause();
      to.once("drain", () => {
        if (!this.#stalled) {
          from.resume();
        }
      });
    }
  }

  #later(action: () => void): void {
    // Timers of one length fire in the order of their making, so chunks stay in order.
    if (this.#delayMs === 0) {
      action();
    } else {
      setTimeout(action, this.#delayMs);
    }
  }
}

async function listen(port: number): Promise<net.Server> {
  const listener = net.createServer();
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(port, "127.0.0.1", resolve);
  });
  return listener;
}
