// What a host in an attacker's hands may print: bytes of any kind, as one answer through the real cutting into sections.

import { sections } from "../../src/host/frame.ts";
import type { ProgramResult } from "../../src/host/host.ts";
import { textOf } from "../../src/host/text.ts";

const NONCE = "0123456789abcdef0123456789abcdef";

/** An answer of these sections, without a host that prints it: sixteen megabytes would take a real one a while. */
export function answered(
  parts: readonly (readonly [name: string, body: string | Uint8Array])[],
): ProgramResult {
  const output = Buffer.concat(
    parts.flatMap(([name, body]) => [Buffer.from(`\n${NONCE} section ${name}\n`), Buffer.from(body)]),
  );
  return {
    status: 0,
    output,
    text: textOf(output.subarray(0, 1_000)),
    sections: sections(output, NONCE),
    truncated: false,
    stderr: "",
  };
}

/** @returns the most milliseconds that the work computed without letting anything else of the process go on */
export async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let working = true;
  let [time, processor] = [performance.now(), process.cpuUsage()];
  const look = (): void => {
    const { user, system } = process.cpuUsage(processor);
    // As in cpuTime: what others computed meanwhile does not count, and never more than went by.
    longest = Math.max(longest, Math.min((user + system) / 1000, performance.now() - time));
    [time, processor] = [performance.now(), process.cpuUsage()];
    if (working) setImmediate(look);
  };
  setImmediate(look);
  await new Promise((resolve) => setImmediate(resolve));
  longest = 0;
  await work();
  look();
  working = false;
  return longest;
}
