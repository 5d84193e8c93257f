/**
 * What was done, and with whose leave: the log against the approvals in it and against the ledger.
 *
 * R3. Every effect that ran has the hash that was proposed, or that a person's edit gave it; an approval stands before it where the chart
 *     asks for one; and a run finished only with the change set that was signed off, where the chart asks for that.
 * R4. One decision, one effect: no key is done twice.
 * D3. Log and ledger agree: every turn and every effect has its row, with this outcome; and no row holds an outcome that the log does not
 *     tell, but for the last, which a line that was cut off has still to take up.
 */
import { z } from "zod";
import { canonicalJson, hashOf } from "../../canonical.ts";
import type { Desk } from "../../events/desk.ts";
import {
  chargeSchema,
  toolResultSchema,
  type ChangeSet,
  type Event,
  type EventOf,
  type ToolResult,
} from "../../events/event.ts";
import { effectOfPaidCall, modelCallKey, turnOfOpinion } from "../../ids.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import type { LedgerRecord } from "../../store/inspection.ts";
import type { EffectRow } from "../../store/rows.ts";
import { toolAction } from "../concerns.ts";
import { approvalPolicy } from "../granted.ts";
import { chargedOtherwise, isChargedAs } from "./charge.ts";
import { opinionRowProblem } from "./opinions.ts";

/** Whose row in the ledger an event tells of; null for events that have none. */
export function ledgerKey(event: Event): string | null {
  if (event.type === "turn_taken" || event.type === "opinion_given") return event.key;
  return event.type === "action_done" && event.hash !== null ? event.key : null;
}

export type Met = {
  /** The desk that the event met. */
  readonly before: Desk;
  readonly bound: BoundChart;
  /** That of its `ledgerKey`. */
  readonly row: EffectRow | undefined;
  /** Hash of the change set that was put to a person last. */
  readonly submitted: string | null;
  /** Whether the line may be led by what tools brought to those above it. */
  readonly ledFromAbove: boolean;
};

/** In words; null where nothing is wrong. */
export function effectProblem(event: Event, { before, bound, row, submitted, ledFromAbove }: Met): string | null {
  if (event.type === "turn_taken") return modelRowProblem(event, before, row);
  if (event.type === "opinion_given") return opinionRowProblem(event, before, row);
  if (event.type === "action_proposed") return proposalProblem(event, bound, before.foreign || ledFromAbove);
  if (event.type === "action_edited") return editProblem(event, before);
  if (event.type === "action_done") return doneProblem(event, before) ?? toolRowProblem(event, before, row);
  if (event.type === "frame_closed") return closingProblem(event, before, bound);
  if (event.type === "report_submitted") return changeSetProblem(event);
  return event.type === "run_ended" ? (changeSetProblem(event) ?? endProblem(event, before, submitted)) : null;
}

/** What an intent pins (`turn.ts`); of the reply, what the log tells too. */
const modelRow = z.object({
  kind: z.literal("model"),
  intent: z.object({
    model: z.string(),
    tier: z.string(),
    prompt: z.string(),
    log: z.number().int(),
    copies: z.number().int(),
    chart: z.string(),
  }),
  outcome: z.object({
    reply: z.looseObject({ text: z.string(), calls: z.array(z.looseObject({})), usage: z.looseObject({}) }),
    ms: z.number(),
    charged: chargeSchema().optional(),
  }),
});

function modelRowProblem(event: EventOf<"turn_taken">, before: Desk, row: EffectRow | undefined): string | null {
  const held = modelRow.safeParse(row).data;
  if (!held) return `the ledger holds no reply for ${event.key} (D3)`;
  const { intent, outcome } = held;
  const { text, calls, usage } = outcome.reply;
  const told = [event.model, event.tier, event.prompt, event.copiesSeen, event.text, event.calls, event.usage];
  const kept = [intent.model, intent.tier, intent.prompt, intent.copies, text, calls, { ...usage, ms: outcome.ms }];
  // A call that was begun before the log went on (an ask about a changed chart) was asked of what was there then.
  const asked = intent.log === before.length ? intent.chart === before.chart : intent.log < before.length;
  if (!asked || canonicalJson(told) !== canonicalJson(kept))
    return `the ledger holds another prompt or reply for ${event.key} (D3)`;
  return isChargedAs(event.charged, outcome.charged, row) ? null : chargedOtherwise(event.key);
}

function proposalProblem(event: EventOf<"action_proposed">, bound: BoundChart, led: boolean): string | null {
  if (event.access === "read") return null;
  const [call] = event.calls;
  if (!call || event.calls.length > 1) return "more than one effect was proposed in one reply (R4)";
  if (event.hash !== hashOf(toolAction(event, call))) return "what was proposed does not match its own hash (R3)";
  if (event.findings?.length && !event.needsApproval)
    return `${call.name} by ${event.role} was proposed without the approval that what was found asks for (R3)`;
  return approvalPolicy(bound, event.role, call, () => led) && !event.needsApproval
    ? `${call.name} by ${event.role} was proposed without the approval that the workflow asks for (R3)`
    : null;
}

