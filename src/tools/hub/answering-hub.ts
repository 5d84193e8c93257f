/** The body of a tool that asks the Hub: what the Hub or the way to it does wrong becomes an answer, with the code and what to do. */
import { isCadreError, type ErrorCode } from "../../errors.ts";
import type { Hub } from "../../models/hub/hub.ts";
import { failed } from "../answer.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tool.ts";
import type { HubSource } from "./source.ts";

export async function askingHub(
  source: HubSource,
  context: ToolContext,
  body: (hub: Hub) => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  const off = source.off();
  if (off !== null) return failed(`The Hub was not asked: ${off}.`);
  context.signal.throwIfAborted();
  try {
    return await body(source.open(context.signal));
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isCadreError(error) || !(error.code.startsWith("hub-") || error.code === "config-invalid")) throw error;
    return failed([`[${error.code}] ${error.message}`, error.hint, ways[error.code]].filter(Boolean).join(" "));
  }
}

/** What is left to a role, where what to mend is not its own. */
const ways: Partial<Record<ErrorCode, string>> = {
  "hub-unreachable": "Go on without the Hub, and say in the report what was not looked up.",
  "hub-auth": "Where it is needed, escalate it.",
};

export function hubAvailability(source: HubSource, name: string): Tool["available"] {
  const off = source.off();
  return off === null
    ? undefined
    : { no: `${name} is not available: ${off}. Say in your report what was not looked up.` };
}
