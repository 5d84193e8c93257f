/**
 * What a call to a model costs: set aside before it is made, charged when it has ended. Pure.
 *
 * C1. An unknown price is null, and never nothing.
 * C2. Before a call stands the most that it can cost: its prompt and its longest reply at the full price, and its longest time. The prompt's
 *     tokens are estimated here, so that alone can make it too little.
 * C3. Time is what the server counted, or what the answer took once the server was asked: never what a call waited for its turn.
 */
import type { Price } from "../config/config.ts";
import { microsOf } from "../money.ts";
import type { ModelUsage } from "./usage.ts";

/** What the operator says of a model's costs. */
export type Terms = {
  readonly price: Price | null;
  /** Where that price stands and what it is, in words; empty where there is none. */
  readonly source: string;
  /** GPUs that a call holds; null: none that are counted. */
  readonly gpus: number | null;
  /** In ms: after that a call is ended here. */
  readonly longestMs: number;
};

/** Money in millionths of the price's currency. */
export type Cost = { readonly money: number | null; readonly gpuMs: number | null };

const perHour = 3_600_000;

/** C2. `tokens`: those of the prompt, and of the longest reply. */
export function mostFor(terms: Terms, tokens: { readonly prompt: number; readonly reply: number }): Cost {
  return costOf(terms, { fresh: tokens.prompt, cached: 0, reply: tokens.reply }, terms.longestMs);
}

/** C3. `ms`: how long the call took here, for servers that do not say it better. Null money: unpriced, or no tokens were counted. */
export function costOfCall(terms: Terms, usage: ModelUsage, ms: number): Cost {
  const fresh = usage.promptTokens - usage.cachedTokens;
  const used = { fresh, cached: usage.cachedTokens, reply: usage.completionTokens };
  const cost = costOf(terms, used, Math.min(usage.serverMs ?? ms, terms.longestMs));
  return usage.measured || terms.price?.perGpuHour !== undefined ? cost : { ...cost, money: null };
}

type Used = { readonly fresh: number; readonly cached: number; readonly reply: number };

function costOf({ price, gpus }: Terms, { fresh, cached, reply }: Used, ms: number): Cost {
  const gpuMs = gpus === null ? null : Math.ceil(gpus * ms);
  if (price === null) return { money: null, gpuMs }; // C1
  if (price.perGpuHour !== undefined) return { money: microsOf(((gpuMs ?? ms) / perHour) * price.perGpuHour), gpuMs };
  const { promptPerMillion = 0, completionPerMillion = 0, cachedPerMillion = promptPerMillion } = price;
  const amount = fresh * promptPerMillion + cached * cachedPerMillion + reply * completionPerMillion;
  return { money: microsOf(amount / 1_000_000), gpuMs };
}

/** `models.it in cadre.yaml: 0.3 and 1.2 EUR for a million tokens of prompt and reply`. */
export function priceText(place: string, price: Price): string {
  if (price.perGpuHour !== undefined) return `${place}: ${price.perGpuHour} ${price.currency} for a GPU's hour`;
  const { promptPerMillion = 0, completionPerMillion = 0, cachedPerMillion } = price;
  const cached = cachedPerMillion === undefined ? "" : `, ${cachedPerMillion} for what was cached`;
  return `${place}: ${promptPerMillion} and ${completionPerMillion} ${price.currency} for a million tokens of prompt and reply${cached}`;
}
