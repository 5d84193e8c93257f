/** A checkpoint as a document: everything but its id and its values, which are replaced by where they lie. Pure. */
import type { Checkpoint } from "@langchain/langgraph-checkpoint";
import { encodeValue } from "./inert-json.ts";
import { define } from "./merge-patch.ts";
import type { Document, Patch } from "./merge-patch.ts";
import type { Names } from "./names.ts";
import type { Ref } from "./ref.ts";

/** A checkpoint without its id and its values. */
export type StateFields = {
  readonly v: number;
  readonly ts: string;
  /** Fields that this version of LangGraph's checkpoints does not have, as JSON; empty: none. */
  readonly more: string;
  readonly versions: { readonly [channel: string]: number | string };
  readonly seen: { readonly [node: string]: { readonly [channel: string]: number | string } };
  /** Each field as JSON text, as `encodeValue` gives it. */
  readonly metadata: { readonly [field: string]: string };
};

export type State = Document & StateFields & { readonly values: { readonly [channel: string]: Ref } };

function copied(seen: State["seen"]): Checkpoint["versions_seen"] {
  const copy = {};
  for (const node of Object.keys(seen)) define(copy, node, { ...seen[node] });
  return copy;
}

function encodedFields(metadata: object): State["metadata"] {
  const encoded = {};
  for (const [field, value] of Object.entries(metadata)) define(encoded, field, encodeValue(value));
  return encoded;
}

/** All but the values, as it is now. */
export function stateOf(checkpoint: Checkpoint, metadata: object): StateFields {
  const { v, id: _id, ts, channel_values: _values, channel_versions, versions_seen, ...more } = checkpoint;
  return {
    v,
    ts,
    more: Object.keys(more).length === 0 ? "" : JSON.stringify(more),
    // Copies: what is remembered of a checkpoint is not to change with the caller's object.
    versions: { ...channel_versions },
    seen: copied(versions_seen),
    metadata: encodedFields(metadata),
  };
}

export function checkpointOf(id: string, state: State, values: Record<string, unknown>): Checkpoint {
  return {
    ...(state.more === "" ? {} : (JSON.parse(state.more) as object)),
    v: state.v,
    id,
    ts: state.ts,
    channel_values: values,
    channel_versions: { ...state.versions },
    versions_seen: copied(state.seen),
  };
}

/** One letter for a field: `t` is a time in ms where that is what the text says, which takes half of it. */
const letters = { v: "v", ts: "t", more: "x", versions: "c", seen: "s", values: "r", metadata: "m" } as const;
const fields = Object.fromEntries(Object.entries(letters).map(([field, letter]) => [letter, field]));

/** How deep the keys of a field are names. */
const depths: Readonly<Record<string, number>> = { c: 1, r: 1, s: 2 };

function withKeys(value: unknown, depth: number, rename: (key: string) => string): unknown {
  if (depth === 0 || typeof value !== "object" || value === null) return value;
  const renamed = {};
  for (const key of Object.keys(value))
    define(renamed, rename(key), withKeys((value as Record<string, unknown>)[key], depth - 1, rename));
  return renamed;
}

/** A time's ms, where that is all that the text says. */
function shortTime(ts: string): number | string {
  const ms = Date.parse(ts);
  return Number.isFinite(ms) && new Date(ms).toISOString() === ts ? ms : ts;
}

/** A state, or a patch of one, as text: fields by letter, names by number. */
export function stateText(state: State | Patch, names: Names): string {
  const short: Record<string, unknown> = {};
  for (const [field, letter] of Object.entries(letters)) {
    const value = (state as Record<string, unknown>)[field];
    if (value === undefined) continue;
    if (field === "ts") short[letter] = shortTime(value as string);
    else short[letter] = withKeys(value, depths[letter] ?? 0, (name) => String(names.numberOf(name)));
  }
  return JSON.stringify(short);
}

/** What `stateText` was given. */
export function stateOfText(text: string, names: Names): State | Patch {
  const state: Record<string, unknown> = {};
  const short = JSON.parse(text) as Record<string, unknown>;
  const rename = (number: string): string => names.nameOf(Number(number));
  for (const letter of Object.keys(short)) {
    const value = short[letter];
    const field = fields[letter] ?? letter;
    if (letter === "t") state[field] = typeof value === "number" ? new Date(value).toISOString() : value;
    else state[field] = withKeys(value, depths[letter] ?? 0, rename);
  }
  return state as State | Patch;
}
