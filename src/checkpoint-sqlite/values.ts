/**
 * Where values lie: each once. A list is a log: its elements are items of their own, and a longer version of the list adds the new
 * ones (D7). A list that parts from its predecessor somewhere is a child log, `{parent, cut}`, which repeats no element.
 *
 * A1. What a version of a list consists of never changes: a log is only appended to, behind every length that was given out.
 * A2. A value is what it is when it is handed over: `take` reads it then, and what becomes of the object later does not reach the file.
 * A3. What is stored already is known by its objects where it can be (`known.ts`), and compared by its text where it cannot.
 * A4. What is remembered is only what was committed; `remember` says so, after the transaction.
 */
import type { Connection } from "../store/connection.ts";
import { bug } from "../store/failure.ts";
import { decodeValue, isStoredSnapshot } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";
import { elementAt, knownValues, textNow } from "./known.ts";
import type { Element, TakenList } from "./known.ts";
import { packValue, unpackValue } from "./packed.ts";
import type { Ref } from "./ref.ts";
import { after, together } from "./soon.ts";
import type { Soon } from "./soon.ts";

/** Values up to this many characters of JSON lie in the checkpoint itself. */
const inlineLimit = 64;
/** Lists up to this length may be inline; a longer one is not even tried. */
const inlineElements = 8;

type ListRef = Extract<Ref, readonly ["l", ...unknown[]]>;
type LogRow = { readonly parent: number | null; readonly cut: number };
type ItemRow = { readonly seq: number; readonly body: Stored };

/** A value as it was when it was handed over (A2). */
export type Taken = { readonly stored: Stored } | { readonly list: TakenList; readonly inline: Ref | undefined };

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

/** Of its elements' texts, which are what JSON would make of them. */
function inlineList(list: TakenList): Ref | undefined {
  if (list.length > inlineElements || list.rest.length < list.length) return undefined;
  const texts: string[] = [];
  let length = 0;
  for (const element of list.rest) {
    if (element.known !== undefined || typeof element.stored !== "string") return undefined;
    length += element.stored.length;
    if (length > inlineLimit) return undefined;
    texts.push(element.stored);
  }
  const text = `[${texts.join(",")}]`;
  return text.length <= inlineLimit ? ["j", text] : undefined;
}

/**
 * What one reader has read already: a history reads each item and each list once, and hands the same objects out again. `age`: of what is
 * remembered of them, if anything is; `rows`: read, and not looked at yet.
 */
export type Seen = {
  readonly age: number | undefined;
  readonly rows: Map<number, Stored>;
  readonly items: Map<number, Soon<unknown>>;
  readonly logs: Map<number, readonly number[]>;
  readonly lists: Map<number, { readonly length: number; readonly elements: Soon<unknown[]> }>;
};

export type Values = ReturnType<typeof valueStore>;

