// Text that nobody meant: bytes that were no text, and characters from anywhere.

import fc from "fast-check";

export function garbage(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    fc.string({ unit: "grapheme", minLength, maxLength }),
  );
}
