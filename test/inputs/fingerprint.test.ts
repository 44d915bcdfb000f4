// Fingerprints as people paste them.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprintOf, parseFingerprints } from "../../src/inputs/fingerprint.ts";
import { makeKey } from "../host/ssh/test-server.ts";
import { garbage } from "./garbage.ts";
import { hasSshKeygen } from "./ssh-keygen.ts";

const { fingerprint, publicKey, blob } = makeKey();
const bare = fingerprint.replace("SHA256:", "");
const pin = { kind: "fingerprint", sha256: bare };

function problemOf(text: string): string {
  const parsed = parseFingerprints(text);
  return parsed.ok ? "" : parsed.problem;
}

describe("a fingerprint is read", () => {
  it.each([
    ["with its prefix", fingerprint],
    ["without its prefix", bare],
    ["with padding", `${fingerprint}=`],
    ["without prefix but with padding", `${bare}=`],
    ["with a prefix in small letters", `sha256:${bare}`],
    ["with space around it", `  ${fingerprint} \n`],
    ["in a line of ssh-keygen -lf", `256 ${fingerprint} root@droplet (ED25519)`],
    ["in such a line without a comment", `256 ${fingerprint} no comment (ED25519)`],
    ["in 64 hex digits", Buffer.from(bare, "base64").toString("hex")],
    ["twice, which counts once", `${fingerprint}, ${bare}`],
  ])("%s", (_name, text) => {
    expect(parseFingerprints(text)).toEqual({ ok: true, pins: [pin] });
  });

  it.each([", ", "\n", " ", "\r\n"])("among several with %j between them", (separator) => {
    const other = "A".repeat(43);
    expect(parseFingerprints([fingerprint, other].join(separator))).toEqual({
      ok: true,
      pins: [pin, { kind: "fingerprint", sha256: other }],
    });
  });

  it("from several lines of ssh-keygen -lf, even when the newlines were lost", () => {
    const second = `SHA256:${"B".repeat(42)}A`;
    const lines = [`256 ${fingerprint} a (ED25519)`, `3072 ${second} b (RSA)`];
    for (const separator of ["\n", " "]) {
      expect(parseFingerprints(lines.join(separator))).toMatchObject({
        ok: true,
        pins: [pin, { kind: "fingerprint" }],
      });
    }
  });

  it.skipIf(!hasSshKeygen)("exactly as the real ssh-keygen prints it", () => {
    const folder = mkdtempSync(join(tmpdir(), "fingerprint-"));
    try {
      writeFileSync(join(folder, "key.pub"), `${publicKey} somebody's key\n`);
      const line = execFileSync("ssh-keygen", ["-lf", join(folder, "key.pub")]).toString();
      expect(parseFingerprints(line)).toEqual({ ok: true, pins: [pin] });
      expect(line).toContain(fingerprintOf(blob));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("whatever the key, the way OpenSSH writes it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (key) => {
        const written = fingerprintOf(key);
        expect(parseFingerprints(written)).toEqual({
          ok: true,
          pins: [{ kind: "fingerprint", sha256: written.slice("SHA256:".length) }],
        });
      }),
    );
  });
});

describe("a fingerprint is refused", () => {
  it.each([
    ["MD5 with its prefix", "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "MD5"],
    ["MD5 in pairs", "16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48", "MD5"],
    [
      "MD5 in a line of ssh-keygen",
      "256 MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48 a (ED25519)",
      "MD5",
    ],
    ["MD5 in plain hex", "1627aca576282d36631b564debdfa648", "MD5"],
    ["a public key", publicKey, "public key"],
    ["one that lost a character", fingerprint.slice(0, -1), "is not a SHA256 fingerprint"],
    ["nothing", " \n", "no fingerprint is given"],
  ])("%s", (_name, text, words) => {
    expect(problemOf(text)).toContain(words);
  });

  it("and garbage never throws, nor is repeated at length", () => {
    fc.assert(
      fc.property(garbage(0, 500), (text) => {
        expect(problemOf(text).length).toBeLessThan(400);
      }),
    );
  });
});
