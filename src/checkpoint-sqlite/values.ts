/**
 * Where values lie: each once. A list is a log: its elements are items of their own, and a longer version of the list adds the new
 * ones (D7). A list that parts from its predecessor somewhere is a child log, `{parent, cut}`, which repeats no element.
 *
 * A1. What a version of a list consists of never changes: a log is only appended to, behind every length that was given out.
 * A2. A value is what it is when it is handed over: `take` reads it then, and what becomes of the object later does not reach the file.
 * A3. An object that was stored or read here before is known again, if nothing in it has changed since (`snapshot.ts`); everything else is compared
 *     by its text.
 * A4. What is remembered is only what was committed; `remember` says so, after the transaction.
 */
import type { Connection } from "../store/connection.ts";
import { bug } from "../store/failure.ts";
import { decodeValue, encodeValue, isStoredSnapshot } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";
import { packValue, unpackValue } from "./packed.ts";
import type { Ref } from "./ref.ts";
import { isUnchanged, snapshotOf } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";

/** Values up to this many characters of JSON lie in the checkpoint itself. */
const inlineLimit = 64;
/** Lists up to this length may be inline; a longer one is not even tried. */
const inlineElements = 8;
/** How many logs' items are remembered: one or two for each thread that is at work. */
const rememberedLogs = 64;

type LogRow = { readonly parent: number | null; readonly cut: number };

/** An object that is stored: its item, whose it is, what it was like, and since when it is remembered. */
type Known = {
  readonly value: object;
  readonly item: number;
  readonly family: number;
  readonly snapshot: Snapshot;
  readonly age: number;
};

/** An element as it was when it was handed over: known from before, or as text. */
type Element =
  | Known
  | { readonly value: unknown; readonly item: undefined; readonly stored: Stored; readonly snapshot: Snapshot };

/** A value as it was when it was handed over (A2). */
export type Taken =
  | { readonly stored: Stored }
  | { readonly list: readonly Element[]; readonly inline: Ref | undefined };

/** Items that were just stored for a checkpoint's pending writes, by their text: the next checkpoint will hold the same. */
export type Fresh = Map<string, number>;

/** Where a value was put; `remember` is called once that is committed (A4). */
export type Placed = {
  readonly ref: Ref;
  readonly remember: () => void;
};

const nothing = (): void => {};

