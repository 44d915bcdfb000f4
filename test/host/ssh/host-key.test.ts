// Only the pinned host is logged in to; everything else is told with the fingerprints.

import { describe, expect, it } from "vitest";
import type { KnownHostsPin } from "../../../src/inputs/connection.ts";
import { parseKnownHosts } from "../../../src/inputs/known-hosts.ts";
import { connectTo, endpointOf, failureOf, pin, run, startServer } from "./support.ts";
import { makeKey } from "./test-server.ts";

const ed25519 = makeKey("ed25519");
const ecdsa = makeKey("ecdsa");
const rsa = makeKey("rsa");
const other = makeKey("ed25519");

function knownHosts(...lines: string[]): KnownHostsPin {
  const { entries, problems } = parseKnownHosts(lines.join("\n"));
  expect(problems).toEqual([]);
  return { kind: "known-hosts", entries };
}

describe("a pinned fingerprint", () => {
  it("lets us in, and is the transport's identity", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const transport = await connectTo(endpointOf(server));
    expect(transport.identity).toBe(ed25519.fingerprint);
    expect(transport.description).toBe(`deploy@127.0.0.1:${server.port}`);
    await transport.close();
  });

  it.each([
    ["ECDSA", ecdsa],
    ["RSA", rsa],
  ])("of the %s key fits a server that would rather show its Ed25519 key", async (_name, key) => {
    await using server = await startServer({ hostKeys: [ed25519, ecdsa, rsa] });
    const transport = await connectTo(endpointOf(server, { pins: [pin(key)] }));
    expect(transport.identity).toBe(key.fingerprint);
    await transport.close();
  });

  it("is one of several", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const transport = await connectTo(endpointOf(server, { pins: [pin(other), pin(ed25519)] }));
    await transport.close();
  });

  it("that the host does not have stops us before the login, with both fingerprints and every type tried", async () => {
    await using server = await startServer({ hostKeys: [ed25519, rsa] });
    const error = await failureOf(connectTo(endpointOf(server, { pins: [pin(other)] })));
    expect(error.problem).toBe("host-key");
    expect(error.message).toContain("is not the pinned one");
    expect(error.detail).toContain(`Pinned: ${other.fingerprint}`);
    expect(error.detail).toContain(`Offered: ${ed25519.fingerprint} (ED25519)`);
    expect(error.detail).toContain(`Offered: ${rsa.fingerprint} (RSA)`);
    expect(error.advice).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    expect(server.attempts).toEqual([]);
    expect(server.connections).toBe(3);
  });
});

describe("no pin", () => {
  it("shows the offered fingerprint and how to check it, and never logs in", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const error = await failureOf(
      connectTo(endpointOf(server, { pins: [], login: { username: "deploy", password: "a" } })),
    );
    expect(error.problem).toBe("host-key");
    expect(error.message).toContain("No host key is pinned");
    expect(error.detail).toBe(`Offered: ${ed25519.fingerprint} (ED25519)`);
    expect(error.advice).toContain("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub");
    expect(error.advice).toContain(`fingerprint: ${ed25519.fingerprint}`);
    expect(server.attempts).toEqual([]);
    expect(server.connections).toBe(1);
  });

  it("but a certificate authority is said to be of no use here", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [knownHosts(`@cert-authority * ${other.publicKey}`)];
    const error = await failureOf(connectTo(endpointOf(server, { pins })));
    expect(error.message).toContain("@cert-authority");
    expect(server.attempts).toEqual([]);
  });
});

describe("known_hosts", () => {
  it("lets us in when it has the key under the host and port", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [knownHosts(`[127.0.0.1]:${server.port} ${ed25519.publicKey}`)];
    const transport = await connectTo(endpointOf(server, { pins }));
    expect((await run(transport, "echo in")).stdout).toBe("in\n");
    await transport.close();
  });

  it("makes the server show a pinned type, and an RSA line is proven with SHA-2", async () => {
    await using server = await startServer({ hostKeys: [ed25519, ecdsa, rsa] });
    const pins = [knownHosts(`127.0.0.1 ${rsa.publicKey}`)];
    const transport = await connectTo(endpointOf(server, { pins }));
    expect(transport.identity).toBe(rsa.fingerprint);
    expect(server.connections).toBe(1);
    await transport.close();
  });

  it("with a changed key stops us, with both fingerprints", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [knownHosts(`127.0.0.1 ${other.publicKey}`)];
    const error = await failureOf(connectTo(endpointOf(server, { pins })));
    expect(error.problem).toBe("host-key");
    expect(error.detail).toContain(`Pinned: ${other.fingerprint} (ED25519)`);
    expect(error.detail).toContain(`Offered: ${ed25519.fingerprint} (ED25519)`);
    expect(server.attempts).toEqual([]);
  });

  it("with only a type that the server no longer has says what the server has instead", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [knownHosts(`127.0.0.1 ${rsa.publicKey}`)];
    const error = await failureOf(connectTo(endpointOf(server, { pins })));
    expect(error.detail).toContain(`Pinned: ${rsa.fingerprint} (RSA)`);
    expect(error.detail).toContain(`Offered: ${ed25519.fingerprint} (ED25519)`);
    expect(server.attempts).toEqual([]);
  });

  it("that revokes the key is a hard stop, even where another pin accepts it", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [
      pin(ed25519),
      knownHosts(`@revoked * ${ed25519.publicKey}`, `127.0.0.1 ${ed25519.publicKey}`),
    ];
    const error = await failureOf(connectTo(endpointOf(server, { pins })));
    expect(error.problem).toBe("host-key");
    expect(error.message).toContain("revoked");
    expect(error.detail).toContain(ed25519.fingerprint);
    expect(server.attempts).toEqual([]);
    expect(server.connections).toBe(1);
  });

  it("for another host only is as good as no pin", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const pins = [knownHosts(`odoo.example.com ${ed25519.publicKey}`)];
    const error = await failureOf(connectTo(endpointOf(server, { pins })));
    expect(error.message).toContain("No host key is pinned");
  });
});

describe("a later key exchange", () => {
  it("with the same key changes nothing", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const transport = await connectTo(endpointOf(server));
    await server.rekey();
    expect((await run(transport, "echo after")).stdout).toBe("after\n");
    await transport.close();
  });

  it("with another key ends the connection, and the command that ran is told why", async () => {
    await using server = await startServer({ hostKeys: [ed25519] });
    const transport = await connectTo(endpointOf(server));
    const started = Promise.withResolvers<void>();
    const running = failureOf(
      run(transport, "echo go; exec sleep 30", { onStdout: () => started.resolve() }),
    );
    await started.promise;
    await server.rekey(other);
    const error = await running;
    expect(error.problem).toBe("host-key");
    expect(error.detail).toContain(other.fingerprint);
    await transport.close();
  });
});
