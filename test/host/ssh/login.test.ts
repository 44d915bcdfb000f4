// Every credential is shown once, in the form the server wants; a refusal is final and says what would help.

import { describe, expect, it } from "vitest";
import type { Login } from "../../../src/inputs/connection.ts";
import { parsePrivateKey } from "../../../src/inputs/private-key.ts";
import { clientKey, connectTo, endpointOf, failureOf, quickDeps, run, startServer } from "./support.ts";
import { makeKey, type TestServerOptions } from "./test-server.ts";

const stranger = makeKey();

async function refusal(options: TestServerOptions, login: Login) {
  await using server = await startServer(options);
  const deps = quickDeps();
  const error = await failureOf(connectTo(endpointOf(server, { login }), {}, deps));
  return { error, attempts: server.attempts, connections: server.connections, lines: deps.lines };
}

describe("a login succeeds", () => {
  it.each(["ed25519", "ecdsa", "rsa"] as const)("with an %s key", async (kind) => {
    const pair = makeKey(kind);
    const key = parsePrivateKey(pair.privateKey);
    expect(key).toMatchObject({ ok: true, type: pair.type, fingerprint: pair.fingerprint });
    await using server = await startServer({ users: { deploy: { keys: [pair.publicKey] } } });
    const login = { username: "deploy", privateKey: key.ok ? key.key : "" };
    const transport = await connectTo(endpointOf(server, { login }));
    expect((await run(transport, "echo in")).stdout).toBe("in\n");
    await transport.close();
  });

  it("with a password, without showing anything else first", async () => {
    await using server = await startServer({ users: { deploy: { password: "open sesame" } } });
    const login = { username: "deploy", password: "open sesame" };
    const transport = await connectTo(endpointOf(server, { login }));
    expect(server.attempts).toEqual(["password"]);
    await transport.close();
  });

  it("with a password that the server asks for interactively", async () => {
    await using server = await startServer({
      users: { deploy: { password: "open sesame" } },
      methods: ["publickey", "keyboard-interactive"],
    });
    const login = { username: "deploy", password: "open sesame" };
    const transport = await connectTo(endpointOf(server, { login }));
    expect(server.attempts).toEqual(["keyboard-interactive"]);
    await transport.close();
  });

  it("with the password when the key is not accepted", async () => {
    await using server = await startServer({ users: { deploy: { password: "open sesame" } } });
    const login = { username: "deploy", privateKey: stranger.privateKey, password: "open sesame" };
    const transport = await connectTo(endpointOf(server, { login }));
    expect(server.attempts).toEqual(["publickey", "password"]);
    await transport.close();
  });

  it.each(["password", "keyboard-interactive"] as const)(
    "with a key and then a password by %s, where both are asked for",
    async (alsoNeeds) => {
      await using server = await startServer({
        users: { deploy: { keys: [clientKey.publicKey], password: "open sesame", alsoNeeds } },
        methods: ["publickey", alsoNeeds],
      });
      const login = { username: "deploy", privateKey: clientKey.privateKey, password: "open sesame" };
      const transport = await connectTo(endpointOf(server, { login }));
      expect(server.attempts).toEqual(["publickey", alsoNeeds]);
      await transport.close();
    },
  );

  it("under a banner", async () => {
    await using server = await startServer({ banner: "Authorised users only.\n" });
    const transport = await connectTo(endpointOf(server));
    await transport.close();
  });
});

