/**
 * Where values lie: each once. A list is a log: its elements are items of their own, and a longer version of the list adds the new
 * ones (D7). A list that parts from its predecessor somewhere is a child log, `{parent, cut}`, which repeats no element.
 *
 * A1. What a version of a list consists of never changes: a log is only appended to, behind every length that was given out.
 * A2. That a list goes on where its predecessor ended is seen by the identity of its elements where they were stored or read here,
 *     and by their stored text otherwise. An element changed in place after it was stored is therefore not seen: state is data.
 * A3. What is remembered is only what was committed; `remember` says so, after the transaction.
 */
import type { Connection } from "../store/connection.ts";
import { bug } from "../store/failure.ts";
import { decodeValue, encodeValue, isStoredSnapshot } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";
import { packValue, unpackValue } from "./packed.ts";
import type { Ref } from "./ref.ts";

/** Values up to this many characters of JSON lie in the checkpoint itself. */
const inlineLimit = 64;
/** Lists up to this length may be inline; a longer one is not even tried. */
const inlineElements = 8;
/** How many logs are remembered: one or two for each thread that is at work. */
const rememberedLogs = 64;

type LogRow = { readonly parent: number | null; readonly cut: number };

/** What is known of a log here: its items in order, and the elements as the graph holds them. */
type KnownLog = { readonly items: number[]; readonly elements: unknown[] };

/** Items that were just stored for a checkpoint's pending writes, by their text: the next checkpoint will hold the same. */
export type Fresh = Map<string, number>;

/** Where a value was put; `remember` is called once that is committed (A3). */
export type Placed = { readonly ref: Ref; readonly remember: () => void };

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

  const logs = new Map<number, KnownLog>();
  let itemOf = new WeakMap<object, { readonly family: number; readonly item: number }>();

  const recall = (seq: number): KnownLog | undefined => {
    const known = logs.get(seq);
    if (known === undefined) return undefined;
    logs.delete(seq); // least recently used goes first
    logs.set(seq, known);
    return known;
  };
  const rememberLog = (seq: number, known: KnownLog): void => {
    logs.delete(seq);
    logs.set(seq, known);
    if (logs.size > rememberedLogs) logs.delete(logs.keys().next().value!);
  };
  const rememberItems = (family: number, items: readonly number[], elements: readonly unknown[]): void => {
    for (const [index, element] of elements.entries())
      if (isObject(element)) itemOf.set(element, { family, item: items[index]! });
  };
  /** The same object may lie in threads that share nothing. */
  const rememberedItem = (family: number, element: unknown): number | undefined => {
    const known = isObject(element) ? itemOf.get(element) : undefined;
    return known?.family === family ? known.item : undefined;
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

  /** A2: how many elements of a list are those of the log. */
  const commonLength = (
    family: number,
    list: readonly unknown[],
    items: readonly number[],
    elements: readonly unknown[],
  ): number => {
    const limit = Math.min(list.length, items.length);
    let index = 0;
    for (; index < limit; index += 1) {
      const element = list[index];
      if (index < elements.length && element === elements[index]) continue;
      if (rememberedItem(family, element) === items[index]) continue;
      if (!isSame(encodeValue(element), body(items[index]!))) break;
    }
    return index;
  };

  /** Adds what a list has beyond the first `start` elements, which are those of the log. */
  const append = (
    family: number,
    to: { readonly log: number; readonly items: readonly number[]; readonly start: number },
    list: readonly unknown[],
    fresh: Fresh,
  ): Placed => {
    const { log: seq, start } = to;
    const rest = list.slice(start);
    const added = rest.map((element) => rememberedItem(family, element) ?? putItem(encodeValue(element), fresh));
    for (const [offset, one] of added.entries()) addEntry.run(seq, start + offset, one);
    const remember = (): void => {
      const before = recall(seq);
      // In place where it can be: a line of a thousand steps does not copy its past a thousand times.
      const known =
        before?.items.length === start ? before : { items: to.items.slice(0, start), elements: list.slice(0, start) };
      known.items.push(...added);
      for (let index = known.elements.length; index < list.length; index += 1) known.elements.push(list[index]);
      rememberItems(family, added, rest);
      rememberLog(seq, known);
    };
    return { ref: ["l", seq, list.length], remember };
  };

  const putList = (family: number, list: readonly unknown[], from: Ref | undefined, fresh: Fresh): Placed => {
    const short = inlineList(list);
    if (short !== undefined) return { ref: short, remember: nothing };
    const newLog = (parent: number | null, cut: number): number => Number(addLog.run(parent, cut).lastInsertRowid);
    const anew = (): Placed => append(family, { log: newLog(null, 0), items: [], start: 0 }, list, fresh);
    if (from?.[0] !== "l") return anew();
    const [, seq, length] = from;
    const known = recall(seq);
    const items = known?.items.length === length ? known.items : itemsOf(seq, length);
    const start = commonLength(family, list, items, known?.elements ?? []);
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
      for (const part of parts) elements.push(await part());
      rememberItems(family, items, elements);
      if (recall(seq) === undefined) rememberLog(seq, { items, elements: [...elements] });
      return elements;
    };
    return async () => {
      const elements = decoded();
      seen.lists.set(seq, { length, elements });
      return (await elements).slice();
    };
  };

  return {
    /** Stores a channel's value; `from`: where its predecessor lies. Call `remember` once it is committed (A3). */
    put: (family: number, value: unknown, from: Ref | undefined, fresh: Fresh): Placed => {
      if (Array.isArray(value)) return putList(family, value, from, fresh);
      const stored = encodeValue(value);
      const unchanged = from?.[0] === "i" && isSame(body(from[1]), stored);
      return { ref: unchanged ? from : putText(stored, fresh), remember: nothing };
    },
    /** Stores a pending write's value, a list's elements one by one: the next checkpoint shares them. */
    putWrite: (value: unknown, fresh: Fresh): Ref => {
      if (!Array.isArray(value)) return putText(encodeValue(value), fresh);
      const short = inlineList(value);
      if (short !== undefined) return short;
      return ["a", value.map((element) => putText(encodeValue(element), fresh))];
    },
    fetch,
    isSnapshot: (ref: Ref): boolean =>
      (ref[0] === "j" && isStoredSnapshot(ref[1])) || (ref[0] === "i" && isStoredSnapshot(body(ref[1]))),
    /** Where a log begins; undefined where it is not there. */
    logRow: (seq: number) => log.get(seq),
    /** What is remembered is void: rows were deleted. */
    forget: () => {
      logs.clear();
      itemOf = new WeakMap();
    },
  };
}
