/**
 * Where a checkpoint's values are put: the new ones are stored, the others lie where the thread has them. LangGraph says which are new;
 * what it calls known and the thread does not have is not there, and is left out.
 */
import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import type { Ref } from "./ref.ts";
import type { State } from "./state.ts";
import type { Parent, States } from "./states.ts";
import type { Tables } from "./tables.ts";
import type { Fresh, Taken, Values } from "./values.ts";

export type Step = {
  readonly family: number;
  readonly space: number;
  readonly parent: Parent;
  readonly versions: Checkpoint["channel_versions"];
  /** The channels' values, as they were when the checkpoint was handed over; undefined: the thread has it already. */
  readonly taken: ReadonlyMap<string, Taken | undefined>;
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

  return ({ family, space, parent, versions, taken, fresh }: Step): PlacedValues => {
    const before = typeof parent === "object" ? parent?.state : undefined;
    const refs = new Map<string, Ref>();
    const remembered: (() => void)[] = [];
    const carry = (channel: string): void => {
      const version = versions[channel];
      const known =
        before !== undefined && holds(before, channel, version) ? before : stateWith(space, channel, version);
      if (known !== undefined) refs.set(channel, known.values[channel]!);
    };
    for (const [channel, value] of taken) {
      if (value === undefined) carry(channel);
      else {
        const { ref, remember } = values.put(family, value, before?.values[channel], fresh);
        refs.set(channel, ref);
        remembered.push(remember);
      }
    }
    return {
      values: Object.fromEntries(refs),
      remember: () => {
        for (const one of remembered) one();
      },
    };
  };
}
