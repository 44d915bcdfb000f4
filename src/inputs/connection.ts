/** How the host is reached, as parsed from the inputs: what `host/` needs to connect, and nothing it has to doubt. */

/** A host key we accept, by the SHA-256 of its blob (base64 without padding, no prefix). */
export interface FingerprintPin {
  readonly kind: "fingerprint";
  readonly sha256: string;
}

/** The lines of a known_hosts file that speak of some host; matched against name and port when connecting. */
export interface KnownHostsPin {
  readonly kind: "known-hosts";
  readonly entries: readonly KnownHostsEntry[];
}

/** One line of known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHostsEntry {
  readonly marker: "none" | "revoked" | "cert-authority";
  /** The comma-separated patterns as written: plain names, `[host]:port`, `!negated`, `*`, `?`, or one hashed name. */
  readonly hosts: readonly string[];
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  readonly keyType: string;
  /** The public key blob. */
  readonly key: Buffer;
}

export interface Login {
  readonly username: string;
  /** A private key that ssh2 can read, no longer encrypted. */
  readonly privateKey?: string;
  readonly password?: string;
}

export interface SshEndpoint {
  readonly host: string;
  readonly port: number;
  readonly login: Login;
  /** Never empty when connecting may succeed; an empty list means: connect, read the offered key, stop with it. */
  readonly pins: readonly (FingerprintPin | KnownHostsPin)[];
}

export type Connection =
  | { readonly kind: "local" }
  | {
      readonly kind: "ssh";
      readonly target: SshEndpoint;
      readonly jump?: SshEndpoint;
      /** For TCP, key exchange and login together, per endpoint, in milliseconds. */
      readonly connectTimeoutMs: number;
    };
