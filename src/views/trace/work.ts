/** Steps by which work moves: down, up, back along the edge it came by, and in copy. */
import type { Assignment, EventOf, Question } from "../../events/event.ts";
import { measureText } from "../call-text.ts";
import { titleOf } from "../title.ts";
import type { StepDetail } from "./step.ts";
import { details, linesOf, type Draft, type Place, type Seen } from "./seen.ts";

const openVerb = {
  start: "gives the brief to",
  delegation: "delegates to",
  escalation: "escalates to",
  question: "asks",
  verification: "has its report verified by",
} as const;

export function frameOpened(event: EventOf<"frame_opened">, { seen, line }: Place): Draft {
  seen.frames.set(event.frame, event);
  seen.openedAt.set(event.frame, seen.n);
  const { assignment, question } = event;
  return {
    kind: event.kind === "verification" ? "review" : event.kind,
    from: event.from,
    to: event.to,
    ...openingWords(event, seen),
    rule: event.rule,
    frame: event.parent ?? event.frame,
    toFrame: event.frame,
    details: [
      ...(question ? questionDetails(question) : []),
      ...(assignment ? assignmentDetails(assignment, event.kind) : []),
      ...(event.kind === "delegation" ? siblingDetails(seen, line) : []),
      ...details(["fit", event.fit === null ? [] : [event.fit.toFixed(2)]]),
    ],
  };
}

/** Work that goes back is told by the reasons; its task was told before. */
function openingWords(event: EventOf<"frame_opened">, seen: Seen): Pick<Draft, "verb" | "text"> {
  const returned = seen.returned.get(event.frame);
  if (returned)
    return {
      verb: "returns its report to",
      text: returned.reasons.map(({ criterion, reason }) => `${criterion} ${reason}`).join("; "),
    };
  const text = event.assignment?.task ?? event.question?.question ?? "";
  return { verb: openVerb[event.kind], text: event.kind === "start" ? seen.title : text };
}

/** The child's own line opens the frame, and makes the step. */
export function childOpened(event: EventOf<"child_opened">, { seen }: Place): null {
  seen.children.set(event.child, event);
  return null;
}

function siblingDetails({ children }: Place["seen"], line: string): StepDetail[] {
  const own = children.get(line);
  if (!own) return [];
  const others = [...children.values()].filter(
    (each) => each.frame === own.frame && each.callId === own.callId && each.child !== line,
  );
  return details(
    ["at once with", [others.map((each) => each.to).join(", ")]],
    ["waits for", [own.wait === "all" ? "all of them" : "the first report"]],
    ["may write", own.writes],
  );
}

function questionDetails(question: Question): StepDetail[] {
  return details(
    ["topic", [`${question.topic} (${question.severity})`]],
    ["tried", linesOf(question.tried)],
    ["options", question.options],
  );
}

function assignmentDetails(assignment: Assignment, kind: string): StepDetail[] {
  return details(
    // A delegation's task is the step's own text.
    ["task", kind === "start" ? linesOf(assignment.task) : []],
    ["criteria", assignment.criteria.map((criterion) => `${criterion.id} ${criterion.text}`)],
    ["inputs", assignment.inputs],
    ["constraints", assignment.constraints],
  );
}

export function reportSubmitted(event: EventOf<"report_submitted">, { seen }: Place): Draft {
  const frame = seen.frames.get(event.frame);
  seen.reported.set(event.frame, seen.n);
  return {
    kind: "report",
    from: event.role,
    to: frame?.from ?? "user",
    verb: "submits its report to",
    text: event.report.summary,
    frame: event.frame,
    rule: frame?.rule ?? null,
    files: event.changes.files,
    measurements: event.report.measurements,
    details: reportDetails(event.report),
  };
}

/** Out of the frame that closes, into the one that opened it; the names come from the opening, so that no writer can swap them. */
export function frameClosed(event: EventOf<"frame_closed">, { seen }: Place): Draft {
  const key = event.frame;
  const frame = seen.frames.get(key);
  const draft = {
    from: frame?.to ?? event.from,
    to: frame?.from ?? event.to,
    rule: event.rule,
    frame: event.frame,
    toFrame: frame?.parent ?? null,
  };
  if (event.report) {
    const submitted = seen.reported.get(key);
    seen.reported.set(key, submitted ?? seen.n);
    return {
      ...draft,
      kind: "report",
      verb: "reports to",
      text: submitted === undefined ? event.report.summary : `the report of step ${submitted}, accepted`,
      files: [],
      measurements: event.report.measurements,
      details: submitted === undefined ? reportDetails(event.report) : [],
    };
  }
  if (event.answer) {
    return {
      ...draft,
      kind: "answer",
      verb: "answers",
      text: event.answer.decision,
      details: details(["because", linesOf(event.answer.reason)]),
    };
  }
  return { ...draft, kind: "returned", verb: "brings nothing back to", text: "the frame was dropped", ok: false };
}

/** A report is told where it was made; what ended without one is told here. */
export function childClosed(event: EventOf<"child_closed">): Draft | null {
  if (event.report) return null;
  return {
    kind: "returned",
    from: event.from,
    to: event.role,
    verb: "brings nothing back to",
    text: event.reason,
    frame: event.frame,
    ok: false,
  };
}

export function childrenStopped(event: EventOf<"children_stopped">): Draft {
  return {
    kind: "returned",
    from: event.role,
    to: null,
    verb: event.children.length === 1 ? "stops the other task" : `stops the other ${event.children.length} tasks`,
    text: event.reason,
    frame: event.frame,
  };
}

function reportDetails(report: EventOf<"report_submitted">["report"]): StepDetail[] {
  return details(
    ["criteria", report.criteria.map((row) => `${row.id} ${row.status.replace("_", " ")}: ${row.evidence}`)],
    ["measured", report.measurements.map((measured) => `${measureText(measured)} (${measured.effect})`)],
    ["artifacts", report.artifacts],
    ["limitations", report.limitations],
  );
}

export function copySent(event: EventOf<"copy_sent">, { seen }: Place): Draft {
  const report = seen.reported.get(event.frame);
  return {
    kind: "copy",
    from: event.from,
    to: event.to,
    verb: "sends a copy of its report to",
    text: report === undefined ? titleOf(event.summary) : `the report of step ${report}`,
    frame: event.frame,
    rule: event.rule,
    details: details(["summary", linesOf(event.summary)]),
  };
}