function isSame(one: Stored, other: Stored): boolean {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return Buffer.compare(one, other) === 0;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function inlineList(list: readonly unknown[]): Ref | undefined {
  if (list.length > inlineElements) return undefined;
  const text = encodeValue(list) as string;
  return text.length <= inlineLimit ? ["j", text] : undefined;
}

/** Bytes are the caller's to change. */
function ownCopy(stored: Stored): Stored {
  return typeof stored === "string" ? stored : Uint8Array.from(stored);
}

/** Gives the value once its rows are read. */
export type Fetched = () => Promise<unknown>;

/** What one reader has read already: a history reads each item once. */
export type Seen = {
  readonly items: Map<number, Promise<unknown>>;
  readonly lists: Map<number, { readonly length: number; readonly elements: Promise<unknown[]> }>;
};

export function nothingSeen(): Seen {
  return { items: new Map(), lists: new Map() };
}

export type Values = ReturnType<typeof valueStore>;

export function valueStore({ db }: Pick<Connection, "db">) {
  const addItem = db.prepare<[Stored]>("INSERT INTO items (body) VALUES (?)");
  const item = db.prepare<[number], Stored>("SELECT body FROM items WHERE seq = ?").pluck();
  const addLog = db.prepare<[number | null, number]>("INSERT INTO logs (parent, cut) VALUES (?, ?)");
  const log = db.prepare<[number], LogRow>("SELECT parent, cut FROM logs WHERE seq = ?");
  const addEntry = db.prepare<[number, number, number]>("INSERT INTO entries (log, idx, item) VALUES (?, ?, ?)");
  const entry = db.prepare<[number, number], number>("SELECT item FROM entries WHERE log = ? AND idx = ?").pluck();
  const entries = db
    .prepare<[number, number, number], number>(
      "SELECT item FROM entries WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
    )
    .pluck();

  /** The items of logs, in order. */
  const logs = new Map<number, number[]>();
  let remembered = new WeakMap<object, Known>();
  /** Rises when what is remembered became void. */
  let age = 0;

  const recall = (seq: number): number[] | undefined => {
    const known = logs.get(seq);
    if (known === undefined) return undefined;
    logs.delete(seq); // least recently used goes first
    logs.set(seq, known);
    return known;
  };
  const rememberLog = (seq: number, items: number[]): void => {
    logs.delete(seq);
    logs.set(seq, items);
    if (logs.size > rememberedLogs) logs.delete(logs.keys().next().value!);
  };

  /** The items of a log up to a length, through its parents. */
  const itemsOf = (seq: number, length: number): number[] => {
    const row = log.get(seq);
    if (row === undefined) throw bug(`there is no log ${seq}`);
    const before = row.parent === null ? [] : itemsOf(row.parent, Math.min(row.cut, length));
    const items = before.concat(entries.all(seq, row.cut, length));
    if (items.length !== length) throw bug(`log ${seq} has ${items.length} of ${length} elements`);
    return items;
  };

  /** The log in which a length lies: a child has nothing of its own before its cut, and is not appended to there. */
  const holder = (seq: number, length: number): number => {
    const row = log.get(seq);
    return row === undefined || row.parent === null || length > row.cut ? seq : holder(row.parent, length);
  };

  const body = (seq: number): Stored => {
    const stored = item.get(seq);
    if (stored === undefined) throw bug(`there is no item ${seq}`);
    return unpackValue(stored);
  };

  const putItem = (stored: Stored, fresh: Fresh): number => {
    const known = typeof stored === "string" ? fresh.get(stored) : undefined;
    if (known !== undefined) return known;
    const seq = Number(addItem.run(packValue(stored)).lastInsertRowid);
    if (typeof stored === "string") fresh.set(stored, seq);
    return seq;
  };

  const putText = (stored: Stored, fresh: Fresh): Ref =>
    typeof stored === "string" && stored.length <= inlineLimit ? ["j", stored] : ["i", putItem(stored, fresh)];

  const takeElement = (value: unknown): Element => {
    if (isObject(value)) {
      const known = remembered.get(value);
      if (known !== undefined && isUnchanged(value, known.snapshot)) return known; // A3
    }
    const stored = ownCopy(encodeValue(value));
    return { value, item: undefined, stored, snapshot: isObject(value) ? snapshotOf(value) : value };
  };

  /** One thing made for each new element, and none for a known one: this is gone through at every step. */
  const takeList = (list: readonly unknown[]): readonly Element[] => {
    const elements: Element[] = [];
    for (let index = 0; index < list.length; index += 1) elements.push(takeElement(list[index]));
    return elements;
  };

  /** The item that an element is known by; none where it is another family's, or was forgotten since it was handed over. */
  const knownItem = (family: number, element: Element): number | undefined =>
    element.item !== undefined && element.family === family && element.age === age ? element.item : undefined;

  /** Of an object that was known when it was handed over no text was made then. */
  const textOf = (element: Element): Stored => {
    if (element.item === undefined) return element.stored;
    return element.age === age ? body(element.item) : encodeValue(element.value);
  };

  const itemOf = (family: number, element: Element, fresh: Fresh): number =>
    knownItem(family, element) ?? putItem(textOf(element), fresh);

  /** A3: how many elements of a list are those of the log. */
  const commonLength = (family: number, list: readonly Element[], items: readonly number[]): number => {
    const limit = Math.min(list.length, items.length);
    let index = 0;
    for (; index < limit; index += 1) {
      const element = list[index]!;
      if (knownItem(family, element) === items[index]) continue;
      if (!isSame(textOf(element), body(items[index]!))) break;
    }
    return index;
  };

  /** Adds what a list has beyond the first `start` elements, which are those of the log. */
  const append = (
    family: number,
    to: { readonly log: number; readonly items: readonly number[]; readonly start: number },
    list: readonly Element[],
    fresh: Fresh,
  ): Placed => {
    const { log: seq, start } = to;
    const rest = list.slice(start);
    const added = rest.map((element) => itemOf(family, element, fresh));
    for (const [offset, one] of added.entries()) addEntry.run(seq, start + offset, one);
    const remember = (): void => {
      const before = recall(seq);
      // In place where it can be: a line of a thousand steps does not copy its past a thousand times.
      const items = before?.length === start ? before : to.items.slice(0, start);
      items.push(...added);
      rememberLog(seq, items);
      for (const [offset, element] of rest.entries()) {
        const { value, snapshot } = element;
        if (!isObject(value) || knownItem(family, element) !== undefined) continue;
        remembered.set(value, { value, item: added[offset]!, family, snapshot, age });
      }
    };
    return { ref: ["l", seq, list.length], remember };
  };

  const putList = (family: number, list: readonly Element[], from: Ref | undefined, fresh: Fresh): Placed => {
    const newLog = (parent: number | null, cut: number): number => Number(addLog.run(parent, cut).lastInsertRowid);
    const anew = (): Placed => append(family, { log: newLog(null, 0), items: [], start: 0 }, list, fresh);
    if (from?.[0] !== "l") return anew();
    const [, seq, length] = from;
    const known = recall(seq);
    const items = known?.length === length ? known : itemsOf(seq, length);
    const start = commonLength(family, list, items);
    if (start === list.length) return { ref: ["l", holder(seq, start), start], remember: nothing };
    if (start === 0) return anew();
    const goesOn = start === length && entry.get(seq, length) === undefined; // A1
    return append(family, { log: goesOn ? seq : newLog(holder(seq, start), start), items, start }, list, fresh);
  };

  /** Reads the rows at once, decodes them later: what lies between may delete them. */
  const fetch = (family: number, ref: Ref, seen: Seen): Fetched => {
    switch (ref[0]) {
      case "j":
        return () => decodeValue(ref[1]);
      case "i":
        return fetchItem(ref[1], seen);
      case "a": {
        const parts = ref[1].map((one) => fetch(family, one, seen));
        return () => Promise.all(parts.map((part) => part()));
      }
      case "l":
        return fetchList(family, ref[1], ref[2], seen);
    }
  };

  const fetchItem = (seq: number, { items }: Seen): Fetched => {
    const known = items.get(seq);
    if (known !== undefined) return () => known;
    const stored = body(seq);
    return () => {
      const value = items.get(seq) ?? decodeValue(stored);
      items.set(seq, value);
      return value;
    };
  };

  const fetchList = (family: number, seq: number, length: number, seen: Seen): Fetched => {
    const longer = seen.lists.get(seq);
    if (longer !== undefined && longer.length >= length) return async () => (await longer.elements).slice(0, length);
    const items = itemsOf(seq, length);
    const parts = items.map((one) => fetchItem(one, seen));
    const decoded = async (): Promise<unknown[]> => {
      const elements: unknown[] = [];
      for (const [index, part] of parts.entries()) {
        const element = await part();
        elements.push(element);
        if (isObject(element))
          remembered.set(element, { value: element, item: items[index]!, family, snapshot: snapshotOf(element), age });
      }
      if (recall(seq) === undefined) rememberLog(seq, items);
      return elements;
    };
    return async () => {
      const elements = decoded();
      seen.lists.set(seq, { length, elements });
      return (await elements).slice();
    };
  };

  return {
    /** What a channel holds, or a task wrote, as it is now (A2). Errors: state-not-storable. */
    take: (value: unknown): Taken =>
      Array.isArray(value)
        ? { list: takeList(value), inline: inlineList(value) }
        : { stored: ownCopy(encodeValue(value)) },
    /** Stores a channel's value; `from`: where its predecessor lies. Call `remember` once it is committed (A4). */
    put: (family: number, taken: Taken, from: Ref | undefined, fresh: Fresh): Placed => {
      if ("list" in taken) {
        if (taken.inline !== undefined) return { ref: taken.inline, remember: nothing };
        return putList(family, taken.list, from, fresh);
      }
      const { stored } = taken;
      const unchanged = from?.[0] === "i" && isSame(body(from[1]), stored);
      return { ref: unchanged ? from : putText(stored, fresh), remember: nothing };
    },
    /** Stores a pending write's value, a list's elements one by one: the next checkpoint shares them. */
    putWrite: (taken: Taken, fresh: Fresh): Ref => {
      if (!("list" in taken)) return putText(taken.stored, fresh);
      return taken.inline ?? ["a", taken.list.map((element) => putText(textOf(element), fresh))];
    },
    fetch,
    isSnapshot: (ref: Ref): boolean =>
      (ref[0] === "j" && isStoredSnapshot(ref[1])) || (ref[0] === "i" && isStoredSnapshot(body(ref[1]))),
    /** Where a log begins; undefined where it is not there. */
    logRow: (seq: number) => log.get(seq),
    /** What is remembered is void: rows were deleted. */
    forget: () => {
      logs.clear();
      remembered = new WeakMap();
      age += 1;
    },
  };
}
