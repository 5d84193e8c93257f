/** Where the events of a line lie: its own, and before them those of the lines that it goes on from. */
import type { LineId } from "../ids.ts";
import type { Connection } from "./connection.ts";

/** The events `from` up to `to` (exclusive) of a log, which are stored as those of `line`. */
export type LogPart = { readonly line: LineId; readonly from: number; readonly to: number };

type Origin = { readonly origin: LineId | null; readonly cut: number };

/** In order, without a gap; one part for a line that began by itself. A damaged row that leads round in a circle ends the walk. */
export function logParts({ db }: Connection): (line: LineId) => readonly LogPart[] {
  const find = db.prepare<[LineId], Origin>("SELECT origin, cut FROM lines WHERE id = ?");
  return (line) => {
    const parts: LogPart[] = [];
    const seen = new Set<string>();
    let to = Number.MAX_SAFE_INTEGER;
    for (let at: LineId | null = line; at !== null && !seen.has(at);) {
      seen.add(at);
      const row: Origin | undefined = find.get(at);
      const from: number = row?.origin === null ? 0 : (row?.cut ?? 0);
      if (from < to) parts.unshift({ line: at, from, to });
      to = Math.min(to, from);
      at = row?.origin ?? null;
    }
    return parts;
  };
}
