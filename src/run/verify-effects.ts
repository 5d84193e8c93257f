/**
 * What was done, and with whose leave: the log against the approvals in it and against the ledger.
 *
 * R3. Every effect that ran has the hash that was proposed, or that a person's edit gave it; an approval stands before it where the chart
 *     asks for one; and a run finished only with the change set that was signed off, where the chart asks for that.
 * R4. One decision, one effect: no key is done twice.
 * D3. Log and ledger agree: every turn and every effect has its row, with this outcome; and no row holds an outcome that the log does not
 *     tell, but for the last, which a line that was cut off has still to take up.
 */
import { canonicalJson, hashOf } from "../canonical.ts";
import type { Desk } from "../events/desk.ts";
import { toolResultSchema, type Event, type EventOf } from "../events/event.ts";
import { modelCallKey } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { EffectRow } from "../store/ports.ts";
import { approvalPolicy } from "./granted.ts";

/** `index`: of the event in its line. */
export type Found = { readonly index: number; readonly what: string };

type Rows = ReadonlyMap<string, EffectRow>;

/** In words; null where nothing is wrong. `before`: the desk that the event met. */
export function effectProblem(event: Event, before: Desk, bound: BoundChart, rows: Rows): string | null {
  if (event.type === "turn_taken") return modelRowProblem(event, rows.get(event.key));
  if (event.type === "action_proposed") return proposalProblem(event, bound);
  if (event.type === "action_edited") return editProblem(event, before);
  if (event.type === "frame_closed") return closingProblem(event, before, bound);
  if (event.type !== "action_done") return null;
  return (
    doneProblem(event, before) ?? (event.hash === null ? null : toolRowProblem(event, before, rows.get(event.key)))
  );
}

function modelRowProblem(event: EventOf<"turn_taken">, row: EffectRow | undefined): string | null {
  if (!row || row.kind !== "model" || row.outcome === null) return `the ledger holds no reply for ${event.key} (D3)`;
  const { prompt, model } = row.intent as { prompt?: unknown; model?: unknown };
  const { reply } = row.outcome as { reply?: { text?: unknown; calls?: unknown } };
  const same =
    prompt === event.prompt &&
    model === event.model &&
    reply?.text === event.text &&
    canonicalJson(reply.calls ?? null) === canonicalJson(event.calls);
  return same ? null : `the ledger holds another prompt or reply for ${event.key} (D3)`;
}

function proposalProblem(event: EventOf<"action_proposed">, bound: BoundChart): string | null {
  if (event.access === "read") return null;
  const [call] = event.calls;
  if (!call || event.calls.length > 1) return "more than one effect was proposed in one reply (R4)";
  if (event.hash !== hashOf({ type: "tool", role: event.role, tool: call.name, args: call.args }))
    return "what was proposed does not match its own hash (R3)";
  return approvalPolicy(bound, event.role, call.name) && !event.needsApproval
    ? `${call.name} by ${event.role} was proposed without the approval that the workflow asks for (R3)`
    : null;
}

function editProblem(event: EventOf<"action_edited">, before: Desk): string | null {
  const [call] = before.action?.proposed.calls ?? [];
  if (!call || !before.action?.approved) return "arguments were edited of an action that nobody approved (R3)";
  const edited = { type: "tool", role: event.role, tool: call.name, args: event.args };
  return event.hash === hashOf(edited) ? null : "the edited arguments do not match their own hash (R3)";
}

function doneProblem(event: EventOf<"action_done">, before: Desk): string | null {
  const action = before.action;
  if (!action || action.proposed.key !== event.key) return "an action was done that was not proposed (R3)";
  if (!action.approved) return "an action was done without the approval it needed (R3)";
  const expected = action.edited?.hash ?? action.proposed.hash;
  return event.hash === expected ? null : "what was done is not what was approved (R3)";
}

function toolRowProblem(event: EventOf<"action_done">, before: Desk, row: EffectRow | undefined): string | null {
  const held = toolResultSchema.safeParse(row?.outcome);
  if (row?.kind !== "tool" || !held.success) return `the ledger holds no outcome for ${event.key} (D3)`;
  if ((row.intent as { hash?: unknown }).hash !== event.hash)
    return `the ledger began something else for ${event.key} (R3)`;
  const [result] = event.results;
  // The one thing that the event adds to the outcome: in front, that a person changed the arguments.
  const same =
    result !== undefined &&
    canonicalJson(result.receipt) === canonicalJson(held.data.receipt) &&
    (before.action?.edited ? result.text.endsWith(held.data.text) : result.text === held.data.text);
  return same ? null : `the ledger holds another outcome for ${event.key} (D3)`;
}

/** The entry role's frame closes when the run finishes, and only then. */
function closingProblem(event: EventOf<"frame_closed">, before: Desk, bound: BoundChart): string | null {
  if (event.kind !== "start" || !bound.workflow.signOff || before.signedOff) return null;
  return "the run finished without the sign-off that the workflow asks for (R3)";
}

/** R3: what a finished run hands over is what was put to the person last. */
export function changeSetProblems(log: readonly Event[]): Found[] {
  const ended = log.at(-1);
  if (ended?.type !== "run_ended" || ended.status !== "finished") return [];
  const submitted = log.findLast((event) => event.type === "report_submitted");
  if (submitted?.type === "report_submitted" && submitted.changes.hash === ended.changes?.hash) return [];
  return [{ index: log.length - 1, what: "the run finished with another change set than was signed off (R3)" }];
}

/** The ledger's side: what it holds and the log does not tell. */
export function ledgerProblems(log: readonly Event[], desk: Desk, rows: readonly EffectRow[]): Found[] {
  const told = new Set(log.flatMap((event) => ("key" in event && event.type !== "action_proposed" ? [event.key] : [])));
  const pending = (row: EffectRow): boolean =>
    row.key === desk.action?.proposed.key || row.key === modelCallKey(row.line, desk.turns);
  return rows
    .filter((row) => row.outcome !== null && !told.has(row.key) && !pending(row))
    .map((row) => ({
      index: Math.max(0, log.length - 1),
      what: `the ledger holds ${row.key}, which the log does not tell (D3)`,
    }));
}
