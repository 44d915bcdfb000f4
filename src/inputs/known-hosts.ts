// OpenSSH's known_hosts: which host keys a person has accepted or revoked, and for which hosts.
// The format is in sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"; the matching in hostfile.c, match.c and sshconnect.c.

import { createHmac, timingSafeEqual } from "node:crypto";
import { withoutEnd } from "../strings.ts";
import type { KnownHostsEntry } from "./connection.ts";

export interface ParsedKnownHosts {
  readonly entries: readonly KnownHostsEntry[];
  /** One sentence for each line that cannot be used, beginning with its number. */
  readonly problems: readonly string[];
}

export interface KnownHostKeys {
  /** Keys to accept from this host, in the order of the file. */
  readonly accepted: readonly KnownHostsEntry[];
  /** Keys never to accept from this host, whoever else vouches for them. */
  readonly revoked: readonly KnownHostsEntry[];
  /**
   * `@cert-authority` lines that speak of this host. They accept nothing here: ssh2 cannot check a host
   * certificate, so whoever reports a missing key should say that these lines are the reason.
   */
  readonly authorities: readonly KnownHostsEntry[];
}

/** The port that known_hosts does not write down. */
const STANDARD_PORT = 22;

/**
 * Reads the text of a known_hosts file.
 * @returns every usable line, and a sentence for every other one that is neither blank nor a comment. OpenSSH
 * skips bad lines in silence; here a mistyped pin would look like a missing one.
 */
export function parseKnownHosts(text: string): ParsedKnownHosts {
  const entries: KnownHostsEntry[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r\n|[\r\n]/).entries()) {
    const trimmed = line.replace(/^\uFEFF/, "").trim();
    if (trimmed === "" || trimmed.startsWith("#")) {
      continue;
    }
    const parsed = parseLine(trimmed);
    if (typeof parsed === "string") {
      problems.push(`line ${index + 1}: ${parsed}`);
    } else {
      entries.push(parsed);
    }
  }
  return { entries, problems };
}

/**
 * The keys that known_hosts has for a host, as ssh(1) chooses them: on another port than 22 the name is
 * `[host]:port`, and where nothing is accepted under that name, the plain name counts too.
 * @param host a name or an address, IPv6 with or without brackets
 */
export function matchKnownHosts(
  entries: readonly KnownHostsEntry[],
  host: string,
  port: number,
): KnownHostKeys {
  const plain = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  const named = port === STANDARD_PORT ? plain : `[${plain}]:${port}`;
  const byName = entries.filter((entry) => matchesName(entry.hosts, named));
  const byPlainName = named === plain ? [] : entries.filter((entry) => matchesName(entry.hosts, plain));
  const accepted = byName.filter(({ marker }) => marker === "none");
  return {
    accepted: accepted.length > 0 ? accepted : byPlainName.filter(({ marker }) => marker === "none"),
    revoked: unique([...byName, ...byPlainName]).filter(({ marker }) => marker === "revoked"),
    authorities: unique([...byName, ...byPlainName]).filter(({ marker }) => marker === "cert-authority"),
  };
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function parseLine(line: string): KnownHostsEntry | string {
  const words = line.split(/[ \t]+/);
  let marker: KnownHostsEntry["marker"] = "none";
  if (words[0]?.startsWith("@")) {
    const written = words.shift();
    if (written !== "@revoked" && written !== "@cert-authority") {
      return "the marker at its beginning is neither `@revoked` nor `@cert-authority`";
    }
    if (words[0]?.startsWith("@")) {
      return "it has two markers; only one may stand before the host names";
    }
    marker = written === "@revoked" ? "revoked" : "cert-authority";
  }

  const [hosts, keyType, base64] = words;
  if (hosts === undefined || keyType === undefined) {
    return "it has no key; a line is `host type key`, as `ssh-keyscan` prints it";
  }
  if (/^(?:ssh-|ecdsa-|sk-|rsa-)/.test(hosts) && /^AAAA/.test(keyType)) {
    return "it has a key but no host name before it";
  }
  if (/^\d+$/.test(keyType)) {
    return "it has a key of SSH protocol 1, which no server uses any more";
  }
  if (/^(?:SHA256|MD5):/i.test(keyType)) {
    return "it has a fingerprint in place of a key; fingerprints belong into the `fingerprint` input";
  }
  if (base64 === undefined) {
    return "it has no key after the key type; a line is `host type key`, as `ssh-keyscan` prints it";
  }
  if (hosts.startsWith("|") && !isHashedName(hosts)) {
    return "its hashed host name is damaged; it should be `|1|salt|hash`";
  }
  const key = decodeBase64(base64);
  if (key === undefined) {
    return "its key is not valid base64; it was cut off or changed when it was copied";
  }
  const innerType = keyTypeOf(key);
  if (innerType === undefined) {
    return "its key is cut off or damaged";
  }
  if (innerType !== keyType) {
    return `it says \`${shortened(keyType)}\` but its key is of another type`;
  }
  return { marker, hosts: hosts.startsWith("|") ? [hosts] : hosts.split(","), keyType, key };
}

function shortened(word: string): string {
  return word.length <= 40 ? word : `${word.slice(0, 37)}…`;
}

function decodeBase64(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || withoutEnd(text, "=").length % 4 === 1) {
    return undefined;
  }
  return Buffer.from(text, "base64");
}

