/** Writes down each test of the long run as it ends, so that a run that was cut off goes on where it was. */

import { appendFileSync } from "node:fs";
import type { Reporter, TestCase } from "vitest/node";

/** One line of the results file. */
export interface LongResult {
  readonly test: string;
  readonly file: string;
  readonly outcome: "passed" | "failed" | "skipped" | "pending";
  readonly seconds: number;
  /** The sources that were tested. */
  readonly key: string;
  readonly at: string;
}

export default class LongReporter implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const { LONG_RESULTS: results = "", LONG_KEY: key = "" } = process.env;
    const { state } = test.result();
    // Those that the run was told to leave out.
    if (results === "" || state === "skipped") return;
    const line: LongResult = {
      test: test.fullName,
      file: test.module.relativeModuleId,
      outcome: state,
      seconds: Math.round((test.diagnostic()?.duration ?? 0) / 100) / 10,
      key,
      at: new Date().toISOString(),
    };
    appendFileSync(results, `${JSON.stringify(line)}\n`);
  }
}
