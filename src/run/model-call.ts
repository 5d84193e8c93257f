/**
 * One model call, through the ledger.
 *
 * D3. A recorded reply is replayed; a call that was begun and has no outcome is made again and marked `repeated`: it may be billed twice,
 *     and the trace says so. One that is known to have failed is simply made again; what an earlier attempt left in doubt stays marked,
 *     by the intent of those that follow. What a replayed reply answered is told by its intent, not by what would be asked now: chart
 *     and model may have changed since.
 * C1. What an attempt reserved stays charged, unless its reply says what was used. Time is measured here: a failed attempt is charged with
 *     the time that it took, and what follows from it; tokens are the server's to count.
 */
import { z } from "zod";
import { isCadreError } from "../errors.ts";
import { chargeSchema, type Charge, type EventOf } from "../events/event.ts";
import type { EffectKey } from "../ids.ts";
import type { ModelReply, ModelRequest, RoleModel } from "../models/model.ts";
import type { EffectRow } from "../store/rows.ts";
import { settled, unusedAfter, type Need } from "./charging.ts";
import type { LineContext } from "./line-context.ts";
import { once } from "../events/once.ts";

/** What the ledger keeps of a model call. */
const outcomeSchema = once(() =>
  z.strictObject({
    reply: z.custom<ModelReply>((value) => typeof value === "object" && value !== null),
    ms: z.number(),
    charged: chargeSchema().optional(),
  }),
);

/** What a call pins: the prompt is a pure function of it. */
const intentSchema = once(() =>
  z.strictObject({
    model: z.string(),
    tier: z.string(),
    prompt: z.string(),
    log: z.number(),
    copies: z.number(),
    chart: z.string(),
    maxTokens: z.number(),
    temperature: z.number(),
    /** Of an opinion on a route: how likely it had to be at least when it was asked for. */
    threshold: z.number().optional(),
    /** Of the call, in words; left out: none is known. */
    price: z.string().optional(),
    /** An earlier attempt was cut off, so it may have been billed: whatever became of others in between. */
    doubted: z.boolean().optional(),
  }),
);
export type CallIntent = z.infer<ReturnType<typeof intentSchema>>;

export type ModelCalling = {
  readonly model: RoleModel;
  readonly request: ModelRequest;
  readonly key: EffectKey;
  readonly intent: CallIntent;
  readonly need: Need;
  readonly role: string;
};

type Called = {
  readonly reply: ModelReply;
  readonly ms: number;
  readonly charged?: Charge | undefined;
  readonly outcome: EventOf<"turn_taken">["outcome"];
  /** What the reply answers. */
  readonly asked: CallIntent;
};

/** `stopped`: a person stopped the run meanwhile. Errors: model-*; limit-reached (nothing was sent); what the machine says. */
export async function callThroughLedger(context: LineContext, call: ModelCalling): Promise<Called | "stopped"> {
  const opened = await open(context, call);
  if ("reply" in opened) return opened;
  const { row, asked } = opened;
  const { model, request, key, need, role } = call;
  const started = performance.now();
  let reply: ModelReply;
  try {
    reply = await model.call(request, { signal: context.signal, onText: (text) => context.onText(role, text) });
  } catch (error) {
    if (context.stopRequested() !== null) return "stopped";
    // A model that runs here is fetched by its first call: what keeps its file away has cost nothing either.
    if (isCadreError(error) && (/^(model|hub)-/.test(error.code) || error.code === "disk-full"))
      await context.store.fail(context.fence, key, error.code, unusedAfter(model, need, performance.now() - started));
    throw error;
  }
  const ms = Math.round(performance.now() - started);
  const { used, charged } = settled({ model, need, row, usage: reply.usage, ms }); // C1
  // What keeps the reply from being recorded is no failure of the call, which was made.
  await context.store.finish(context.fence, key, { reply, ms, ...(charged ? { charged } : {}) }, used);
  return { reply, ms, charged, outcome: asked.doubted === true ? "repeated" : "executed", asked };
}

/** The intent of this attempt, or what an earlier one has brought already. */
async function open(
  { store, fence }: LineContext,
  { key, intent, need }: ModelCalling,
): Promise<Called | { readonly row: EffectRow; readonly asked: CallIntent }> {
  const { row, begun } = await store.begin(fence, key, "model", intent, need.reserve, "limits");
  if (!begun) return { row, asked: intent };
  const before = intentSchema().parse(row.intent);
  const doubted = before.doubted === true;
  if (row.outcome !== null)
    return { ...outcomeSchema().parse(row.outcome), outcome: doubted ? "repeated" : "replayed", asked: before };
  const asked = doubted || row.failed === null ? { ...intent, doubted: true } : intent;
  return { row: await store.retry(fence, key, need.reserve, asked, "limits-and-one"), asked };
}
