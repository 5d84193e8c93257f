/**
 * The calls to models that a tool makes while it runs, each through the ledger by a key of its own under the tool's.
 *
 * D3. As with a role's own call (`model-call.ts`): a recorded answer is replayed, one that is known to have failed is asked for again, and
 *     one that was begun and has no outcome is made again and stays marked as `repeated`, for it may be billed twice.
 * L2. Each is held to the run's limits in the commit of its intent (`limits.ts`), whatever was looked at before the tool began: of all the
 *     lines of a run, none goes beyond a ceiling. One that is made again takes its share like a new one. After a refusal nothing more is begun; those under way end.
 *     Wall time is looked at before each.
 * P1. A number stands for one request. If it would be another one now, nothing is made of it: an answer to something else is no answer.
 * P2. What was sent is kept as a hash, never as text (R8).
 */
import { z } from "zod";
import { CadreError, isCadreError } from "../errors.ts";
import { paidCallKey, type EffectKey } from "../ids.ts";
import type { Tier } from "../models/model.ts";
import type { EffectRow } from "../store/rows.ts";
import type { PaidAnswer, PaidCall, PaidCalls } from "../tools/paid-calls.ts";
import { chargeSchema, usageSchema } from "../events/event.ts";
import type { LimitReached } from "../events/raising.ts";
import { needOf, settled, unusedAfter, type Need } from "./charging.ts";
import { requirePriced, type Costing } from "./held.ts";
import type { LineContext } from "./line-context.ts";

const intentSchema = z.strictObject({
  model: z.string(),
  tier: z.string(),
  request: z.string(),
  /** In words; left out: none is known. */
  price: z.string().optional(),
  /** An earlier attempt was cut off, so it may have been billed. */
  doubted: z.boolean().optional(),
});
type Intent = z.infer<typeof intentSchema>;

/** Of the refusal's data. */
const reachedSchema = z.object({
  name: z.enum(["modelCalls", "tokens", "money", "gpuSeconds", "wallSeconds"]),
  value: z.number(),
  ceiling: z.number(),
});

const outcomeSchema = z.strictObject({
  answer: z.json(),
  usage: usageSchema().omit({ ms: true }),
  ms: z.number(),
  charged: chargeSchema().optional(),
});

type Context = Pick<LineContext, "fence" | "signal" | "run" | "moving"> & {
  readonly store: Pick<LineContext["store"], "begin" | "retry" | "finish" | "fail" | "effect" | "run">;
};

export type HeldCalls = {
  readonly calls: PaidCalls;
  /** The limit that a call would have gone beyond; null: none was refused. */
  readonly reached: () => LimitReached | null;
  /** Resolves when none is under way any more. */
  readonly rest: () => Promise<void>;
};

