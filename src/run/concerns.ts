/**
 * What a tool finds out about a call before it runs, and what a person has to say to it: a licence, personal data that would leave the
 * machine. The tool finds, the runtime asks.
 *
 * C1. Findings are part of the action that is approved, so of its hash (R3): a person approves what was found, not only what was asked.
 * C2. They are looked for again before the call runs. What is found then and was not found when it was proposed keeps it from running.
 * C3. What a person let pass once in a line is not asked again there: a finding has an id that changes with what it is about.
 */
import type { Desk, PendingAction } from "../events/desk.ts";
import type { Action, Call, EventOf, Finding } from "../events/event.ts";
import type { Concerns } from "../tools/tool.ts";
import type { LineContext } from "./line-context.ts";
import type { Obstacle } from "./obstacle.ts";
import { toolContext } from "./tool-context.ts";

const mostFindings = 50;

/** Exactly what will happen: what its hash is made of, when it is proposed, approved, run and verified. */
export function toolAction(
  { role, findings = [] }: Pick<EventOf<"action_proposed">, "role" | "findings">,
  call: Pick<Call, "name" | "args">,
): Extract<Action, { type: "tool" }> {
  const found = findings.length === 0 ? {} : { findings };
  return { type: "tool", role, tool: call.name, args: call.args, ...found };
}

type Asking = Pick<EventOf<"action_proposed">, "role" | "key" | "frame" | "calls">;

/** What is found now. A string: why it may not run at all, whoever says so. */
export async function concernsOf(context: LineContext, asking: Asking, call: Call): Promise<Concerns> {
  const tool = context.tools.get(call.name);
  if (tool?.concerns === undefined) return { findings: [] };
  const found = await tool.concerns(toolContext(context, asking), tool.schema.parse(call.args));
  if ("refused" in found || found.findings.length <= mostFindings) return found;
  const more = found.findings.length - mostFindings;
  return {
    refused: `there are ${more} more things to be asked about than one approval can hold (${mostFindings}); make it smaller`,
  };
}

/** C3. */
export function unsaid({ accepted }: Pick<Desk, "accepted">, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ id }) => !accepted.includes(id));
}

/** C2: what keeps a call from running that could be proposed; null where nothing does. */
export async function newConcern(
  context: LineContext,
  desk: Pick<Desk, "accepted">,
  { proposed }: PendingAction,
  call: Call,
): Promise<Obstacle | null> {
  const found = await concernsOf(context, proposed, call);
  if ("refused" in found) return { code: "tool-not-granted", reason: `${call.name} was not run: ${found.refused}.` };
  const asked = new Set(proposed.findings?.map(({ id }) => id));
  const [first] = unsaid(desk, found.findings).filter(({ id }) => !asked.has(id));
  if (!first) return null;
  return {
    code: "tool-not-granted",
    reason: `${call.name} was not run: it is not what was proposed any more, for nobody was asked about this: ${first.text}. Send it again.`,
  };
}

/** What follows the question of an approval; empty where nothing was found. */
export function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return "";
  return `\n\nIt needs a person because of what was found:\n${findings.map(({ text }) => `- ${text}`).join("\n")}`;
}
