/** A call to a model as a run makes it: within the run's limits, and through the ledger. */
import { isCadreError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import type { LimitReached } from "../events/raising.ts";
import type { RoleModel } from "../models/model.ts";
import type { Reservation } from "../store/ports.ts";
import type { Counters, EffectRow } from "../store/rows.ts";
import { requirePriced } from "./held.ts";
import { limitReached, usedBy } from "./limits.ts";
import { callThroughLedger, type CallIntent, type ModelCalling } from "./model-call.ts";
import { requirePlayer } from "./player.ts";
import type { Turn } from "./refusal.ts";

/** The call, or the limit that it would go beyond. What another line took between the look and the intent's commit is looked at again. */
export async function callWithinLimits(
  turn: Turn,
  log: readonly Event[],
  call: ModelCalling,
): Promise<LimitReached | Awaited<ReturnType<typeof callThroughLedger>>> {
  const { store } = turn.context;
  const needs = { need: call.need.reserve, model: call.model };
  for (let looks = 1; ; looks += 1) {
    const reached = await limitBefore(turn, log, await store.effect(call.key), needs);
    if (reached) return reached;
    try {
      return await callThroughLedger(turn.context, call);
    } catch (error) {
      if (!isCadreError(error, "limit-reached") || looks === mostLooks) throw error;
    }
  }
}

export function isLimit(called: Awaited<ReturnType<typeof callWithinLimits>>): called is LimitReached {
  return called !== "stopped" && "ceiling" in called;
}

/** Each of them is lost to a line that went on; the limit is reached long before. */
const mostLooks = 100;

/**
 * The limit that keeps this call from being made, or null. A call in doubt may be made once more without being asked about, so that a
 * crash costs no question: the ceiling is overrun by that one call at most. Each further attempt counts; a replay costs nothing.
 */
async function limitBefore(
  { context, desk }: Turn,
  log: readonly Event[],
  begun: EffectRow | undefined,
  { need, model }: { readonly need: Required<Reservation>; readonly model: RoleModel },
): Promise<ReturnType<typeof limitReached>> {
  if (begun && begun.outcome !== null) return null;
  const run = (await context.store.run(context.run.id)) ?? context.run;
  requirePlayer(run, log, model);
  requirePriced(run.limits, run.currency, [model]);
  const all = { ...run.counters, movedMs: run.counters.movedMs + context.moving() };
  const counted = begun ? without(all, need) : all;
  const used = usedBy(counted, await context.store.lines(run.id));
  return limitReached({ desk, log, used, ceilings: run.limits, depth: context.above.frames.length, need });
}

function without(counters: Counters, need: Required<Reservation>): Counters {
  return {
    ...counters,
    modelCalls: counters.modelCalls - 1,
    tokens: Math.max(0, counters.tokens - need.tokens),
    money: Math.max(0, counters.money - need.money),
    gpuMs: Math.max(0, counters.gpuMs - need.gpuMs),
  };
}

export function pricedBy({ terms }: Pick<RoleModel, "terms">): Pick<CallIntent, "price"> {
  return terms?.price ? { price: terms.source } : {};
}
