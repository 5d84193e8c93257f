/**
 * What becomes of whole threads: deleted, copied, forked, pruned.
 *
 * U1. Values belong to a family: the threads that were copied or forked from one another. They go with its last reference, not before.
 * U2. Pruning leaves every checkpoint that it keeps as it was: one that was a patch of a dropped one is written out whole; one whose
 *     delta channels are replayed from ancestors keeps those, with their writes.
 * U3. A subgraph's checkpoints go with the last kept checkpoint that they belong to.
 * U4. Deleting raises the thread's generation: whoever remembers its rows, in whatever process, forgets them.
 * U5. A fork of where a thread stands goes on where the thread would: what the graphs inside have done of that step is not done again.
 */
import type { CheckpointMetadata } from "@langchain/langgraph-checkpoint";
import type { Connection } from "../store/connection.ts";
import type { Kept } from "./options.ts";
import { refsIn } from "./ref.ts";
import type { Ref } from "./ref.ts";
import type { States } from "./states.ts";
import type { CheckpointRow, SpaceRow, Tables, ThreadRow } from "./tables.ts";
import type { Values } from "./values.ts";

type Metadata = CheckpointMetadata & { readonly counters_since_delta_snapshot?: Readonly<Record<string, unknown>> };

export type Upkeep = ReturnType<typeof threadUpkeep>;

