/**
 * Whether a value is still what it was, told without writing it out: its shape is kept, and its texts by reference. A list of a thousand
 * messages is looked over in less time than one of them takes to be written.
 *
 * N1. "Unchanged" is certain; "changed" may be said of an equal value, which is then compared by its text.
 */
import { encodeValue, isRecord } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";

class Listed {
  readonly parts: readonly Snapshot[];
  constructor(parts: readonly Snapshot[]) {
    this.parts = parts;
  }
}

class Recorded {
  readonly prototype: unknown;
  readonly keys: readonly string[];
  readonly parts: readonly Snapshot[];
  constructor(prototype: unknown, keys: readonly string[], parts: readonly Snapshot[]) {
    this.prototype = prototype;
    this.keys = keys;
    this.parts = parts;
  }
}

/** Of what is told apart by more than its fields. */
class Written {
  readonly stored: Stored;
  constructor(stored: Stored) {
    this.stored = stored;
  }
}

/** A primitive is its own snapshot. */
export type Snapshot = unknown;

function isByFields(value: object): boolean {
  return isRecord(value) || "lc_serializable" in value;
}

/** Of a value that `encodeValue` takes. */
export function snapshotOf(value: unknown): Snapshot {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return new Listed(value.map(snapshotOf));
  if (!isByFields(value)) {
    const stored = encodeValue(value);
    return new Written(typeof stored === "string" ? stored : Uint8Array.from(stored));
  }
  const keys = Object.keys(value);
  const fields = value as Record<string, unknown>;
  return new Recorded(
    Object.getPrototypeOf(value),
    keys,
    keys.map((key) => snapshotOf(fields[key])),
  );
}

function isListUnchanged(value: readonly unknown[], { parts }: Listed): boolean {
  if (value.length !== parts.length) return false;
  for (let index = 0; index < parts.length; index += 1) if (!isUnchanged(value[index], parts[index])) return false;
  return true;
}

/** By `for in`, which makes no list of the keys: a key inherited from somewhere is one too many, and says "changed" (N1). */
function isRecordUnchanged(value: object, { prototype, keys, parts }: Recorded): boolean {
  if (Object.getPrototypeOf(value) !== prototype) return false;
  const fields = value as Record<string, unknown>;
  let index = 0;
  for (const key in fields) {
    if (keys[index] !== key) return false;
    const now = fields[key];
    const before = parts[index];
    // The same primitive; an object is never its own snapshot.
    if (now !== before && !isUnchanged(now, before)) return false;
    index += 1;
  }
  return index === keys.length;
}

function isSameText(value: object, { stored }: Written): boolean {
  const now = encodeValue(value);
  if (typeof now === "string" || typeof stored === "string") return now === stored;
  return Buffer.compare(now, stored) === 0;
}

export function isUnchanged(value: unknown, snapshot: Snapshot): boolean {
  if (typeof value !== "object" || value === null) return value === snapshot;
  if (snapshot instanceof Recorded) return !Array.isArray(value) && isRecordUnchanged(value, snapshot);
  if (snapshot instanceof Listed) return Array.isArray(value) && isListUnchanged(value, snapshot);
  return snapshot instanceof Written && isSameText(value, snapshot);
}
