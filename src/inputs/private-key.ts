// The private key of a login, as a person pastes it into a secret: read whatever its format and however the paste
// bent it, or told in plain words why it cannot be used. No word of a problem ever holds key material.

import { createPrivateKey, type KeyObject, randomBytes } from "node:crypto";
import ssh2 from "ssh2";
import { fingerprintOf } from "./fingerprint.ts";

export type ParsedPrivateKey =
  | {
      readonly ok: true;
      /** The key in a form that ssh2 reads; no longer encrypted, so it is to be guarded like the passphrase. */
      readonly key: string;
      /** `ssh-ed25519`, `ssh-rsa`, `ecdsa-sha2-nistp256`, … */
      readonly type: string;
      /** Of the public half, `SHA256:…`: what `ssh-keygen -lf` prints for its line in `authorized_keys`. */
      readonly fingerprint: string;
    }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a private key in OpenSSH's format, PEM (PKCS#1, SEC1) or PKCS#8, encrypted or not. Line ends, indentation,
 * a lost final newline, newlines that became spaces or a literal `\n`, and quotes around the whole are put right.
 * @param text the secret as it arrived
 * @param passphrase what opens it; undefined or empty when it is not encrypted
 * @returns the key, or what is wrong and what to do, in words that hold no part of the key
 */
export function parsePrivateKey(text: string, passphrase?: string): ParsedPrivateKey {
  try {
    return { ok: true, ...readKey(text, passphrase === "" ? undefined : passphrase) };
  } catch (error) {
    if (error instanceof KeyProblem) {
      return { ok: false, problem: error.message };
    }
    // A library's own words could quote its input.
    return { ok: false, problem: DAMAGED };
  }
}

class KeyProblem extends Error {}

const PASTE_WHOLE =
  "paste the whole file, from the line `-----BEGIN … PRIVATE KEY-----` to the line `-----END … PRIVATE KEY-----`";
const DAMAGED = `the key is damaged: a part of it is missing or was changed when it was copied; ${PASTE_WHOLE}`;
const MISSING_PASSPHRASE =
  "the key is protected by a passphrase and none is given; set `passphrase`, or make a key without one for this workflow";
const WRONG_PASSPHRASE =
  "the passphrase does not open this key; check that both secrets belong together and that the passphrase has no stray space or newline";
const UNNEEDED_PASSPHRASE =
  "a passphrase is given, but the key is not protected by one; remove `passphrase`, or check that this is the key you meant";
const UNREADABLE_CIPHER =
  "the key is encrypted in a way that cannot be read here; encrypt it anew on your machine with `ssh-keygen -p -f <key file>`";
const NEW_KEY =
  "make one with `ssh-keygen -t ed25519` and add its public half to `authorized_keys` on the server";

interface UsableKey {
  readonly key: string;
  readonly type: string;
  readonly fingerprint: string;
}

function readKey(text: string, passphrase: string | undefined): UsableKey {
  const cleaned = unbent(text);
  const block = onlyPrivateBlock(cleaned);
  if (block.label === "OPENSSH PRIVATE KEY") {
    return readOpenSsh(block, passphrase);
  }
  if (["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"].includes(block.label)) {
    return readPem(block, passphrase);
  }
  throw new KeyProblem(whyLabelIsUnusable(block.label));
}

