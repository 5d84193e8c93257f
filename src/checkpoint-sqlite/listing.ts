/** Which checkpoints a listing goes through, newest first: across namespaces and threads too. */
import { getCheckpointId } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { Fences } from "./fences.ts";
import { encodeValue } from "./inert-json.ts";
import { positionOf, threadOf } from "./position.ts";
import type { Place, Position } from "./position.ts";
import type { State } from "./state.ts";
import type { CheckpointRow, SpaceRow, Tables } from "./tables.ts";

export type Listed = { readonly place: Place; readonly seq: number };

const nothingText = encodeValue(undefined);

/** Of those that a listing goes through: the one that `config` names, if it names one, with metadata like `filter`. */
export function wantedBy(config: RunnableConfig, filter: Readonly<Record<string, unknown>>) {
  const only = getCheckpointId(config) || undefined;
  return ({ id }: CheckpointRow, { metadata }: State): boolean =>
    (only === undefined || id === only) &&
    Object.entries(filter).every(([field, value]) => (metadata[field] ?? nothingText) === encodeValue(value));
}

export function checkpointListing(
  tables: Tables,
  fences: Fences,
  rowAt: (position: Position) => CheckpointRow | undefined,
) {
  /** By the order of storing where the checkpoint is known (D5); an unknown one can only be compared by its id. */
  const isBefore = (config: RunnableConfig): ((seq: number) => boolean) => {
    const id = getCheckpointId(config);
    const here = threadOf(config) === undefined ? undefined : rowAt(positionOf(config, "Listing"));
    const bound = here?.seq ?? tables.seqsOfId(id)[0];
    return (seq) => (bound === undefined ? (tables.checkpoint(seq)?.id ?? id) < id : seq < bound);
  };

  const spacesOf = (config: RunnableConfig): { place: Place; space: SpaceRow }[] => {
    const id = threadOf(config);
    const name = config.configurable?.["checkpoint_ns"] as string | undefined;
    const threads = id === undefined ? tables.threads() : [tables.thread(id)];
    return threads.flatMap((thread) => {
      if (thread === undefined) return [];
      return tables
        .spaces(fences.look(thread).seq)
        .filter((space) => name === undefined || space.name === name)
        .map((space) => ({ place: { thread: thread.id, name: space.name }, space }));
    });
  };

  return (config: RunnableConfig, before: RunnableConfig | undefined): Listed[] => {
    const isListed = before === undefined ? () => true : isBefore(before);
    return spacesOf(config)
      .flatMap(({ place, space }) => tables.seqs(space.seq).map((seq) => ({ place, seq })))
      .filter(({ seq }) => isListed(seq))
      .toSorted((a, b) => b.seq - a.seq);
  };
}
