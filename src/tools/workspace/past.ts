/**
 * What a workspace held at a point of its run's history: the files that it was made with, and what each effect since then made of them.
 *
 * P1. Only what was recorded counts: an effect whose traces nobody recorded makes everything after it unknown, and that is said.
 * P2. A receipt that names its files is followed file by file; a record takes the place of everything in the part that it is of, but for
 *     what records leave out (O3 in `record.ts`).
 */
import type { FileChange } from "../../events/event.ts";
import type { ContentStore } from "./content-store.ts";
import type { Baseline, Trace } from "./workspace.ts";
import { isInBulky, isMeant, readRecord, type HeldTree } from "./record.ts";

/** By path; or why it is not known, in words. */
export function heldAt(baseline: Baseline, traces: readonly Trace[], contents: ContentStore): HeldTree | string {
  const kinds = new Map(Object.entries(baseline.kinds ?? {}));
  let held: HeldTree = new Map(
    Object.entries(baseline.files).map(([path, hash]) => [path, { kind: kinds.get(path) ?? "file", hash }]),
  );
  for (const trace of traces) {
    if ("unknown" in trace) return trace.unknown; // P1
    if ("files" in trace) for (const file of trace.files) follow(held, file);
    else {
      const recorded = readRecord(trace.tree, contents);
      if (recorded === null)
        return `the record ${trace.tree.slice(0, 12)} of what a command left behind is gone or damaged`;
      held = replaced(held, recorded, trace.within);
    }
  }
  return held;
}

function follow(held: HeldTree, { path, after }: FileChange): void {
  const before = held.get(path);
  if (after === null) held.delete(path);
  else held.set(path, { kind: before?.kind === "executable" ? "executable" : "file", hash: after });
}

/** P2. */
function replaced(held: HeldTree, recorded: HeldTree, within: readonly string[] | null): HeldTree {
  const outside = [...held].filter(([path]) => isInBulky(path) || !isMeant(path, within));
  return new Map([...outside, ...recorded]);
}
