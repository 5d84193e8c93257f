/**
 * Whether a value is still what it was, told without writing it out: its shape is kept, and its texts by reference. A list of a thousand
 * messages is looked over in less time than one of them takes to be written.
 *
 * N1. "Unchanged" is certain; "changed" may be said of an equal value, which is then compared by its text.
 * N2. A snapshot is one flat list, read from its beginning to its end, and says what it shares with others once; those of a list's elements
 *     are one list too. It is gone through at every step, and what that costs is mostly the memory that is looked at: a thousand lists that
 *     were made one by one lie in a thousand places.
 */
import { encodeValue, isRecord } from "./inert-json.ts";
import type { Stored } from "./inert-json.ts";

/** Of objects that are told by their fields; those that follow each other mostly have the same. */
class Shape {
  readonly prototype: unknown;
  readonly keys: readonly string[];
  constructor(prototype: unknown, keys: readonly string[]) {
    this.prototype = prototype;
    this.keys = keys;
  }

  is(prototype: unknown, keys: readonly string[]): boolean {
    return (
      this.prototype === prototype &&
      this.keys.length === keys.length &&
      this.keys.every((key, index) => key === keys[index])
    );
  }
}

/** Stands before the elements of a list; no value can be it. */
class Length {
  readonly length: number;
  constructor(length: number) {
    this.length = length;
  }
}

/** What is told by what it is stored as. */
class Written {
  readonly stored: Stored;
  constructor(stored: Stored) {
    this.stored = stored;
  }
}

/** Primitives stand for themselves; a shape stands before the fields, a length before the elements. */
export type Snapshot = readonly unknown[];

function isByFields(value: object): boolean {
  return isRecord(value) || "lc_serializable" in value;
}

/** The shapes that were met last, newest first. */
const shapes: Shape[] = [];
const rememberedShapes = 32;

function shapeOf(value: object): Shape {
  const prototype: unknown = Object.getPrototypeOf(value);
  const keys = Object.keys(value);
  const known = shapes.find((one) => one.is(prototype, keys));
  if (known !== undefined) return known;
  const shape = new Shape(prototype, keys);
  shapes.unshift(shape);
  shapes.length = Math.min(shapes.length, rememberedShapes);
  return shape;
}

const lengths = Array.from({ length: 16 }, (_, length) => new Length(length));

function note(value: unknown, parts: unknown[]): void {
  if (typeof value !== "object" || value === null) parts.push(value);
  else if (Array.isArray(value)) {
    parts.push(lengths[value.length] ?? new Length(value.length));
    for (const one of value) note(one, parts);
  } else if (isByFields(value)) {
    const shape = shapeOf(value);
    parts.push(shape);
    for (const key of shape.keys) note((value as Record<string, unknown>)[key], parts);
  } else {
    const stored = encodeValue(value);
    parts.push(new Written(typeof stored === "string" ? stored : Uint8Array.from(stored)));
  }
}

/** Of a value that `encodeValue` takes. */
export function snapshotOf(value: unknown): Snapshot {
  const parts: unknown[] = [];
  note(value, parts);
  return parts.slice(); // no longer than it has to be
}

/** Where the parts go on behind this value's, which begin at a place; negative: the value has changed. */
export function compared(value: unknown, parts: Snapshot, at: number): number {
  const before = parts[at];
  // By identity: a text is not looked into. Of numbers, -0 is not 0.
  if (Object.is(value, before)) return at + 1;
  if (typeof value !== "object" || value === null) return -1;
  if (before instanceof Shape) return comparedFields(value, before, parts, at + 1);
  if (before instanceof Length) {
    return Array.isArray(value) && value.length === before.length ? comparedList(value, parts, at + 1) : -1;
  }
  return before instanceof Written && isSameText(value, before.stored) ? at + 1 : -1;
}

function comparedList(value: readonly unknown[], parts: Snapshot, from: number): number {
  let at = from;
  for (let index = 0; index < value.length; index += 1) {
    at = compared(value[index], parts, at);
    if (at < 0) return -1;
  }
  return at;
}

/** By `for in`, which makes no list of the keys: a key inherited from somewhere is one too many, and says "changed" (N1). */
function comparedFields(value: object, { prototype, keys }: Shape, parts: Snapshot, from: number): number {
  if (Object.getPrototypeOf(value) !== prototype) return -1;
  const fields = value as Record<string, unknown>;
  let at = from;
  let index = 0;
  for (const key in fields) {
    if (keys[index] !== key) return -1;
    index += 1;
    const field = fields[key];
    at = Object.is(field, parts[at]) ? at + 1 : compared(field, parts, at);
    if (at < 0) return -1;
  }
  return index === keys.length ? at : -1;
}

function isSameText(value: object, stored: Stored): boolean {
  const now = encodeValue(value);
  if (typeof now === "string" || typeof stored === "string") return now === stored;
  return Buffer.compare(now, stored) === 0;
}

export function isUnchanged(value: unknown, snapshot: Snapshot): boolean {
  return compared(value, snapshot, 0) === snapshot.length;
}
