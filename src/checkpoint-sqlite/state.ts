/** A checkpoint as a document: everything but its id and its values, which are replaced by where they lie. Pure. */
import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import type { Document } from "./merge-patch.ts";

/**
 * Where a value lies.
 * - `j`: here, as JSON text (short ones)
 * - `i`: an item
 * - `l`: a log, up to a length: a list of which each element is an item
 * - `a`: a list of such places; only in pending writes, whose elements the next checkpoint's log will share
 */
export type Ref =
  | readonly ["j", string]
  | readonly ["i", number]
  | readonly ["l", number, number]
  | readonly ["a", readonly Ref[]];

export type State = Document & {
  readonly v: number;
  readonly ts: string;
  /** Fields that this version of LangGraph's checkpoints does not have, as JSON; empty: none. */
  readonly more: string;
  readonly versions: { readonly [channel: string]: number | string };
  readonly seen: { readonly [node: string]: { readonly [channel: string]: number | string } };
  readonly values: { readonly [channel: string]: Ref };
  /** As `encodeValue` gives it. */
  readonly metadata: string;
};

export function stateOf(checkpoint: Checkpoint, values: State["values"], metadata: string): State {
  const { v, id: _id, ts, channel_values: _values, channel_versions, versions_seen, ...more } = checkpoint;
  return {
    v,
    ts,
    more: Object.keys(more).length === 0 ? "" : JSON.stringify(more),
    // Copies: what is remembered of a checkpoint is not to change with the caller's object.
    versions: { ...channel_versions },
    seen: Object.fromEntries(Object.entries(versions_seen).map(([node, versions]) => [node, { ...versions }])),
    values,
    metadata,
  };
}

export function checkpointOf(id: string, state: State, values: Record<string, unknown>): Checkpoint {
  return {
    ...(state.more === "" ? {} : (JSON.parse(state.more) as object)),
    v: state.v,
    id,
    ts: state.ts,
    channel_values: values,
    channel_versions: structuredClone(state.versions) as Checkpoint["channel_versions"],
    versions_seen: structuredClone(state.seen) as Checkpoint["versions_seen"],
  };
}

/** The refs of a state's or a write's values, those inside of lists too. */
export function* refsIn(refs: Iterable<Ref>): Generator<Ref> {
  for (const ref of refs) {
    if (ref[0] === "a") yield* refsIn(ref[1]);
    else yield ref;
  }
}
