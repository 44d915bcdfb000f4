/** The keys of one droplet, made when it is first made and kept in its folder: the user's, and the host's. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./process.ts";

const types = ["ed25519", "ecdsa", "rsa"] as const;
export type HostKeyType = (typeof types)[number];

export interface HostKey {
  /** As in a known_hosts line, without the host: `ssh-ed25519 AAAA…`. */
  readonly line: string;
  /** `SHA256:…`, as OpenSSH prints it. */
  readonly fingerprint: string;
}

/** What lets a user in, as root and as deploy. */
export const privateKey = (folder: string) => join(folder, "id_ed25519");
export const knownHosts = (folder: string) => join(folder, "known_hosts");
/** Holds the host's key pairs under the names that sshd looks for. */
export const hostKeyFolder = (folder: string) => join(folder, "etc/ssh");

/** Makes the keys that are not there yet. */
export async function makeKeys(folder: string): Promise<void> {
  if (!existsSync(privateKey(folder))) {
    await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", privateKey(folder)]);
  }
  if (!existsSync(join(hostKeyFolder(folder), "ssh_host_rsa_key"))) {
    mkdirSync(hostKeyFolder(folder), { recursive: true });
    await must("ssh-keygen", ["-A", "-f", folder]);
  }
}

export function readHostKeys(folder: string): ReadonlyMap<HostKeyType, HostKey> {
  return new Map(
    types.map((type) => {
      const file = join(hostKeyFolder(folder), `ssh_host_${type}_key.pub`);
      const [kind = "", key = ""] = readFileSync(file, "utf8").trim().split(" ");
      const hash = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
      return [type, { line: `${kind} ${key}`, fingerprint: `SHA256:${hash.replace(/=+$/, "")}` }];
    }),
  );
}

/** Writes the known_hosts file that the driver's own ssh trusts, and nothing else. */
export function pinHostKeys(folder: string, port: number): void {
  const lines = [...readHostKeys(folder).values()].map(({ line }) => `[127.0.0.1]:${port} ${line}\n`);
  writeFileSync(knownHosts(folder), lines.join(""));
}
