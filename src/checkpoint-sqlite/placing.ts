/**
 * Where a checkpoint's values are put: the new ones are stored, the others lie where the thread has them. LangGraph says which are new;
 * what it calls known and the thread does not have is not there, and is left out.
 */
import type { ChannelVersions, Checkpoint } from "@langchain/langgraph-checkpoint";
import type { Ref } from "./ref.ts";
import type { State } from "./state.ts";
import type { States } from "./states.ts";
import type { CheckpointRow, Tables } from "./tables.ts";
import type { Fresh, Taken, Values } from "./values.ts";

export type Step = {
  readonly family: number;
  readonly space: number;
  readonly parent: CheckpointRow | string | null;
  readonly versions: Checkpoint["channel_versions"];
  /** The channels' values, as they were when the checkpoint was handed over. */
  readonly taken: ReadonlyMap<string, Taken>;
  /** Left out: every value is new. */
  readonly newVersions: ChannelVersions | undefined;
  readonly fresh: Fresh;
};

export type PlacedValues = {
  readonly values: State["values"];
  /** Called once they are committed. */
  readonly remember: () => void;
};

type Version = number | string | undefined;

function holds(state: State, channel: string, version: Version): boolean {
  return Object.hasOwn(state.values, channel) && state.versions[channel] === version;
}

export function valuePlacing(tables: Tables, states: States, values: Values) {
  /** Of a copy of a checkpoint beside its parent (a fork), the values lie with another checkpoint of the thread. */
  const stateWith = (space: number, channel: string, version: Version): State | undefined => {
    if (version === undefined) return undefined; // never written
    for (const seq of tables.seqs(space)) {
      const row = tables.checkpoint(seq);
      const state = row && states.of(row);
      if (state !== undefined && holds(state, channel, version)) return state;
    }
    return undefined;
  };

  return ({ family, space, parent, versions, taken, newVersions, fresh }: Step): PlacedValues => {
    const before = typeof parent === "object" && parent !== null ? states.of(parent) : undefined;
    const refs = new Map<string, Ref>();
    const remembered: (() => void)[] = [];
    const store = (channel: string, value: Taken, from: Ref | undefined): void => {
      const { ref, remember } = values.put(family, value, from, fresh);
      refs.set(channel, ref);
      remembered.push(remember);
    };
    const carry = (channel: string, value: Taken): void => {
      const version = versions[channel];
      if (before !== undefined && holds(before, channel, version)) refs.set(channel, before.values[channel]!);
      else {
        const known = stateWith(space, channel, version);
        if (known !== undefined) store(channel, value, known.values[channel]);
      }
    };
    for (const [channel, value] of taken) {
      if (newVersions === undefined || Object.hasOwn(newVersions, channel))
        store(channel, value, before?.values[channel]);
      else carry(channel, value);
    }
    return {
      values: Object.fromEntries(refs),
      remember: () => {
        for (const one of remembered) one();
      },
    };
  };
}
