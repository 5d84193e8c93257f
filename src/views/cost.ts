/**
 * What a run used: tokens by role and by route, and money where a price is known.
 *
 * M1. An unknown price is unpriced, never zero; a total with an unpriced call in it says how many.
 * M2. What no server counted is not counted here either: such calls are told apart from calls of zero tokens.
 */
import type { EventOf, Usage } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";

/** Price of a model, per million tokens. `cached` left out: cached tokens cost what others do. */
export type Price = {
  readonly prompt: number;
  readonly completion: number;
  readonly cached?: number;
  readonly currency: string;
};
/** Null: not known. */
export type PriceOf = (model: string) => Price | null;

/** Sums by currency; `unpriced` calls are in none of them. */
export type Money = { readonly sums: Readonly<Record<string, number>>; readonly unpriced: number };

export type UsageTotals = {
  readonly calls: number;
  /** Calls whose tokens the server counted. */
  readonly counted: number;
  /** Calls that were made again after a crash: possibly billed twice. */
  readonly repeated: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Time spent in model calls. */
  readonly ms: number;
  readonly money: Money;
};

export type RoleUsage = {
  readonly role: string;
  /** Every model that acted for it. */
  readonly models: readonly string[];
  readonly usage: UsageTotals;
};
export type RouteUsage = {
  readonly kind: EventOf<"frame_opened">["kind"];
  readonly from: string;
  readonly to: string;
  readonly usage: UsageTotals;
};

type Turn = EventOf<"turn_taken">;
const unknownPrice: PriceOf = () => null;

const nothing: UsageTotals = {
  calls: 0,
  counted: 0,
  repeated: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  ms: 0,
  money: { sums: {}, unpriced: 0 },
};

export function usageOf(events: readonly NumberedEvent[], priceOf: PriceOf = unknownPrice): UsageTotals {
  return turnsOf(events).reduce((sum, turn) => plus(sum, turn, priceOf), nothing);
}

/** In the order in which the roles first acted. */
export function usageByRole(events: readonly NumberedEvent[], priceOf: PriceOf = unknownPrice): RoleUsage[] {
  const sums = new Map<string, RoleUsage>();
  for (const turn of turnsOf(events)) {
    const { role } = turn;
    const before = sums.get(role);
    const models = [...new Set([...(before?.models ?? []), turn.model])];
    sums.set(role, { role, models, usage: plus(before?.usage ?? nothing, turn, priceOf) });
  }
  return [...sums.values()];
}

/** By the route along which the work came that the calls were made for. */
export function usageByRoute(events: readonly NumberedEvent[], priceOf: PriceOf = unknownPrice): RouteUsage[] {
  const frames = new Map<string, EventOf<"frame_opened">>();
  const sums = new Map<string, RouteUsage>();
  for (const { event } of events) {
    if (event.type === "frame_opened") frames.set(event.frame, event);
    if (event.type !== "turn_taken") continue;
    const frame = frames.get(event.frame);
    if (frame === undefined) continue;
    const { kind, from, to } = frame;
    const key = JSON.stringify([kind, from, to]);
    sums.set(key, { kind, from, to, usage: plus(sums.get(key)?.usage ?? nothing, event, priceOf) });
  }
  return [...sums.values()];
}

function turnsOf(events: readonly NumberedEvent[]): Turn[] {
  return events.flatMap(({ event }) => (event.type === "turn_taken" ? [event] : []));
}

function plus(sum: UsageTotals, turn: Turn, priceOf: PriceOf): UsageTotals {
  const { usage } = turn;
  return {
    calls: sum.calls + 1,
    counted: sum.counted + (usage.measured ? 1 : 0),
    repeated: sum.repeated + (turn.outcome === "repeated" ? 1 : 0),
    promptTokens: sum.promptTokens + usage.promptTokens,
    completionTokens: sum.completionTokens + usage.completionTokens,
    cachedTokens: sum.cachedTokens + usage.cachedTokens,
    ms: sum.ms + usage.ms,
    money: charge(sum.money, turn, priceOf),
  };
}

/** The rehearsal is no model and has no price to know. */
function charge(money: Money, turn: Turn, priceOf: PriceOf): Money {
  if (turn.tier === "rehearsal") return money;
  const price = turn.usage.measured ? priceOf(turn.model) : null;
  if (price === null) return { ...money, unpriced: money.unpriced + 1 };
  const amount = costOf(turn.usage, price);
  return { ...money, sums: { ...money.sums, [price.currency]: (money.sums[price.currency] ?? 0) + amount } };
}

/** In the price's currency. Cached tokens are part of the prompt's. */
export function costOf(usage: Usage, price: Price): number {
  const fresh = usage.promptTokens - usage.cachedTokens;
  const tokens = fresh * price.prompt + usage.cachedTokens * (price.cached ?? price.prompt);
  return (tokens + usage.completionTokens * price.completion) / 1_000_000;
}

/** `0.0123 EUR, 2 calls unpriced`; `unpriced` where no call has a price; empty where nothing is charged at all. */
export function moneyText(money: Money): string {
  const sums = Object.keys(money.sums)
    .toSorted()
    .map((currency) => `${(money.sums[currency] ?? 0).toFixed(4)} ${currency}`);
  if (sums.length === 0) return money.unpriced === 0 ? "" : "unpriced";
  if (money.unpriced === 0) return sums.join(" + ");
  return `${sums.join(" + ")}, ${money.unpriced} ${money.unpriced === 1 ? "call" : "calls"} unpriced`;
}

/** `1234 + 56 (1000 cached)`, or `not counted`. */
export function tokensText(usage: UsageTotals): string {
  if (usage.counted === 0) return "not counted";
  const cached = usage.cachedTokens === 0 ? "" : ` (${usage.cachedTokens} cached)`;
  const missing = usage.calls - usage.counted;
  return `${usage.promptTokens} + ${usage.completionTokens}${cached}${missing === 0 ? "" : `, ${missing} calls not counted`}`;
}
