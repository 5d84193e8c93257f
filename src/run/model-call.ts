/**
 * One model call, through the ledger.
 *
 * D3. A recorded reply is replayed; a call that was begun and has no outcome is made again and marked `repeated`: it may be billed twice,
 *     and the trace says so. One that is known to have failed is simply made again; what an earlier attempt left in doubt stays marked,
 *     by the intent of those that follow. What a replayed reply answered is told by its intent, not by what would be asked now: chart
 *     and model may have changed since.
 * C1. What an attempt reserved stays charged, unless its reply says what was used.
 */
import { z } from "zod";
import { isCadreError } from "../errors.ts";
import type { EventOf } from "../events/event.ts";
import type { EffectKey } from "../ids.ts";
import type { ModelReply, ModelRequest, RoleModel } from "../models/model.ts";
import type { Reservation } from "../store/ports.ts";
import type { LineContext } from "./line-context.ts";

/** What the ledger keeps of a model call. */
const outcomeSchema = z.strictObject({
  reply: z.custom<ModelReply>((value) => typeof value === "object" && value !== null),
  ms: z.number(),
});

/** What a call pins: the prompt is a pure function of it. */
const intentSchema = z.strictObject({
  model: z.string(),
  tier: z.string(),
  prompt: z.string(),
  log: z.number(),
  copies: z.number(),
  chart: z.string(),
  maxTokens: z.number(),
  temperature: z.number(),
  /** An earlier attempt was cut off, so it may have been billed: whatever became of others in between. */
  doubted: z.boolean().optional(),
});
export type CallIntent = z.infer<typeof intentSchema>;

type Call = {
  readonly model: RoleModel;
  readonly request: ModelRequest;
  readonly key: EffectKey;
  readonly intent: CallIntent;
  readonly need: Reservation;
  readonly role: string;
};

type Called = {
  readonly reply: ModelReply;
  readonly ms: number;
  readonly outcome: EventOf<"turn_taken">["outcome"];
  /** What the reply answers. */
  readonly asked: CallIntent;
};

/** `stopped`: a person stopped the run meanwhile. Errors: model-*; what the machine says. */
export async function callThroughLedger(context: LineContext, call: Call): Promise<Called | "stopped"> {
  const opened = await open(context, call);
  if ("reply" in opened) return opened;
  const { attempts, asked } = opened;
  const { model, request, key, need, role } = call;
  const started = performance.now();
  try {
    const reply = await model.call(request, { signal: context.signal, onText: (text) => context.onText(role, text) });
    const ms = Math.round(performance.now() - started);
    const tokens = reply.usage.measured ? reply.usage.promptTokens + reply.usage.completionTokens : need.tokens;
    const used = { modelCalls: attempts, tokens: tokens + (attempts - 1) * need.tokens }; // C1
    await context.store.finish(context.fence, key, { reply, ms }, used);
    return { reply, ms, outcome: asked.doubted === true ? "repeated" : "executed", asked };
  } catch (error) {
    if (context.stopRequested() !== null) return "stopped";
    if (isCadreError(error) && error.code.startsWith("model-"))
      await context.store.fail(context.fence, key, error.code);
    throw error;
  }
}

/** The intent of this attempt, or what an earlier one has brought already. */
async function open(
  { store, fence }: LineContext,
  { key, intent, need }: Call,
): Promise<Called | { readonly attempts: number; readonly asked: CallIntent }> {
  const { row, begun } = await store.begin(fence, key, "model", intent, need);
  if (!begun) return { attempts: row.attempts, asked: intent };
  const before = intentSchema.parse(row.intent);
  const doubted = before.doubted === true;
  if (row.outcome !== null)
    return { ...outcomeSchema.parse(row.outcome), outcome: doubted ? "repeated" : "replayed", asked: before };
  const asked = doubted || row.failed === null ? { ...intent, doubted: true } : intent;
  return { attempts: (await store.retry(fence, key, need, asked)).attempts, asked };
}
