/** What a thousand texts cost, from what a server counted. Pure. */
import type { Price } from "../../config/config.ts";
import type { PaidSum } from "../paid-calls.ts";
import { notMeasured, type Figure } from "./facts.ts";

/** Cached tokens are part of the prompt's. */
function byTokens(price: Price, { promptTokens, cachedTokens, completionTokens }: PaidSum): number {
  const { promptPerMillion = 0, completionPerMillion = 0, cachedPerMillion = promptPerMillion } = price;
  const prompt = (promptTokens - cachedTokens) * promptPerMillion + cachedTokens * cachedPerMillion;
  return (prompt + completionTokens * completionPerMillion) / 1_000_000;
}

/** An unknown price is unpriced, never zero; so is what no server counted. */
export function costOf(price: Price | null, paid: PaidSum): Figure {
  if (price === null) return notMeasured("unpriced: cadre.yaml names no price");
  if (price.perGpuHour !== undefined) {
    const total = (paid.money?.[price.currency] ?? 0) / 1_000_000;
    const how = `${price.currency}, GPU time × price, calls that were made again included`;
    return paid.calls === 0 ? notMeasured("no call") : { from: "computed", value: (total / paid.calls) * 1000, how };
  }
  if (paid.calls === 0 || paid.counted < paid.calls)
    return notMeasured(`unpriced: the server counted no tokens in ${paid.calls - paid.counted} of ${paid.calls} calls`);
  return {
    from: "computed",
    value: (byTokens(price, paid) / paid.calls) * 1000,
    how: `${price.currency}, tokens counted × price`,
  };
}
