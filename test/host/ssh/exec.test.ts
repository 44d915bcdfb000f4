// A command's input arrives whole, its output is complete, and only a known end is called an end.

import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { connectTo, endpointOf, failureOf, quickDeps, run, startServer } from "./support.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const MEGABYTE = 1024 * 1024;

function signalOf<T = void>() {
  return Promise.withResolvers<T>();
}

describe("a command that ends", () => {
  it("gives its exit status, stdout and stderr", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    expect(await run(transport, "cat; echo oops >&2; exit 3", { stdin: "héllo" })).toEqual({
      code: 3,
      signal: null,
      stdout: "héllo",
      stderr: "oops\n",
    });
    await transport.close();
  });

  it("by a signal has no exit status", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    expect(await run(transport, "kill -9 $$")).toMatchObject({ code: null, signal: "SIGKILL" });
    await transport.close();
  });

  it("has read 10 MB of input and written 10 MB of output", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const stdin = Buffer.alloc(10 * MEGABYTE, "0123456789abcdef-");
    const hash = createHash("sha256");
    let length = 0;
    const end = await run(transport, "cat", {
      stdin,
      onStdout: (chunk) => {
        length += chunk.length;
        hash.update(chunk);
      },
    });
    expect(end.code).toBe(0);
    expect(length).toBe(stdin.length);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(stdin).digest("hex"));
    await transport.close();
  });

  it("has written more to stderr than a window holds", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const size = 5 * MEGABYTE;
    // Half a second on a machine at rest; the whole suite shares its processors.
    const end = await run(transport, `head -c ${size} /dev/zero >&2; echo done`, { timeoutMs: 60_000 });
    expect(end).toMatchObject({ code: 0, stdout: "done\n" });
    expect(end.stderr).toHaveLength(size);
    await transport.close();
  }, 90_000);

  it("has not read its input", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const end = await run(transport, "exec <&-; echo no thanks; exit 4", {
      stdin: Buffer.alloc(10 * MEGABYTE),
    });
    expect(end).toMatchObject({ code: 4, stdout: "no thanks\n" });
    expect((await run(transport, "echo next")).stdout).toBe("next\n");
    await transport.close();
  });

  it("runs beside others on one connection", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const ends = await Promise.all(
      ["a", "b", "c", "d", "e"].map((name) =>
        run(transport, `cat; echo ${name}`, { stdin: name.repeat(200_000) }),
      ),
    );
    expect(ends.map(({ stdout }) => stdout.length)).toEqual(ends.map(() => 200_002));
    expect(server.connections).toBe(1);
    await transport.close();
  });

  it("without saying how it ended is not taken for a success", async () => {
    await using server = await startServer({ onExec: (channel) => channel.end("some output") });
    const transport = await connectTo(endpointOf(server));
    const error = await failureOf(run(transport, "anything"));
    expect(error.problem).toBe("lost");
    expect(error.message).toContain("without saying how it ended");
    await transport.close();
  });
});

describe("a command that cannot start", () => {
  it("because the server grants no more sessions leaves the connection standing", async () => {
    await using server = await startServer({ maxSessions: 1 });
    const transport = await connectTo(endpointOf(server));
    const started = signalOf();
    const stop = new AbortController();
    const first = run(transport, "echo go; exec sleep 30", {
      onStdout: () => started.resolve(),
      signal: stop.signal,
    }).catch(() => "stopped");
    await started.promise;
    const error = await failureOf(run(transport, "echo second"));
    expect(error.problem).toBe("no-shell");
    expect(error.advice).toContain("MaxSessions");
    stop.abort();
    expect(await first).toBe("stopped");
    await transport.close();
  });

  it("because commands are refused says so", async () => {
    await using server = await startServer({ refuseExec: true });
    const transport = await connectTo(endpointOf(server));
    const error = await failureOf(run(transport, "echo hello"));
    expect(error.problem).toBe("no-shell");
    expect(error.message).toContain("`echo hello`");
    await transport.close();
  });
});

