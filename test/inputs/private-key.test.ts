// A private key is read however it was pasted, or its problem is told in words that give none of it away.

import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsePrivateKey } from "../../src/inputs/private-key.ts";
import { makeKey } from "../host/ssh/test-server.ts";
import { garbage } from "./garbage.ts";
import { hasSshKeygen } from "./ssh-keygen.ts";

const PASSPHRASE = "correct horse";

const keys: Record<string, KeyObject> = {
  "ssh-ed25519": generateKeyPairSync("ed25519").privateKey,
  "ssh-rsa": generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  "ecdsa-sha2-nistp256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "ecdsa-sha2-nistp384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  "ecdsa-sha2-nistp521": generateKeyPairSync("ec", { namedCurve: "P-521" }).privateKey,
};

type Form = "pkcs8" | "pkcs1" | "sec1";

function exported(type: string, form: Form, passphrase?: string): string {
  const key = keys[type];
  if (key === undefined) {
    throw new Error(`no ${type} key`);
  }
  const cipher = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return (
    form === "pkcs8"
      ? key.export({ format: "pem", type: "pkcs8", ...cipher })
      : form === "pkcs1"
        ? key.export({ format: "pem", type: "pkcs1", ...cipher })
        : key.export({ format: "pem", type: "sec1", ...cipher })
  ).toString();
}

const forms: [type: string, form: Form][] = [
  ...Object.keys(keys).map((type): [string, Form] => [type, "pkcs8"]),
  ["ssh-rsa", "pkcs1"],
  ["ecdsa-sha2-nistp256", "sec1"],
  ["ecdsa-sha2-nistp521", "sec1"],
];

const openSsh = makeKey();
const encryptedOpenSsh = ssh2.utils.generateKeyPairSync("ecdsa", {
  bits: 256,
  passphrase: PASSPHRASE,
  cipher: "aes256-ctr",
  rounds: 1,
});
const plainPem = exported("ssh-rsa", "pkcs1");
const encryptedPem = exported("ssh-rsa", "pkcs1", PASSPHRASE);

function problemOf(text: string, passphrase?: string): string {
  const parsed = parsePrivateKey(text, passphrase);
  return parsed.ok ? "" : parsed.problem;
}

describe("a private key is read", () => {
  it.each(forms)("when it is of type %s in the form %s, encrypted or not, to the same key", (type, form) => {
    const plain = parsePrivateKey(exported(type, form));
    const encrypted = parsePrivateKey(exported(type, form, PASSPHRASE), PASSPHRASE);
    expect(plain).toMatchObject({ ok: true, type });
    expect(encrypted).toMatchObject({ ok: true, type, fingerprint: plain.ok ? plain.fingerprint : "" });
    const read = ssh2.utils.parseKey(plain.ok ? plain.key : "");
    expect(read).not.toBeInstanceOf(Error);
  });

  it("in OpenSSH's format, with and without a passphrase", () => {
    expect(parsePrivateKey(openSsh.privateKey)).toMatchObject({ ok: true, fingerprint: openSsh.fingerprint });
    const parsed = parsePrivateKey(encryptedOpenSsh.private, PASSPHRASE);
    expect(parsed).toMatchObject({ ok: true, type: "ecdsa-sha2-nistp256" });
    // What comes out needs no passphrase any more, and is the same key.
    const read = ssh2.utils.parseKey(parsed.ok ? parsed.key : "");
    expect(read instanceof Error ? "" : read.getPublicSSH().toString("base64")).toBe(
      encryptedOpenSsh.public.split(" ")[1],
    );
  });

  it("beside its curve and its certificate", () => {
    const sec1 = exported("ecdsa-sha2-nistp256", "sec1");
    const curve = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    expect(parsePrivateKey(curve + sec1)).toMatchObject({ ok: true, type: "ecdsa-sha2-nistp256" });
  });

  const bends: [string, (text: string) => string][] = [
    ["with CRLF", (text) => text.replaceAll("\n", "\r\n")],
    ["with CR", (text) => text.replaceAll("\n", "\r")],
    ["without its last newline", (text) => text.trimEnd()],
    ["with blanks around every line", (text) => text.replaceAll("\n", "  \n\t ")],
    ["with blank lines around it", (text) => `\n\n  ${text}\n\n`],
    ["with a byte order mark", (text) => `\uFEFF${text}`],
    ["with spaces for newlines", (text) => text.replaceAll("\n", " ")],
    ["with \\n for newlines", (text) => text.replaceAll("\n", "\\n")],
    ["with \\r\\n for newlines", (text) => text.replaceAll("\n", "\\r\\n")],
    ["without any newline", (text) => text.replaceAll("\n", "")],
    ["in quotes", (text) => `"${text}"`],
    ["in quotes with \\n", (text) => `'${text.replaceAll("\n", "\\n")}'`],
  ];
  describe.each(bends)("%s", (_name, bend) => {
    it.each([
      ["OpenSSH", openSsh.privateKey, undefined],
      ["OpenSSH, encrypted", encryptedOpenSsh.private, PASSPHRASE],
      ["PEM", plainPem, undefined],
      ["PEM, encrypted", encryptedPem, PASSPHRASE],
      ["PKCS#8", exported("ssh-ed25519", "pkcs8"), undefined],
      ["PKCS#8, encrypted", exported("ssh-ed25519", "pkcs8", PASSPHRASE), PASSPHRASE],
    ])("%s", (_form, text, passphrase) => {
      const straight = parsePrivateKey(text, passphrase);
      const bent = parsePrivateKey(bend(text), passphrase);
      expect(straight.ok).toBe(true);
      expect(bent).toMatchObject({ ok: true, fingerprint: straight.ok ? straight.fingerprint : "" });
    });
  });

  it("for every Ed25519 seed, through PKCS#8 and back", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
        const key = createPrivateKey({
          key: Buffer.concat([prefix, seed]),
          format: "der",
          type: "pkcs8",
        });
        const parsed = parsePrivateKey(key.export({ format: "pem", type: "pkcs8" }).toString());
        const read = ssh2.utils.parseKey(parsed.ok ? parsed.key : "");
        const inside =
          read instanceof Error
            ? undefined
            : createPrivateKey(read.getPrivatePEM()).export({ format: "jwk" });
        expect(inside).toEqual(key.export({ format: "jwk" }));
      }),
      { numRuns: 50 },
    );
  });
});

