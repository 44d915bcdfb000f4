/** Answers without end, or that come too slowly: each is bounded by the time and the room that its program has. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "../attack.ts";
import { type Bend, framed, type ProgramName } from "../droplet.ts";
import { PAGES_THAT_STALL } from "./pages.ts";

async function* many(first: string, piece: string, times: number, pauseMs = 0): AsyncGenerator<Buffer> {
  yield Buffer.from(first);
  const bytes = Buffer.from(piece);
  for (let sent = 0; sent < times; sent++) {
    if (pauseMs > 0) await sleep(pauseMs);
    yield bytes;
  }
}

const MB = "pwn ".repeat(262_143).concat("pwn\n");

const flood: Bend = (_, { nonce }) => ({ stdout: many(`\n${nonce} begin\n`, MB, 300) });

const half: Bend = (real) => ({
  stdout: real.stdout.subarray(0, real.stdout.length / 2),
  afterwards: "stall",
});

const drip: Bend = (_, { nonce }) => ({ stdout: many(`\n${nonce} begin\n`, "p", 3_600, 1_000) });

/** In CI: each ends within a few seconds. */
export const VOLUME: readonly Attack[] = [
  {
    name: "the survey is 300 MB in one line",
    seconds: 90,
    bends: () => ({
      survey: (_, { nonce }) => ({ stdout: many(`\n${nonce} begin\n`, "p".repeat(1_048_576), 300) }),
    }),
  },
  { name: "the evidence is 300 MB", state: "odoo-stopped", seconds: 90, bends: () => ({ evidence: flood }) },
  {
    name: "standard error is 10 MB",
    seconds: 90,
    bends: () => ({ survey: (real) => ({ ...real, stderr: Buffer.alloc(10_000_000, "pwn\n") }) }),
  },
  {
    name: "the noise before the answer is 100 MB",
    seconds: 90,
    bends: () => ({ survey: () => ({ stdout: many("", MB, 100) }) }),
  },
];

/** For the long run: as long as a program may take on the host, a minute and a half. */
export const STALLS: readonly Attack[] = [
  ...(["survey", "evidence"] as const).flatMap((program: ProgramName): Attack[] => [
    {
      name: `the ${program} stalls for ever in the middle`,
      state: "odoo-stopped",
      seconds: 300,
      bends: () => ({
        [program]: half,
      }),
    },
    {
      name: `the ${program} comes a byte a second`,
      state: "odoo-stopped",
      seconds: 300,
      bends: () => ({
        [program]: drip,
      }),
    },
  ]),
  {
    name: "the lease is never answered",
    state: "odoo-stopped",
    mode: "recover",
    seconds: 300,
    bends: () => ({ acquire: () => ({ stdout: Buffer.alloc(0), afterwards: "stall" }) }),
  },
  {
    name: "a step runs for ever",
    state: "odoo-stopped",
    mode: "recover",
    inputs: { command_timeout: "10s" },
    seconds: 300,
    bends: () => ({
      attach: async (_, { nonce }) => {
        await sleep(1_000);
        return framed(`\n${nonce} section log\n\n${nonce} section state\nrunning\n`, nonce);
      },
    }),
  },
  {
    name: "the log of a step never ends",
    state: "odoo-stopped",
    mode: "recover",
    inputs: { command_timeout: "10s" },
    seconds: 300,
    bends: () => ({
      attach: (_, { nonce }) =>
        framed(`\n${nonce} section log\n${"pwn\n".repeat(65_536)}\n${nonce} section state\nended 0\n`, nonce),
    }),
  },
  ...PAGES_THAT_STALL,
];
