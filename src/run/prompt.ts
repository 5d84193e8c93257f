/**
 * The prompt of a turn: a pure function of the bound chart and the log, stable text first so that servers' prefix caches hit.
 *
 *   system  role definition, rules packs, routes with purposes               (context owned)
 *   user    the brief, then the assignment or the question of this frame     (user owned)
 *   …       the frame's transcript: replies and tool results, in log order
 */
import type { Brief } from "../briefs/brief.ts";
import { groupsOf, rulesFor, type BoundChart } from "../org/bound-chart.ts";
import { findRole } from "../org/chart.ts";
import type { Assignment, Event, EventOf, Question } from "../events/event.ts";
import type { Message } from "../models/model.ts";
import { routeLines } from "./verbs.ts";

type FrameOpened = EventOf<"frame_opened">;

export function systemPrompt(bound: BoundChart, slug: string): string {
  const role = findRole(bound.chart, slug);
  if (!role) throw new TypeError(`no role ${slug} in the bound chart`);
  const routes = (kind: "delegation" | "escalation" | "report"): string =>
    routeLines(bound.chart.routes.filter((route) => route.from === slug && route.kind === kind)) || "- none";
  const packs = rulesFor(bound, slug);
  return [
    `You are ${role.name} (\`${role.slug}\`, ${role.rank}${role.department ? `, ${role.department}` : ""}). ${role.description}`,
    role.prompt.trim(),
    ...packs.map((pack) => `# Rules: ${pack.title}\n\n${pack.body.trim()}`),
    [
      "# How work moves here",
      "Work travels only along these routes; anything else is refused. Every reply is one decision: one call that moves work or changes something, or several calls that only read.",
      `## You delegate to\n${routes("delegation")}`,
      `## You escalate to\n${routes("escalation")}`,
      `## Your reports are copied to\n${routes("report")}`,
      `## Tool groups\n${
        groupsOf(bound, slug)
          .map((group) => `- ${group}`)
          .join("\n") || "- none"
      }`,
    ].join("\n\n"),
  ].join("\n\n");
}

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

export function assignmentText(opened: Pick<FrameOpened, "from" | "rule">, assignment: Assignment): string {
  return [
    `# Your assignment, from ${opened.from}`,
    `Rule: ${opened.rule.purpose} (${opened.rule.file}:${opened.rule.line})`,
    `## Assigned task\n${assignment.task}`,
    `## Acceptance criteria\n${bullets(assignment.criteria.map((criterion) => `[${criterion.id}] ${criterion.text}`))}`,
    `## Inputs\n${bullets(assignment.inputs)}`,
    `## Constraints\n${bullets(assignment.constraints)}`,
  ].join("\n\n");
}

export function questionText(opened: Pick<FrameOpened, "from" | "kind" | "rule">, question: Question): string {
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

/** Messages of a frame, its seed's first; `length` pins how much of the log was seen. */
export function framePrompt(bound: BoundChart, brief: Brief, log: readonly Event[], frame: string): Message[] {
  const opened = log.find((event): event is FrameOpened => event.type === "frame_opened" && event.frame === frame);
  if (!opened) throw new TypeError(`no frame ${frame} in the log`);
  return [
    { role: "system", content: systemPrompt(bound, opened.to) },
    { role: "user", content: briefText(brief) },
    ...frameMessages(log, opened),
  ];
}

function frameMessages(log: readonly Event[], opened: FrameOpened): Message[] {
  const seed =
    opened.seededBy === null
      ? undefined
      : log.find((event): event is FrameOpened => event.type === "frame_opened" && event.frame === opened.seededBy);
  const before = seed ? closeOpenCalls(frameMessages(log, seed)) : [];
  const task = opened.assignment
    ? assignmentText(opened, opened.assignment)
    : questionText(opened, opened.question as Question);
  return [...before, { role: "user", content: task }, ...log.flatMap((event) => messagesOf(event, opened))];
}

/** A seed's last call is still waiting for its answer: the new frame is why. Servers refuse a call without a result. */
function closeOpenCalls(messages: readonly Message[]): Message[] {
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
      content: "Still waiting: the question below comes first.",
    })),
  ];
}

function messagesOf(event: Event, frame: FrameOpened): Message[] {
  switch (event.type) {
    case "turn_taken":
      return event.frame === frame.frame ? [{ role: "assistant", content: event.text, calls: event.calls }] : [];
    case "action_done":
      return event.frame === frame.frame
        ? event.results.map((result) => ({
            role: "tool" as const,
            callId: result.callId,
            name: result.tool,
            content: result.text,
          }))
        : [];
    case "refused":
      if (event.frame !== frame.frame) return [];
      return event.callId === null
        ? [{ role: "user", content: event.reason }]
        : [{ role: "tool", callId: event.callId, name: event.verb, content: `Refused: ${event.reason}` }];
    case "calls_returned":
      return event.frame === frame.frame
        ? event.callIds.map((callId) => ({
            role: "tool" as const,
            callId,
            name: "",
            content: `Not executed: ${event.reason}`,
          }))
        : [];
    case "copy_sent":
      return event.to === frame.to
        ? [
            {
              role: "user",
              content: `# Copy of a report for you, from ${event.from}\n\n${event.rule.purpose}\n\n${event.summary}`,
            },
          ]
        : [];
    case "run_started":
    case "frame_opened":
    case "action_proposed":
    case "action_edited":
    case "report_submitted":
    case "frame_closed":
    case "ask_raised":
    case "ask_decided":
    case "ask_withdrawn":
    case "limit_raised":
    case "chart_adopted":
    case "run_ended":
      return [];
  }
}