function editProblem(event: EventOf<"action_edited">, before: Desk): string | null {
  const [call] = before.action?.proposed.calls ?? [];
  if (!call || !before.action?.approved) return "arguments were edited of an action that nobody approved (R3)";
  const edited = toolAction(before.action.proposed, { ...call, args: event.args });
  return event.hash === hashOf(edited) ? null : "the edited arguments do not match their own hash (R3)";
}

function doneProblem(event: EventOf<"action_done">, before: Desk): string | null {
  const action = before.action;
  if (!action || action.proposed.key !== event.key) return "an action was done that was not proposed (R3)";
  if (!action.approved) return "an action was done without the approval it needed (R3)";
  const expected = action.edited?.hash ?? action.proposed.hash;
  return event.hash === expected ? null : "what was done is not what was approved (R3)";
}

/** What `ledger-effect.ts` writes before the act, as far as the log tells it. */
const toolIntent = z.object({ tool: z.string(), args: z.json(), hash: z.string() });

function toolRowProblem(event: EventOf<"action_done">, before: Desk, row: EffectRow | undefined): string | null {
  if (event.hash === null) return null; // reads have no row
  if (row?.kind !== "tool" || !toolResultSchema().safeParse(row.outcome).success)
    return `the ledger holds no outcome for ${event.key} (D3)`;
  const held = row.outcome as ToolResult;
  if (!beganAs(event, before.action?.proposed, row.intent))
    return `the ledger began something else for ${event.key} (R3)`;
  const told = event.results.map((result) => ({
    ...result,
    // The one thing that the event adds to the outcome: in front, that a person changed the arguments.
    text: before.action?.edited && result.text.endsWith(held.text) ? held.text : result.text,
  }));
  return canonicalJson(told) === canonicalJson([held])
    ? null
    : `the ledger holds another outcome for ${event.key} (D3)`;
}

function beganAs(
  event: EventOf<"action_done">,
  proposed: EventOf<"action_proposed"> | undefined,
  held: unknown,
): boolean {
  const intent = toolIntent.safeParse(held).data;
  if (!intent || intent.hash !== event.hash) return false;
  const began = { name: intent.tool, args: intent.args };
  return hashOf(toolAction({ role: event.role, findings: proposed?.findings }, began)) === event.hash;
}

/** The entry role's frame closes when the run finishes, and only then. */
function closingProblem(event: EventOf<"frame_closed">, before: Desk, bound: BoundChart): string | null {
  const { signOff, verify } = bound.workflow;
  if (event.kind !== "start") return null;
  if (verify && !before.verification)
    return "the run finished without the verification that the workflow asks for (R3)";
  if (before.signedOff) return null;
  if (signOff) return "the run finished without the sign-off that the workflow asks for (R3)";
  return verify && before.verification?.verdict !== "accept"
    ? "the run finished although its report was not accepted, and no person signed it off (R3)"
    : null;
}

/** R3: what a finished run hands over is what was put to the person last: `submitted`, by its hash. */
function endProblem(
  { status, changes }: EventOf<"run_ended">,
  { frames }: Desk,
  submitted: string | null,
): string | null {
  if (status !== "finished") return null;
  if (frames.length > 0) return "the run finished while somebody was still at work (D6)";
  if (changes !== null && changes.hash === submitted) return null;
  return "the run finished with another change set than was signed off (R3)";
}

/** A change set is called by the hash of its files. */
function changeSetProblem({ changes }: { readonly changes: ChangeSet | null }): string | null {
  return changes === null || hashOf(changes.files) === changes.hash
    ? null
    : "a change set does not match its own hash (R3)";
}

type Told = {
  readonly toldKeys: ReadonlySet<string>;
  readonly proposedKeys: ReadonlySet<string>;
  readonly desk: Desk;
};

/** The ledger's side: what it holds of a line and the log does not tell, but for what the line has still to take up. */
export function untold(record: LedgerRecord, { toldKeys, proposedKeys, desk }: Told): boolean {
  // Of what a tool paid for, its proposal tells: a run may have been stopped while it ran.
  const effect = effectOfPaidCall(record.key);
  if (effect !== null) return !proposedKeys.has(effect);
  if (record.outcome === null || toldKeys.has(record.key)) return false;
  const turn = turnOfOpinion(record.key);
  if (turn !== null && (turn === modelCallKey(record.line, desk.turns) || underAnotherChart(record, desk)))
    return false;
  return record.key !== desk.action?.proposed.key && record.key !== modelCallKey(record.line, desk.turns);
}

/** A chart that was adopted after an opinion was asked for may not declare the route any more: the hand-over was refused, and nothing asked. */
function underAnotherChart({ intent }: LedgerRecord, { chart }: Desk): boolean {
  const asked = z.object({ chart: z.string() }).safeParse(JSON.parse(intent)).data;
  return asked !== undefined && asked.chart !== chart;
}

/** A row of the ledger by itself: JSON as it was written, of the kind that its key says. */
export function recordProblem(record: LedgerRecord): string | null {
  for (const [name, text] of [
    ["intent", record.intent],
    ["outcome", record.outcome],
  ] as const)
    if (text !== null && !isCanonical(text)) return `its ${name} is not as it was written (D3)`;
  const key = record.kind === "model" ? /\/(?:t\d+(?:\/o\d+)?|e\d+\/c\d+)$/ : /\/e\d+$/;
  return key.test(record.key) ? null : `it is no ${record.kind} effect by its key (D3)`;
}

export function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}
