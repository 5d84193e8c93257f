/**
 * What a tool may spend: calls to models that it makes while it runs, each with a row of its own in the ledger. The port; the run
 * implements it (`run/paid-calls.ts`).
 *
 * A tool with such calls says so with `Tool.needs`, keeps `probe` at `not-done`, and asks for the same numbers in the same order whenever
 * it is run again: then a tool that was cut off goes on where it was, and what was paid for is not paid for again (D3).
 */
import type { Charge } from "../events/event.ts";
import type { ModelUsage } from "../models/usage.ts";
import type { Terms } from "../models/terms.ts";

export type PaidCall = {
  /** 0-based. The same call has the same number in every attempt at the tool. */
  readonly number: number;
  readonly model: string;
  readonly tier: string;
  /** Hash of everything that the answer depends on: what was sent is not stored (R8). */
  readonly request: string;
  /** Tokens that it takes at most; reserved, and replaced by what was counted. */
  readonly tokens: number;
  /** What it costs; left out: nothing is known, and a run with a limit of money refuses it. */
  readonly terms?: Terms | undefined;
  /** Makes it; the answer is JSON. What it throws as a `model-*` error is known to have failed and is not in doubt. */
  make(signal: AbortSignal): Promise<{ readonly answer: unknown; readonly usage: ModelUsage }>;
};

export type PaidAnswer = {
  readonly answer: unknown;
  readonly usage: ModelUsage;
  /** ms of the attempt that brought it. */
  readonly ms: number;
  /** What the ledger charges for it, with the attempts before; left out: nothing. */
  readonly charged?: Charge | undefined;
  /** `replayed`: taken from the ledger. `repeated`: an attempt before it was cut off, so it may have been billed twice. */
  readonly outcome: "executed" | "replayed" | "repeated";
};

export interface PaidCalls {
  /**
   * Several may be under way at once. Errors: what `make` throws; `lease-lost`; `internal` where this number was another call before;
   * `limit-reached` where it would bring the run beyond a limit: nothing was sent. Then let those under way end, and let the error through:
   * a person is asked, and once the limit is raised the tool is run again. What it gives back instead is not looked at.
   */
  pay(call: PaidCall): Promise<PaidAnswer>;
  /** What the ledger holds of a call, without making it; null where it has no answer. */
  paid(number: number): Promise<PaidAnswer | null>;
}

/** What one model was paid for in a tool's receipt, under `detail.paid`. JSON. */
export type PaidSum = {
  readonly model: string;
  readonly tier: string;
  readonly calls: number;
  /** Made again after a crash: possibly billed twice. */
  readonly repeated: number;
  /** Calls whose tokens the server counted. */
  readonly counted: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number;
  readonly ms: number;
  /** By currency, in millionths of its unit; left out where no call has a price. */
  readonly money?: Readonly<Record<string, number>>;
  /** Calls without a price: in no sum, and not free. */
  readonly unpriced?: number;
  /** Left out: no call held GPUs that are counted. */
  readonly gpuMs?: number;
};

/** Sums what a model was paid for; the same whether calls were executed now or replayed. */
export function paidSum(model: string, tier: string, answers: readonly Omit<PaidAnswer, "answer">[]): PaidSum {
  const sum = (pick: (one: Omit<PaidAnswer, "answer">) => number): number =>
    answers.reduce((total, one) => total + pick(one), 0);
  return {
    model,
    tier,
    calls: answers.length,
    repeated: sum((one) => (one.outcome === "repeated" ? 1 : 0)),
    counted: sum((one) => (one.usage.measured ? 1 : 0)),
    promptTokens: sum((one) => one.usage.promptTokens),
    completionTokens: sum((one) => one.usage.completionTokens),
    cachedTokens: sum((one) => one.usage.cachedTokens),
    ms: Math.round(sum((one) => one.ms)),
    ...chargedSum(answers),
  };
}

function chargedSum(answers: readonly Omit<PaidAnswer, "answer">[]): Pick<PaidSum, "money" | "unpriced" | "gpuMs"> {
  const charged = answers.flatMap((one) => (one.charged ? [one.charged] : []));
  const money: Record<string, number> = {};
  for (const { money: each } of charged) if (each) money[each.currency] = (money[each.currency] ?? 0) + each.micros;
  const unpriced = charged.filter((each) => each.money === null).length;
  const gpu = charged.flatMap(({ gpuMs }) => (gpuMs === null ? [] : [gpuMs]));
  return {
    ...(Object.keys(money).length === 0 ? {} : { money }),
    ...(unpriced === 0 ? {} : { unpriced }),
    ...(gpu.length === 0 ? {} : { gpuMs: gpu.reduce((total, one) => total + one, 0) }),
  };
}
