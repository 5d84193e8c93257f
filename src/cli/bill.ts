/** What a run used, in words: of its limits, and by role. Set aside for calls under way is used until they have ended. */
import { amountText, unitsOf } from "../money.ts";
import type { RunRow } from "../store/rows.ts";
import { callsText, gpuText, isAllRehearsed, moneyText, tokensText } from "../views/cost.ts";
import type { UsageTotals } from "../views/usage-totals.ts";
import { counted } from "../views/counted.ts";
import { visible } from "../views/escape.ts";
import type { RunOutcome } from "../views/outcome.ts";

/** `12 of 200 model calls, 3400 + 120 tokens, 0.0123 of 5.00 EUR, 40 of 3600 s of moving`. */
export function usedWords(run: RunRow, { usage }: RunOutcome): string {
  const { counters, limits } = run;
  const moved = ofLimit(Math.floor(counters.movedMs / 1000), limits.wallSeconds);
  const time = limits.wallSeconds === undefined ? [] : [`moved for ${moved} s`];
  if (isAllRehearsed(usage)) return [`${callsText(usage)}; no model was called, nothing was paid`, ...time].join(", ");
  const calls = `${counters.modelCalls} of ${limits.modelCalls} model calls, ${tokensWords(usage)}`;
  const twice = usage.repeated === 0 ? [] : [`${usage.repeated} possibly billed twice`];
  return [calls, ...moneyWords(run, usage), ...gpuWords(run, usage), ...time, ...twice].join(", ");
}

/** With a limit, what the ledger holds against it: failed attempts and calls under way are in it. */
function moneyWords({ counters, limits, currency }: RunRow, usage: UsageTotals): string[] {
  const told = moneyText(usage.money);
  if (limits.money === undefined) return told === "" ? [] : [told];
  const spent = `${amountText(unitsOf(counters.money))} of ${amountText(limits.money)} ${currency ?? ""}`;
  return usage.money.unpriced === 0 ? [spent] : [spent, `${counted(usage.money.unpriced, "call")} unpriced`];
}

function gpuWords({ counters, limits }: RunRow, usage: UsageTotals): string[] {
  if (limits.gpuSeconds === undefined) return usage.gpuMs === null ? [] : [`${gpuText(usage)} of GPUs`];
  return [`${ofLimit(Number((counters.gpuMs / 1000).toFixed(1)), limits.gpuSeconds)} s of GPUs`];
}

/** `240 + 16 tokens`, or `tokens not counted`. */
function tokensWords(usage: UsageTotals): string {
  return usage.counted === 0 ? "tokens not counted" : tokensText(usage, " tokens");
}

function ofLimit(value: number, ceiling: number | undefined): string {
  return ceiling === undefined ? String(value) : `${value} of ${ceiling}`;
}

/** By role; empty where no model was called. */
export function billLines({ usage, usageByRole }: RunOutcome): string[] {
  if (isAllRehearsed(usage)) return [];
  return usageByRole.map(({ role, models, usage: own }) => {
    const gpu = gpuText(own);
    const parts = [
      callsText(own),
      tokensWords(own),
      ...(gpu === "" ? [] : [`${gpu} of GPUs`]),
      ...[moneyText(own.money)].filter((text) => text !== ""),
    ];
    return `${visible(role)} (${models.map((model) => visible(model)).join(", ")}): ${parts.join(", ")}`;
  });
}
