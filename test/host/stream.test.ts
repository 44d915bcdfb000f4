// Output of any size: it arrives whole and in order, at the pace at which it is taken, and the other side waits meanwhile.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { until } from "../support/clocks.ts";
import { bentTransport, openHost, program, temporaryDirectory } from "../support/hosts.ts";
import { connectTo, endpointOf, failureOf, startServer } from "./ssh/support.ts";
import { TcpProxy } from "./ssh/tcp-proxy.ts";

const MEGABYTE = 1_000_000;
/** What may be under way between the program and us: pipes, sockets and a window of 2 MiB. */
const UNDER_WAY = 16 * MEGABYTE;

// Ten million bytes a turn, ten times; how far it came stands in a file.
const MUCH = `
turn=0
while [ "$turn" -lt 10 ]; do
  head -c 10000000 /dev/zero | tr '\\0' 'x'
  turn=$((turn + 1))
  echo "$turn" >"$HERE/turns"
done`;

async function overSsh() {
  const server = await startServer();
  const proxy = await TcpProxy.to(server.port);
  const { host } = await openHost(() => connectTo(endpointOf(server, { port: proxy.port })));
  return { host, proxy };
}

const WAYS = [
  { way: "over SSH", open: async () => (await overSsh()).host },
  { way: "on this machine", open: async () => (await openHost()).host },
];

describe.each(WAYS)("a stream $way", ({ open }) => {
  it("brings bytes of every kind, among the noise of a login or not, and the program's status", async () => {
    using directory = temporaryDirectory();
    const host = await open();
    const hash = createHash("sha256");
    const result = await host.stream(
      program('head -c 3000000 /dev/urandom | tee "$HERE/sent"; exit 4', {
        values: { HERE: directory.path },
      }),
      (bytes) => {
        hash.update(bytes);
      },
    );
    expect(result).toMatchObject({ status: 4, truncated: false, output: Buffer.alloc(0) });
    expect(hash.digest("hex")).toBe(
      createHash("sha256")
        .update(readFileSync(join(directory.path, "sent")))
        .digest("hex"),
    );
  });

  it("waits while the sink is busy, and goes on when it is not", async () => {
    using directory = temporaryDirectory();
    const host = await open();
    let taken = 0;
    let release = (): void => {};
    const busy = new Promise<void>((resolve) => {
      release = resolve;
    });
    const ended = host.stream(
      program(MUCH, { values: { HERE: directory.path }, seconds: 60 }),
      async (bytes) => {
        taken += bytes.length;
        if (taken > MEGABYTE) await busy;
      },
    );
    await until("it began", () => taken > MEGABYTE);
    await sleep(500);
    const turns = existsSync(join(directory.path, "turns"))
      ? Number(readFileSync(join(directory.path, "turns"), "utf8"))
      : 0;
    expect(turns * 10 * MEGABYTE).toBeLessThan(UNDER_WAY);
    expect(taken).toBeLessThan(2 * MEGABYTE);
    release();
    expect(await ended).toMatchObject({ status: 0 });
    expect(taken).toBe(100 * MEGABYTE);
  });

  it("ends with the sink's own failure", async () => {
    const host = await open();
    const ended = host.stream(program("head -c 50000000 /dev/zero"), async () => {
      throw new Error("the disk is full");
    });
    await expect(ended).rejects.toThrow("the disk is full");
    expect((await host.run(program("echo still here"))).output.toString()).toBe("still here\n");
  });
});

describe("a stream", () => {
  it("is not spoilt by what a login prints", async () => {
    const noisy = (command: string): string => `printf 'hello\\n'; ${command}; printf 'bye\\n'`;
    const { host } = await openHost(async () => bentTransport(noisy));
    const pieces: Buffer[] = [];
    await host.stream(program("printf 'PGDMP'"), (bytes) => {
      pieces.push(bytes);
    });
    expect(Buffer.concat(pieces).toString()).toBe("PGDMP");
  });

  it("whose connection is cut is lost, and is not sent again", async () => {
    using directory = temporaryDirectory();
    const { host, proxy } = await overSsh();
    let taken = 0;
    const failed = failureOf(
      host.stream(
        program(`echo begun >>"$HERE/begun"\n${MUCH}`, {
          values: { HERE: directory.path },
          seconds: 60,
          repeatable: true,
        }),
        async (bytes) => {
          taken += bytes.length;
          await sleep(1);
        },
      ),
    );
    await until("it began", () => taken > MEGABYTE);
    proxy.cut();
    expect(await failed).toMatchObject({ problem: "lost" });
    expect(readFileSync(join(directory.path, "begun"), "utf8")).toBe("begun\n");
    expect((await host.run(program("echo back"))).output.toString()).toBe("back\n");
  });
});
