/**
 * What a role sees when it acts, read out of its prompt and its tools and out of nothing else.
 *
 * S1. Routes are the ones that the tools' schemas show; names are used as they are written there.
 * S2. Whatever cannot be read is empty; nothing here throws.
 */
import type { Message, ModelCall, ModelRequest, ToolSpec } from "../model.ts";
import type { Target } from "./matching.ts";
import { criteriaIn, itemsIn, sectionsIn, type Criterion } from "./sections.ts";
import { fileSlug } from "./words.ts";

export type BriefSeen = {
  readonly title: string;
  readonly task: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
};

export type AssignmentSeen = {
  readonly kind: "assignment";
  readonly from: string;
  readonly task: string;
  readonly criteria: readonly Criterion[];
  readonly inputs: readonly string[];
  readonly constraints: readonly string[];
};

export type QuestionSeen = {
  readonly kind: "question";
  readonly from: string;
  readonly purpose: string;
  readonly topic: string;
  readonly severity: string;
  readonly question: string;
  readonly tried: string;
  readonly options: readonly string[];
};

/** An own earlier call in this frame and what came of it; null while nothing came. */
export type Step = {
  readonly id: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly result: string | null;
};

export type Situation = {
  readonly role: string;
  /** As the prompt says; empty where it does not. */
  readonly rank: string;
  readonly brief: BriefSeen;
  readonly frame: AssignmentSeen | QuestionSeen;
  readonly steps: readonly Step[];
  /** Roles that this one is waiting for in frames further down the stack (its transcript seeds this frame), and topics it asked there. */
  readonly waitingFor: ReadonlySet<string>;
  readonly askedBefore: readonly string[];
  readonly tools: ReadonlyMap<string, ToolSpec>;
  readonly delegates: readonly Target[];
  readonly escalations: readonly Target[];
};

const frameStart = /^# (?:Your assignment, from|An escalation to you, from|A question to you, from) /;

