// When the public side is asked: after the look at the host, one page at a time; a look that waits for a page that does not
// come is not waited for.

import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/clock.ts";
import type { ProgramResult } from "../../src/host/host.ts";
import { type PublicProbe, seen } from "../../src/survey/survey.ts";
import { takeSurvey } from "../../src/survey/take.ts";
import { until } from "../support/clocks.ts";
import { printed, whole } from "./printed.ts";

const url = new URL("https://erp.example.com");
const silent = printed(
  whole({
    proxy: [
      ["probe proxy 0", ""],
      ["answer http:80", "curl=28\nerror=curl: (28) Operation timed out\ncode=000\n\n"],
    ],
  }),
);

/** A look whose three answers come when the test says so. */
class Bench {
  readonly asked: string[] = [];
  readonly host = Promise.withResolvers<ProgramResult>();
  readonly patience = Promise.withResolvers<void>();
  readonly #clock: Clock = {
    now: () => Date.UTC(2024, 4, 1, 10),
    monotonic: () => 0,
    sleep: async (ms, signal) => {
      this.asked.push(`to sleep ${ms} ms`);
      const aborted = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => aborted.reject(signal.reason));
      await Promise.race([this.patience.promise, aborted.promise]);
    },
  };

  /** A look for which the patience is over: the public side has been asked by then. */
  async late() {
    const look = this.look();
    this.patience.resolve();
    await until("the public side is asked", () => this.asked.includes("the public side"));
    return { look };
  }

  async look() {
    const probe = (what: string): PublicProbe => ({
      url: url.href,
      answer: { answered: false, problem: "refused", detail: what },
      headers: {},
      certificate: undefined,
    });
    const survey = await takeSurvey(
      {
        host: {
          run: async () => {
            this.asked.push("the host");
            return await this.host.promise;
          },
        },
        clock: this.#clock,
        askPublic: async () => {
          this.asked.push("the public side");
          return seen(probe(`asked ${this.asked.length}`));
        },
        learn: () => {},
      },
      { url, directory: undefined, composeFile: undefined, dbUser: undefined, module: undefined },
      { logLines: 10 },
    );
    return survey.public?.observed ? survey.public.value.answer : undefined;
  }
}

describe("the public side is asked", () => {
  it("once the host's pages have come, and not before", async () => {
    const bench = new Bench();
    const look = bench.look();
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.asked).toEqual(["to sleep 12000 ms", "the host"]);
    bench.host.resolve(await printed(whole()));
    expect(await look).toMatchObject({ detail: "asked 3" });
    expect(bench.asked).toHaveLength(3);
  });

  it("beside a look that waits for a page that does not come", async () => {
    const bench = new Bench();
    const { look } = await bench.late();
    bench.host.resolve(await silent);
    expect(await look).toMatchObject({ detail: "asked 3" });
    expect(bench.asked).toHaveLength(3);
  });

  it("anew where the look was late and pages came after all: the host may have been away", async () => {
    const bench = new Bench();
    const { look } = await bench.late();
    bench.host.resolve(await printed(whole()));
    expect(await look).toMatchObject({ detail: "asked 4" });
  });

  it("never, where the host cannot be asked", async () => {
    const bench = new Bench();
    const look = bench.look();
    bench.host.reject(new Error("the connection is gone"));
    await expect(look).rejects.toThrow("the connection is gone");
    bench.patience.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.asked).toEqual(["to sleep 12000 ms", "the host"]);
  });
});