export function threadUpkeep({ db }: Pick<Connection, "db">, tables: Tables, states: States, values: Values) {
  const entriesOfLog = db.prepare<[number], number>("SELECT item FROM entries WHERE log = ?").pluck();
  const entriesBeyond = db
    .prepare<[number, number], number>("SELECT item FROM entries WHERE log = ? AND idx >= ?")
    .pluck();
  const cutLog = db.prepare<[number, number]>("DELETE FROM entries WHERE log = ? AND idx >= ?");
  const removeLog = db.prepare<[number]>("DELETE FROM logs WHERE seq = ?");
  const removeItem = db.prepare<[number]>("DELETE FROM items WHERE seq = ?");
  const sinceLastPrune = new Map<number, number>();

  const field = <Name extends keyof Metadata>(row: CheckpointRow, name: Name): Metadata[Name] | undefined => {
    const text = states.of(row).metadata[name];
    return text === undefined ? undefined : (JSON.parse(text) as Metadata[Name]);
  };
  /** Newest first. */
  const rowsOf = (space: SpaceRow): CheckpointRow[] =>
    tables.seqs(space.seq).flatMap((seq) => tables.checkpoint(seq) ?? []);
  const familyOf = (row: ThreadRow): number => row.family ?? row.seq;

  /** Every place that a thread's checkpoints and writes name. */
  const refsOf = (thread: ThreadRow): Ref[] =>
    tables
      .spaces(thread.seq)
      .flatMap((space) => [
        ...rowsOf(space).flatMap((row) => [...refsIn(Object.values(states.of(row).values))]),
        ...tables.writesOfSpace(space.seq).flatMap(({ writes }) => [...refsIn(writes.map(([, , ref]) => ref))]),
      ]);

  /** How much of each log is named, by places or by logs that begin in it. */
  const lengthsOf = (refs: readonly Ref[]): Map<number, number> => {
    const lengths = new Map<number, number>();
    const use = (seq: number, length: number): void => {
      for (let at: number | null = seq, to = length; at !== null && to > (lengths.get(at) ?? -1);) {
        lengths.set(at, to);
        const row = values.logRow(at);
        to = Math.min(row?.cut ?? 0, to);
        at = row?.parent ?? null;
      }
    };
    for (const ref of refs) if (ref[0] === "l") use(ref[1], ref[2]);
    return lengths;
  };
  const itemsIn = (refs: readonly Ref[]): number[] => refs.flatMap((ref) => (ref[0] === "i" ? [ref[1]] : []));

  /** U1: of what was named before, drops what nothing of the family names any more. */
  const sweep = (before: readonly Ref[], family: number): void => {
    const left = tables.family(family).flatMap(refsOf);
    const lengths = lengthsOf(left);
    const loose = new Set(itemsIn(before));
    for (const seq of lengthsOf(before).keys()) {
      const length = lengths.get(seq);
      for (const item of entriesBeyond.all(seq, length ?? 0)) loose.add(item);
      cutLog.run(seq, length ?? 0);
      if (length === undefined) removeLog.run(seq);
    }
    const used = new Set([...itemsIn(left), ...[...lengths.keys()].flatMap((seq) => entriesOfLog.all(seq))]);
    for (const item of loose) if (!used.has(item)) removeItem.run(item);
  };

  const deleteThread = (thread: ThreadRow): void => {
    const before = refsOf(thread);
    for (const space of tables.spaces(thread.seq)) tables.clearSpace(space.seq);
    states.forget();
    const family = familyOf(thread);
    sweep(before, family);
    tables.raiseGeneration(family); // U4
    if (thread.seq !== family && thread.epoch === 0) tables.removeThread(thread.seq);
    // The first of a family gives it its number, so its row stays until it is the last.
    const [root, ...others] = tables.family(family);
    const isEmpty = root !== undefined && others.length === 0 && tables.spaces(root.seq).length === 0;
    if (isEmpty && root.epoch === 0) tables.removeThread(root.seq);
  };

  /** Delta channels of a checkpoint whose value lies in its ancestors' writes. */
  const replayed = (row: CheckpointRow, snapshots: ReadonlySet<string>): Set<string> => {
    const state = states.of(row);
    const counted = Object.keys(field(row, "counters_since_delta_snapshot") ?? {});
    const written = Object.keys(state.versions).filter((channel) => snapshots.has(channel));
    return new Set([...counted, ...written].filter((channel) => !Object.hasOwn(state.values, channel)));
  };

  /** U2: the ancestors that a checkpoint's delta channels are replayed from. */
  const replayedFrom = (row: CheckpointRow, snapshots: ReadonlySet<string>): CheckpointRow[] => {
    const open = replayed(row, snapshots);
    const found: CheckpointRow[] = [];
    for (let at: CheckpointRow | undefined = row; open.size > 0;) {
      at = typeof at.parent === "number" ? tables.checkpoint(at.parent) : undefined;
      if (at === undefined) break;
      found.push(at);
      for (const channel of open) if (Object.hasOwn(states.of(at).values, channel)) open.delete(channel);
    }
    return found;
  };

  /** Channels of which some checkpoint holds a snapshot: a delta channel, whatever the metadata says. */
  const snapshotsIn = (rows: readonly CheckpointRow[]): Set<string> => {
    const found = new Set<string>();
    for (const row of rows)
      for (const [channel, ref] of Object.entries(states.of(row).values))
        if (values.isSnapshot(ref)) found.add(channel);
    return found;
  };

  /** U3: a subgraph's checkpoint names those of the graphs around it. */
  const isOrphan = (row: CheckpointRow, keptIds: ReadonlyMap<string, ReadonlySet<string>>): boolean => {
    const parents = Object.entries(field(row, "parents") ?? {});
    return parents.some(([name, id]) => keptIds.get(name)?.has(id) === false);
  };

  const prune = (thread: ThreadRow, { last }: Kept): number => {
    const before = refsOf(thread);
    const keptIds = new Map<string, Set<string>>();
    let dropped = 0;
    // A graph comes before the graphs inside it: their names begin with its own.
    for (const space of tables.spaces(thread.seq).toSorted((a, b) => a.name.length - b.name.length)) {
      const rows = rowsOf(space);
      const kept = rows.filter((row) => !isOrphan(row, keptIds)).slice(0, last);
      const snapshots = snapshotsIn(rows);
      const seqs = new Set(kept.flatMap((row) => [row.seq, ...replayedFrom(row, snapshots).map((one) => one.seq)]));
      keptIds.set(space.name, new Set(rows.filter((row) => seqs.has(row.seq)).map((row) => row.id)));
      dropped += rows.length - seqs.size;
      if (seqs.size === 0) tables.clearSpace(space.seq);
      else if (seqs.size < rows.length) states.drop(rows.toReversed(), (row) => seqs.has(row.seq));
    }
    if (dropped > 0) {
      states.forget();
      sweep(before, familyOf(thread));
      tables.raiseGeneration(familyOf(thread)); // U4
    }
    return dropped;
  };

  type Cut = { readonly row: CheckpointRow; readonly name: string; readonly isEnd: boolean };

  const cutAt = (spaces: readonly SpaceRow[], row: CheckpointRow): Cut | undefined => {
    const space = spaces.find(({ seq }) => seq === row.space);
    return space && { row, name: space.name, isEnd: rowsOf(space).every(({ parent }) => parent !== row.seq) };
  };

  /**
   * Checkpoint rows of a space that belong to a copy: all, or a checkpoint with its ancestors and, inside it, what was stored before it
   * and what the step that it stands in has come to (U5).
   */
  const copied = (space: SpaceRow, cut: Cut | undefined): CheckpointRow[] => {
    if (cut === undefined) return rowsOf(space).toReversed();
    const { row: upTo, name, isEnd } = cut;
    if (upTo.space !== space.seq)
      return rowsOf(space)
        .toReversed()
        .filter((row) => row.seq < upTo.seq || (isEnd && field(row, "parents")?.[name] === upTo.id));
    const path = [upTo];
    for (let at = path[0]!; typeof at.parent === "number";) {
      const parent = tables.checkpoint(at.parent);
      if (parent === undefined) break;
      path.unshift(parent);
      at = parent;
    }
    return path;
  };

  const copySpace = (from: SpaceRow, to: ThreadRow, rows: readonly CheckpointRow[]): void => {
    const space = tables.addSpace(to.seq, from.name);
    tables.setNames(space.seq, from.names);
    const seqs = new Map<number, number>();
    for (const row of rows) {
      const parent = typeof row.parent === "number" ? (seqs.get(row.parent) ?? null) : row.parent;
      const base = row.base === null ? null : seqs.get(row.base);
      const body = base === undefined ? states.wholeBody(row) : { base, body: row.body };
      const seq = tables.add({ space: space.seq, id: row.id, parent, ...body });
      if (seq !== undefined) seqs.set(row.seq, seq);
      for (const writes of tables.writes(from.seq, row.id)) tables.addWrites(space.seq, row.id, writes);
    }
  };

  return {
    deleteThread,
    prune,
    /** Prunes once in so many steps that the work is spread thin; true if it did. */
    pruneNowAndThen: (thread: ThreadRow, kept: Kept): boolean => {
      const steps = (sinceLastPrune.get(thread.seq) ?? 0) + 1;
      sinceLastPrune.set(thread.seq, steps < kept.last ? steps : 0);
      return steps >= kept.last && prune(thread, kept) > 0;
    },
    copy: (from: ThreadRow, to: ThreadRow, upTo: CheckpointRow | undefined): void => {
      tables.setFamily(to.seq, familyOf(from)); // U1
      const spaces = tables.spaces(from.seq);
      const cut = upTo && cutAt(spaces, upTo);
      for (const space of spaces) {
        const rows = copied(space, cut);
        if (rows.length > 0) copySpace(space, to, rows);
      }
    },
  };
}
