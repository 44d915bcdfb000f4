// A host that says of a step what it likes: that it runs for ever, or that it never stops printing.

import { expect, it } from "vitest";
import { followed, followStep } from "../../src/host/steps/step.ts";
import type { Transport } from "../../src/host/transport.ts";
import { VirtualClock } from "../support/clocks.ts";
import { openHost, temporaryPlace } from "../support/hosts.ts";

/** Attaches to a step of which the host prints this; each look takes five seconds. */
async function follow(log: (look: number) => string, state: (look: number) => string) {
  using place = temporaryPlace();
  const clock = new VirtualClock();
  let look = 0;
  const exec: Transport["exec"] = async (_, { stdin, onStdout }) => {
    const [, nonce = ""] = /^FRAME=(\w+)$/m.exec(String(stdin)) ?? [];
    clock.pass(5_000);
    const sections = `\n${nonce} section log\n${log(look)}\n${nonce} section state\n${state(look)}\n`;
    look += 1;
    await onStdout(Buffer.from(`\n${nonce} begin\n${sections}\n${nonce} end 0\n`));
    return { code: 0, signal: null };
  };
  const { host } = await openHost(
    async () => ({ description: "a droplet", identity: "local", exec, close: async () => {} }),
    clock,
  );
  let output = "";
  const end = await followStep(host, place.place, { name: "01234567-1-x", seconds: 60 }, (text) => {
    output += text;
  }).catch((error: unknown) => error);
  return { end, output, looks: look };
}

/** As much as one look brings home. */
const FULL = "a line\n".repeat(40_000).slice(0, 262_144);

it("is followed for its time, and then the host is no longer believed", async () => {
  const { end, looks, output } = await follow(
    (look) => (look === 0 ? "began\n" : ""),
    () => "running",
  );
  expect(end).toMatchObject({
    problem: "timed-out",
    message: "The step 01234567-1-x did not end within 60 s",
  });
  expect(looks).toBe(12);
  expect(output).toBe("began\n");
});

it("is not followed for ever because its output goes on, of which the beginning and the end are kept", async () => {
  const { end, output } = await follow(
    (look) => (look === 0 ? `first\n${FULL}`.slice(0, FULL.length) : FULL),
    () => "ended 0",
  );
  expect(end).toMatchObject({ problem: "timed-out" });
  expect(output.length).toBeLessThan(1_800_000);
  expect(output).toMatch(/^first\n/);
  expect(output).toMatch(/\[\d+ characters are left out here\]\n/);
});

it("keeps the last words of one that printed too much", async () => {
  const { end, output } = await follow(
    (look) => (look < 9 ? FULL : "\nrefused: the last words\n"),
    () => "ended 9",
  );
  expect(end).toEqual({ outcome: "ended", status: 9 });
  expect(output).toMatch(/\nrefused: the last words\n$/);
});

it("has time for its put-back where it has one", () => {
  const without = followed("x", 10, false);
  const withOne = followed("x", 10, true);
  expect(without.seconds).toBe(70);
  // One that waits for another put-back, and one try (start.sh: flock -w 300, timeout -k 10 1200).
  expect(withOne.seconds).toBe(70 + 300 + 1_210);
});
