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
  return calls.map((call) => {
    const asked = propertiesOf(tools.find((tool) => tool.name === call.name))[field] as Asked | undefined;
    if (!asked || typeof call.args !== "object" || call.args === null || Object.hasOwn(call.args, field)) return call;
    const decision = lastDecision(messages);
    const options = asked.properties?.chosen?.enum;
    const chosen = options?.includes(decision) ? decision : options?.at(-1);
    const how = decision === "" || chosen === decision ? "as was decided" : `as was decided: ${decision}`;
    return { ...call, args: { ...call.args, [field]: { ...(chosen === undefined ? {} : { chosen }), how } } };
  });
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