describe("a private key cannot be used, in words", () => {
  const ppk = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 2\nAAAA\n";
  const [, publicBase64 = ""] = openSsh.publicKey.split(" ");
  const withoutFirstLine = openSsh.privateKey.split("\n").slice(1).join("\n");
  const onlyBody = openSsh.privateKey
    .split("\n")
    .filter((line) => !line.startsWith("-----"))
    .join("\n");
  const middle = Math.floor(openSsh.privateKey.length / 2);

  it.each([
    ["a public key", openSsh.publicKey, "this is the public key"],
    [
      "a public key in PEM",
      generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" }).toString(),
      "this is the public key",
    ],
    ["a line of known_hosts", `odoo.example.com ${openSsh.publicKey}`, "this is the public key"],
    ["a PuTTY key", ppk, "puttygen key.ppk -O private-openssh"],
    ["a path", "~/.ssh/id_ed25519", "key_path"],
    ["a file name", "id_ed25519", "key_path"],
    ["a Windows path", "C:\\Users\\me\\key.pem", "key_path"],
    ["base64 around it", Buffer.from(openSsh.privateKey).toString("base64"), "wrapped in base64"],
    [
      "base64 around it, on one line",
      Buffer.from(plainPem).toString("base64").replaceAll("\n", ""),
      "wrapped in base64",
    ],
    ["no BEGIN line", withoutFirstLine, "the line `-----BEGIN … PRIVATE KEY-----` is missing"],
    ["neither BEGIN nor END line", onlyBody, "are missing"],
    ["no END line", openSsh.privateKey.slice(0, middle), "the line `-----END … PRIVATE KEY-----` is missing"],
    ["too few dashes", openSsh.privateKey.replace("-----BEGIN", "----BEGIN"), "five dashes"],
    ["a missing middle", openSsh.privateKey.split("\n").toSpliced(2, 1).join("\n"), "damaged"],
    ["a PEM with a missing middle", plainPem.split("\n").toSpliced(2, 1).join("\n"), "damaged"],
    ["characters of no key", openSsh.privateKey.replace(/\n(.{10})/, "\n$1…"), "characters that no key has"],
    [
      "nothing between the lines",
      "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----",
      "nothing between",
    ],
    ["two keys", plainPem + openSsh.privateKey, "there are 2 keys in it"],
    ["nothing", " \n ", "it is empty"],
    ["a masked secret", "***", "masked value"],
    ["an expression", "$" + "{{ secrets.SSH_KEY }}", "expression that was not filled in"],
    ["something else", "hunter2", "not a private key"],
    [
      "a curve that SSH does not know",
      generateKeyPairSync("ec", { namedCurve: "secp256k1" })
        .privateKey.export({ format: "pem", type: "sec1" })
        .toString(),
      "a curve that SSH does not know",
    ],
    [
      "Ed448",
      generateKeyPairSync("ed448").privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
      "ed448 key, which SSH does not know",
    ],
    ["a PGP key", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nabcd\n-----END PGP PRIVATE KEY BLOCK-----", "PGP"],
  ])("when given %s", (_name, text, words) => {
    expect(problemOf(text)).toContain(words);
    expect(problemOf(text)).not.toContain(publicBase64.slice(0, 30));
  });

  it.each([
    ["OpenSSH", encryptedOpenSsh.private],
    ["PEM", encryptedPem],
    ["PKCS#8", exported("ssh-ed25519", "pkcs8", PASSPHRASE)],
  ])("because of its passphrase: missing or wrong, for %s", (_form, text) => {
    expect(problemOf(text)).toContain("protected by a passphrase and none is given");
    expect(problemOf(text, "")).toContain("protected by a passphrase and none is given");
    expect(problemOf(text, "wrong battery")).toContain("the passphrase does not open this key");
    expect(problemOf(text, "wrong battery")).not.toContain("wrong battery");
  });

  it.each([
    ["OpenSSH", openSsh.privateKey],
    ["PEM", plainPem],
    ["PKCS#8", exported("ssh-ed25519", "pkcs8")],
  ])("because of a passphrase that %s does not need", (_form, text) => {
    expect(problemOf(text, PASSPHRASE)).toContain("not protected by one");
    expect(parsePrivateKey(text, "").ok).toBe(true);
  });

  it("when any one character of it was changed, or else it is the same key still", () => {
    const original = parsePrivateKey(openSsh.privateKey);
    fc.assert(
      fc.property(
        fc.nat(openSsh.privateKey.length - 1),
        fc.constantFrom("A", "/", "-", " ", "\n"),
        (at, character) => {
          const text = openSsh.privateKey.slice(0, at) + character + openSsh.privateKey.slice(at + 1);
          const parsed = parsePrivateKey(text);
          if (parsed.ok) {
            expect(parsed.fingerprint).toBe(original.ok ? original.fingerprint : "");
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("when it is garbage, which never throws and is never repeated", () => {
    fc.assert(
      fc.property(garbage(8, 300), (text) => {
        expect(problemOf(text)).not.toBe("");
        for (const label of [
          "OPENSSH PRIVATE KEY",
          "PRIVATE KEY",
          "RSA PRIVATE KEY",
          "ENCRYPTED PRIVATE KEY",
        ]) {
          const body = Buffer.from(text).toString("base64");
          const wrapped = `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
          expect(problemOf(wrapped, PASSPHRASE)).not.toBe("");
          expect(problemOf(wrapped, PASSPHRASE)).not.toContain(body);
        }
      }),
    );
  });
});

describe.skipIf(!hasSshKeygen)("compared with the real ssh-keygen", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "private-key-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function made(...options: string[]): { text: string; listed: string } {
    const file = join(folder, "key");
    rmSync(file, { force: true });
    rmSync(`${file}.pub`, { force: true });
    execFileSync("ssh-keygen", ["-q", "-a", "1", "-f", file, ...options]);
    return {
      text: readFileSync(file, "utf8"),
      listed: execFileSync("ssh-keygen", ["-lf", `${file}.pub`]).toString(),
    };
  }

  it.each([
    ["ed25519", "RFC4716"],
    ["ecdsa", "RFC4716"],
    ["ecdsa", "PEM"],
    ["ecdsa", "PKCS8"],
    ["rsa", "RFC4716"],
    ["rsa", "PEM"],
    ["rsa", "PKCS8"],
  ])("an %s key it wrote as %s has the fingerprint it lists", (type, format) => {
    for (const passphrase of ["", PASSPHRASE]) {
      const { text, listed } = made(
        "-t",
        type,
        ...(type === "rsa" ? ["-b", "2048"] : []),
        "-m",
        format,
        "-N",
        passphrase,
      );
      const parsed = parsePrivateKey(text, passphrase);
      expect(parsed.ok ? parsed.fingerprint : parsed.problem).toBe(listed.split(" ")[1]);
    }
  });

  it("a key encrypted with AES-GCM is read, one with ChaCha20 is not taken for a wrong passphrase", () => {
    const gcm = made("-t", "ed25519", "-Z", "aes256-gcm@openssh.com", "-N", PASSPHRASE);
    expect(parsePrivateKey(gcm.text, PASSPHRASE).ok).toBe(true);
    const chacha = made("-t", "ed25519", "-Z", "chacha20-poly1305@openssh.com", "-N", PASSPHRASE);
    expect(problemOf(chacha.text, PASSPHRASE)).toContain("encrypt it anew");
  });

  it("the OpenSSH form that we write ourselves is one that it reads", () => {
    const parsed = parsePrivateKey(exported("ssh-ed25519", "pkcs8"));
    const file = join(folder, "written");
    writeFileSync(file, parsed.ok ? parsed.key : "", { mode: 0o600 });
    const printed = execFileSync("ssh-keygen", ["-y", "-f", file]);
    const [, base64 = ""] = printed.toString().split(" ");
    const read = ssh2.utils.parseKey(parsed.ok ? parsed.key : "");
    expect(read instanceof Error ? "" : read.getPublicSSH().toString("base64")).toBe(base64.trim());
  });
});
