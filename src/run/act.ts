/**
 * `_act` executes exactly what was proposed, and nothing else.
 *
 * R3. The hash is computed again from what is about to run and compared with what was approved.
 * R2. The role's tools are checked again (`obstacle.ts`): what was granted when it was proposed may have been taken away since.
 * A1. A run that is stopped still tells what it did: an outcome that is recorded becomes an event before the end, and one that is
 *     not known is named as such.
 */
import { hashOf } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import { deskOf, type PendingAction } from "../events/desk.ts";
import type { Call, Event, EventOf, ToolResult } from "../events/event.ts";
import type { EffectKey } from "../ids.ts";
import { askAboutChart, undecidedDrift } from "./asks.ts";
import { settle } from "./closing.ts";
import { toolAction } from "./concerns.ts";
import { endStopped } from "./ending.ts";
import { recordedRun, resultOf, throughLedger, type Ran } from "./ledger-effect.ts";
import { Batch, type LineContext } from "./line-context.ts";
import { obstacle } from "./obstacle.ts";
import { refuse, type Turn } from "./refusal.ts";
import { toolContext } from "./tool-context.ts";
import { askAboutLimit, spendingBefore } from "./spending.ts";

export async function act(context: LineContext, log: readonly Event[]): Promise<Event[]> {
  const desk = deskOf(log);
  const batch = new Batch(log, context.clock);
  const frame = desk.frames.at(-1);
  if (!frame) return [];
  const turn: Turn = { context, desk, frame, batch };
  const stop = context.stopRequested();
  const drift = stop === null ? await undecidedDrift(context, desk) : null;
  if (stop !== null) await endActing(turn, stop);
  else if (drift) await askAboutChart(context, desk, batch, frame, drift);
  else if (desk.action) await execute(turn, desk.action);
  else if (desk.submitted) await settle(turn, desk.submitted, log);
  return batch.events;
}

/** A1. */
async function endActing(turn: Turn, stop: string): Promise<void> {
  const { desk, context, batch } = turn;
  const action = desk.action;
  const row = action ? await context.store.effect(action.proposed.key as EffectKey) : undefined;
  const recorded = recordedRun(row);
  if (action && recorded) done(turn, action, recorded);
  const unknown =
    action && row && !recorded && row.failed === null ? `; whether ${approvedCall(action).name} ran is not known` : "";
  endStopped(desk, batch, stop, `stopped by ${stop}${unknown}`);
}

/** With the arguments that a person gave it, if one did. */
function approvedCall({ proposed, edited }: PendingAction): Call {
  return { ...(proposed.calls[0] as Call), ...(edited ? { args: edited.args } : {}) };
}

async function execute(turn: Turn, action: PendingAction): Promise<void> {
  const { proposed, edited } = action;
  if (proposed.access === "read") return executeReads(turn, proposed);
  const call = approvedCall(action);
  const hash = edited?.hash ?? proposed.hash;
  if (!action.approved || hash === null || hashOf(toolAction(proposed, call)) !== hash) {
    throw new CadreError("internal", `what would run is not what was approved (${proposed.key}): nothing was run`, {
      hint: "Run `cadre verify`.",
    });
  }
  const reached = await spendingBefore(turn, proposed, call);
  if (reached) {
    const what = `${call.name} would bring the run to ${reached.value}, beyond its limit`;
    return askAboutLimit(turn, reached, what);
  }
  const ran = await throughLedger({ turn, action, call, hash });
  if (ran) done(turn, action, ran);
}

async function executeReads(turn: Turn, proposed: EventOf<"action_proposed">): Promise<void> {
  const { context } = turn;
  const hindrances = proposed.calls.map((call) => obstacle(turn, proposed, call));
  if (hindrances.some((each) => each !== null)) {
    for (const [index, call] of proposed.calls.entries())
      refuse(turn, call, hindrances[index] ?? { code: "call-malformed", reason: "nothing of this reply was run" });
    return;
  }
  const results: ToolResult[] = [];
  for (const call of proposed.calls) {
    const tool = context.tools.get(call.name);
    if (!tool) return;
    results.push(resultOf(call, await tool.run(toolContext(context, proposed), tool.schema.parse(call.args), null)));
  }
  actionDone(turn, proposed, { hash: null, results, outcome: "executed" });
}

/** An effect: what was approved, and what came of it. The result states what a person changed. */
function done(turn: Turn, action: PendingAction, { result, outcome }: Ran): void {
  const { proposed, edited } = action;
  const note = edited
    ? `(The arguments were edited by ${edited.by} before it ran: ${JSON.stringify(edited.args)})\n`
    : "";
  const results = [{ ...result, text: note + result.text }];
  actionDone(turn, proposed, { hash: edited?.hash ?? proposed.hash, results, outcome });
}

function actionDone(
  { batch }: Turn,
  proposed: EventOf<"action_proposed">,
  what: Pick<EventOf<"action_done">, "hash" | "results" | "outcome">,
): void {
  batch.add({
    type: "action_done",
    at: batch.now(),
    frame: proposed.frame,
    role: proposed.role,
    key: proposed.key,
    ...what,
  });
}
