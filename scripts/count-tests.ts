/**
 * `node scripts/count-tests.ts <vitest.json> <exit code> <other failures>`: prints the last line of `.ci/run`.
 * A test file that could not be loaded, a run that ended badly with no failed test to show for it, and every failed step
 * before the tests count as one failure each.
 */
import { readFileSync } from "node:fs";

type VitestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
};

const [file = "", exitCode = "1", otherFailures = "0"] = process.argv.slice(2);

function read(): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as VitestReport;
  } catch {
    return undefined;
  }
}

const report = read();
const passed = report?.numPassedTests ?? 0;
const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
const unloaded =
  report?.testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0)
    .length ?? 0;
const inTests = (report?.numFailedTests ?? 0) + unloaded;
const unexplained = Number(exitCode) !== 0 && inTests === 0 ? 1 : 0;
const failed = inTests + unexplained + Number(otherFailures);
console.log([`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", "));
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
