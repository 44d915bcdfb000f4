// Which host keys an endpoint may show us, and what to tell the person when it shows another one.

import type { ServerHostKeyAlgorithm } from "ssh2";
import { HostError } from "../../errors.ts";
import type { SshEndpoint } from "../../inputs/connection.ts";
import { fingerprintOf } from "../../inputs/fingerprint.ts";
import { keyTypeOf, matchKnownHosts } from "../../inputs/known-hosts.ts";
import { addressOf, keyFamily, namedKey } from "./words.ts";

export type Role = "target" | "jump";

export interface OfferedKey {
  readonly type: string;
  readonly blob: Buffer;
}

export interface HostKeyPolicy {
  /** Signature algorithms that the pinned keys can make, in order of preference; all of them where no type is pinned. */
  readonly algorithms: readonly ServerHostKeyAlgorithm[];
  /** True when a pin does not say its type, so that another type may be asked for after a mismatch. */
  readonly typeIsOpen: boolean;
  /** True when there is nothing to accept: the offered key is only looked at. */
  readonly pinsNothing: boolean;
  judge(key: OfferedKey): "accepted" | "revoked" | "other";
  /** The error for a host that offered these keys (at least one) and none that is accepted. */
  refusal(offered: readonly OfferedKey[]): HostError;
}

/** The SHA-1 signature `ssh-rsa` is left out: a pinned RSA key proves itself with SHA-2 (RFC 8332). */
export const ALL_HOST_KEY_ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];

/** `rsa-sha2-512` is a signature by a key of type `ssh-rsa`; all other algorithms are called like their key type. */
export function keyTypeFor(algorithm: ServerHostKeyAlgorithm): string {
  return algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
}

export function offeredKey(blob: Buffer): OfferedKey {
  return { type: keyTypeOf(blob) ?? "unknown", blob: Buffer.from(blob) };
}

/** Reads the pins of an endpoint into one judgement; `role` decides which inputs the advice names. */
export function hostKeyPolicy(endpoint: SshEndpoint, role: Role): HostKeyPolicy {
  const fingerprints = endpoint.pins.flatMap((pin) =>
    pin.kind === "fingerprint" ? [`SHA256:${pin.sha256}`] : [],
  );
  const known = matchKnownHosts(
    endpoint.pins.flatMap((pin) => (pin.kind === "known-hosts" ? pin.entries : [])),
    endpoint.host,
    endpoint.port,
  );
  const pinnedTypes = new Set(known.accepted.map(({ keyType }) => keyType));
  const pinsNothing = fingerprints.length === 0 && known.accepted.length === 0;
  const typeIsOpen = fingerprints.length > 0;
  const pinnedAlgorithms = ALL_HOST_KEY_ALGORITHMS.filter((name) => pinnedTypes.has(keyTypeFor(name)));
  const pinned = [...fingerprints, ...known.accepted.map(({ keyType, key }) => namedKey(keyType, key))];
  const isRevoked = ({ blob }: OfferedKey) => known.revoked.some(({ key }) => key.equals(blob));

  return {
    algorithms: typeIsOpen || pinnedAlgorithms.length === 0 ? ALL_HOST_KEY_ALGORITHMS : pinnedAlgorithms,
    typeIsOpen,
    pinsNothing,
    judge(key) {
      if (isRevoked(key)) {
        return "revoked";
      }
      return fingerprints.includes(fingerprintOf(key.blob)) ||
        known.accepted.some((entry) => entry.key.equals(key.blob))
        ? "accepted"
        : "other";
    },
    refusal(offered) {
      const revoked = offered.find(isRevoked);
      if (revoked !== undefined) {
        return revokedKey(endpoint, revoked);
      }
      return pinsNothing
        ? unpinnedHost(endpoint, role, offered, known.authorities.length > 0)
        : changedKey(endpoint, role, pinned, offered);
    },
  };
}

function revokedKey(endpoint: SshEndpoint, offered: OfferedKey): HostError {
  return new HostError(
    "host-key",
    `${addressOf(endpoint)} showed a host key that known_hosts marks as revoked`,
    {
      detail: `Offered and revoked: ${namedKey(offered.type, offered.blob)}`,
      advice:
        "Nothing was logged in to. Find out why the key was revoked before anything else connects; then give the server a new host key and pin that one.",
    },
  );
}

function unpinnedHost(
  endpoint: SshEndpoint,
  role: Role,
  offered: readonly OfferedKey[],
  hasAuthority: boolean,
): HostError {
  const [first] = offered;
  const authority = hasAuthority
    ? " (`known_hosts` has only a `@cert-authority` line for it, and host certificates cannot be checked here.)"
    : "";
  return new HostError(
    "host-key",
    `No host key is pinned for ${addressOf(endpoint)}, so it was not logged in to${authority}`,
    {
      detail: offered.map(({ type, blob }) => `Offered: ${namedKey(type, blob)}`).join("\n"),
      advice: `${howToCheck(offered)} If it shows the same, set \`${fingerprintInput(role)}: ${
        first === undefined ? "SHA256:…" : fingerprintOf(first.blob)
      }\`, or add the host's line to \`known_hosts\`.`,
    },
  );
}

function changedKey(
  endpoint: SshEndpoint,
  role: Role,
  pinned: readonly string[],
  offered: readonly OfferedKey[],
): HostError {
  return new HostError(
    "host-key",
    `The host key of ${addressOf(endpoint)} is not the pinned one, so it was not logged in to`,
    {
      detail: [
        ...pinned.map((key) => `Pinned: ${key}`),
        ...offered.map(({ type, blob }) => `Offered: ${namedKey(type, blob)}`),
      ].join("\n"),
      advice: `Either the server was rebuilt, or the pin belongs to another host, or somebody stands between. ${howToCheck(
        offered,
      )} Only if it shows the offered one, put that in \`${fingerprintInput(role)}\` or \`known_hosts\`.`,
    },
  );
}

function fingerprintInput(role: Role): string {
  return role === "jump" ? "proxy_fingerprint" : "fingerprint";
}

function howToCheck(offered: readonly OfferedKey[]): string {
  const families = [...new Set(offered.map(({ type }) => keyFamily(type)))];
  const commands = families.map((family) => `\`ssh-keygen -lf /etc/ssh/ssh_host_${family}_key.pub\``);
  return `Check it on the server itself, through the provider's console: ${commands.join(" and ")}.`;
}
