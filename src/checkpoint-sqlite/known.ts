/**
 * What of a graph's state is stored already, told by the objects themselves: a step writes out what is new in it, and nothing twice.
 *
 * K1. An object that was stored or read here before is known again if nothing in it has changed since (`snapshot.ts`); everything else is
 *     compared by its text.
 * K2. A place (a channel of a namespace of a thread) mostly holds its last list and a few elements more: that list's objects are looked
 *     over in their order, without a search.
 * K3. What is remembered is only what was committed. After `forget`, what was handed over as known is known no longer.
 */
import { encodeValue } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";
import { compared, isUnchanged, snapshotOf } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

/** How many elements of lists are held on to; those of the lists that were used least go first, the last one stays. */
const heldElements = 20_000;

type Known = { readonly item: number; readonly family: number };

/** An element as it was when it was handed over: known, or as text. `snapshot`: undefined for a primitive, which is what it is. */
export type Element = { readonly value: unknown; readonly snapshot: Snapshot | undefined } & (
  | { readonly known: Known }
  | { readonly known: undefined; readonly stored: Stored }
);

/**
 * The elements of a log, from its first. Only appended to. `parts`: each element, and behind it the snapshot of what is an object; `ends`:
 * where an element's parts end.
 */
type KnownList = {
  readonly family: number;
  readonly log: number;
  readonly items: number[];
  readonly parts: unknown[];
  readonly ends: number[];
};

/** A list as it was when it was handed over: so many elements of a known one, and what follows them. */
export type TakenList = {
  readonly place: string | undefined;
  readonly age: number;
  readonly length: number;
  readonly known: KnownList | undefined;
  readonly common: number;
  readonly rest: readonly Element[];
};

/** What a list's elements from `start` on became, at the end of a log; `before`: the log's items up to there. */
export type Appended = {
  readonly log: number;
  readonly start: number;
  readonly before: readonly number[];
  readonly added: readonly number[];
};

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** A value as it is now. Bytes are the caller's to change: a copy. */
export function textNow(value: unknown): Stored {
  const stored = encodeValue(value);
  return typeof stored === "string" ? stored : Uint8Array.from(stored);
}

export function elementAt({ known, common, rest }: TakenList, index: number): Element {
  if (known === undefined || index >= common) return rest[index - common]!;
  const { family, items, parts, ends } = known;
  const from = index === 0 ? 0 : ends[index - 1]!;
  const value = parts[from];
  const snapshot = isObject(value) ? parts.slice(from + 1, ends[index]) : undefined;
  return { value, snapshot, known: { item: items[index]!, family } };
}

export function knownValues() {
  /** By place. */
  const lists = new Map<string, KnownList>();
  let held = 0;
  let objects = new WeakMap<object, Known & { readonly snapshot: Snapshot }>();
  /** Rises when what is remembered became void. */
  let age = 0;

  const release = (place: string): void => {
    held -= lists.get(place)?.ends.length ?? 0;
    lists.delete(place);
  };
  const hold = (place: string, list: KnownList): void => {
    lists.set(place, list);
    held += list.ends.length;
    for (const oldest of lists.keys()) {
      if (held <= heldElements || oldest === place) return;
      release(oldest);
    }
  };

  const takeElement = (value: unknown): Element => {
    if (!isObject(value)) return { value, snapshot: undefined, known: undefined, stored: textNow(value) };
    const known = objects.get(value);
    if (known !== undefined && isUnchanged(value, known.snapshot)) return { value, snapshot: known.snapshot, known }; // K1
    return { value, snapshot: snapshotOf(value), known: undefined, stored: textNow(value) };
  };

  /** K2: how many elements stand where they stood, as they were. */
  const commonLength = (list: readonly unknown[], { parts, ends }: KnownList): number => {
    const limit = Math.min(list.length, ends.length);
    for (let index = 0, at = 0; index < limit; index += 1) {
      const value = list[index];
      if (!Object.is(value, parts[at])) return index;
      at = isObject(value) ? compared(value, parts, at + 1) : at + 1;
      if (at !== ends[index]) return index;
    }
    return limit;
  };

  const remember = (family: number, value: unknown, item: number, snapshot: Snapshot | undefined): void => {
    if (snapshot !== undefined) objects.set(value as object, { item, family, snapshot });
  };

  return {
    /** A list as it is now; without a place, one that was only written for a place. Errors: state-not-storable. */
    take: (list: readonly unknown[], place?: string): TakenList => {
      const known = place === undefined ? undefined : lists.get(place);
      const common = known === undefined ? 0 : commonLength(list, known);
      const rest: Element[] = [];
      for (let index = common; index < list.length; index += 1) rest.push(takeElement(list[index]));
      return { place, age, length: list.length, known, common, rest };
    },
    isCurrent: (taken: TakenList): boolean => taken.age === age,
    age: () => age,
    /** An object was made from an item that was read at an age. */
    remember: (family: number, value: unknown, item: number, readAt: number): void => {
      if (readAt === age && isObject(value)) remember(family, value, item, snapshotOf(value));
    },
    /** A list was stored. */
    rememberList: (family: number, taken: TakenList, { log, start, before, added }: Appended): void => {
      const { place, known } = taken;
      if (taken.age !== age || place === undefined) return;
      release(place);
      const grows = known?.log === log && known.family === family && known.items.length === start;
      const list = grows ? known : { family, log, items: before.slice(0, start), parts: [], ends: [] };
      for (let index = list.ends.length; index < taken.length; index += 1) {
        const { value, snapshot } = elementAt(taken, index);
        list.parts.push(value);
        for (const part of snapshot ?? []) list.parts.push(part);
        list.ends.push(list.parts.length);
        if (index < start) continue;
        const item = added[index - start]!;
        list.items.push(item);
        remember(family, value, item, snapshot);
      }
      hold(place, list);
    },
    forget: (): void => {
      lists.clear();
      held = 0;
      objects = new WeakMap();
      age += 1;
    },
  };
}
