/**
 * What a role sees when it acts, read out of its prompt and its tools and out of nothing else.
 *
 * S1. Routes are the ones that the tools' schemas show; names are used as they are written there.
 * S2. Whatever cannot be read is empty; nothing here throws.
 */
import type { Message, ModelCall, ModelRequest, ToolSpec } from "../model.ts";
import type { Target } from "./matching.ts";
import { readBrief, readFrame, type AssignmentSeen, type BriefSeen, type QuestionSeen } from "./frames.ts";
import { revisionAsked } from "./revision.ts";
import { nameSlug } from "./words.ts";

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
  /** True where the role's last word is a verdict on somebody's report. */
  readonly verifying: boolean;
  /** What else was said to the role, behind its assignment. */
  readonly given: readonly string[];
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
  const at = frameAt(messages);
  const waiting = stepsOfMessages(messages.slice(0, Math.max(0, at))).filter(isWaiting);
  const brief = readBrief(
    contentOf(messages, (message) => message.role === "user" && message.content.startsWith("# Brief:")),
  );
  return {
    ...readSelf(contentOf(messages, (message) => message.role === "system")),
    brief,
    frame: readFrame(messages[at]?.content ?? "", brief, isAnswering(tools)),
    steps: stepsOfMessages(messages.slice(at + 1)),
    verifying: "verdict" in propertiesOf(tools.get("attempt_completion")),
    given: messages.slice(at + 1).flatMap((message) => (message.role === "user" ? [message.content] : [])),
    waitingFor: new Set(waiting.flatMap((step) => [textArg(step, "mode"), textArg(step, "to")]).filter(Boolean)),
    askedBefore: waiting.map((step) => textArg(step, "topic")).filter(Boolean),
    tools,
    delegates: targetsOf(tools.get("new_task"), "mode"),
    escalations: targetsOf(tools.get("escalate"), "to"),
  };
}

/** Where the present assignment or question stands: the last one; else the last message of a user; -1 where there is none. */
function frameAt(messages: readonly Message[]): number {
  const marked = messages.findLastIndex((message) => message.role === "user" && frameStart.test(message.content));
  return marked >= 0 ? marked : messages.findLastIndex((message) => message.role === "user");
}

function contentOf(messages: readonly Message[], wanted: (message: Message) => boolean): string {
  return messages.find(wanted)?.content ?? "";
}

function readSelf(system: string): Pick<Situation, "role" | "rank"> {
  const named = /^You are [^\n]*?\(`([^`\n]+)`(?:, ([\p{L}-]+))?/u.exec(system);
  return { role: named?.[1] ?? "role", rank: named?.[2] ?? "" };
}

function isWaiting(step: Step): boolean {
  return step.result === null || step.result.startsWith("Still waiting");
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

/**
 * Where a role's deliverable lies: `deliverables/<brief>.md` for the whole, `deliverables/<brief>/<part>.md` for a part. Both follow
 * from the texts, so that revised work lands where the first version did.
 */
export function deliverablePath(situation: Situation, frame: AssignmentSeen): string {
  const first = frame.task.trim().split("\n", 1)[0] ?? "";
  const { title } = situation.brief;
  const whole = `deliverables/${nameSlug(title || first)}`;
  if (title === "" || isWhole(situation, frame) || revisionAsked(frame).length > 0) return `${whole}.md`;
  return `${whole}/${nameSlug(first.replace(`, for “${title}”`, ""))}.md`;
}

/** True where the assignment is the brief itself and not a part of it. */
export function isWhole(situation: Situation, frame: AssignmentSeen): boolean {
  const plain = (text: string): string => text.replace(/\s+/g, " ").trim();
  return situation.brief.task === "" || plain(frame.task).includes(plain(situation.brief.task));
}