/** `effect`: the key of the tool's own effect. */
export function paidCalls(context: Context, effect: string): HeldCalls {
  const underWay = new Set<Promise<unknown>>();
  let refused: { readonly error: unknown; readonly reached: LimitReached } | null = null;
  const held = async (call: PaidCall): Promise<PaidAnswer> => {
    if (refused !== null) throw refused.error; // L2
    try {
      return await pay(context, effect, call);
    } catch (error) {
      const reached = isCadreError(error, "limit-reached") ? reachedSchema.parse(error.data) : null;
      if (reached) refused ??= { error, reached };
      throw error;
    }
  };
  return {
    calls: {
      pay: (call) => {
        const one = held(call);
        underWay.add(one);
        const over = (): unknown => underWay.delete(one);
        one.then(over, over);
        return one;
      },
      paid: async (number) => {
        const row = await context.store.effect(paidCallKey(effect, number));
        return row === undefined ? null : recorded(row);
      },
    },
    reached: () => refused?.reached ?? null,
    rest: async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}

async function pay(context: Context, effect: string, call: PaidCall): Promise<PaidAnswer> {
  const { store, fence, signal } = context;
  signal.throwIfAborted();
  const key = paidCallKey(effect, call.number);
  const { model, tier, request, terms } = call;
  const costing = { id: model, tier: tier as Tier, ...(terms ? { terms } : {}) };
  requirePriced(context.run.limits, context.run.currency, [costing]);
  await requireTime(context, key);
  const need = needOf(costing, context.run.currency, atMost(call));
  const intent: Intent = { model, tier, request, ...(terms?.price ? { price: terms.source } : {}) };
  const { row, begun } = await store.begin(fence, key, "model", intent, need.reserve, "limits");
  if (!begun) return attempt(context, call, { key, row, need, costing, doubted: false });
  const before = intentSchema.parse(row.intent);
  if (before.request !== request) throw anotherCall(key); // P1
  const known = recorded(row);
  if (known) return known;
  const doubted = before.doubted === true || row.failed === null;
  const next = { ...intent, ...(doubted ? { doubted } : {}) };
  const again = await store.retry(fence, key, need.reserve, next, "limits");
  return attempt(context, call, { key, row: again, need, costing, doubted });
}

/** Time is nothing that an intent could reserve: looked at before each call, and an answer that is recorded takes none. */
async function requireTime({ store, run, moving }: Context, key: EffectKey): Promise<void> {
  if (run.limits.wallSeconds === undefined) return;
  const { counters, limits } = (await store.run(run.id)) ?? run;
  const value = Math.floor((counters.movedMs + moving()) / 1000);
  const ceiling = limits.wallSeconds;
  if (ceiling === undefined || value < ceiling || ((await store.effect(key))?.outcome ?? null) !== null) return;
  throw new CadreError("limit-reached", `${run.id} was moved for ${value} of ${ceiling} s`, {
    hint: "A person raises the limit, or stops the run.",
    data: { run: run.id, name: "wallSeconds", value, ceiling },
  });
}

/** How its tokens fall to prompt and reply is not known beforehand: all of them at the dearer price. */
function atMost({ tokens, terms }: PaidCall): { readonly prompt: number; readonly reply: number } {
  const { promptPerMillion = 0, completionPerMillion = 0 } = terms?.price ?? {};
  return completionPerMillion >= promptPerMillion ? { prompt: 0, reply: tokens } : { prompt: tokens, reply: 0 };
}

type Attempt = {
  readonly key: EffectKey;
  readonly row: EffectRow;
  readonly need: Need;
  readonly costing: Costing;
  readonly doubted: boolean;
};

async function attempt(
  { store, fence, signal }: Context,
  call: PaidCall,
  { key, row, need, costing, doubted }: Attempt,
): Promise<PaidAnswer> {
  const started = performance.now();
  try {
    const { answer, usage } = await call.make(signal);
    // Three decimals: a call of a batch may take less than a millisecond.
    const ms = Math.round((performance.now() - started) * 1000) / 1000;
    const { used, charged } = settled({ model: costing, need, row, usage, ms });
    const told = charged ? { charged } : {};
    await store.finish(fence, key, { answer, usage, ms, ...told }, used);
    return { answer, usage, ms, ...told, outcome: doubted ? "repeated" : "executed" };
  } catch (error) {
    if (!signal.aborted && isCadreError(error) && error.code.startsWith("model-"))
      await store.fail(fence, key, error.code, unusedAfter(costing, need, performance.now() - started));
    throw error;
  }
}

function recorded(row: EffectRow): PaidAnswer | null {
  if (row.outcome === null) return null;
  const doubted = intentSchema.parse(row.intent).doubted === true;
  return { ...outcomeSchema.parse(row.outcome), outcome: doubted ? "repeated" : "replayed" };
}

function anotherCall(key: string): CadreError {
  return new CadreError("internal", `${key} was another request before: nothing was sent, and its answer is not used`, {
    hint: "A tool that is run again has to make the same calls.",
  });
}
