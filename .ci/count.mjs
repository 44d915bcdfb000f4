// Counts the tests in a JSON report of vitest, and says which failed and why.
// Arguments: the report; the file to which each failure is added. Prints `PASSED FAILED SKIPPED`.

import { appendFileSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const [, , report, failures] = process.argv;
/** Characters of each failure's message: the last lines of a log must hold them all. */
const MOST = 1_500;

const { testResults, numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
  readFileSync(report, "utf8"),
);
// A file that could not be loaded, or whose hooks failed, may have no failed test.
let broken = 0;
for (const { name, status, message, assertionResults } of testResults) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && failed.length === 0) {
    broken++;
    tell(name, "", message);
  }
  for (const { fullName, failureMessages } of failed) tell(name, fullName, failureMessages.join("\n"));
}
console.log(numPassedTests, numFailedTests + broken, numPendingTests + numTodoTests);

function tell(file, test, message) {
  const why = message.slice(0, MOST).replaceAll("\n", "\n    ");
  appendFileSync(failures, `${relative(process.cwd(), file)}: ${test}\n    ${why}\n`);
}
