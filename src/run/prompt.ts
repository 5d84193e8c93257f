/**
 * The prompt of a turn: a pure function of the bound chart and the log, stable text first so that servers' prefix caches hit.
 *
 *   system  role definition, rules packs, routes with purposes               (context owned)
 *   user    the brief, then the assignment or the question of this frame     (user owned)
 *   …       the frame's transcript: replies and tool results, in log order
 */
import type { Brief } from "../briefs/brief.ts";
import type { Event, EventOf, Question } from "../events/event.ts";
import type { Message } from "../models/model.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import {
  assignmentText,
  briefText,
  childText,
  closingText,
  questionText,
  reportText,
  returnedText,
  verifiedReportText,
} from "./prompt-texts.ts";
import { systemPrompt } from "./system-prompt.ts";
import { checkCallId, checkTold } from "./verification-check.ts";

type FrameOpened = EventOf<"frame_opened">;

/** Messages of a frame, its seed's first. */
export function framePrompt(bound: BoundChart, brief: Brief, log: readonly Event[], frame: string): Message[] {
  const opened = openedFrame(log, frame);
  return [
    { role: "system", content: systemPrompt(bound, opened.to) },
    { role: "user", content: briefText(brief) },
    ...frameMessages(log, opened),
  ];
}

function openedFrame(log: readonly Event[], frame: string): FrameOpened {
  const opened = log.find((event): event is FrameOpened => event.type === "frame_opened" && event.frame === frame);
  if (!opened) throw new TypeError(`no frame ${frame} in the log`);
  return opened;
}

/** A seeded frame has what its seed had seen until then, and from there on its own: nothing comes twice, and the start stays as it was. */
function frameMessages(log: readonly Event[], opened: FrameOpened): Message[] {
  const own = opened.seededBy === null ? log : log.slice(log.indexOf(opened));
  const above = log.slice(0, log.indexOf(opened));
  const returned = returnOf(above, opened);
  const answer = returned ? returnedText(returned) : undefined;
  const before = opened.seededBy === null ? [] : closeOpenCalls(seedMessages(above, opened.seededBy), answer);
  const children = openedBy(own, opened.frame);
  const answers = jointAnswers(own, opened);
  return [
    ...before,
    ...taskMessages(above, opened, returned),
    ...own.flatMap((event) => [
      ...(checkMessage(event, opened) ?? messagesOf(event, opened, children)),
      ...(answers.get(event) ?? []),
    ]),
  ];
}

/**
 * What the frame is for. Work that came back goes on where it was: its transcript ends with the reasons, and holds the task already.
 */
function taskMessages(
  above: readonly Event[],
  opened: FrameOpened,
  returned: EventOf<"report_returned"> | undefined,
): Message[] {
  if (returned && opened.seededBy !== null) return [];
  const task = opened.assignment
    ? assignmentText(opened, opened.assignment)
    : questionText(opened, opened.question as Question);
  const said: Message = { role: "user", content: task };
  const submitted = above.findLast((event) => event.type === "report_submitted");
  if (opened.kind === "verification" && submitted?.type === "report_submitted")
    return [said, { role: "user", content: verifiedReportText(submitted) }];
  if (!returned) return [said];
  const closed = above.findLast((event) => event.type === "child_closed" && event.child === returned.of);
  const report = closed?.type === "child_closed" && closed.report ? `${reportText(opened.to, closed.report)}\n\n` : "";
  return [said, { role: "user", content: `${report}${returnedText(returned)}` }];
}

function returnOf(above: readonly Event[], { frame }: FrameOpened): EventOf<"report_returned"> | undefined {
  const last = above.at(-1);
  return last?.type === "report_returned" && last.reopened === frame ? last : undefined;
}

/** The check was the runtime's own call: no reply of the model asked for it. */
function checkMessage(event: Event, opened: FrameOpened): Message[] | null {
  if (opened.kind !== "verification") return null;
  const told = checkTold(event, checkCallId(opened.frame));
  if (told === null) return null;
  const text = typeof told === "string" ? `Not run: ${told}` : `${told.result.text}\n(receipt ${told.key})`;
  return [{ role: "user", content: `# The workspace's own check, run by the runtime\n\n${text}` }];
}

/** A frame that this one opened: by which call. */
type Opening = { readonly callId: string | null; readonly verb: string };

function openedBy(log: readonly Event[], frame: string): ReadonlyMap<string, Opening> {
  const openings = new Map<string, Opening>();
  const returned = new Set<string>();
  for (const event of log) {
    if (event.type === "report_returned") returned.add(event.reopened);
    if (event.type !== "frame_opened" || event.parent !== frame) continue;
    const verb = returned.has(event.frame) ? "return_report" : verbOf(event);
    openings.set(event.frame, { callId: event.callId, verb });
  }
  return openings;
}

