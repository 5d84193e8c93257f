/** What a tool paid for calls to models, out of the receipt of what it did. What does not look like a bill is none. */
import type { Receipt } from "../events/event.ts";
import { unitsOf } from "../money.ts";
import type { Money, UsageTotals } from "./usage-totals.ts";

export type PaidForModel = { readonly model: string; readonly usage: Omit<UsageTotals, "reasoningTokens"> };

/** By model. */
export function paidSums(receipt: Receipt | null): PaidForModel[] {
  const paid: unknown = receipt?.detail["paid"];
  const all: readonly unknown[] = Array.isArray(paid) ? paid : [paid];
  return all.filter(isRecord).flatMap((sum) => {
    const { model, tier } = sum;
    if (typeof model !== "string" || typeof tier !== "string") return [];
    const calls = count(sum["calls"]);
    const usage = {
      calls,
      rehearsed: tier === "rehearsal" ? calls : 0,
      counted: count(sum["counted"]),
      repeated: count(sum["repeated"]),
      promptTokens: count(sum["promptTokens"]),
      completionTokens: count(sum["completionTokens"]),
      cachedTokens: count(sum["cachedTokens"]),
      ms: count(sum["ms"]),
      gpuMs: typeof sum["gpuMs"] === "number" ? sum["gpuMs"] : null,
      money: moneyOf(sum, tier, calls),
    };
    return [{ model, usage }];
  });
}

function moneyOf(sum: Readonly<Record<string, unknown>>, tier: string, calls: number): Money {
  if (tier === "rehearsal") return { sums: {}, unpriced: 0 };
  const priced = isRecord(sum["money"]) ? sum["money"] : null;
  if (priced === null) return { sums: {}, unpriced: calls };
  const sums = Object.entries(priced).map(([currency, micros]) => [currency, unitsOf(count(micros))] as const);
  return { sums: Object.fromEntries(sums), unpriced: count(sum["unpriced"]) };
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