describe("a connection that is lost", () => {
  it("while a command runs is reported as lost, not as its end", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    const transport = await connectTo(endpointOf(server, { port: proxy.port }));
    const started = signalOf();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    proxy.cut();
    const error = await running;
    expect(error.problem).toBe("lost");
    expect((await failureOf(run(transport, "echo again"))).problem).toBe("lost");
    await transport.close();
  });

  it("by an orderly good-bye of the server is lost as well", async () => {
    await using server = await startServer({ onExec: (_channel, _command, connection) => connection.end() });
    const transport = await connectTo(endpointOf(server));
    expect((await failureOf(run(transport, "anything"))).problem).toBe("lost");
    await transport.close();
  });

  it("after the exit status but before the end of the output is lost as well", async () => {
    await using server = await startServer({
      onExec: (channel) => {
        channel.write("half of the out");
        channel.exit(0);
        server.cut();
      },
    });
    const transport = await connectTo(endpointOf(server));
    expect((await failureOf(run(transport, "anything"))).problem).toBe("lost");
    await transport.close();
  });

  it("because the link is dead is noticed by keepalive", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    const deps = quickDeps({ keepalive: { intervalMs: 50, unanswered: 2 } });
    const transport = await connectTo(endpointOf(server, { port: proxy.port }), {}, deps);
    const started = signalOf();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    proxy.stall();
    const error = await running;
    expect(error.problem).toBe("lost");
    expect(error.detail).toContain("Keepalive");
    await transport.close();
  });

  it("through a jump host whose link is dead is noticed too, and closing is not held up by it", async () => {
    await using jump = await startServer();
    await using server = await startServer();
    await using proxy = await TcpProxy.to(jump.port);
    const deps = quickDeps({ keepalive: { intervalMs: 50, unanswered: 2 } });
    const jumpEndpoint = endpointOf(jump, { port: proxy.port });
    const transport = await connectTo(endpointOf(server), { jump: jumpEndpoint }, deps);
    const started = signalOf();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    proxy.stall();
    expect((await running).problem).toBe("lost");
    await transport.close();
  });

  it("is not assumed while the link is only slow", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port, { delayMs: 30 });
    const deps = quickDeps({ keepalive: { intervalMs: 50, unanswered: 3 } });
    const transport = await connectTo(endpointOf(server, { port: proxy.port }), {}, deps);
    expect(await run(transport, "sleep 0.4; echo still here")).toMatchObject({
      code: 0,
      stdout: "still here\n",
    });
    await transport.close();
  });
});

describe("a command that is given up", () => {
  it("because it takes too long is reported as timed out", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const error = await failureOf(run(transport, "exec sleep 30", { timeoutMs: 100 }));
    expect(error.problem).toBe("timed-out");
    expect(error.message).toContain("within 0.1 s");
    expect((await run(transport, "echo next")).stdout).toBe("next\n");
    await transport.close();
  });

  it("on a dead link is timed out even before keepalive notices", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    const transport = await connectTo(endpointOf(server, { port: proxy.port }));
    proxy.stall();
    expect((await failureOf(run(transport, "echo unheard", { timeoutMs: 100 }))).problem).toBe("timed-out");
    await transport.close();
  });

  it("by an abort rejects with the abort's reason", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const stop = new AbortController();
    const reason = new Error("a person cancelled the run");
    const running = run(transport, "echo go; exec sleep 30", {
      signal: stop.signal,
      onStdout: () => stop.abort(reason),
    });
    await expect(running).rejects.toBe(reason);
    await transport.close();
  });

  it("by an abort before it starts is never sent", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    await expect(run(transport, "touch nothing", { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(server.commands).toEqual([]);
    await transport.close();
  });

  it("because our own reader fails rejects with that failure", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const broken = new Error("the disk is full");
    await expect(
      run(transport, "echo go; exec sleep 30", {
        onStdout: () => {
          throw broken;
        },
      }),
    ).rejects.toBe(broken);
    expect((await run(transport, "echo next")).stdout).toBe("next\n");
    await transport.close();
  });
});

describe("closing", () => {
  it("twice is the same as once, and nothing runs afterwards", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    await Promise.all([transport.close(), transport.close()]);
    await transport.close();
    expect((await failureOf(run(transport, "echo late"))).problem).toBe("lost");
  });

  it("ends what runs as lost", async () => {
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server));
    const started = signalOf();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    await transport.close();
    expect((await running).problem).toBe("lost");
  });

  it("ends in bounded time on a dead link", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    const transport = await connectTo(endpointOf(server, { port: proxy.port }));
    proxy.stall();
    await transport.close();
  }, 6_000);
});
