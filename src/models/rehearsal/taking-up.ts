/** How a call says that it takes a decision up, where its schema asks for that: in the words of the decision, and no others. */
import type { Message, ModelCall, ToolSpec } from "../model.ts";

const field = "decision_taken_up";

type Asked = { readonly properties?: { readonly chosen?: { readonly enum?: readonly string[] } } };

type Request = { readonly messages: readonly Message[]; readonly tools: readonly ToolSpec[] };

/** The calls with that word, unless they bring one of their own. */
export function takingUp<Made extends Omit<ModelCall, "id">>(
  { messages, tools }: Request,
  calls: readonly Made[],
): Made[] {
  const decision = lastDecision(messages);
  return calls.map((call) => {
    const asked = propertiesOf(tools.find((tool) => tool.name === call.name))[field] as Asked | undefined;
    return asked && isOpen(call.args) ? { ...call, args: { ...call.args, [field]: wordOn(decision, asked) } } : call;
  });
}

/** Arguments that have no word of their own on it. */
function isOpen(args: unknown): args is object {
  return typeof args === "object" && args !== null && !Object.hasOwn(args, field);
}

function wordOn(decision: string, { properties }: Asked): Readonly<Record<string, string>> {
  const options = properties?.chosen?.enum;
  const chosen = options?.includes(decision) ? decision : options?.at(-1);
  const how = decision === "" || chosen === decision ? "as was decided" : `as was decided: ${decision}`;
  return chosen === undefined ? { how } : { chosen, how };
}

function propertiesOf(tool: ToolSpec | undefined): Readonly<Record<string, unknown>> {
  return (tool?.schema["properties"] ?? {}) as Record<string, unknown>;
}

/** What stands between `Decision:` and `Reason:` in the last answer that came back; empty where there is none. */
function lastDecision(messages: readonly Message[]): string {
  const answer = messages.findLast(
    ({ role, content }) => role !== "assistant" && content.startsWith("# Decision from "),
  );
  return /\nDecision: ([\s\S]*?)\nReason: /.exec(answer?.content ?? "")?.[1] ?? "";
}
