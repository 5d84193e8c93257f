/**
 * What a journal remembers of a run's history: of each line its length and the hash of its last event. A journal lies outside the store,
 * often in a Git history, so a tail that was cut off in the store, or a history that was forged there, contradicts it (D8).
 *
 * A1. Rendered from events alone, like the rest of the journal (J3).
 * A2. Only rows under the heading of this module are read, outside of fences: nothing that a model or a person wrote can pass for one.
 */
import type { NumberedEvent } from "../../events/numbered.ts";
import { code, table } from "../markdown.ts";

const heading = "## History";

export type RememberedHead = { readonly line: string; readonly length: number; readonly head: string };

/** The last event of each line that has a hash, in the order in which lines appear. */
function headsOf(events: readonly NumberedEvent[]): RememberedHead[] {
  const heads = new Map<string, RememberedHead>();
  for (const { line, index, hash } of events)
    if (hash !== undefined) heads.set(line, { line, length: index + 1, head: hash });
  return [...heads.values()];
}

/** Blocks for the run's first page; none where the events come without hashes. */
export function historyBlocks(run: string, events: readonly NumberedEvent[]): string[][] {
  const rows = headsOf(events).map(({ line, length, head }) => [code(line), String(length), code(head)]);
  if (rows.length === 0) return [];
  return [
    [heading],
    table(["Line", "Events", "Hash of the last one"], rows),
    [`${code(`npx cadre verify ${run}`)} checks that the store still holds exactly this.`],
  ];
}

const row = /^\| `(r-[0-9a-f]{6}\.\d{1,9})` \| (\d{1,9}) \| `([0-9a-f]{64})` \|$/;

/** The lines of a page that are its own: quoted blocks between fences are what others wrote (A2). */
function ownLines(page: string): string[] {
  let fence: string | null = null;
  return page.split("\n").filter((line) => {
    const marks = /^(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence === null) fence = marks ?? null;
    else if (line === fence) fence = null;
    return fence === null && marks === undefined;
  });
}

/** What a run's first page remembers; nothing where it has no such part. */
export function readHistory(page: string): RememberedHead[] {
  const lines = ownLines(page);
  const start = lines.lastIndexOf(heading);
  if (start < 0) return [];
  return lines.slice(start + 1).flatMap((line): RememberedHead[] => {
    const found = row.exec(line);
    return found ? [{ line: found[1] ?? "", length: Number(found[2]), head: found[3] ?? "" }] : [];
  });
}
