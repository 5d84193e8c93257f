/**
 * The workspace's own check of a report, `verify.command` of the workflow: run by the runtime in the verification's frame, before anybody judges.
 *
 * X1. It is an effect like any other: the same sandbox (R7), the same approvals (R3), the same ledger (D3). No role asked for it, and none needs
 *     the tool for it: only exactly this command, and only as the first thing in that frame. It sees the workspace and writes nothing to it.
 * X2. *Passed* is an exit code of 0 in a receipt that names exactly this command. Whatever else came of it (no sandbox, a rejection, arguments that
 *     a person changed, a word in place of a receipt) is *not run*, and never counts as passed.
 */
import { canonicalJson } from "../canonical.ts";
import type { Call, Event, ToolResult, WorkspaceCheck } from "../events/event.ts";
import { commandPolicy, commandTool } from "../org/command-policy.ts";
import type { Workflow } from "../org/workflow.ts";

const longestTimeout = 3600;

/** The id of the check's call: no turn of a role made it. */
export function checkCallId(frame: string): string {
  return `${frame}-check`;
}

/** The call of the check; null where the workflow names no command. */
export function checkCall(workflow: Workflow, frame: string): Call | null {
  const command = workflow.verify?.command;
  if (command === undefined) return null;
  const seconds = Math.min(longestTimeout, commandPolicy(workflow).timeoutSeconds);
  const args = { command: [...command], timeout_seconds: seconds, network: false };
  return { id: checkCallId(frame), name: commandTool, args };
}

/** X1: whether a call is the check of the workflow, to the letter. */
export function isCheck(workflow: Workflow, frame: string, call: Call): boolean {
  const check = checkCall(workflow, frame);
  return check !== null && canonicalJson(check) === canonicalJson({ id: call.id, name: call.name, args: call.args });
}

/** What came of the check in this frame; null where the workflow names none. */
export function checkOf(workflow: Workflow, log: readonly Event[], frame: string): WorkspaceCheck | null {
  const command = workflow.verify?.command;
  if (command === undefined) return null;
  const id = checkCallId(frame);
  for (const event of log) {
    const told = checkTold(event, id);
    if (told === null) continue;
    if (typeof told === "string") return { command: [...command], state: "not_run", effect: null, reason: told };
    return { command: [...command], ...stateOf(told.result, command), effect: told.key };
  }
  return { command: [...command], state: "not_run", effect: null, reason: "nothing tells how it ended" };
}

/** The event by which the check was settled, read: its result, or why there is none; null for every other event. */
export function checkTold(
  event: Event,
  id: string,
): string | { readonly result: ToolResult; readonly key: string } | null {
  if (event.type === "action_done") {
    const result = event.results.find((each) => each.callId === id);
    return result ? { result, key: event.key } : null;
  }
  if (event.type === "calls_returned") return event.callIds.includes(id) ? event.reason : null;
  return event.type === "refused" && event.callId === id ? event.reason : null;
}

/** X2. */
function stateOf(result: ToolResult, command: readonly string[]): Pick<WorkspaceCheck, "state" | "reason"> {
  const { receipt, ok, text } = result;
  const reason = text.split("\n", 1)[0] ?? "";
  if (!receipt || canonicalJson(receipt.detail["command"] ?? null) !== canonicalJson(command))
    return { state: "not_run", reason };
  return { state: ok && receipt.detail["exitCode"] === 0 ? "passed" : "failed", reason };
}

/** `npm test: failed (Exit code 1.), receipt r-7f3a9c.1/e12`. */
export function checkText({ command, state, effect, reason }: WorkspaceCheck): string {
  const words = { passed: "passed", failed: "failed", not_run: "not run, so not verified" }[state];
  return `${command.join(" ")}: ${words} (${reason})${effect === null ? "" : `, receipt ${effect}`}`;
}
