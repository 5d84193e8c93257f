/**
 * The numbers of reports against the ledger, once more: what stands in a log as measured is what a receipt holds.
 *
 * N1, N3, N4 of `../evidence.ts`; and that the effect had ended before the report that cites it. Whether whoever reported could have seen it (N2)
 * was looked at then.
 */
import type { Event, Measurement } from "../../events/event.ts";
import { runOfLine, type EffectKey, type RunId } from "../../ids.ts";
import type { Store } from "../../store/ports.ts";
import type { EffectRow } from "../../store/rows.ts";
import { citationProblem, claimProblem, measuredIn } from "../evidence.ts";
import type { Findings } from "./findings.ts";
import type { Lineage } from "./past.ts";

export type Citing = {
  readonly store: Pick<Store, "effect">;
  readonly findings: Findings;
  /** The line's, with those that it goes on from. */
  readonly lineage: Lineage;
  /** Keys that the line has told of before. */
  readonly told: ReadonlySet<string>;
};

/** What a report that comes up in this event claims to have measured; each report is looked at where it was made. */
export function claimsOf(event: Event): readonly Measurement[] {
  if (event.type !== "report_submitted" && event.type !== "frame_closed" && event.type !== "run_ended") return [];
  return event.report?.measurements ?? [];
}

export async function verifyEvidence(
  claims: readonly Measurement[],
  index: number,
  { store, findings, lineage, told }: Citing,
): Promise<void> {
  for (const claim of claims) {
    const at = { index, row: `effects ${claim.effect}` };
    await findings.reading(at, async () => {
      const row = await store.effect(claim.effect as EffectKey);
      const gap = gapOf(claim, row, lineage, told);
      findings.add(gap === null ? null : { index, what: `measurement "${claim.name}" ${gap} (D3)` });
    });
  }
}

function gapOf(
  claim: Measurement,
  row: EffectRow | undefined,
  lineage: Lineage,
  told: ReadonlySet<string>,
): string | null {
  const runs = new Set<RunId>(lineage.map(({ line }) => runOfLine(line)));
  const cited = citationProblem(claim, row && runs.has(runOfLine(row.line)) ? row : undefined);
  if (cited !== null) return cited;
  // What another line did is told there.
  if (lineage.some(({ line }) => line === row?.line) && !told.has(claim.effect))
    return `cites ${claim.effect}, which had not ended then`;
  return claimProblem(claim, measuredIn(row));
}
