/** What calls to models used together. */

/** Sums by currency, in its unit; `unpriced` calls are in none of them. */
export type Money = { readonly sums: Readonly<Record<string, number>>; readonly unpriced: number };

export type UsageTotals = {
  /** Turns, whoever took them, opinions, and calls that tools paid for. */
  readonly calls: number;
  /** Of them those that the rehearsal took: no model was called. */
  readonly rehearsed: number;
  /** Calls whose tokens the server counted. */
  readonly counted: number;
  /** Calls that were made again after a crash: possibly billed twice. */
  readonly repeated: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  /** Part of the completion's, as far as servers tell. */
  readonly reasoningTokens: number;
  /** Of GPUs; null: no call held any that are counted. */
  readonly gpuMs: number | null;
  /** Time spent in model calls. */
  readonly ms: number;
  readonly money: Money;
};