/** Undoes what pasting does: a byte order mark, quotes around the whole, newlines written as `\n`, line ends. */
function unbent(text: string): string {
  const bare = text.replace(/[\uFEFF\u200B\u00A0]/g, " ").trim();
  const [, , unquoted] = /^(["'`])([\s\S]*)\1$/.exec(bare) ?? [];
  // No key format has a backslash, so a literal `\n` can only be a newline that was escaped.
  return (unquoted ?? bare)
    .replace(/\\r\\n|\\[rn]/g, "\n")
    .replace(/\r\n?/g, "\n")
    .trim();
}

interface Block {
  /** `OPENSSH PRIVATE KEY`. */
  readonly label: string;
  /** `DEK-Info` of a PEM that is encrypted the old way: cipher and initialisation vector. */
  readonly dekInfo?: string;
  /** The body, without any white space. */
  readonly base64: string;
}

function onlyPrivateBlock(text: string): Block {
  const blocks = blocksOf(text)
    // `openssl ecparam -genkey` writes the curve first; a certificate beside its key is of no use to SSH.
    .filter(({ label }) => label !== "EC PARAMETERS" && label !== "CERTIFICATE");
  const [block, ...others] = blocks;
  if (block === undefined) {
    throw new KeyProblem(whatElseIsThis(text));
  }
  if (others.length > 0) {
    throw new KeyProblem(
      `there are ${blocks.length} keys in it; give only the one private key of this login`,
    );
  }
  return withoutHeaders(block.label, block.body);
}

const BEGIN_LINE = /-----\s{0,8}BEGIN ([A-Z0-9 ]{1,60})\s{0,8}-----/g;
const END_LINE = /-----\s{0,8}END ([A-Z0-9 ]{1,60})\s{0,8}-----/g;

/** Each BEGIN line with the first END line of the same label behind it, and what stands between the two. */
function blocksOf(text: string): { label: string; body: string }[] {
  const ends = [...text.matchAll(END_LINE)].map(({ 0: line, 1: label = "", index }) => ({
    label: label.trimEnd(),
    from: index,
    to: index + line.length,
  }));
  const blocks: { label: string; body: string }[] = [];
  let done = 0;
  for (const { 0: line, 1: written = "", index } of text.matchAll(BEGIN_LINE)) {
    const label = written.trimEnd();
    const begin = index + line.length;
    const end = ends.find(({ label: other, from }) => other === label && from >= begin);
    if (index < done || end === undefined) continue;
    blocks.push({ label, body: text.slice(begin, end.from) });
    done = end.to;
  }
  return blocks;
}

/** PEM headers (RFC 1421), whose blank line after them may be lost with the newlines. */
function withoutHeaders(label: string, body: string): Block {
  const [headers = "", cipher = ""] =
    /^\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*([A-Z0-9-]+),\s*/i.exec(body) ?? [];
  // Eight bytes of initialisation vector for the DES family, sixteen for AES and its like.
  const ivLength = headers === "" ? 0 : /^(?:DES|RC2|BF|CAST)/i.test(cipher) ? 16 : 32;
  const iv = body.slice(headers.length, headers.length + ivLength);
  const base64 = body.slice(headers.length + ivLength).replace(/\s+/g, "");
  if (base64 === "") {
    throw new KeyProblem(`there is nothing between the BEGIN and the END line; ${PASTE_WHOLE}`);
  }
  if (/^[A-Za-z-]+:/.test(base64)) {
    throw new KeyProblem(UNREADABLE_CIPHER);
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new KeyProblem(
      base64.includes("***")
        ? "the key was masked (`***`) before it was stored; store the original in the secret again"
        : `the key holds characters that no key has, so it was changed when it was copied; ${PASTE_WHOLE}`,
    );
  }
  return headers === ""
    ? { label, base64 }
    : { label, base64, dekInfo: `${cipher.toUpperCase()},${iv.toUpperCase()}` };
}

function pem({ label, base64, dekInfo }: Block): string {
  const headers = dekInfo === undefined ? [] : ["Proc-Type: 4,ENCRYPTED", `DEK-Info: ${dekInfo}`, ""];
  return [
    `-----BEGIN ${label}-----`,
    ...headers,
    ...(base64.match(/.{1,64}/g) ?? []),
    `-----END ${label}-----`,
    "",
  ].join("\n");
}

/** There is no BEGIN … END pair: what was pasted instead? */
function whatElseIsThis(text: string): string {
  if (text === "") {
    return `it is empty; ${PASTE_WHOLE}, and check that the secret exists and is handed to this workflow`;
  }
  if (/^\*{3,}$/.test(text)) {
    return "it is only `***`: a masked value was stored; store the original key in the secret again";
  }
  if (/^\$\{?\{?\s*(?:secrets|env|vars|inputs)?\W/.test(text)) {
    return "it is an expression that was not filled in; check how the workflow hands the secret over";
  }
  if (/^PuTTY-User-Key-File-/m.test(text)) {
    return "this is a PuTTY key (.ppk); in PuTTYgen choose Conversions, Export OpenSSH key, or run `puttygen key.ppk -O private-openssh -o key`, and paste the result";
  }
  if (isPublicKey(text)) {
    return "this is the public key; paste the private one, the file of the same name without `.pub`";
  }
  if (/^-{4,5} ?BEGIN (?:SSH2 |RSA )?PUBLIC KEY/m.test(text)) {
    return "this is the public key; paste the private one";
  }
  if (/^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/m.test(text)) {
    return "this is a key in the ssh.com format; convert it with `ssh-keygen -i -f <key file>` and paste the result";
  }
  if (text.startsWith("SSH PRIVATE KEY FILE FORMAT 1.")) {
    return `this is a key of SSH protocol 1, which no server uses any more; ${NEW_KEY}`;
  }
  if (hasLineOf("BEGIN", text)) {
    return hasLineOf("END", text)
      ? "its first and last lines are not right: they must have five dashes on both sides and name the same format"
      : `the line \`-----END … PRIVATE KEY-----\` is missing, so the end of the key was probably cut off; ${PASTE_WHOLE}`;
  }
  if (hasLineOf("END", text)) {
    return `the line \`-----BEGIN … PRIVATE KEY-----\` is missing; ${PASTE_WHOLE}`;
  }
  return whatBase64IsThis(text) ?? whatNameIsThis(text);
}

/** `ssh-ed25519 AAAA…`, as in a .pub file, or with a host's name or options in front. */
function isPublicKey(text: string): boolean {
  const words = text.split(/ +/, 3);
  return words.some(
    (word, at) =>
      words[at + 1]?.startsWith("AAAA") &&
      isKeyType(word) &&
      words.slice(0, at).every((other) => !/\s/.test(other)),
  );
}

function isKeyType(word: string): boolean {
  return (
    !/\s/.test(word) &&
    (/^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-.)/.test(word) ||
      (word.startsWith("sk-") && word.indexOf("@openssh.com") > "sk-".length))
  );
}

/** Whether `BEGIN … PRIVATE KEY` stands there, or the same with END. */
function hasLineOf(word: "BEGIN" | "END", text: string): boolean {
  return text.split(/[^A-Z0-9 ]+/).some((capitals) => {
    const at = capitals.indexOf(`${word} `);
    return at >= 0 && capitals.includes("PRIVATE KEY", at + word.length + 1);
  });
}

function whatBase64IsThis(text: string): string | undefined {
  const joined = text.replace(/\s+/g, "");
  if (joined.length < 64 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(joined)) {
    return undefined;
  }
  const decoded = Buffer.from(joined, "base64");
  if (decoded.includes("-----BEGIN ")) {
    return "the key is wrapped in base64; paste the text itself, which begins with `-----BEGIN`";
  }
  if (decoded.toString("latin1", 0, 14) === "openssh-key-v1" || decoded[0] === 0x30) {
    return `the lines \`-----BEGIN … PRIVATE KEY-----\` and \`-----END … PRIVATE KEY-----\` are missing; ${PASTE_WHOLE}`;
  }
  return undefined;
}

function whatNameIsThis(text: string): string {
  const oneShortWord = text.length < 256 && !/\s/.test(text);
  return oneShortWord && (/^[~./]|[\\/]|^[A-Za-z]:\\/.test(text) || /^id_\w+$|\.(?:pem|key|pub)$/.test(text))
    ? "this is the name of a file; give its content here, or the name in `key_path`"
    : `this is not a private key; ${PASTE_WHOLE}`;
}

function whyLabelIsUnusable(label: string): string {
  if (label.endsWith("PUBLIC KEY")) {
    return "this is the public key; paste the private one";
  }
  if (label === "DSA PRIVATE KEY") {
    return `this is a DSA key, which servers refuse since OpenSSH 7.0; ${NEW_KEY}`;
  }
  if (label.startsWith("PGP")) {
    return `this is a PGP key, which is of no use to SSH; ${NEW_KEY}`;
  }
  if (label === "SSH2 ENCRYPTED PRIVATE KEY") {
    return "this is a key in the ssh.com format; convert it with `ssh-keygen -i -f <key file>` and paste the result";
  }
  return "this kind of file is not an SSH private key; paste one that `ssh-keygen` made";
}

/** OpenSSH's own format, openssh-key-v1 (PROTOCOL.key in its sources). */
function readOpenSsh(block: Block, passphrase: string | undefined): UsableKey {
  const magic = Buffer.from("openssh-key-v1\0");
  const data = Buffer.from(block.base64, "base64");
  if (!data.subarray(0, magic.length).equals(magic)) {
    throw new KeyProblem(DAMAGED);
  }
  const [cipher, , , publicBlob] = openSshFields(data.subarray(magic.length));
  const encrypted = cipher?.toString("latin1") !== "none";
  if (encrypted && passphrase === undefined) {
    throw new KeyProblem(MISSING_PASSPHRASE);
  }
  if (!encrypted && passphrase !== undefined) {
    throw new KeyProblem(UNNEEDED_PASSPHRASE);
  }
  if (cipher?.toString("latin1").startsWith("chacha20")) {
    // ssh2 knows this cipher for connections, not for key files, and would take it for a wrong passphrase.
    throw new KeyProblem(UNREADABLE_CIPHER);
  }
  refuseTypesOfNoUse(publicBlob === undefined ? "" : firstString(publicBlob));

  const parsed = ssh2.utils.parseKey(pem(block), passphrase);
  if (parsed instanceof Error) {
    if (/unsupported (?:cipher|kdf)/i.test(parsed.message)) {
      throw new KeyProblem(UNREADABLE_CIPHER);
    }
    throw new KeyProblem(encrypted && !/malformed/i.test(parsed.message) ? WRONG_PASSPHRASE : DAMAGED);
  }
  return checked(encrypted ? forSsh2(createPrivateKey(parsed.getPrivatePEM())) : pem(block));
}

/** Cipher, key derivation, its options, and the first public key: all readable without a passphrase. */
function openSshFields(data: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let offset = 0;
  for (const index of [0, 1, 2, 3]) {
    // A four-byte count of keys stands between the third string and the fourth.
    offset += index === 3 ? 4 : 0;
    if (offset + 4 > data.length) {
      throw new KeyProblem(DAMAGED);
    }
    const length = data.readUInt32BE(offset);
    fields.push(data.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return fields;
}

function firstString(blob: Buffer): string {
  return blob.length < 4 ? "" : blob.toString("latin1", 4, Math.min(4 + blob.readUInt32BE(0), 68));
}

function refuseTypesOfNoUse(type: string): void {
  if (type.startsWith("sk-")) {
    throw new KeyProblem(
      `this key lives on a security key (FIDO) that somebody must touch, so no workflow can use it; ${NEW_KEY}`,
    );
  }
  if (type === "ssh-dss") {
    throw new KeyProblem(whyLabelIsUnusable("DSA PRIVATE KEY"));
  }
}

/** PKCS#1, SEC1 and PKCS#8, with either kind of encryption: OpenSSL, inside Node, reads them all. */
function readPem(block: Block, passphrase: string | undefined): UsableKey {
  const encrypted = block.dekInfo !== undefined || block.label === "ENCRYPTED PRIVATE KEY";
  if (encrypted && passphrase === undefined) {
    throw new KeyProblem(MISSING_PASSPHRASE);
  }
  if (!encrypted && passphrase !== undefined) {
    throw new KeyProblem(UNNEEDED_PASSPHRASE);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(passphrase === undefined ? pem(block) : { key: pem(block), passphrase });
  } catch (error) {
    if (!encrypted) {
      throw new KeyProblem(DAMAGED);
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    throw new KeyProblem(/UNSUPPORTED|UNKNOWN/.test(code) ? UNREADABLE_CIPHER : WRONG_PASSPHRASE);
  }
  return checked(forSsh2(key));
}

/** ssh2 reads PKCS#1, SEC1 and OpenSSH's format, but not PKCS#8 (its lib/protocol/keyParser.js). */
function forSsh2(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ format: "pem", type: "pkcs1" }).toString();
    case "ec":
      return key.export({ format: "pem", type: "sec1" }).toString();
    case "ed25519":
      return ed25519AsOpenSsh(key);
    case "dsa":
      throw new KeyProblem(whyLabelIsUnusable("DSA PRIVATE KEY"));
    default:
      throw new KeyProblem(
        `this is a ${key.asymmetricKeyType ?? "strange"} key, which SSH does not know; ${NEW_KEY}`,
      );
  }
}

/** Writes openssh-key-v1 without encryption: PROTOCOL.key in OpenSSH's sources. */
function ed25519AsOpenSsh(key: KeyObject): string {
  const { x = "", d = "" } = key.export({ format: "jwk" });
  const [publicHalf, seed] = [Buffer.from(x, "base64url"), Buffer.from(d, "base64url")];
  const type = Buffer.from("ssh-ed25519");
  const check = randomBytes(4);
  const privateSection = Buffer.concat([
    check,
    check,
    sshString(type),
    sshString(publicHalf),
    sshString(Buffer.concat([seed, publicHalf])),
    sshString(Buffer.alloc(0)),
  ]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (privateSection.length % 8)) % 8 }, (_, index) => index + 1),
  );
  const none = Buffer.from("none");
  const data = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    sshString(none),
    sshString(none),
    sshString(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    sshString(Buffer.concat([sshString(type), sshString(publicHalf)])),
    sshString(Buffer.concat([privateSection, padding])),
  ]);
  return pem({ label: "OPENSSH PRIVATE KEY", base64: data.toString("base64") });
}

/** A string as SSH writes it, its length in four bytes first (RFC 4251 section 5). */
function sshString(content: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  return Buffer.concat([length, content]);
}

/** Reads the key as ssh2 will, and signs with it once: a damaged key is found here and not at the login. */
function checked(key: string): UsableKey {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error || !parsed.isPrivateKey()) {
    throw new KeyProblem(
      /^-----BEGIN EC/.test(key) ? `this key is on a curve that SSH does not know; ${NEW_KEY}` : DAMAGED,
    );
  }
  const challenge = Buffer.from("is this key whole?");
  const hash = parsed.type === "ssh-rsa" ? "sha256" : undefined;
  const signature: unknown = parsed.sign(challenge, hash);
  if (!Buffer.isBuffer(signature) || parsed.verify(challenge, signature, hash) !== true) {
    throw new KeyProblem(DAMAGED);
  }
  return { key, type: parsed.type, fingerprint: fingerprintOf(parsed.getPublicSSH()) };
}
