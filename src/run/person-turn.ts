/**
 * The turn of a role that a person staffs: they are asked, with whatever came back to them meanwhile.
 *
 * T1. What they handed up, or what was handed up because they were late, comes back through them and needs no word of theirs: a decision
 *     on a question goes on down to who asked.
 * T2. What they gave out comes back as a report, and they are asked again with it: what they make of it is theirs to say.
 */
import type { DeskFrame } from "../events/desk.ts";
import type { Answer, Assignment, Event, EventOf, Question, Report } from "../events/event.ts";
import { verdictTopic } from "../events/verdict-ask.ts";
import { USER } from "../org/chart.ts";
import { deadlineFor } from "../org/workflow-terms.ts";
import { raiseAsk, type NewAsk } from "./asks.ts";
import { submit } from "./closing.ts";
import { closeWithAnswer, closeWithReport } from "./frame-closing.ts";
import { closeUndone } from "./handed-on.ts";
import type { Turn } from "./refusal.ts";
import { seatOf } from "./seats.ts";
import { checkOf, checkText } from "./verification-check.ts";

/** Something that came back to a frame: what it had opened, and what came of it. */
type CameBack = { readonly opened: EventOf<"frame_opened">; readonly closed: EventOf<"frame_closed"> };

export async function personTurn(turn: Turn, log: readonly Event[]): Promise<void> {
  const { frame } = turn;
  const back = cameBack(log, frame);
  const last = back.at(-1);
  const answer = last?.opened.kind === "escalation" ? last.closed.answer : null;
  if (last && answer && frame.opened.question) return closeWithAnswer(turn, answer, last.closed.by); // T1
  if (last && answer && endsUndone(last, answer)) return closeAsUndone(turn, last, answer);
  const { question, assignment } = frame.opened;
  const words = question ? questionWords(frame, question) : assignmentWords(assignment);
  askPerson(turn, back, frame.kind === "verification" ? verdictWords(turn, log, words) : words);
}

function cameBack(log: readonly Event[], frame: DeskFrame): readonly CameBack[] {
  const opened = new Map<string, EventOf<"frame_opened">>();
  const back: CameBack[] = [];
  for (const event of log) {
    if (event.type === "frame_opened" && event.parent === frame.id) opened.set(event.frame, event);
    if (event.type !== "frame_closed") continue;
    const child = opened.get(event.frame);
    if (child) back.push({ opened: child, closed: event });
  }
  return back;
}

function endsUndone({ opened }: CameBack, { decision }: Answer): boolean {
  const offered = opened.question?.options.includes(closeUndone) ?? false;
  return offered && decision.startsWith(closeUndone.slice(0, -1));
}

async function closeAsUndone(turn: Turn, { closed }: CameBack, { reason }: Answer): Promise<void> {
  const why = `${closed.from} decided not to wait for ${turn.frame.role} any longer: ${reason}`;
  const report: Report = {
    summary: `Not done. ${why}`,
    criteria: (turn.frame.opened.assignment?.criteria ?? []).map(({ id }) => ({
      id,
      status: "not_met",
      evidence: why,
    })),
    artifacts: [],
    measurements: [],
    limitations: ["Nobody worked on it."],
    resources: "",
    sections: {},
  };
  if (turn.frame.kind === "start") await submit(turn, { id: turn.frame.id }, report);
  else closeWithReport(turn, report, closed.by);
}

/** A frame whose role a person fills: its question or assignment becomes an ask. */
function askPerson({ context, desk, batch, frame }: Turn, back: readonly CameBack[], words: Words): void {
  const { rule, from } = frame.opened;
  const { workflow } = context.bound;
  const staffing = workflow.staffing[frame.role];
  raiseAsk(context, desk, batch, {
    frame,
    role: frame.role === USER ? from : frame.role,
    ...(staffing?.by === "person" && staffing.name !== undefined ? { to: staffing.name } : {}),
    rule,
    minutes: deadlineFor(workflow, words.severity),
    ...(frame.role === USER ? {} : { seat: seatOf(context.bound, desk.frames, frame) }),
    ...words,
    question: [words.question, ...back.map(backWords)].join("\n\n"),
  });
}

type Words = Pick<NewAsk, "kind" | "topic" | "question" | "options"> & Required<Pick<NewAsk, "severity">>;

function questionWords(frame: DeskFrame, question: Question): Words {
  return {
    kind: frame.kind === "escalation" ? "escalation" : "question",
    topic: question.topic,
    question: question.tried ? `${question.question}\n\nTried so far: ${question.tried}` : question.question,
    options: numbered(question.options),
    severity: question.severity,
  };
}

function assignmentWords(assignment: Assignment | null): Words {
  const criteria = (assignment?.criteria ?? []).map((criterion) => `- [${criterion.id}] ${criterion.text}`).join("\n");
  const task = assignment?.task ?? "";
  return {
    kind: "assignment",
    topic: "assignment",
    question: criteria ? `${task}\n\nAcceptance criteria:\n${criteria}` : task,
    severity: "medium",
  };
}

/** What a model that verifies is shown as well, and what the two decisions mean here. */
function verdictWords({ context, desk, frame }: Turn, log: readonly Event[], words: Words): Words {
  const report = desk.submitted?.report;
  const check = checkOf(context.bound.workflow, log, frame.id);
  const parts = [
    words.question,
    [`Reported by ${frame.from}: ${report?.summary ?? ""}`, ...criteriaLines(report)].join("\n"),
    ...(check ? [`Check: ${checkText(check)}`] : []),
    check?.state === "failed"
      ? "The check failed, so the report is returned whatever you decide: with your words."
      : "An answer accepts the report, in your own words; a rejection returns it, with the reason.",
  ];
  return { ...words, topic: verdictTopic, question: parts.join("\n\n") };
}

function criteriaLines(report: Report | null | undefined): string[] {
  return (report?.criteria ?? []).map(({ id, status, evidence }) => `- [${id}] ${status}: ${evidence}`);
}

/** Options of a question, numbered so that an answer can be one figure. */
function numbered(options: readonly string[]): { id: string; text: string }[] {
  return options.map((text, index) => ({ id: String(index + 1), text }));
}

/** T2. */
function backWords({ opened, closed }: CameBack): string {
  if (closed.answer) return `Decision from ${closed.from}: ${closed.answer.decision} (${closed.answer.reason})`;
  const task = opened.assignment?.task.split("\n")[0] ?? "";
  return [
    `Report from ${closed.from} on “${task}”: ${closed.report?.summary ?? "none"}`,
    ...criteriaLines(closed.report),
  ].join("\n");
}
