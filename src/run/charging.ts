/** From a model's terms to what the ledger sets aside, charges, and gives back (C1 of `model-call.ts`). Pure. */
import type { Charge } from "../events/event.ts";
import type { RoleModel } from "../models/model.ts";
import type { ModelUsage } from "../models/usage.ts";
import { costOfCall, mostFor, type Cost } from "../models/terms.ts";
import type { Reservation } from "../store/ports.ts";
import type { EffectRow, Spent } from "../store/rows.ts";

type Model = Pick<RoleModel, "tier" | "terms">;

/** `reserve`: on the run's counters. `most`: what the call can cost, also in a currency that the run does not count. */
export type Need = { readonly reserve: Required<Reservation>; readonly most: Cost };

const unknown: Cost = { money: null, gpuMs: null };

/** `tokens`: of the prompt and of the longest reply. `currency`: the run's. */
export function needOf(
  { tier, terms }: Model,
  currency: string | null,
  tokens: { readonly prompt: number; readonly reply: number },
): Need {
  if (tier === "rehearsal") return { reserve: { modelCalls: 1, tokens: 0, money: 0, gpuMs: 0 }, most: unknown };
  const most = terms ? mostFor(terms, tokens) : unknown;
  const counted = terms?.price?.currency === currency ? most.money : null;
  const reserve = {
    modelCalls: 1,
    tokens: tokens.prompt + tokens.reply,
    money: counted ?? 0,
    gpuMs: most.gpuMs ?? 0,
  };
  return { reserve, most };
}

type Ended = {
  readonly model: Model;
  readonly need: Need;
  /** With this attempt in it. */
  readonly row: Pick<EffectRow, "attempts" | "charged">;
  readonly usage: ModelUsage;
  readonly ms: number;
};

/** What the ended call and the attempts before it used; and how the log tells it, where anything is charged at all. */
export function settled(ended: Ended): { readonly used: Spent; readonly charged?: Charge } {
  const { model, need, row, usage } = ended;
  const cost = costOfEnded(ended);
  const money = cost.money ?? need.most.money ?? 0;
  const inRun = need.reserve.money === (need.most.money ?? 0);
  const tokens = usage.measured ? usage.promptTokens + usage.completionTokens : need.reserve.tokens;
  const used = {
    modelCalls: row.attempts,
    tokens: row.charged.tokens - need.reserve.tokens + tokens,
    money: inRun ? row.charged.money - need.reserve.money + money : row.charged.money,
    gpuMs: row.charged.gpuMs - need.reserve.gpuMs + (cost.gpuMs ?? 0),
  };
  if (model.tier === "rehearsal") return { used };
  const micros = inRun ? used.money : money + (row.attempts - 1) * (need.most.money ?? 0);
  return { used, charged: toldAs(ended, { ...used, money: micros }, cost) };
}

function costOfEnded({ model: { terms }, usage, ms }: Ended): Cost {
  return terms ? costOfCall(terms, usage, ms) : unknown;
}

function toldAs({ model: { terms }, row }: Ended, { tokens, money, gpuMs }: Spent, cost: Cost): Charge {
  return {
    attempts: row.attempts,
    tokens,
    gpuMs: cost.gpuMs === null ? null : gpuMs,
    money: terms?.price ? { micros: money, currency: terms.price.currency, price: terms.source } : null,
  };
}

/** Of what a failed attempt had set aside: the time that it did not take, and what that would have cost. */
export function unusedAfter({ terms }: Model, { reserve }: Need, ms: number): Partial<Spent> {
  if (!terms) return {};
  const took = mostFor({ ...terms, longestMs: Math.min(ms, terms.longestMs) }, { prompt: 0, reply: 0 });
  const byTime = terms.price?.perGpuHour !== undefined && reserve.money > 0;
  return {
    gpuMs: Math.max(0, reserve.gpuMs - (took.gpuMs ?? 0)),
    money: byTime ? Math.max(0, reserve.money - (took.money ?? 0)) : 0,
  };
}
