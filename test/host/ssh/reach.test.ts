// What stands between us and the login: names, ports, silence, strangers on the port, and the jump host.

import { networkInterfaces } from "node:os";
import { describe, expect, it } from "vitest";
import { connect } from "../../../src/host/connect.ts";
import { clientKey, connectTo, endpointOf, failureOf, pin, quickDeps, run, startServer } from "./support.ts";
import { TcpProxy } from "./tcp-proxy.ts";
import { makeKey } from "./test-server.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");

describe("a host that cannot be reached", () => {
  it("has a name without an address", async () => {
    await using server = await startServer();
    const deps = quickDeps();
    const target = endpointOf(server, { host: "droplet.invalid" });
    const error = await failureOf(connectTo(target, {}, deps));
    expect(error.problem).toBe("unresolved");
    expect(error.message).toContain("droplet.invalid");
  });

  it("has a closed port, which is tried again with growing pauses and then told", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    await proxy.refuse();
    const pauses: number[] = [];
    const deps = quickDeps({
      sleep: async (ms) => {
        pauses.push(ms);
      },
    });
    const error = await failureOf(connectTo(endpointOf(server, { port: proxy.port }), {}, deps));
    expect(error.problem).toBe("closed");
    expect(pauses).toEqual([500, 1000, 2000]);
    expect(deps.lines[0]).toMatch(/trying again in 0\.5 s$/);
  });

  it("has a port that opens between two tries", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    await proxy.refuse();
    const deps = quickDeps({ sleep: () => proxy.accept() });
    const transport = await connectTo(endpointOf(server, { port: proxy.port }), {}, deps);
    expect(deps.lines).toHaveLength(1);
    await transport.close();
  });

  it("is given no more time by its retries than by its time-out", async () => {
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    await proxy.refuse();
    const target = endpointOf(server, { port: proxy.port });
    const deps = quickDeps({
      sleep: (_ms, signal) => new Promise((done) => signal.addEventListener("abort", done)),
    });
    const error = await failureOf(connectTo(target, { connectTimeoutMs: 300 }, deps));
    expect(error.problem).toBe("closed");
  });

  it.each([
    ["says nothing", "silent", "said nothing"],
    ["only greets", "greeting", "in the middle of the key exchange"],
  ] as const)("has a half-open port that %s", async (_name, halfOpen, words) => {
    await using server = await startServer({ halfOpen });
    const error = await failureOf(connectTo(endpointOf(server), { connectTimeoutMs: 400 }));
    expect(error.problem).toBe("silent");
    expect(error.message).toContain(words);
    expect(server.connections).toBe(1);
  });

  it("speaks an SSH that nobody understands any more", async () => {
    await using server = await startServer({ sayInstead: "SSH-1.5-OpenSSH_1.2\r\n" });
    const error = await failureOf(connectTo(endpointOf(server)));
    expect(error.problem).toBe("nonsense");
    expect(error.detail).toContain("SSH-1.5-OpenSSH_1.2");
    expect(server.connections).toBe(1);
  });

  it("has something else than SSH on its port", async () => {
    await using server = await startServer({
      sayInstead: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    });
    const error = await failureOf(connectTo(endpointOf(server)));
    expect(error.problem).toBe("nonsense");
    expect(error.detail).toContain("HTTP/1.1 400 Bad Request");
    expect(server.connections).toBe(1);
  });

  it.each([
    ["without a word", ""],
    ["with OpenSSH's words for too many connections", "Exceeded MaxStartups\r\n"],
    ["with OpenSSH's words for a punished address", "Not allowed at this time\r\n"],
  ])("hangs up before SSH begins, %s, and is tried again", async (_name, sayInstead) => {
    await using server = await startServer({ sayInstead });
    const error = await failureOf(connectTo(endpointOf(server)));
    expect(error.problem).toBe("closed");
    expect(error.detail).toContain(sayInstead.trim());
    expect(server.connections).toBe(4);
    expect(server.attempts).toEqual([]);
  });

  it("hangs up in the middle of the key exchange, and is tried again", async () => {
    await using server = await startServer({ dropAfterBytes: 200 });
    const error = await failureOf(connectTo(endpointOf(server)));
    expect(error.problem).toBe("closed");
    expect(server.connections).toBe(4);
  });
});

describe.skipIf(!hasIpv6)("an IPv6 host", () => {
  it.each(["::1", "[::1]"])("is reached and described when written %s", async (host) => {
    await using server = await startServer({ address: "::1" });
    const transport = await connectTo(endpointOf(server, { host }));
    expect(transport.description).toBe(`deploy@[::1]:${server.port}`);
    await transport.close();
  });
});

