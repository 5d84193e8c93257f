/**
 * Checkpoints as rows: most are a patch of the one before, so a checkpoint costs what changed in it and not what there is (D7).
 *
 * T1. At most `longestChain` patches lie between a checkpoint and a whole state: reading one costs a bounded number of rows.
 * T2. A row that others are patches of is never changed or deleted before those were written out whole.
 * T3. A state never changes once it is committed, so it may be remembered by its row's number.
 */
import { bug } from "../store/failure.ts";
import { applyPatch, mergePatch } from "./merge-patch.ts";
import type { Patch } from "./merge-patch.ts";
import { packLike, unpackLike } from "./packed.ts";
import type { State } from "./state.ts";
import type { CheckpointRow, NewCheckpoint, Tables } from "./tables.ts";

const longestChain = 40;
const rememberedStates = 256;

/** `text`: of the row's body, which the next one's is much like. */
type Known = { readonly state: State; readonly text: string; readonly depth: number };
type Parent = CheckpointRow | string | null;
type Body = Pick<NewCheckpoint, "base" | "body"> & { readonly known: Known };

export type NewState = {
  readonly space: number;
  readonly id: string;
  readonly parent: Parent;
  readonly state: State;
};

export type States = ReturnType<typeof stateStore>;

/** A body that stands by itself. */
function wholeBody(state: State): Body {
  const text = JSON.stringify(state);
  return { base: null, body: packLike(text, ""), known: { state, text, depth: 0 } };
}

export function stateStore(tables: Tables) {
  const states = new Map<number, Known>();

  const remember = (seq: number, known: Known): Known => {
    states.delete(seq);
    states.set(seq, known);
    if (states.size > rememberedStates) states.delete(states.keys().next().value!);
    return known;
  };

  const known = (row: CheckpointRow): Known => {
    const found = states.get(row.seq);
    if (found !== undefined) return found;
    if (row.base === null) {
      const text = unpackLike(row.body, "");
      return remember(row.seq, { state: JSON.parse(text) as State, text, depth: 0 });
    }
    const base = tables.checkpoint(row.base);
    if (base === undefined) throw bug(`checkpoint ${row.seq} is a patch of ${row.base}, which is gone`);
    const before = known(base);
    const text = unpackLike(row.body, before.text);
    const state = applyPatch(before.state, JSON.parse(text) as Patch) as State;
    return remember(row.seq, { state, text, depth: before.depth + 1 });
  };

  const bodyAfter = (state: State, parent: Parent): Body => {
    const from = typeof parent === "object" && parent !== null ? { seq: parent.seq, ...known(parent) } : undefined;
    if (from === undefined || from.depth >= longestChain) return wholeBody(state); // T1
    const text = JSON.stringify(mergePatch(from.state, state) ?? {});
    return { base: from.seq, body: packLike(text, from.text), known: { state, text, depth: from.depth + 1 } };
  };

  const writeWhole = (row: CheckpointRow): void => {
    const { base, body } = wholeBody(known(row).state);
    tables.replace(row.seq, { parent: row.parent, base, body });
  };

  /** Those first that are patches of it, and those of them: their text is deflated against text that is about to change (T2). */
  const free = ({ space, seq }: CheckpointRow): void => {
    for (const row of tables.onBase(space, seq)) {
      free(row);
      writeWhole(row);
      states.delete(row.seq);
    }
  };

  return {
    of: (row: CheckpointRow): State => known(row).state,
    /** A body that does without what the row is a patch of. */
    wholeBody: (row: CheckpointRow): Pick<Body, "base" | "body"> => {
      const { base, body } = wholeBody(known(row).state);
      return { base, body };
    },
    /** A checkpoint of the same id is written over, where it is. What is returned is called once that is committed (T3). */
    put: ({ space, id, parent, state }: NewState): (() => void) => {
      const parentKey = typeof parent === "object" && parent !== null ? parent.seq : parent;
      const present = tables.checkpointById(space, id);
      if (present === undefined) {
        const { known: next, ...row } = bodyAfter(state, parent);
        const seq = tables.add({ space, id, parent: parentKey, ...row });
        return () => void remember(seq, next);
      }
      free(present);
      states.delete(present.seq);
      tables.replace(present.seq, { parent: parentKey, base: null, body: wholeBody(state).body });
      return () => void states.delete(present.seq);
    },
    /** Drops rows of a space. `rows`: all of it, oldest first (T2). */
    drop: (rows: readonly CheckpointRow[], isKept: (row: CheckpointRow) => boolean): void => {
      const kept = rows.filter(isKept);
      const steady = new Set<number>();
      const changed = kept.filter((row) => {
        if (row.base === null || steady.has(row.base)) steady.add(row.seq);
        return !steady.has(row.seq);
      });
      for (const row of changed.toReversed()) writeWhole(row); // newest first: what it is a patch of is still there
      const keptSeqs = new Set(kept.map((row) => row.seq));
      for (const row of rows) {
        if (!isKept(row)) {
          tables.remove(row.seq);
          tables.removeWrites(row.space, row.id);
        } else if (typeof row.parent === "number" && !keptSeqs.has(row.parent)) tables.orphan(row.seq);
      }
      states.clear();
    },
    /** What is remembered is void: rows were deleted, or a transaction failed. */
    forget: () => states.clear(),
  };
}