/** The type that a public key blob names in its first field (RFC 4253 section 6.6), if it has room for a key too. */
export function keyTypeOf(keyBlob: Buffer): string | undefined {
  if (keyBlob.length < 4) {
    return undefined;
  }
  const length = keyBlob.readUInt32BE(0);
  if (length === 0 || length > 64 || keyBlob.length <= 4 + length + 4) {
    return undefined;
  }
  let offset = 4 + length;
  // Every field after the type is length-prefixed in all key types; a cut-off blob does not end with a field.
  while (offset < keyBlob.length) {
    if (keyBlob.length - offset < 4) {
      return undefined;
    }
    offset += 4 + keyBlob.readUInt32BE(offset);
  }
  return offset === keyBlob.length ? keyBlob.toString("latin1", 4, 4 + length) : undefined;
}

interface HashedName {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

function parseHashedName(text: string): HashedName | undefined {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(text) ?? [];
  const decoded = {
    salt: salt === undefined ? undefined : decodeBase64(salt),
    hash: hash === undefined ? undefined : decodeBase64(hash),
  };
  // HMAC-SHA1 both ways: hostfile.c insists on a salt as long as the hash.
  return decoded.salt?.length === 20 && decoded.hash?.length === 20
    ? { salt: decoded.salt, hash: decoded.hash }
    : undefined;
}

function isHashedName(text: string): boolean {
  return parseHashedName(text) !== undefined;
}

/** match_maybe_hashed and match_pattern_list: one negated pattern that fits outweighs all others. */
function matchesName(patterns: readonly string[], name: string): boolean {
  const [first] = patterns;
  if (first?.startsWith("|")) {
    const hashed = parseHashedName(first);
    return (
      hashed !== undefined &&
      timingSafeEqual(createHmac("sha1", hashed.salt).update(name).digest(), hashed.hash)
    );
  }
  const negated = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1));
  const positive = patterns.filter((pattern) => !pattern.startsWith("!"));
  return (
    !negated.some((pattern) => matchesPattern(pattern.toLowerCase(), name)) &&
    positive.some((pattern) => matchesPattern(pattern.toLowerCase(), name))
  );
}

/** `*` is any run of characters, `?` any one; linear in memory, and never exponential in time. */
function matchesPattern(pattern: string, name: string): boolean {
  let [p, n, star, retry] = [0, 0, -1, 0];
  while (n < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      retry = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") {
    p++;
  }
  return p === pattern.length;
}