export function readSituation(request: ModelRequest): Situation {
  const { messages } = request;
  const tools = new Map(request.tools.map((tool) => [tool.name, tool]));
  const system = messages.find((message) => message.role === "system")?.content ?? "";
  const named = /^You are [^\n]*?\(`([^`\n]+)`(?:, ([\p{L}-]+))?/u.exec(system);
  const users = messages.flatMap((message, index) =>
    message.role === "user" ? [{ content: message.content, index }] : [],
  );
  const start = users.findLast((message) => frameStart.test(message.content)) ?? users.at(-1);
  const earlier = stepsOfMessages(messages.slice(0, Math.max(0, start?.index ?? 0))).filter(
    (step) => step.result === null || step.result.startsWith("Still waiting"),
  );
  const brief = readBrief(users.find((message) => message.content.startsWith("# Brief:"))?.content ?? "");
  return {
    role: named?.[1] ?? "role",
    rank: named?.[2] ?? "",
    brief,
    frame: readFrame(start?.content ?? "", brief, tools),
    steps: stepsOfMessages(messages.slice((start?.index ?? -1) + 1)),
    waitingFor: new Set(earlier.flatMap((step) => [textArg(step, "mode"), textArg(step, "to")]).filter(Boolean)),
    askedBefore: earlier.map((step) => textArg(step, "topic")).filter(Boolean),
    tools,
    delegates: targetsOf(tools.get("new_task"), "mode"),
    escalations: targetsOf(tools.get("escalate"), "to"),
  };
}

const briefHeadings = [
  "Task",
  "Why it matters",
  "Where this applies",
  "When it is needed",
  "Acceptance criteria of the brief",
  "Inputs of the brief",
  "Constraints of the brief",
];

function readBrief(text: string): BriefSeen {
  const parts = sectionsIn(text, briefHeadings);
  const said = (heading: string): string => (parts[heading] === "Not said." ? "" : (parts[heading] ?? ""));
  return {
    title: /^# Brief: ([^\n]*)/.exec(text)?.[1]?.trim() ?? "",
    task: said("Task"),
    why: said("Why it matters"),
    where: said("Where this applies"),
    when: said("When it is needed"),
  };
}

function readFrame(
  text: string,
  brief: BriefSeen,
  tools: ReadonlyMap<string, ToolSpec>,
): AssignmentSeen | QuestionSeen {
  const from = /^# [^\n]*, from ([^\n]+)/.exec(text)?.[1]?.trim() ?? "";
  if (isAnswering(tools)) {
    const parts = sectionsIn(text, ["Topic", "Severity", "Question", "Tried", "Options"]);
    return {
      kind: "question",
      from,
      purpose: /\nRule: (.*) \([^()\n]*\)\n/.exec(text)?.[1] ?? "",
      topic: parts["Topic"] ?? "",
      severity: parts["Severity"] ?? "",
      question: parts["Question"] || text.trim(),
      tried: parts["Tried"] ?? "",
      options: itemsIn(parts["Options"] ?? ""),
    };
  }
  const parts = sectionsIn(text, ["Assigned task", "Acceptance criteria", "Inputs", "Constraints"]);
  return {
    kind: "assignment",
    from,
    task: parts["Assigned task"] || brief.task || text.trim(),
    criteria: criteriaIn(parts["Acceptance criteria"] ?? ""),
    inputs: itemsIn(parts["Inputs"] ?? ""),
    constraints: itemsIn(parts["Constraints"] ?? ""),
  };
}

/** A question ends with a decision, an assignment with a report: the tool says which. */
function isAnswering(tools: ReadonlyMap<string, ToolSpec>): boolean {
  return "decision" in propertiesOf(tools.get("attempt_completion"));
}

function stepsOfMessages(messages: readonly Message[]): Step[] {
  const results = new Map(
    messages.flatMap((message) => (message.role === "tool" ? [[message.callId, message.content] as const] : [])),
  );
  return messages.flatMap((message) =>
    message.role === "assistant" ? message.calls.map((call) => stepOf(call, results.get(call.id) ?? null)) : [],
  );
}

function stepOf(call: ModelCall, result: string | null): Step {
  const args = typeof call.args === "object" && call.args !== null ? (call.args as Record<string, unknown>) : {};
  return { id: call.id, name: call.name, args, result };
}

/** The properties of a tool's schema, whatever is wrong with it. */
export function propertiesOf(tool: ToolSpec | undefined): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const properties = tool?.schema["properties"];
  return typeof properties === "object" && properties !== null
    ? (properties as Record<string, Record<string, unknown>>)
    : {};
}

/** S1: the enum says who, the description's `- slug: purpose` lines say for what. */
function targetsOf(tool: ToolSpec | undefined, property: string): Target[] {
  const schema = propertiesOf(tool)[property];
  const names = Array.isArray(schema?.["enum"])
    ? schema["enum"].filter((name): name is string => typeof name === "string")
    : [];
  const lines = typeof schema?.["description"] === "string" ? schema["description"].split("\n") : [];
  return names.map((slug) => {
    const line = lines.find((each) => each.startsWith(`- ${slug}: `));
    return { slug, purpose: line === undefined ? "" : line.slice(slug.length + 4) };
  });
}

/** Steps by one of these names that brought a result. */
export function stepsOf(situation: Situation, ...names: readonly string[]): Step[] {
  return situation.steps.filter((step) => names.includes(step.name));
}

/** An argument as text; empty where it is none. */
export function textArg(step: Step, name: string): string {
  const value = step.args[name];
  return typeof value === "string" ? value : "";
}

/** Where a role's deliverable lies. Revised work lands where the first version did. */
export function deliverablePath(situation: Situation, frame: AssignmentSeen): string {
  const prefix = `deliverables/${fileSlug(situation.role, 60)}-`;
  const earlier = frame.inputs.find((path) => path.startsWith(prefix) && path.endsWith(".md"));
  const first = frame.task.trim().split("\n", 1)[0] ?? "";
  const name = (isWhole(situation, frame) && situation.brief.title) || first;
  return earlier ?? `${prefix}${fileSlug(name)}.md`;
}

/** True where the assignment is the brief itself and not a part of it. */
export function isWhole(situation: Situation, frame: AssignmentSeen): boolean {
  const plain = (text: string): string => text.replace(/\s+/g, " ").trim();
  return situation.brief.task === "" || plain(frame.task).includes(plain(situation.brief.task));
}
