/** What a thousand texts cost, from what a server counted. Pure. */
import type { Price } from "../../config.ts";
import type { PaidSum } from "../paid-calls.ts";
import { notMeasured, type Figure } from "./facts.ts";

/** An unknown price is unpriced, never zero; so is what no server counted. */
export function costOf(price: Price | null, paid: PaidSum): Figure {
  if (price === null) return notMeasured("unpriced: cadre.yaml names no price");
  if (paid.calls === 0 || paid.counted < paid.calls)
    return notMeasured(`unpriced: the server counted no tokens in ${paid.calls - paid.counted} of ${paid.calls} calls`);
  const total =
    (paid.promptTokens * price.promptPerMillion + paid.completionTokens * price.completionPerMillion) / 1_000_000;
  return { from: "computed", value: (total / paid.calls) * 1000, how: `${price.currency}, tokens counted × price` };
}