describe("through a jump host", () => {
  const login = { username: "ops", privateKey: clientKey.privateKey };
  const users = { ops: { keys: [clientKey.publicKey] } };

  it("the target is reached, verified and described", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server), { jump: endpointOf(jump, { login }) });
    expect(transport.identity).toBe(server.hostKeys[0]?.fingerprint);
    expect(transport.description).toBe(`deploy@127.0.0.1:${server.port} via ops@127.0.0.1:${jump.port}`);
    expect(await run(transport, "cat", { stdin: "hello" })).toMatchObject({ code: 0, stdout: "hello" });
    await transport.close();
    expect(jump.attempts).toEqual(["publickey"]);
  });

  it("a target with another key is not logged in to", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer();
    const target = endpointOf(server, { pins: [pin(makeKey())] });
    const error = await failureOf(connectTo(target, { jump: endpointOf(jump, { login }) }));
    expect(error.problem).toBe("host-key");
    expect(server.attempts).toEqual([]);
  });

  it("a jump host without its own pin is not logged in to, and its input is named", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer();
    const error = await failureOf(
      connectTo(endpointOf(server), { jump: endpointOf(jump, { login, pins: [] }) }),
    );
    expect(error.problem).toBe("jump");
    expect(error.cause).toMatchObject({ problem: "host-key" });
    expect(error.message).toContain(`ops@127.0.0.1:${jump.port}`);
    expect(error.advice).toContain("proxy_fingerprint");
    expect(jump.attempts).toEqual([]);
    expect(server.connections).toBe(0);
  });

  it("a jump host that refuses the login is named", async () => {
    await using jump = await startServer({ users: {} });
    await using server = await startServer();
    const error = await failureOf(connectTo(endpointOf(server), { jump: endpointOf(jump, { login }) }));
    expect(error.problem).toBe("jump");
    expect(error.cause).toMatchObject({ problem: "authentication" });
  });

  it("a jump host that forbids forwarding is named, with the setting", async () => {
    await using jump = await startServer({ users, allowForwarding: false });
    await using server = await startServer();
    const error = await failureOf(connectTo(endpointOf(server), { jump: endpointOf(jump, { login }) }));
    expect(error.problem).toBe("jump");
    expect(error.message).toContain(`ops@127.0.0.1:${jump.port} would not pass us on`);
    expect(error.advice).toContain("AllowTcpForwarding");
    expect(server.connections).toBe(0);
  });

  it("a target whose port is closed to the jump host is tried again and then told as closed", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer();
    await using proxy = await TcpProxy.to(server.port);
    await proxy.refuse();
    const deps = quickDeps();
    const target = endpointOf(server, { port: proxy.port });
    const error = await failureOf(connectTo(target, { jump: endpointOf(jump, { login }) }, deps));
    expect(error.problem).toBe("closed");
    expect(error.message).toContain(`The jump host ops@127.0.0.1:${jump.port} cannot connect to`);
    expect(deps.lines).toHaveLength(3);
    expect(jump.connections).toBe(1);
  });

  it("a target that says nothing is silent", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer({ halfOpen: "silent" });
    const error = await failureOf(
      connectTo(endpointOf(server), { jump: endpointOf(jump, { login }), connectTimeoutMs: 1_000 }),
    );
    expect(error.problem).toBe("silent");
    expect(error.message).toContain(`deploy@127.0.0.1:${server.port}`);
  });

  it("a jump host that vanishes takes the target's connection with it", async () => {
    await using jump = await startServer({ users });
    await using server = await startServer();
    const transport = await connectTo(endpointOf(server), { jump: endpointOf(jump, { login }) });
    const started = Promise.withResolvers<void>();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    jump.cut();
    expect((await running).problem).toBe("lost");
    await transport.close();
  });
});

describe("connect", () => {
  it("goes over SSH where a host is named", async () => {
    await using server = await startServer();
    const transport = await connect(
      { kind: "ssh", target: endpointOf(server), connectTimeoutMs: 5_000 },
      quickDeps(),
    );
    expect((await run(transport, "echo there")).stdout).toBe("there\n");
    await transport.close();
  });

  it("stays on this machine where it is asked to", async () => {
    const transport = await connect({ kind: "local" }, quickDeps());
    expect(transport.identity).toBe("local");
    await transport.close();
  });
});
