// known_hosts means here what it means to OpenSSH.

import { execFileSync, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { matchKnownHosts, parseKnownHosts } from "../../src/inputs/known-hosts.ts";
import { makeKey } from "../host/ssh/test-server.ts";
import { garbage } from "./garbage.ts";
import { hasSshKeygen } from "./ssh-keygen.ts";

const ed25519 = makeKey("ed25519");
const ecdsa = makeKey("ecdsa");
const rsa = makeKey("rsa");
const other = makeKey("ed25519");

/** The types accepted from a host, by these lines. */
function accepted(lines: string, host: string, port = 22): string[] {
  const { entries, problems } = parseKnownHosts(lines);
  expect(problems).toEqual([]);
  return matchKnownHosts(entries, host, port).accepted.map(({ keyType }) => keyType);
}

function hashed(name: string): string {
  const salt = Buffer.alloc(20, "some salt");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
}

describe("a host's keys", () => {
  it("are all those of its name, of whatever type, with comments and blank lines between", () => {
    const lines = `# my droplet\n\nodoo.example.com ${ed25519.publicKey} made by me\r\n  odoo.example.com\t${rsa.publicKey}\n`;
    expect(accepted(lines, "odoo.example.com")).toEqual(["ssh-ed25519", "ssh-rsa"]);
    expect(accepted(lines, "ODOO.example.com")).toHaveLength(2);
    expect(accepted(lines, "other.example.com")).toEqual([]);
  });

  it.each([
    ["one of several names", "a.example.com,203.0.113.7", "203.0.113.7", 22, true],
    ["a star", "*.example.com", "odoo.example.com", 22, true],
    ["a star that stands for nothing", "odoo*", "odoo", 22, true],
    ["question marks", "odoo?.example.com", "odoo1.example.com", 22, true],
    ["a question mark that needs a character", "odoo?", "odoo", 22, false],
    ["capital letters in the file", "ODOO.Example.COM", "odoo.example.com", 22, true],
    ["a negation that fits", "*.example.com,!odoo.example.com", "odoo.example.com", 22, false],
    ["a negation before the pattern", "!odoo.example.com,*.example.com", "odoo.example.com", 22, false],
    ["a negation that does not fit", "*.example.com,!db.example.com", "odoo.example.com", 22, true],
    ["only a negation", "!db.example.com", "odoo.example.com", 22, false],
    ["a port", "[odoo.example.com]:2222", "odoo.example.com", 2222, true],
    ["another port", "[odoo.example.com]:2222", "odoo.example.com", 2223, false],
    ["a port, on the standard port", "[odoo.example.com]:2222", "odoo.example.com", 22, false],
    ["a plain name, on another port", "odoo.example.com", "odoo.example.com", 2222, true],
    ["an IPv6 address", "2001:db8::1", "2001:db8::1", 22, true],
    ["an IPv6 address given in brackets", "2001:db8::1", "[2001:db8::1]", 22, true],
    ["an IPv6 address with a port", "[2001:db8::1]:2222", "2001:db8::1", 2222, true],
    ["a hashed name", hashed("odoo.example.com"), "odoo.example.com", 22, true],
    ["a hashed name, asked in capitals", hashed("odoo.example.com"), "Odoo.Example.com", 22, true],
    ["a hashed name of another host", hashed("db.example.com"), "odoo.example.com", 22, false],
    ["a hashed name with a port", hashed("[odoo.example.com]:2222"), "odoo.example.com", 2222, true],
  ])("are found, or not, by %s", (_name, hosts, host, port, found) => {
    expect(accepted(`${hosts} ${ed25519.publicKey}`, host, port)).toEqual(found ? ["ssh-ed25519"] : []);
  });

  it("under its port outweigh those under its plain name", () => {
    const lines = `odoo ${ed25519.publicKey}\n[odoo]:2222 ${rsa.publicKey}`;
    expect(accepted(lines, "odoo", 2222)).toEqual(["ssh-rsa"]);
    expect(accepted(lines, "odoo", 22)).toEqual(["ssh-ed25519"]);
  });

  it("do not include revoked ones or authorities, which are told apart", () => {
    const { entries, problems } = parseKnownHosts(
      [
        `@revoked * ${other.publicKey}`,
        `@cert-authority *.example.com ${ecdsa.publicKey}`,
        `odoo.example.com ${rsa.publicKey}`,
      ].join("\n"),
    );
    expect(problems).toEqual([]);
    const keys = matchKnownHosts(entries, "odoo.example.com", 2222);
    expect(keys.accepted.map(({ keyType }) => keyType)).toEqual(["ssh-rsa"]);
    expect(keys.revoked.map(({ key }) => key)).toEqual([other.blob]);
    expect(keys.authorities.map(({ key }) => key)).toEqual([ecdsa.blob]);
  });

  it("take no exponential time to find in a malicious pattern", () => {
    expect(accepted(`${"*a".repeat(200)}b ${ed25519.publicKey}`, "a".repeat(250))).toEqual([]);
  });
});

describe("a line that cannot be used is reported by its number", () => {
  const [, base64 = ""] = ed25519.publicKey.split(" ");
  it.each([
    ["without a key", "odoo.example.com", "it has no key"],
    ["with only a key type", "odoo.example.com ssh-ed25519", "no key after the key type"],
    ["without a host", ed25519.publicKey, "no host name before it"],
    ["with a fingerprint", `odoo.example.com ${ed25519.fingerprint}`, "fingerprint in place of a key"],
    ["with a key cut off", `odoo.example.com ssh-ed25519 ${base64.slice(0, 40)}`, "cut off or damaged"],
    ["with broken base64", `odoo.example.com ssh-ed25519 ${base64.slice(0, 20)}…`, "not valid base64"],
    ["with a key of another type", `odoo.example.com ssh-rsa ${base64}`, "of another type"],
    [
      "with an unknown marker",
      `@revoke odoo ${ed25519.publicKey}`,
      "neither `@revoked` nor `@cert-authority`",
    ],
    ["with two markers", `@revoked @cert-authority odoo ${ed25519.publicKey}`, "two markers"],
    ["with a damaged hash", `|1|abc ${ed25519.publicKey}`, "hashed host name is damaged"],
    ["with a key of protocol 1", "odoo 1024 35 1234567890", "protocol 1"],
  ])("%s", (_name, line, words) => {
    const { entries, problems } = parseKnownHosts(`# first\n${line}\nodoo ${rsa.publicKey}`);
    expect(entries).toHaveLength(1);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("line 2: ");
    expect(problems[0]).toContain(words);
  });

  it("and garbage never throws", () => {
    fc.assert(
      fc.property(garbage(0, 300), fc.string(), fc.nat(65_535), (text, host, port) => {
        const { entries } = parseKnownHosts(`${text}\n|1|${text}|${text} ${ed25519.publicKey}`);
        matchKnownHosts(entries, host, port);
      }),
    );
  });
});

describe.skipIf(!hasSshKeygen)("compared with the real ssh-keygen -F", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "known-hosts-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The line numbers that ssh-keygen finds for a name. */
  function foundByKeygen(lines: readonly string[], name: string): number[] {
    const file = join(folder, "known_hosts");
    writeFileSync(file, `${lines.join("\n")}\n`);
    const { stdout } = spawnSync("ssh-keygen", ["-F", name, "-f", file]);
    return [...stdout.toString().matchAll(/found: line (\d+)/g)].map(([, line]) => Number(line));
  }

  const label = fc.constantFrom("odoo", "db", "a", "odoo1", "203.0.113.7", "odoo.example.com");
  const port = fc.constantFrom(22, 2222);
  const named = (name: string, at: number) => (at === 22 ? name : `[${name}]:${at}`);
  const pattern = fc.oneof(
    fc.tuple(label, port).map(([name, at]) => named(name, at)),
    fc.constantFrom("*", "odoo*", "*.example.com", "?", "odoo?", "[odoo]:*", "203.0.113.*", "ODOO"),
  );
  const patterns = fc
    .array(fc.tuple(pattern, fc.boolean()), { minLength: 1, maxLength: 4 })
    .map((list) => list.map(([each, negated]) => `${negated ? "!" : ""}${each}`).join(","));
  const hosts = fc.oneof(
    patterns,
    fc.tuple(label, port).map(([name, at]) => hashed(named(name, at))),
  );
  const marker = fc.constantFrom("", "", "", "@revoked ", "@cert-authority ");

  it("the same lines are found for the same name", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(marker, hosts), { minLength: 1, maxLength: 8 }),
        label,
        port,
        (described, host, at) => {
          const lines = described.map(([mark, names]) => `${mark}${names} ${ed25519.publicKey}`);
          const { entries, problems } = parseKnownHosts(lines.join("\n"));
          expect(problems).toEqual([]);
          const { accepted, revoked, authorities } = matchKnownHosts(entries, host, at);
          const ours = (found: readonly (typeof entries)[number][]) =>
            found.map((entry) => entries.indexOf(entry) + 1);
          const of = (lineNumbers: readonly number[], mark: string) =>
            lineNumbers.filter((line) => (described[line - 1]?.[0] ?? "") === mark);

          const byPort = foundByKeygen(lines, named(host, at));
          // ssh(1) falls back to the plain name (check_host_key in sshconnect.c); ssh-keygen is asked twice for that.
          const byName = at === 22 ? [] : foundByKeygen(lines, host);
          const both = [...new Set([...byPort, ...byName])].sort((a, b) => a - b);
          expect(ours(accepted)).toEqual(of(byPort, "").length > 0 ? of(byPort, "") : of(byName, ""));
          expect(ours(revoked).sort((a, b) => a - b)).toEqual(of(both, "@revoked "));
          expect(ours(authorities).sort((a, b) => a - b)).toEqual(of(both, "@cert-authority "));
        },
      ),
      { numRuns: 60 },
    );
  });

  it("names hashed by ssh-keygen -H are found", () => {
    const file = join(folder, "to-hash");
    writeFileSync(file, `odoo.example.com ${ed25519.publicKey}\n[odoo.example.com]:2222 ${rsa.publicKey}\n`);
    execFileSync("ssh-keygen", ["-H", "-f", file], { stdio: "ignore" });
    const lines = execFileSync("cat", [file]).toString();
    expect(lines).not.toContain("odoo");
    expect(accepted(lines, "odoo.example.com")).toEqual(["ssh-ed25519"]);
    expect(accepted(lines, "odoo.example.com", 2222)).toEqual(["ssh-rsa"]);
  });
});
