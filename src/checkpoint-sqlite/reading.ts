/**
 * Rows as LangGraph's tuples. The rows of some tuples are read together, in one snapshot and with a few questions, and decoded after it,
 * one tuple at a time: a history costs what it holds, once.
 */
import { TASKS, compareWritesSortKeys, maxChannelVersion, writesSortKey } from "@langchain/langgraph-checkpoint";
import type {
  Checkpoint,
  CheckpointMetadata,
  CheckpointPendingWrite,
  CheckpointTuple,
  DeltaChannelHistory,
} from "@langchain/langgraph-checkpoint";
import { decodeValue } from "./inert-json.ts";
import type { Listed } from "./listing.ts";
import { define } from "./merge-patch.ts";
import { configOf } from "./position.ts";
import type { Place } from "./position.ts";
import type { Ref } from "./ref.ts";
import { after, isLater, together } from "./soon.ts";
import type { Soon } from "./soon.ts";
import { checkpointOf } from "./state.ts";
import type { State } from "./state.ts";
import type { States } from "./states.ts";
import type { CheckpointRow, ListedRow, Tables, WritesRow } from "./tables.ts";
import type { Seen, Values } from "./values.ts";

/** The format below which a checkpoint's own sends lie in its parent's pending writes. */
const sendsInChannel = 4;

/** Whose values are read, and what was read of them already. */
type Reader = { readonly family: number; readonly seen: Seen };

type Written = { readonly task: string; readonly channel: string; readonly ref: Ref };