describe("a login is refused once and for all", () => {
  it("when the server does not know the key: the user, the key and the accepted methods are named", async () => {
    const { error, attempts, connections, lines } = await refusal(
      {},
      {
        username: "deploy",
        privateKey: stranger.privateKey,
      },
    );
    expect(error.problem).toBe("authentication");
    expect(error.message).toMatch(/^deploy@127\.0\.0\.1:\d+ refused the login$/);
    expect(error.detail).toContain(`the key ${stranger.fingerprint} (ED25519)`);
    expect(error.detail).toContain("The server accepts: publickey, password.");
    expect(error.advice).toContain("~deploy/.ssh/authorized_keys");
    expect(attempts).toEqual(["publickey"]);
    expect(connections).toBe(1);
    expect(lines).toEqual([]);
  });

  it("when the password is wrong, which is shown once and never repeated in the words", async () => {
    const { error, attempts } = await refusal(
      {
        users: { deploy: { password: "right" } },
        methods: ["password", "keyboard-interactive"],
      },
      { username: "deploy", password: "wr0ng-pass" },
    );
    expect(error.problem).toBe("authentication");
    expect(attempts).toEqual(["password"]);
    expect(`${error.message}${error.detail}${error.advice}`).not.toContain("wr0ng-pass");
  });

  it("when the server takes no passwords: the password is not even shown", async () => {
    const { error, attempts } = await refusal(
      { methods: ["publickey"] },
      { username: "deploy", password: "p" },
    );
    expect(error.advice).toContain("takes no passwords; set `key`");
    expect(attempts).toEqual([]);
  });

  it("when a second factor is asked for after the key", async () => {
    const { error } = await refusal(
      { users: { deploy: { keys: [clientKey.publicKey], alsoNeeds: "keyboard-interactive" } } },
      { username: "deploy", privateKey: clientKey.privateKey },
    );
    expect(error.problem).toBe("authentication");
    expect(error.detail).toContain("It accepted the key and asks for more.");
    expect(error.advice).toContain("second factor");
  });

  it("when a password is asked for after the key and none is given", async () => {
    const { error } = await refusal(
      { users: { deploy: { keys: [clientKey.publicKey], alsoNeeds: "password" } } },
      { username: "deploy", privateKey: clientKey.privateKey },
    );
    expect(error.advice).toContain("set `password` too");
  });

  it.each([
    [
      "two questions at once",
      [
        [
          { prompt: "Password: ", echo: false },
          { prompt: "Code: ", echo: false },
        ],
      ],
    ],
    ["a visible question", [[{ prompt: "Favourite colour? ", echo: true }]]],
    [
      "a second question",
      [[{ prompt: "Password: ", echo: false }], [{ prompt: "Verification code: ", echo: false }]],
    ],
  ])("when the server asks %s, which is quoted", async (_name, prompts) => {
    const { error } = await refusal(
      { users: { deploy: { password: "right", prompts } }, methods: ["keyboard-interactive"] },
      { username: "deploy", password: "right" },
    );
    expect(error.problem).toBe("authentication");
    expect(error.message).toContain("asks a question");
    expect(error.detail).toContain(prompts.at(-1)?.at(-1)?.prompt.trim());
  });

  it("when the password has expired, without waiting for anyone", async () => {
    const { error } = await refusal(
      { users: { deploy: { passwordExpired: true } } },
      { username: "deploy", password: "old" },
    );
    expect(error.problem).toBe("authentication");
    expect(error.message).toContain("has expired");
    expect(error.detail).toContain("Your password has expired.");
  });

  it("when the server hangs up over it, with the server's reason", async () => {
    const login = { username: "deploy", privateKey: clientKey.privateKey };
    const { error, connections } = await refusal({ onLogin: "disconnect" }, login);
    expect(error.problem).toBe("authentication");
    expect(error.detail).toContain("It said: NO_MORE_AUTH_METHODS_AVAILABLE");
    expect(connections).toBe(1);
  });

  it("when the connection is lost in the middle of it, which is not called a refusal", async () => {
    const login = { username: "deploy", privateKey: clientKey.privateKey };
    const { error, connections } = await refusal({ onLogin: "cut" }, login);
    expect(error.problem).toBe("lost");
    expect(error.message).toContain("during the login");
    expect(connections).toBe(1);
  });

  it("with whatever the server says made fit for one line of a log", async () => {
    const prompts = [[{ prompt: "\u001b[2JCode\n::error::forged\r\n", echo: true }]];
    const { error } = await refusal(
      { users: { deploy: { password: "right", prompts } }, methods: ["keyboard-interactive"] },
      { username: "deploy", password: "right" },
    );
    expect(error.detail).toBe("Code ::error::forged");
  });

  it("when our own key cannot be read, before anything is connected to", async () => {
    const { error, connections } = await refusal({}, { username: "deploy", privateKey: "not a key" });
    expect(error.problem).toBe("authentication");
    expect(error.message).toContain("cannot be read");
    expect(connections).toBe(0);
  });
});
