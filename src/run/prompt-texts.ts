/** What a role reads, as text: the brief, what it is to do, and what came back to it. */
import type { Brief } from "../briefs/brief.ts";
import type { Assignment, EventOf, Question, Report } from "../events/event.ts";

const bullets = (items: readonly string[]): string => items.map((item) => `- ${item}`).join("\n") || "- none";

export function briefText(brief: Brief): string {
  return [
    `# Brief: ${brief.title}`,
    `## Task\n${brief.task}`,
    `## Why it matters\n${brief.why || "Not said."}`,
    `## Where this applies\n${brief.where || "Not said."}`,
    `## When it is needed\n${brief.when || "Not said."}`,
    `## Acceptance criteria of the brief\n${bullets(brief.acceptance.map((criterion) => `[${criterion.id}] ${criterion.text}`))}`,
    `## Inputs of the brief\n${bullets(brief.inputs.map((input) => (input.description ? `${input.path}: ${input.description}` : input.path)))}`,
    `## Constraints of the brief\n${bullets(brief.constraints)}`,
  ].join("\n\n");
}

export function assignmentText(opened: Pick<EventOf<"frame_opened">, "from" | "rule">, assignment: Assignment): string {
  return [
    `# Your assignment, from ${opened.from}`,
    `Rule: ${opened.rule.purpose} (${opened.rule.file}:${opened.rule.line})`,
    `## Assigned task\n${assignment.task}`,
    `## Acceptance criteria\n${bullets(assignment.criteria.map((criterion) => `[${criterion.id}] ${criterion.text}`))}`,
    `## Inputs\n${bullets(assignment.inputs)}`,
    `## Constraints\n${bullets(assignment.constraints)}`,
  ].join("\n\n");
}

export function questionText(
  opened: Pick<EventOf<"frame_opened">, "from" | "kind" | "rule">,
  question: Question,
): string {
  return [
    `# ${opened.kind === "escalation" ? "An escalation" : "A question"} to you, from ${opened.from}`,
    `Rule: ${opened.rule.purpose} (${opened.rule.file}:${opened.rule.line})`,
    `## Topic\n${question.topic}`,
    `## Severity\n${question.severity}`,
    `## Question\n${question.question}`,
    `## Tried\n${question.tried || "Nothing yet."}`,
    `## Options\n${bullets(question.options)}`,
  ].join("\n\n");
}

export function reportText(from: string, report: Report): string {
  return [
    `# Report from ${from}`,
    `## Summary\n${report.summary}`,
    `## Criteria\n${bullets(report.criteria.map((criterion) => `[${criterion.id}] ${criterion.status}: ${criterion.evidence}`))}`,
    `## Artifacts\n${bullets(report.artifacts)}`,
    `## Measurements\n${bullets(report.measurements.map(measurementText))}`,
    `## Limitations\n${bullets(report.limitations)}`,
    ...Object.entries(report.sections).map(([name, text]) => `## Section ${name}\n${text}`),
  ].join("\n\n");
}

/** As tools write them too: what can be read back can be cited. */
function measurementText({ name, value, unit, n, effect }: Report["measurements"][number]): string {
  return `${name} = ${value} ${unit}${n === undefined ? "" : `, n ${n}`} (${effect})`;
}

export function returnedText({ role, reasons }: EventOf<"report_returned">): string {
  return `Returned by ${role}:\n${bullets(reasons.map(({ criterion, reason }) => `[${criterion}] ${reason}`))}`;
}

/** What whoever verifies is given to hold against the workspace. */
export function verifiedReportText({ role, report, changes }: EventOf<"report_submitted">): string {
  const word = ({ before, after }: { readonly before: string | null; readonly after: string | null }): string =>
    before === null ? "new" : after === null ? "deleted" : "changed";
  const files = changes.files.map((file) => `${file.path} (${word(file)})`);
  return `# The report to verify\n\n${reportText(role, report)}\n\n# The change set\n\n${bullets(files)}`;
}

export function childText({ from, report, reason }: EventOf<"child_closed">): string {
  if (report) return reportText(from, report);
  return `# No report from ${from}\n\nIts task ended without one: ${reason}.`;
}

export function closingText(closed: EventOf<"frame_closed">): string {
  if (closed.report) return reportText(closed.from, closed.report);
  const decidedBy = closed.by === "person" ? `a person, as ${closed.from}` : closed.from;
  return [
    `# Decision from ${closed.from}`,
    `Decision: ${closed.answer?.decision ?? ""}`,
    `Reason: ${closed.answer?.reason ?? ""}`,
    `Decided by: ${decidedBy}`,
    "Take it up in your next step.",
  ].join("\n");
}
