// A program's output is found in whatever else the host prints, however the network cuts it into pieces.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Framed, FrameReader, sections } from "../../src/host/frame.ts";
import { textOf } from "../../src/host/text.ts";
import { cpuTime } from "../support/cpu-time.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes that live buffers hold. The memory of dead ones is given back by another thread, some time after a collection. */
async function heldBytes(): Promise<number> {
  let least = Infinity;
  for (let attempt = 0; attempt < 10; attempt++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 20));
    least = Math.min(least, process.memoryUsage().arrayBuffers);
  }
  return least;
}

const NONCE = "0123456789abcdef0123456789abcdef";
const OTHER = "fedcba9876543210fedcba9876543210";
const MANY = 1_000_000;

const begin = (nonce = NONCE): string => `\n${nonce} begin\n`;
const end = (status: number | string, nonce = NONCE): string => `\n${nonce} end ${status}\n`;

function bytes(...parts: (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** Reads a stream cut at the given places. */
function readCut(stream: Buffer, cuts: readonly number[], most = MANY): Framed {
  const reader = new FrameReader(NONCE, most);
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const place of [...places, stream.length]) {
    reader.push(stream.subarray(from, place));
    from = place;
  }
  return reader.result();
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });
/** What a host may print beside our program: bytes, and text that looks nearly like a marker. */
const rubbish: fc.Arbitrary<Buffer> = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc
        .constantFrom(
          "Welcome to Ubuntu 24.04\n",
          "no line end",
          begin(OTHER),
          end(0, OTHER),
          `${NONCE} begin`,
          `\n${NONCE}`,
          `\n${NONCE} beg`,
          `\n${NONCE} en`,
          "\n",
          "\n\n",
        )
        .map((text) => Buffer.from(text)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts));
const status = fc.integer({ min: 0, max: 255 });