/** Tasks that were given out together are answered together, once the last of them is closed: by that event. */
function jointAnswers(log: readonly Event[], { frame }: FrameOpened): ReadonlyMap<Event, readonly Message[]> {
  const answers = new Map<Event, readonly Message[]>();
  const calls = new Map<string, string>();
  const open = new Map<string, Set<string>>();
  const closings = new Map<string, EventOf<"child_closed">[]>();
  for (const event of log) {
    if (event.type === "child_opened" && event.frame === frame) {
      calls.set(event.child, event.callId);
      open.set(event.callId, (open.get(event.callId) ?? new Set()).add(event.child));
    } else if (event.type === "child_closed" && event.frame === frame) {
      const call = calls.get(event.child) ?? "";
      const closed = [...(closings.get(call) ?? []), event];
      closings.set(call, closed);
      if (closed.length === open.get(call)?.size)
        answers.set(event, [toolMessage(call, "new_tasks", closed.map(childText).join("\n\n"))]);
    }
  }
  return answers;
}

function seedMessages(log: readonly Event[], seed: string): Message[] {
  return frameMessages(log, openedFrame(log, seed));
}

/** A seed's last call is still waiting for its answer: the new frame is why. Servers refuse a call without a result. */
export function closeOpenCalls(
  messages: readonly Message[],
  answer = "Still waiting: the question below comes first.",
): Message[] {
  const answered = new Set(messages.flatMap((message) => (message.role === "tool" ? [message.callId] : [])));
  const open = messages.flatMap((message) =>
    message.role === "assistant" ? message.calls.filter((call) => !answered.has(call.id)) : [],
  );
  return [
    ...messages,
    ...open.map((call): Message => ({
      role: "tool",
      callId: call.id,
      name: call.name,
      content: answer,
    })),
  ];
}

function messagesOf(event: Event, frame: FrameOpened, children: ReadonlyMap<string, Opening>): Message[] {
  switch (event.type) {
    case "turn_taken":
      return event.frame === frame.frame ? [{ role: "assistant", content: event.text, calls: event.calls }] : [];
    case "action_done":
      return event.frame === frame.frame
        ? event.results.map((result) => toolMessage(result.callId, result.tool, result.text))
        : [];
    case "refused":
      if (event.frame !== frame.frame) return [];
      return event.callId === null
        ? [{ role: "user", content: event.reason }]
        : [toolMessage(event.callId, event.verb, `Refused: ${event.reason}`)];
    case "calls_returned":
      return event.frame === frame.frame ? event.callIds.map((callId) => toolMessage(callId, "", event.reason)) : [];
    case "frame_closed": {
      const child = children.get(event.frame);
      if (child && child.callId === null && event.answer) return [{ role: "user", content: closingText(event) }];
      return child?.callId ? [toolMessage(child.callId, child.verb, closingText(event))] : [];
    }
    case "copy_sent":
      return copyMessages([event], frame.to);
    case "child_closed":
      return copyMessages(event.copies, frame.to);
    case "run_started":
    case "run_forked":
    case "child_started":
    case "child_opened":
    case "child_ended":
    case "children_stopped":
    case "ask_awaited":
    case "ask_acknowledged":
    case "vote_cast":
    case "decision_taken_up":
    case "opinion_given":
    case "frame_opened":
    case "action_proposed":
    case "action_edited":
    case "report_submitted":
    case "report_returned":
    case "report_verified":
    case "ask_raised":
    case "ask_decided":
    case "ask_withdrawn":
    case "limit_raised":
    case "chart_adopted":
    case "run_ended":
      return [];
  }
}

type Copy = EventOf<"child_closed">["copies"][number];

function copyMessages(copies: readonly Copy[], to: string): Message[] {
  return copies
    .filter((copy) => copy.to === to)
    .map(({ from, rule, summary }) => ({
      role: "user",
      content: `# Copy of a report for you, from ${from}\n\nYou get it for: ${rule.purpose}\n\n${summary}`,
    }));
}

function toolMessage(callId: string, name: string, content: string): Message {
  return { role: "tool", callId, name, content };
}

function verbOf(child: FrameOpened): string {
  const verbs = {
    start: "",
    delegation: "new_task",
    escalation: "escalate",
    question: "ask_followup_question",
    verification: "",
  };
  return verbs[child.kind];
}