export function checkpointReading(tables: Tables, states: States, values: Values) {
  const parentOf = (row: CheckpointRow): CheckpointRow | undefined =>
    typeof row.parent === "number" ? tables.checkpoint(row.parent) : undefined;

  /** In the order in which a running graph applies them. */
  const inOrder = (space: number, rows: readonly WritesRow[]): Written[] => {
    const { nameOf } = states.names(space);
    const [only] = rows;
    // A step of one task is told by its writes' places: most are, and a history has thousands of them.
    if (only !== undefined && rows.length === 1)
      return only.writes
        .toSorted(([one], [other]) => one - other)
        .map(([, channel, ref]) => ({ task: only.task, channel: nameOf(channel), ref }));
    return rows
      .flatMap(({ task, path, writes }) =>
        writes.map(([index, channel, ref]) => ({
          key: writesSortKey(nameOf(path), task, index),
          task,
          channel: nameOf(channel),
          ref,
        })),
      )
      .toSorted((a, b) => compareWritesSortKeys(a.key, b.key));
  };

  const refsOf = (written: readonly Written[]): Ref[] => written.map(({ ref }) => ref);

  const decodedWrites = (written: readonly Written[], { family, seen }: Reader): Soon<CheckpointPendingWrite[]> =>
    together(
      written.map(({ task, channel, ref }) =>
        after(values.decode(family, ref, seen), (value): CheckpointPendingWrite => [task, channel, value]),
      ),
    );

  const decodedFields = <Field>(
    fields: Readonly<Record<string, Field>>,
    decode: (field: Field) => Soon<unknown>,
  ): Soon<Record<string, unknown>> => {
    const names = Object.keys(fields);
    const record: Record<string, unknown> = {};
    const later: Promise<void>[] = [];
    for (const name of names) {
      const decoded = decode(fields[name]!);
      define(record, name, undefined); // in its place, whenever it comes
      if (isLater(decoded)) later.push(decoded.then((value) => define(record, name, value)));
      else define(record, name, decoded);
    }
    return later.length === 0 ? record : Promise.all(later).then(() => record);
  };

  const addSends = (checkpoint: Checkpoint, sends: readonly CheckpointPendingWrite[]): void => {
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends.map(([, , value]) => value);
    checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : 1;
  };

  const decodedTuple = (
    place: Place,
    row: ListedRow,
    parts: { readonly state: State; readonly written: Written[]; readonly sends: Written[] | undefined },
    reader: Reader,
  ): Soon<CheckpointTuple> => {
    const { state } = parts;
    const decoded = together<unknown>([
      decodedFields(state.values, (ref) => values.decode(reader.family, ref, reader.seen)),
      decodedFields(state.metadata, decodeValue),
      decodedWrites(parts.written, reader),
      parts.sends && decodedWrites(parts.sends, reader),
    ]);
    return after(decoded, ([channels, metadata, written, sends]) => {
      const checkpoint = checkpointOf(row.id, state, channels as Record<string, unknown>);
      if (sends !== undefined) addSends(checkpoint, sends as CheckpointPendingWrite[]);
      return {
        config: configOf(place, row.id),
        checkpoint,
        metadata: metadata as CheckpointMetadata,
        pendingWrites: written as CheckpointPendingWrite[],
        ...(row.parentId === null ? {} : { parentConfig: configOf(place, row.parentId) }),
      };
    });
  };

  const familyOf = (thread: string): number => {
    const row = tables.thread(thread);
    return row?.family ?? row?.seq ?? 0;
  };

  const sendsOf = (row: CheckpointRow, state: State): Written[] | undefined => {
    const parent = state.v < sendsInChannel ? parentOf(row) : undefined;
    return (
      parent && inOrder(parent.space, tables.writes(parent.space, parent.id)).filter(({ channel }) => channel === TASKS)
    );
  };

  /** Reads the rows of some checkpoints now; what it returns decodes them. One that was deleted since it was listed is not there. */
  const fetch = (listed: readonly Listed[], seen: Seen, isWanted?: (row: CheckpointRow, state: State) => boolean) => {
    const seqs = listed.map(({ seq }) => seq);
    const places = new Map(listed.map(({ seq, place }) => [seq, place]));
    const rows = tables.listed(seqs);
    const writes = tables.writesOfRows(seqs);
    const all = states.ofAll(rows);
    const families = new Map<string, number>();
    const refs: Ref[] = [];
    const fetched: (() => Soon<CheckpointTuple>)[] = [];
    for (const [index, row] of rows.entries()) {
      const state = all[index]!;
      if (isWanted?.(row, state) === false) continue;
      const place = places.get(row.seq)!;
      const family = families.get(place.thread) ?? familyOf(place.thread);
      families.set(place.thread, family);
      const written = inOrder(row.space, writes.get(row.seq) ?? []);
      const sends = sendsOf(row, state);
      for (const name in state.values) refs.push(state.values[name]!);
      for (const { ref } of written) refs.push(ref);
      for (const { ref } of sends ?? []) refs.push(ref);
      fetched.push(() => decodedTuple(place, row, { state, written, sends }, { family, seen }));
    }
    values.read(refs, seen);
    return fetched;
  };

  /** The ancestors' writes to some channels, oldest first, and for each channel the value of the nearest ancestor that has one. */
  const fetchDeltaHistory = (thread: string, row: CheckpointRow, names: readonly string[]) => {
    const reader = { family: familyOf(thread), seen: values.nothingSeen(false) };
    const { family, seen } = reader;
    const open = new Set(names);
    const found = names.map((name) => ({ name, writes: [] as Written[], seed: undefined as Ref | undefined }));
    for (let at = parentOf(row); at !== undefined && open.size > 0; at = parentOf(at)) {
      const state = states.of(at);
      const written = inOrder(at.space, tables.writes(at.space, at.id));
      for (const one of found) {
        if (!open.has(one.name)) continue;
        one.writes.unshift(...written.filter(({ channel }) => channel === one.name));
        one.seed = state.values[one.name];
        if (one.seed !== undefined) open.delete(one.name);
      }
    }
    for (const { writes, seed } of found) values.read([...refsOf(writes), ...(seed ? [seed] : [])], seen);
    return async (): Promise<Record<string, DeltaChannelHistory>> => {
      const history: Record<string, DeltaChannelHistory> = {};
      for (const { name, writes, seed } of found)
        history[name] = {
          writes: await decodedWrites(writes, reader),
          ...(seed === undefined ? {} : { seed: await values.decode(family, seed, seen) }),
        };
      return history;
    };
  };

  return { fetch, fetchDeltaHistory };
}