describe("the frame reader", () => {
  it("finds the output and the status, whatever is around them and wherever the stream is cut", () => {
    fc.assert(
      fc.property(rubbish, rubbish, status, rubbish, cuts, (noise, output, code, after, places) => {
        fc.pre(!bytes(noise, "\n").includes(begin()) && !bytes(output, "\n").includes(`\n${NONCE} end `));
        const framed = readCut(bytes(noise, begin(), output, end(code), after), places);
        expect(framed).toMatchObject({ begun: true, status: code, truncated: false });
        expect(framed.output.equals(output)).toBe(true);
        expect(framed.noise).toBe(textOf(noise.subarray(0, 4096)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads a stream that arrives byte by byte, status digits included", () => {
    const stream = bytes("motd", begin(), "über\0\xff\n\n", end(137), "bye");
    const framed = readCut(stream, [...stream.keys()]);
    expect(framed).toMatchObject({ begun: true, status: 137, truncated: false, noise: "motd" });
    expect(framed.output).toEqual(Buffer.from("über\0\xff\n\n"));
  });

  it("has no status while the digits may go on", () => {
    const reader = new FrameReader(NONCE, MANY);
    reader.push(bytes(begin(), "out", `\n${NONCE} end 1`));
    expect(reader.result().status).toBeUndefined();
    reader.push(bytes("2"));
    expect(reader.result().status).toBeUndefined();
    reader.push(bytes("\n"));
    expect(reader.result().status).toBe(12);
  });

  it("takes nothing for an end that has no status", () => {
    fc.assert(
      fc.property(fc.constantFrom("", "x", "1x\n", "-1\n", "1234\n", "  \n"), cuts, (rest, places) => {
        const fake = `before\n${NONCE} end ${rest}after`;
        const framed = readCut(bytes(begin(), fake, end(3)), places);
        expect(framed).toMatchObject({ begun: true, status: 3 });
        expect(framed.output.toString()).toBe(fake);
      }),
    );
  });

  it("takes nothing from before the beginning, nor after the end, for output", () => {
    const framed = readCut(
      bytes(begin(OTHER), "not ours", end(0, OTHER), begin(), "ours", end(5), "late", end(0)),
      [],
    );
    expect(framed).toMatchObject({ status: 5, noise: `${begin(OTHER)}not ours${end(0, OTHER)}` });
    expect(framed.output.toString()).toBe("ours");
  });

  it("says that a program has not begun, and what was printed instead", () => {
    fc.assert(
      fc.property(rubbish, cuts, (noise, places) => {
        fc.pre(!bytes(noise, "\n").includes(begin()));
        const framed = readCut(noise, places);
        expect(framed).toMatchObject({ begun: false, status: undefined });
        expect(framed.output).toHaveLength(0);
        expect(framed.noise).toBe(textOf(noise.subarray(0, 4096)));
      }),
    );
  });

  it("hands out what came of a program whose end is missing", () => {
    fc.assert(
      fc.property(rubbish, cuts, (output, places) => {
        fc.pre(!bytes(output, "\n").includes(`\n${NONCE} end `));
        const framed = readCut(bytes("noise", begin(), output), places);
        expect(framed).toMatchObject({ begun: true, status: undefined, noise: "noise" });
        expect(framed.output.equals(output)).toBe(true);
      }),
    );
  });

  it("keeps no more output than allowed, says so, and still sees the end", () => {
    fc.assert(
      fc.property(fc.nat({ max: 300 }), fc.nat({ max: 300 }), status, cuts, (length, most, code, places) => {
        const output = Buffer.alloc(length, "0123456789");
        const framed = readCut(bytes(begin(), output, end(code)), places, most);
        expect(framed.status).toBe(code);
        expect(framed.truncated).toBe(length > most);
        expect(framed.output.equals(output.subarray(0, most))).toBe(true);
      }),
    );
  });

  it.each([
    ["before the program begins", ""],
    ["within the program's output", begin()],
    ["after an end without a status", `${begin()}\n${NONCE} end x`],
  ])("needs the same memory for a line of 50 MB as for a short one, %s", async (_, first) => {
    const reader = new FrameReader(NONCE, 1_000);
    const chunk = Buffer.alloc(64 * 1024, "x");
    reader.push(bytes(first));
    const before = await heldBytes();
    const took = cpuTime(() => {
      for (let sent = 0; sent < 50_000_000; sent += chunk.length) reader.push(chunk);
    }, 5_000);
    expect(took).toBeLessThan(5_000);
    expect((await heldBytes()) - before).toBeLessThan(20_000_000);
    reader.push(bytes(first === "" ? begin() : "", end(0)));
    expect(reader.result().status).toBe(0);
    expect(reader.result().output.length).toBeLessThanOrEqual(1_000);
  });
});

const mark = (name: string): string => `\n${NONCE} section ${name}\n`;
const sectionName = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}( [A-Za-z0-9._/-]{1,40}){0,2}$/);

describe("sections", () => {
  it("come back with their names and bodies, binary ones included", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(sectionName, rubbish), { maxLength: 8 }), rubbish, (parts, front) => {
        const looksLikeMark = (body: Buffer): boolean =>
          bytes("\n", body, "\n").includes(`\n${NONCE} section `);
        fc.pre(!looksLikeMark(front) && !parts.some(([, body]) => looksLikeMark(body)));
        const output = bytes(front, ...parts.flatMap(([name, body]) => [mark(name), body]));
        const found = sections(output, NONCE);
        expect(found.map(({ name }) => name)).toEqual(parts.map(([name]) => name));
        expect(found.map(({ body }) => body.toString("hex"))).toEqual(
          parts.map(([, body]) => body.toString("hex")),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("may stand at the very beginning without the line feed before them", () => {
    expect(sections(bytes(`${NONCE} section a\nbody`), NONCE)).toEqual([
      { name: "a", body: Buffer.from("body") },
    ]);
  });

  it("may be empty, one directly after the other", () => {
    expect(sections(bytes(mark("a"), mark("b"), mark("c")), NONCE)).toEqual(
      ["a", "b", "c"].map((name) => ({ name, body: Buffer.alloc(0) })),
    );
  });

  it("of another nonce are only text", () => {
    const text = `\n${OTHER} section forged\n`;
    expect(sections(bytes(mark("log"), text), NONCE)).toEqual([{ name: "log", body: Buffer.from(text) }]);
  });

  it("whose opening line was cut off are left out", () => {
    expect(sections(bytes(mark("a"), "x", `\n${NONCE} section b`), NONCE)).toEqual([
      { name: "a", body: Buffer.from("x") },
    ]);
  });
});
