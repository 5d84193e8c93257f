/**
 * Verifying somebody else's report, where the one tool that ends the part asks for a verdict.
 *
 * K1. A criterion holds only where a measurement that the report cites reaches what it asks for; it fails where that measurement misses it
 *     and the report says otherwise. A criterion in prose is left open: a reader judges it.
 * K2. What a check of the workspace failed goes back.
 */
import { readReport, type ReportRead } from "./answers.ts";
import { judge } from "./criteria.ts";
import type { AssignmentSeen } from "./frames.ts";
import { move, type Move } from "./move.ts";
import type { Criterion } from "./sections.ts";
import type { Situation } from "./situation.ts";

type Verdict = { readonly id: string; readonly verdict: "holds" | "fails" | "open"; readonly reason: string };

export function verifyReport({ given }: Situation, { from, criteria }: AssignmentSeen): Move {
  const report = given.map(reportIn).find((each) => each !== null) ?? null;
  const failed = given.map(failedCheck).find((line) => line !== null) ?? null;
  const verdicts = criteria.map((criterion) => verdictOn(criterion, report));
  const fails = verdicts.filter((each) => each.verdict === "fails");
  const returned = failed !== null || fails.length > 0;
  const open = verdicts.filter((each) => each.verdict === "open").length;
  const found = `${criteria.length - open - fails.length} of ${criteria.length} criteria hold by what was measured, ${fails.length} fail, ${open} are for a reader`;
  const summary = `A rehearsed look at the report of ${from}: ${found}.${failed === null ? "" : ` The check failed: ${failed}`}`;
  return move(
    returned ? "This does not hold; it goes back." : "Nothing measured speaks against it.",
    "attempt_completion",
    {
      verdict: returned ? "return" : "accept",
      summary,
      criteria: verdicts,
    },
  );
}

function reportIn(text: string): ReportRead | null {
  const at = text.indexOf("# Report from ");
  return text.startsWith("# The report to verify") && at >= 0
    ? readReport(text.slice(at).replace(/\n# The change set[\s\S]*$/, ""))
    : null;
}

function failedCheck(text: string): string | null {
  const said = /^# The workspace's own check[^\n]*\n\n([^\n]*)/.exec(text)?.[1];
  return said === undefined ||
    said.startsWith("Not run:") ||
    said.startsWith("Nothing was run") ||
    said === "Exit code 0."
    ? null
    : said;
}

/** K1. */
function verdictOn(criterion: Criterion, report: ReportRead | null): Verdict {
  const { id } = criterion;
  const claimed = report?.criteria.find((each) => each.id === id)?.status;
  const { status, evidence } = judge(criterion, {
    measurements: report?.measurements ?? [],
    written: null,
    others: new Map(),
  });
  if (status === "met" && claimed !== "not_met") return { id, verdict: "holds", reason: evidence };
  if (status === "not_met" && claimed === "met") return { id, verdict: "fails", reason: evidence };
  return {
    id,
    verdict: "open",
    reason: status === "not_met" ? `reported as it is: ${evidence}` : "for a reader to judge",
  };
}
