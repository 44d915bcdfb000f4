// Fingerprints of host keys: reads what a person pastes into the `fingerprint` input, and makes one from a key.

import { createHash } from "node:crypto";
import { withoutEnd } from "../strings.ts";
import type { FingerprintPin } from "./connection.ts";

export type ParsedFingerprints =
  | { readonly ok: true; readonly pins: readonly FingerprintPin[] }
  | { readonly ok: false; readonly problem: string };

const HOW_TO_GET_ONE =
  "On the server, `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints the one to use: `SHA256:` and 43 characters";

/**
 * The fingerprint of a public key blob, as OpenSSH prints it: `SHA256:` and base64 without padding
 * (sshkey_fingerprint in OpenSSH's sshkey.c).
 */
export function fingerprintOf(keyBlob: Uint8Array): string {
  return `SHA256:${withoutEnd(createHash("sha256").update(keyBlob).digest("base64"), "=")}`;
}

/**
 * Reads one or more host key fingerprints, separated by commas, spaces or newlines. Each may be bare base64, have
 * the `SHA256:` prefix, end in `=`, be 64 hex digits, or stand in a whole line of `ssh-keygen -lf`.
 * @returns at least one pin, without repetitions; or what is wrong with the text, in words for its author
 */
export function parseFingerprints(text: string): ParsedFingerprints {
  const pins = new Map<string, FingerprintPin>();
  for (const line of text.split(/\r\n|[\r\n]/)) {
    for (const word of fingerprintWords(line)) {
      const sha256 = asSha256(word);
      if (typeof sha256 !== "string") {
        return { ok: false, problem: sha256.problem };
      }
      pins.set(sha256, { kind: "fingerprint", sha256 });
    }
  }
  return pins.size === 0
    ? { ok: false, problem: `no fingerprint is given. ${HOW_TO_GET_ONE}` }
    : { ok: true, pins: [...pins.values()] };
}

/** `256 SHA256:… a comment (ED25519)` gives its second word only, because the comment can be anything. */
function fingerprintWords(line: string): string[] {
  const words = line.trim().split(/\s+/);
  const last = words.at(-1) ?? "";
  const opens = last.indexOf("(");
  const endsAsKeygen = last.endsWith(")") && opens >= 0 && opens < last.length - 2;
  const keygen = words.filter(
    (word, at) => endsAsKeygen && /^(?:SHA256|MD5):./.test(word) && /^\d+$/.test(words[at - 1] ?? ""),
  );
  return keygen.length > 0 ? keygen : line.split(/[\s,;]+/).filter((word) => word !== "");
}

function asSha256(word: string): string | { problem: string } {
  if (
    /^MD5:/i.test(word) ||
    /^(?:[0-9a-f]{2}:){2,}[0-9a-f]{2}$/i.test(word) ||
    /^[0-9a-f]{32}$/i.test(word)
  ) {
    return {
      problem: `this is an MD5 fingerprint, which can be forged; give the SHA256 one. ${HOW_TO_GET_ONE}`,
    };
  }
  const bare = word.replace(/^SHA256:/i, "");
  if (/^[0-9a-f]{64}$/i.test(bare)) {
    return withoutEnd(Buffer.from(bare, "hex").toString("base64"), "=");
  }
  const unpadded = withoutEnd(bare, "=");
  if (!/^[A-Za-z0-9+/]{43}$/.test(unpadded)) {
    return /^(?:AAAA[A-Za-z0-9+/]{20,}=*$|ssh-|ecdsa-)/.test(bare)
      ? { problem: "this is a public key, not a fingerprint; a whole key line belongs into `known_hosts`" }
      : { problem: `"${shortened(word)}" is not a SHA256 fingerprint. ${HOW_TO_GET_ONE}` };
  }
  // The 43rd character carries only four bits; decoding and encoding again makes one spelling of it.
  return withoutEnd(Buffer.from(unpadded, "base64").toString("base64"), "=");
}

function shortened(word: string): string {
  return word.length <= 60 ? word : `${word.slice(0, 57)}…`;
}
