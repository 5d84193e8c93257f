/**
 * `node scripts/count-tests.ts <vitest.json> <exit code> <other failures>`: prints the last line of `.ci/run`.
 * What counts as a failure besides failed tests: a test that began and never ended, a file that could not be loaded, a run
 * that ended badly, or ran nothing, with no failed test to show for it, and every failed step before the tests.
 */
import { readFileSync } from "node:fs";

type TestFile = { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] };

const [path = "", exitCode = "1", otherFailures = "0"] = process.argv.slice(2);

function readFiles(): readonly TestFile[] {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as { testResults: TestFile[] }).testResults;
  } catch {
    return [];
  }
}

const files = readFiles();
const count = (...statuses: string[]): number =>
  files.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length;

const passed = count("passed");
const skipped = count("skipped", "todo", "disabled");
const unloaded = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
const inTests = count("failed", "pending") + unloaded;
const unexplained = inTests === 0 && (Number(exitCode) !== 0 || passed === 0) ? 1 : 0;
const failed = inTests + unexplained + Number(otherFailures);
console.log([`${passed} passed`, `${failed} failed`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(", "));
process.exitCode = failed > 0 ? 1 : 0;