export function valueStore({ db }: Pick<Connection, "db">) {
  const addItem = db.prepare<[Stored]>("INSERT INTO items (body) VALUES (?)");
  const item = db.prepare<[number], Stored>("SELECT body FROM items WHERE seq = ?").pluck();
  const items = db.prepare<[string], ItemRow>(
    "SELECT seq, body FROM items WHERE seq IN (SELECT value FROM json_each(?))",
  );
  const addLog = db.prepare<[number | null, number]>("INSERT INTO logs (parent, cut) VALUES (?, ?)");
  const log = db.prepare<[number], LogRow>("SELECT parent, cut FROM logs WHERE seq = ?");
  const addEntry = db.prepare<[number, number, number]>("INSERT INTO entries (log, idx, item) VALUES (?, ?, ?)");
  const entry = db.prepare<[number, number], number>("SELECT item FROM entries WHERE log = ? AND idx = ?").pluck();
  const entries = db
    .prepare<[number, number, number], number>(
      "SELECT item FROM entries WHERE log = ? AND idx >= ? AND idx < ? ORDER BY idx",
    )
    .pluck();
  const known = knownValues();

  /** The items of a log up to a length, through its parents: a list whose last element is edited each time it grows has thousands of them. */
  const itemsOf = (seq: number, length: number): number[] => {
    const parts: number[][] = [];
    for (let at: number | null = seq, to = length; at !== null;) {
      const row = log.get(at);
      if (row === undefined) throw bug(`there is no log ${at}`);
      parts.push(entries.all(at, row.cut, to));
      to = Math.min(row.cut, to);
      at = row.parent;
    }
    const all = parts.toReversed().flat();
    if (all.length !== length) throw bug(`log ${seq} has ${all.length} of ${length} elements`);
    return all;
  };

  /** The log in which a length lies: a child has nothing of its own before its cut, and is not appended to there. */
  const holder = (seq: number, length: number): number => {
    for (let at = seq; ;) {
      const row = log.get(at);
      if (row === undefined || row.parent === null || length > row.cut) return at;
      at = row.parent;
    }
  };

  const body = (seq: number): Stored => {
    const stored = item.get(seq);
    if (stored === undefined) throw bug(`there is no item ${seq}`);
    return unpackValue(stored);
  };

  const putItem = (stored: Stored, fresh: Fresh): number => {
    const same = typeof stored === "string" ? fresh.get(stored) : undefined;
    if (same !== undefined) return same;
    const seq = Number(addItem.run(packValue(stored)).lastInsertRowid);
    if (typeof stored === "string") fresh.set(stored, seq);
    return seq;
  };

  const putText = (stored: Stored, fresh: Fresh): Ref =>
    typeof stored === "string" && stored.length <= inlineLimit ? ["j", stored] : ["i", putItem(stored, fresh)];

  /** Of an object that was known when it was handed over no text was made then. An item's number is never another's. */
  const textOf = (element: Element): Stored => {
    if (element.known === undefined) return element.stored;
    const stored = item.get(element.known.item);
    return stored === undefined ? textNow(element.value) : unpackValue(stored);
  };

  /** None where the element is another family's, or what was known is void since it was handed over. */
  const knownItem = (family: number, list: TakenList, element: Element): number | undefined =>
    element.known?.family === family && known.isCurrent(list) ? element.known.item : undefined;

  /** What a list's predecessor consists of, and how many of its elements are certainly those of the list (A3). */
  const compare = (family: number, list: TakenList, [, seq, length]: ListRef) => {
    const isOfLog = list.known?.log === seq && list.known.family === family && known.isCurrent(list);
    const shared = isOfLog && list.known.items.length >= length ? list.known.items : undefined;
    const before = shared ?? itemsOf(seq, length);
    const limit = Math.min(list.length, length);
    let start = shared === undefined ? 0 : Math.min(list.common, limit);
    for (; start < limit; start += 1) {
      const element = elementAt(list, start);
      if (knownItem(family, list, element) === before[start]) continue;
      if (!isSame(textOf(element), body(before[start]!))) break;
    }
    return { before, start };
  };

  type End = { readonly log: number; readonly start: number; readonly before: readonly number[] };

  /** Adds what a list has beyond the first `start` elements, which are those of the log. */
  const append = (family: number, { log: seq, start, before }: End, list: TakenList, fresh: Fresh): Placed => {
    const added: number[] = [];
    for (let index = start; index < list.length; index += 1) {
      const element = elementAt(list, index);
      const one = knownItem(family, list, element) ?? putItem(textOf(element), fresh);
      addEntry.run(seq, index, one);
      added.push(one);
    }
    return {
      ref: ["l", seq, list.length],
      remember: () => known.rememberList(family, list, { log: seq, start, before, added }),
    };
  };

  const putList = (family: number, list: TakenList, from: Ref | undefined, fresh: Fresh): Placed => {
    const newLog = (parent: number | null, cut: number): number => Number(addLog.run(parent, cut).lastInsertRowid);
    const anew = (): Placed => append(family, { log: newLog(null, 0), start: 0, before: [] }, list, fresh);
    if (from?.[0] !== "l") return anew();
    const [, seq, length] = from;
    const { before, start } = compare(family, list, from);
    if (start === list.length) return { ref: ["l", holder(seq, start), start], remember: nothing };
    if (start === 0) return anew();
    const goesOn = start === length && entry.get(seq, length) === undefined; // A1
    return append(family, { log: goesOn ? seq : newLog(holder(seq, start), start), start, before }, list, fresh);
  };

  /** Reads what places need that was not read yet: one question, whatever their number. */
  const read = (refs: readonly Ref[], { rows, items: decoded, logs }: Seen): void => {
    const missing = new Set<number>();
    const need = (seq: number): void => {
      if (!decoded.has(seq) && !rows.has(seq)) missing.add(seq);
    };
    const needAt = (ref: Ref): void => {
      if (ref[0] === "i") need(ref[1]);
      else if (ref[0] === "a") ref[1].forEach(needAt);
      else if (ref[0] === "l" && (logs.get(ref[1])?.length ?? -1) < ref[2]) {
        const all = itemsOf(ref[1], ref[2]);
        logs.set(ref[1], all);
        all.forEach(need);
      }
    };
    refs.forEach(needAt);
    if (missing.size === 0) return;
    for (const row of items.all(JSON.stringify([...missing]))) rows.set(row.seq, row.body);
  };

  const decodedItem = (seq: number, { rows, items: decoded }: Seen): Soon<unknown> => {
    if (decoded.has(seq)) return decoded.get(seq);
    const stored = rows.get(seq);
    if (stored === undefined) throw bug(`there is no item ${seq}`);
    const value = decodeValue(unpackValue(stored));
    rows.delete(seq);
    decoded.set(seq, value);
    return value;
  };

  /** The longest version that was asked for; all others are the beginning of it. */
  const decodedList = (family: number, seq: number, seen: Seen): Soon<unknown[]> => {
    const all = seen.logs.get(seq) ?? [];
    const list = seen.lists.get(seq);
    if (list?.length === all.length) return list.elements;
    const elements = together(
      all.map((one) =>
        after(decodedItem(one, seen), (value) => {
          if (seen.age !== undefined) known.remember(family, value, one, seen.age);
          return value;
        }),
      ),
    );
    seen.lists.set(seq, { length: all.length, elements });
    return elements;
  };

  /** The value at a place that was `read`. */
  const decode = (family: number, ref: Ref, seen: Seen): Soon<unknown> => {
    switch (ref[0]) {
      case "j":
        return decodeValue(ref[1]);
      case "i":
        return decodedItem(ref[1], seen);
      case "a":
        return together(ref[1].map((one) => decode(family, one, seen)));
      case "l":
        return after(decodedList(family, ref[1], seen), (elements) => elements.slice(0, ref[2]));
    }
  };

  return {
    /** What a channel holds, or a task wrote, as it is now (A2). `place`: the channel's. Errors: state-not-storable. */
    take: (value: unknown, place?: string): Taken => {
      if (!Array.isArray(value)) return { stored: textNow(value) };
      const list = known.take(value, place);
      return { list, inline: inlineList(list) };
    },
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
      const { list, inline } = taken;
      const elements = Array.from({ length: list.length }, (_, index) => elementAt(list, index));
      return inline ?? ["a", elements.map((element) => putText(textOf(element), fresh))];
    },
    /** `toGoOn`: whoever reads a state may write the next one, and knows its objects then. */
    nothingSeen: (toGoOn: boolean): Seen => ({
      age: toGoOn ? known.age() : undefined,
      rows: new Map(),
      items: new Map(),
      logs: new Map(),
      lists: new Map(),
    }),
    read,
    decode,
    isSnapshot: (ref: Ref): boolean =>
      (ref[0] === "j" && isStoredSnapshot(ref[1])) || (ref[0] === "i" && isStoredSnapshot(body(ref[1]))),
    /** Where a log begins; undefined where it is not there. */
    logRow: (seq: number) => log.get(seq),
    /** What is remembered is void: rows were deleted. */
    forget: known.forget,
  };
}
