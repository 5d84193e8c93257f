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
import { stateOfText, stateText } from "./state.ts";
import type { State } from "./state.ts";
import { spaceNames } from "./names.ts";
import type { CheckpointRow, NewCheckpoint, Tables } from "./tables.ts";

const longestChain = 40;
/** More than a listing reads at once, with what those are patches of. */
const rememberedStates = 512;

type Known = { readonly state: State; readonly depth: number };
/** A checkpoint that is stored here. */
type StoredState = Known & { readonly seq: number };
/** Its id, where it is not. */
export type Parent = StoredState | string | null;
type Body = Pick<NewCheckpoint, "base" | "body"> & { readonly known: Known };

export type NewState = {
  readonly space: number;
  readonly id: string;
  readonly parent: Parent;
  readonly state: State;
};

export type States = ReturnType<typeof stateStore>;

export function stateStore(tables: Tables) {
  const states = new Map<number, Known>();
  /** The checkpoint that was stored last in each space: mostly the parent of the next. */
  const newest = new Map<number, { readonly seq: number; readonly id: string }>();
  const names = spaceNames(tables);

  const remember = (seq: number, known: Known): Known => {
    states.delete(seq);
    states.set(seq, known);
    if (states.size > rememberedStates) states.delete(states.keys().next().value!);
    return known;
  };

  /** `near`: rows that were read already. */
  const known = (row: CheckpointRow, near?: ReadonlyMap<number, CheckpointRow>): Known => {
    const found = states.get(row.seq);
    if (found !== undefined) return found;
    const said = stateOfText(row.body, names.of(row.space));
    if (row.base === null) return remember(row.seq, { state: said as State, depth: 0 });
    const base = near?.get(row.base) ?? tables.checkpoint(row.base);
    if (base === undefined) throw bug(`checkpoint ${row.seq} is a patch of ${row.base}, which is gone`);
    const before = known(base, near);
    return remember(row.seq, { state: applyPatch(before.state, said) as State, depth: before.depth + 1 });
  };

  /** A body that stands by itself. */
  const wholeBody = (space: number, state: State): Body => ({
    base: null,
    body: stateText(state, names.of(space)),
    known: { state, depth: 0 },
  });

  const bodyAfter = (space: number, state: State, parent: Parent): Body => {
    if (typeof parent !== "object" || parent === null || parent.depth >= longestChain) return wholeBody(space, state); // T1
    const patch: Patch = mergePatch(parent.state, state) ?? {};
    return { base: parent.seq, body: stateText(patch, names.of(space)), known: { state, depth: parent.depth + 1 } };
  };

  const writeWhole = (row: CheckpointRow): void => {
    const { base, body } = wholeBody(row.space, known(row).state);
    tables.replace(row.seq, { parent: row.parent, base, body });
  };

  /** Writes out whole whatever is a patch of a row (T2). */
  const free = ({ space, seq }: CheckpointRow): void => {
    for (const row of tables.onBase(space, seq)) writeWhole(row);
  };

  return {
    of: (row: CheckpointRow): State => known(row).state,
    stored: (space: number, id: string): StoredState | undefined => {
      const last = newest.get(space);
      const state = last?.id === id ? states.get(last.seq) : undefined;
      if (last !== undefined && state !== undefined) return { ...state, seq: last.seq };
      const row = tables.checkpointById(space, id);
      return row && { ...known(row), seq: row.seq };
    },
    /** The states of some rows, in their order; each is made once of what it is a patch of. */
    ofAll: (rows: readonly CheckpointRow[]): State[] => {
      const near = new Map(rows.map((row) => [row.seq, row]));
      const found: State[] = [];
      // What was stored first is what the others are patches of.
      for (let index = rows.length - 1; index >= 0; index -= 1) found[index] = known(rows[index]!, near).state;
      return found;
    },
    /** A body that does without what the row is a patch of. */
    wholeBody: (row: CheckpointRow): Pick<Body, "base" | "body"> => {
      const { base, body } = wholeBody(row.space, known(row).state);
      return { base, body };
    },
    /** A checkpoint of the same id is written over, where it is. What is returned is called once that is committed (T3). */
    put: ({ space, id, parent, state }: NewState): (() => void) => {
      const parentKey = typeof parent === "object" && parent !== null ? parent.seq : parent;
      const { known: next, ...body } = bodyAfter(space, state, parent);
      const seq = tables.add({ space, id, parent: parentKey, ...body });
      if (seq !== undefined)
        return () => {
          remember(seq, next);
          newest.set(space, { seq, id });
        };
      const present = tables.checkpointById(space, id)!;
      free(present);
      tables.rewritten(space);
      tables.replace(present.seq, { parent: parentKey, base: null, body: wholeBody(space, state).body });
      return () => void states.delete(present.seq);
    },
    /** Drops rows of a space. `rows`: all of it, oldest first (T2). */
    drop: (rows: readonly CheckpointRow[], isKept: (row: CheckpointRow) => boolean): void => {
      const kept = rows.filter(isKept);
      const dropped = new Set(rows.filter((row) => !isKept(row)).map((row) => row.seq));
      for (const row of kept) if (row.base !== null && dropped.has(row.base)) writeWhole(row);
      for (const row of rows) {
        if (dropped.has(row.seq)) {
          tables.remove(row.seq);
          tables.removeWrites(row.space, row.id);
        } else if (typeof row.parent === "number" && dropped.has(row.parent)) tables.orphan(row.seq);
      }
      states.clear();
    },
    names: (space: number) => names.of(space),
    /** What is remembered is void: rows were deleted, or a transaction failed. */
    forget: () => {
      states.clear();
      newest.clear();
      names.forget();
    },
  };
}
