/** The inputs that say how the host is reached -> Connection. */

import type { Connection, FingerprintPin, KnownHostsPin, Login, SshEndpoint } from "./connection.ts";
import { parseFingerprints } from "./fingerprint.ts";
import { FORMS } from "./forms.ts";
import { parseKnownHosts } from "./known-hosts.ts";
import { parsePrivateKey } from "./private-key.ts";
import type { Reader } from "./reader.ts";

type ReadFile = (path: string) => string;

/** @param readFile reads a key file; may throw */
export function connectionFrom(reader: Reader, readFile: ReadFile): Connection {
  const { given, complain, duration } = reader;
  if (given("host").trim() === "local") return { kind: "local" };
  const knownHosts = knownHostsFrom(given("known_hosts"), (problem) => complain("known_hosts", problem));
  const target = endpointFrom(reader, "", knownHosts, readFile);
  const connectTimeoutMs = duration("timeout");
  if (given("proxy_host") === "") return { kind: "ssh", target, connectTimeoutMs };
  return {
    kind: "ssh",
    target,
    jump: endpointFrom(reader, "proxy_", knownHosts, readFile),
    connectTimeoutMs,
  };
}

function endpointFrom(
  reader: Reader,
  prefix: "" | "proxy_",
  knownHosts: KnownHostsPin | undefined,
  readFile: ReadFile,
): SshEndpoint {
  const { given, complain, check } = reader;
  const missing = prefix === "" && given("host") === "";
  if (missing) {
    complain(
      "host",
      "is missing; give the droplet's address, or `local` when the runner is the droplet itself",
    );
  }
  return {
    host: (missing ? "" : check(`${prefix}host`, FORMS.host, "")).replace(/^\[(.*)\]$/, "$1"),
    port: check(`${prefix}port`, FORMS.port, 22),
    login: loginFrom(reader, prefix, readFile),
    pins: [
      ...fingerprintsFrom(given(`${prefix}fingerprint`), (problem) =>
        complain(`${prefix}fingerprint`, problem),
      ),
      ...(knownHosts === undefined ? [] : [knownHosts]),
    ],
  };
}

function loginFrom({ given, complain, check }: Reader, prefix: "" | "proxy_", readFile: ReadFile): Login {
  const username = check(`${prefix}username`, FORMS.username, "");
  const password = given(`${prefix}password`);
  const passphrase = given(`${prefix}passphrase`);
  const path = given(`${prefix}key_path`).trim();
  let text = given(`${prefix}key`);
  if (text !== "" && path !== "")
    complain(`${prefix}key_path`, `is given beside \`${prefix}key\`; give one of them`);
  if (/[\r\n]|-----/.test(path)) {
    // The error of reading it would print it.
    complain(`${prefix}key_path`, `holds a key; a key itself goes into \`${prefix}key\`, as a secret`);
    return { username };
  }
  if (text === "" && path !== "") {
    try {
      text = readFile(path);
    } catch (error) {
      complain(
        `${prefix}key_path`,
        `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
      return { username };
    }
  }
  if (text === "" && password === "") {
    complain(
      `${prefix}key`,
      `is missing; give a private key (\`${prefix}key\` or \`${prefix}key_path\`) or \`${prefix}password\``,
    );
  }
  const key = text === "" ? undefined : parsePrivateKey(text, passphrase === "" ? undefined : passphrase);
  if (key?.ok === false) complain(path === "" ? `${prefix}key` : `${prefix}key_path`, key.problem);
  return {
    username,
    ...(key?.ok ? { privateKey: key.key } : {}),
    ...(password === "" ? {} : { password }),
  };
}

function fingerprintsFrom(text: string, complain: (problem: string) => void): readonly FingerprintPin[] {
  if (text === "") return [];
  const parsed = parseFingerprints(text);
  if (parsed.ok) return parsed.pins;
  complain(parsed.problem);
  return [];
}

function knownHostsFrom(text: string, complain: (problem: string) => void): KnownHostsPin | undefined {
  if (text === "") return undefined;
  const { entries, problems } = parseKnownHosts(text);
  for (const problem of problems) complain(problem);
  if (entries.length === 0 && problems.length === 0) complain("holds no host key");
  return { kind: "known-hosts", entries };
}
