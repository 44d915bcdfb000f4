// How endpoints and host keys are called in sentences for people.

import type { SshEndpoint } from "../../inputs/connection.ts";
import { fingerprintOf } from "../../inputs/fingerprint.ts";
import { lineOf } from "../text.ts";

/** `deploy@203.0.113.7:22`, `deploy@[2001:db8::1]:22`. */
export function addressOf({ host, port, login }: SshEndpoint): string {
  return `${login.username}@${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
}

/** `SHA256:… (ED25519)`, as `ssh-keygen -l` ends its lines. */
export function namedKey(keyType: string, key: Uint8Array): string {
  return `${fingerprintOf(key)} (${keyFamily(keyType).toUpperCase()})`;
}

/**
 * The word that OpenSSH uses for a kind of key, in file names too: `/etc/ssh/ssh_host_ed25519_key.pub`. The server chose
 * the type's name, so no other word of it is used.
 */
export function keyFamily(keyType: string): string {
  const [family = "unknown"] = /ed25519|ecdsa|rsa|dss/.exec(keyType) ?? [];
  return family === "dss" ? "dsa" : family;
}

/**
 * The particulars of whatever was thrown, in one line. Half of ssh2's errors are words of the other side, so they
 * are made fit for a log.
 */
export function wordsOf(error: unknown): string {
  return lineOf(error instanceof Error ? error.message : String(error)).replace(
    "(SSH) Channel open failure: ",
    "",
  );
}
