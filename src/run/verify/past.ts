/**
 * A run that goes on from a cut in another one's log: what it shares is looked at like its own, where it is stored.
 *
 * D8. The chain goes on from the hash at the cut, so whatever is changed before it breaks this run's chain too. What the shared log says of
 *     how child lines ended holds for the lines that are there. A past that is gone, or damaged, is named as such.
 */
import type { EventOf } from "../../events/event.ts";
import { runOfLine, type LineId } from "../../ids.ts";
import type { Store } from "../../store/ports.ts";
import type { LineRow, Past } from "../../store/rows.ts";
import { verifyLine } from "../../store/verify-chain.ts";
import type { Findings } from "./findings.ts";

/** A line's own part of its log, and those of the lines that it goes on from, the oldest first. */
export type Lineage = readonly { readonly line: LineId; readonly past: Past | null }[];

/** Whatever is wrong is a finding; the lineage then ends where it can be followed. */
export async function lineageOf(store: Pick<Store, "line">, row: LineRow, findings: Findings): Promise<Lineage> {
  const lineage: { line: LineId; past: Past | null }[] = [{ line: row.id, past: row.past ?? null }];
  for (let past = row.past; past;) {
    const { line, length }: Past = past;
    const at = { index: length - 1, row: `lines ${line}` };
    const above: LineRow | undefined = await findings.reading(at, () => store.line(line));
    if (!above) {
      findings.add({ ...at, what: `what ${row.id} goes on from is missing (D8)` });
      break;
    }
    if (above.length < length)
      findings.add({ ...at, what: `${row.id} goes on from ${length} events of it, and it has ${above.length} (D8)` });
    lineage.unshift({ line: above.id, past: above.past ?? null });
    past = lineage.length > 1000 ? undefined : above.past;
  }
  return lineage;
}

/** The part in which an event of the log is stored: it ends at the first of the cuts that come after it. */
export function partAt(lineage: Lineage, index: number): Lineage[number] {
  const ends = lineage.map((_part, at) => Math.min(...lineage.slice(at + 1).map(({ past }) => past?.length ?? 0)));
  return lineage[ends.findIndex((end) => index < end)] as Lineage[number];
}

/** A child that was closed before the cut: its chain is whole and ends as the shared log says. In words; null where nothing is wrong. */
export async function pastChildProblem(store: Store, event: EventOf<"child_closed">): Promise<string | null> {
  const child = event.child as LineId;
  const row = await store.line(child);
  if (!row) return `what it shares with ${runOfLine(child)} tells of ${child}, which is missing (D8)`;
  const [broken] = await verifyLine(store, child);
  if (broken)
    return `what it shares with ${runOfLine(child)} is damaged: ${child} event ${broken.index} ${broken.what}`;
  return row.length === event.length && row.headHash === event.head
    ? null
    : `what it shares with ${runOfLine(child)} is not what is there: ${child} ended otherwise (D8)`;
}
