/** What the log says that a call was charged with, against the ledger (D3). */
import { canonicalJson } from "../../canonical.ts";
import type { Charge } from "../../events/event.ts";
import type { EffectRow } from "../../store/rows.ts";

/** `told`: by the event; `held`: by the outcome in the row. */
export function isChargedAs(told: Charge | undefined, held: Charge | undefined, row: EffectRow | undefined): boolean {
  if (canonicalJson(told ?? null) !== canonicalJson(held ?? null)) return false;
  return row !== undefined && (told === undefined || isCharged(told, row));
}

export function chargedOtherwise(key: string): string {
  return `the ledger charges something else for ${key} (D3)`;
}

/** The columns that the run's counters are the sums of say what the log tells; money in another currency than the run's is in none of them. */
function isCharged({ attempts, tokens, gpuMs, money }: Charge, row: EffectRow): boolean {
  const { charged } = row;
  const counted = charged.money === 0 || charged.money === money?.micros;
  return (
    attempts === row.attempts && tokens === charged.tokens && (gpuMs ?? charged.gpuMs) === charged.gpuMs && counted
  );
}
