/** Rows as LangGraph's tuples. The rows of one tuple are read in one snapshot and decoded after it. */
import { TASKS, compareWritesSortKeys, maxChannelVersion, writesSortKey } from "@langchain/langgraph-checkpoint";
import type {
  Checkpoint,
  CheckpointMetadata,
  CheckpointPendingWrite,
  CheckpointTuple,
  DeltaChannelHistory,
} from "@langchain/langgraph-checkpoint";
import { decodeValue } from "./inert-json.ts";
import { configOf } from "./position.ts";
import type { Place } from "./position.ts";
import { checkpointOf } from "./state.ts";
import type { State } from "./state.ts";
import type { States } from "./states.ts";
import type { CheckpointRow, Tables } from "./tables.ts";
import type { Fetched, Seen, Values } from "./values.ts";

/** The format below which a checkpoint's own sends lie in its parent's pending writes. */
const sendsInChannel = 4;

/** Whose values are read, and what was read of them already. */
export type Reader = { readonly family: number; readonly seen: Seen };

type FetchedWrite = { readonly task: string; readonly channel: string; readonly value: Fetched };

async function decodedMetadata({ metadata }: State): Promise<CheckpointMetadata> {
  const fields = Object.entries(metadata).map(async ([field, text]) => [field, await decodeValue(text)] as const);
  return Object.fromEntries(await Promise.all(fields)) as CheckpointMetadata;
}

export function checkpointReading(tables: Tables, states: States, values: Values) {
  const parentOf = (row: CheckpointRow): CheckpointRow | undefined =>
    typeof row.parent === "number" ? tables.checkpoint(row.parent) : undefined;

  /** In the order in which a running graph applies them. */
  const writesOf = (row: CheckpointRow, { family, seen }: Reader): FetchedWrite[] => {
    const { nameOf } = states.names(row.space);
    return tables
      .writes(row.space, row.id)
      .flatMap(({ task, path, writes }) =>
        writes.map(([index, channel, ref]) => ({
          key: writesSortKey(nameOf(path), task, index),
          task,
          channel: nameOf(channel),
          ref,
        })),
      )
      .toSorted((a, b) => compareWritesSortKeys(a.key, b.key))
      .map(({ task, channel, ref }) => ({ task, channel, value: values.fetch(family, ref, seen) }));
  };

  const decodedWrites = (writes: readonly FetchedWrite[]): Promise<CheckpointPendingWrite[]> =>
    Promise.all(
      writes.map(async ({ task, channel, value }): Promise<CheckpointPendingWrite> => [task, channel, await value()]),
    );

  const addSends = (checkpoint: Checkpoint, sends: readonly unknown[]): void => {
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_values[TASKS] = sends;
    checkpoint.channel_versions[TASKS] = versions.length > 0 ? maxChannelVersion(...versions) : 1;
  };

  /** Reads a tuple's rows now; what it returns decodes them. */
  const fetchTuple = (place: Place, row: CheckpointRow, reader: Reader): (() => Promise<CheckpointTuple>) => {
    const state: State = states.of(row);
    const channels = Object.entries(state.values).map(
      ([name, ref]) => [name, values.fetch(reader.family, ref, reader.seen)] as const,
    );
    const writes = writesOf(row, reader);
    const parent = state.v < sendsInChannel ? parentOf(row) : undefined;
    const sends = parent === undefined ? undefined : writesOf(parent, reader);
    const parentId = typeof row.parent === "number" ? tables.checkpointId(row.parent) : row.parent;
    return async () => {
      const decoded = await Promise.all(channels.map(async ([name, value]) => [name, await value()] as const));
      const checkpoint = checkpointOf(row.id, state, Object.fromEntries(decoded));
      if (sends !== undefined) {
        const sent = sends.filter(({ channel }) => channel === TASKS);
        addSends(checkpoint, await Promise.all(sent.map(({ value }) => value())));
      }
      return {
        config: configOf(place, row.id),
        checkpoint,
        metadata: await decodedMetadata(state),
        pendingWrites: await decodedWrites(writes),
        ...(parentId === undefined || parentId === null ? {} : { parentConfig: configOf(place, parentId) }),
      };
    };
  };

  /** The ancestors' writes to some channels, oldest first, and for each channel the value of the nearest ancestor that has one. */
  const fetchDeltaHistory = (row: CheckpointRow, names: readonly string[], reader: Reader) => {
    const open = new Set(names);
    const found = names.map((name) => ({ name, writes: [] as FetchedWrite[], seed: undefined as Fetched | undefined }));
    for (let at = parentOf(row); at !== undefined && open.size > 0; at = parentOf(at)) {
      const state = states.of(at);
      const writes = writesOf(at, reader);
      for (const one of found) {
        if (!open.has(one.name)) continue;
        one.writes.unshift(...writes.filter(({ channel }) => channel === one.name));
        const ref = state.values[one.name];
        if (ref === undefined) continue;
        one.seed = values.fetch(reader.family, ref, reader.seen);
        open.delete(one.name);
      }
    }
    return async (): Promise<Record<string, DeltaChannelHistory>> => {
      const history: Record<string, DeltaChannelHistory> = {};
      for (const { name, writes, seed } of found)
        history[name] = { writes: await decodedWrites(writes), ...(seed === undefined ? {} : { seed: await seed() }) };
      return history;
    };
  };

  return { fetchTuple, fetchDeltaHistory };
}
