/** Who may read what is encrypted: public keys of age (https://age-encryption.org), checked to the last letter. */

const ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const MOST = 20;

export type Recipients =
  | { readonly ok: true; readonly recipients: readonly string[] }
  | { readonly ok: false; readonly problem: string };

/** @param text `age1…`, separated by commas, spaces or lines; lines that begin with `#` are comments */
export function parseRecipients(text: string): Recipients {
  const words = text
    .split(/[\r\n]+/)
    .filter((line) => !line.trimStart().startsWith("#"))
    .flatMap((line) => line.split(/[\s,]+/))
    .filter((word) => word !== "");
  for (const word of words) {
    if (/^AGE-SECRET-KEY-/i.test(word))
      return {
        ok: false,
        problem:
          "holds a secret key of age; give the public one, which begins with `age1`, and make a new pair",
      };
    if (/^(?:ssh-|ecdsa-|sk-)/.test(word))
      return {
        ok: false,
        problem:
          "holds an SSH key; give a public key of age, which begins with `age1` (`age-keygen` makes one)",
      };
    if (!isRecipient(word))
      return {
        ok: false,
        problem:
          "is no public key of age; give one like `age1…`, of 62 letters and digits, whole (`age-keygen -y key.txt` prints it)",
      };
  }
  if (words.length === 0) return { ok: false, problem: "holds no public key of age" };
  if (words.length > MOST) return { ok: false, problem: `holds more than ${MOST} public keys` };
  return { ok: true, recipients: [...new Set(words)] };
}

/** An X25519 recipient: Bech32 (BIP 173) with the prefix `age`. One wrong letter is noticed. */
function isRecipient(word: string): boolean {
  if (!/^age1[02-9ac-hj-np-z]{58}$/.test(word)) return false;
  const values = [...word.slice(4)].map((letter) => ALPHABET.indexOf(letter));
  const prefix = [..."age"].map((letter) => letter.charCodeAt(0));
  const expanded = [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31)];
  return checksum([...expanded, ...values]) === 1;
}

function checksum(values: readonly number[]): number {
  return values.reduce((sum, value) => {
    const top = sum >>> 25;
    return GENERATOR.reduce(
      (next, generator, bit) => ((top >>> bit) & 1 ? next ^ generator : next),
      ((sum & 0x1ffffff) << 5) ^ value,
    );
  }, 1);
}
