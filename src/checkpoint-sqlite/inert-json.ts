/**
 * Values of channels as text or bytes, and back.
 *
 * J1. Data stays data. What comes back as an instance of a class was one when it was stored: a plain record that looks like
 *     LangChain's serialized form, or like a mark of ours, comes back as the same plain record.
 * J2. Bytes are stored as bytes, alone or inside a value; so are numbers in typed arrays, dates, maps, sets, big integers and what else JSON
 *     would change.
 * J3. Plain JSON data, which is nearly all there is, is written and read by JSON alone.
 */
import { DeltaSnapshot, isDeltaSnapshot } from "@langchain/langgraph-checkpoint";
import { load } from "@langchain/core/load";
import { CadreError } from "../errors.ts";
import type { Soon } from "./soon.ts";

/** As it lies in a column: JSON text, or bytes that were given as such. */
export type Stored = string | Uint8Array;

/** The key that marks a value which JSON cannot hold. A record of the user's with this key is wrapped in a mark itself (J1). */
const mark = "$t";
type Marked = { readonly [mark]: string; readonly v?: unknown };

/** SQLite stores nothing longer than 10^9 bytes, with the little that lies beside a value in its row. */
const longest = 999_999_000;

/** Besides `Uint8Array`, which is what bytes are. By name, as `Float16Array` is not everywhere. */
const views = new Map<string, new (buffer: ArrayBuffer) => ArrayBufferView>(
  [
    Int8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
    DataView,
    ...("Float16Array" in globalThis ? [globalThis.Float16Array] : []),
  ].map((view) => [view.name, view]),
);

/** Deeper than this, the careful way looks for a cycle. */
const plainDepth = 100;

/** Whether it is a record, and not an instance of a class. */
export function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isPlainRecord(value: object, depth: number): boolean {
  if (!isRecord(value) || mark in value) return false;
  for (const key in value) if (!isPlain((value as Record<string, unknown>)[key], depth)) return false;
  return true;
}

function isPlainArray(value: readonly unknown[], depth: number): boolean {
  for (let index = 0; index < value.length; index += 1) if (!isPlain(value[index], depth)) return false;
  return true;
}

/** J3: JSON gives exactly this back. */
function isPlain(value: unknown, depth = 0): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      if (value === null) return true;
      if (depth > plainDepth) return false;
      return Array.isArray(value) ? isPlainArray(value, depth + 1) : isPlainRecord(value, depth + 1);
    case "bigint":
    case "undefined":
    case "function":
    case "symbol":
      return false;
  }
}

type Serializable = { toJSON(): { readonly type?: unknown } };

function isSerializable(value: object): value is Serializable {
  return "lc_serializable" in value && "toJSON" in value && typeof value.toJSON === "function";
}

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function markedBytes(value: ArrayBufferView | ArrayBuffer): Marked | undefined {
  if (value instanceof ArrayBuffer) return { [mark]: "buffer", v: base64(new Uint8Array(value)) };
  if (value instanceof Uint8Array) return { [mark]: "bytes", v: base64(value) };
  const name = Object.prototype.toString.call(value).slice("[object ".length, -1);
  return views.has(name) ? { [mark]: "view", v: [name, base64(value)] } : undefined;
}

/** Instances that are known and told apart by their class. Undefined: none of them. */
function markedInstance(value: object, path: Set<object>): Marked | undefined {
  if (isDeltaSnapshot(value)) return { [mark]: "delta", v: marked(value.value, path) };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return markedBytes(value);
  if (value instanceof Date) return { [mark]: "date", v: Number.isNaN(value.getTime()) ? "" : value.getTime() };
  if (value instanceof Map) return { [mark]: "map", v: marked([...(value as Map<unknown, unknown>)], path) };
  if (value instanceof Set) return { [mark]: "set", v: marked([...(value as Set<unknown>)], path) };
  if (value instanceof RegExp) return { [mark]: "regexp", v: [value.source, value.flags] };
  if (value instanceof Error) return { [mark]: "error", v: [value.name, value.message] };
  if (!isSerializable(value)) return undefined;
  // What cannot be made again is kept as the record that says so; LangChain escapes what looks like it inside.
  return value.toJSON().type === "constructor" ? { [mark]: "lc", v: JSON.stringify(value) } : undefined;
}

function markedRecord(value: object, path: Set<object>): unknown {
  const fields = Object.entries(value)
    .filter(([, field]) => typeof field !== "function" && typeof field !== "symbol")
    .map(([key, field]) => [key, marked(field, path)]);
  const record: unknown = Object.fromEntries(fields);
  return mark in value ? { [mark]: "record", v: record } : record;
}

function markedObject(value: object, path: Set<object>): unknown {
  if (path.has(value))
    throw new CadreError("state-not-storable", "A value of the graph's state contains itself and cannot be stored.", {
      hint: "Break the cycle, or keep the object out of the state.",
    });
  path.add(value);
  try {
    if (Array.isArray(value)) return Array.from(value, (item) => marked(item, path));
    const known = markedInstance(value, path);
    if (known !== undefined) return known;
    return "toJSON" in value && typeof value.toJSON === "function"
      ? marked((value as { toJSON(): unknown }).toJSON(), path)
      : markedRecord(value, path);
  } finally {
    path.delete(value);
  }
}

function marked(value: unknown, path: Set<object>): unknown {
  switch (typeof value) {
    case "object":
      return value === null ? null : markedObject(value, path);
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { [mark]: "number", v: numberText(value) };
    case "bigint":
      return { [mark]: "bigint", v: String(value) };
    case "undefined":
      return { [mark]: "undefined" };
    case "function":
    case "symbol":
      return null;
    case "string":
    case "boolean":
      return value;
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function requireShort(stored: Stored): Stored {
  const isShort = typeof stored === "string" ? stored.length <= longest / 3 : stored.byteLength <= longest;
  if (isShort || (typeof stored === "string" && Buffer.byteLength(stored) <= longest)) return stored;
  throw tooLarge();
}

function tooLarge(cause?: unknown): CadreError {
  return new CadreError("state-not-storable", "A value of the graph's state is too large to be stored.", {
    hint: "Bytes may have up to 1 GB, text and everything else about half of that. Keep it in a file, and the file's name in the state.",
    cause,
  });
}

/**
 * A value as it is stored. A function in a record is left out, as JSON does.
 * Errors: state-not-storable for a value that contains itself, is nested too deeply or is too large.
 */
export function encodeValue(value: unknown): Stored {
  if (value instanceof Uint8Array) return requireShort(value);
  try {
    return requireShort(JSON.stringify(isPlain(value) ? value : marked(value, new Set())));
  } catch (error) {
    // Two things that V8 runs out of: strings have a length, and calls a depth.
    if (error instanceof RangeError && error.message === "Invalid string length") throw tooLarge(error);
    if ((error as { code?: unknown }).code === "ERR_STRING_TOO_LONG") throw tooLarge(error); // of base64
    if (!(error instanceof RangeError)) throw error;
    throw new CadreError("state-not-storable", "A value of the graph's state is nested too deeply to be stored.", {
      hint: "Keep it flatter, or store it as text.",
      cause: error,
    });
  }
}

/** Whether a stored value is a delta channel's snapshot. */
export function isStoredSnapshot(stored: Stored): boolean {
  return typeof stored === "string" && stored.startsWith(`{"${mark}":"delta"`);
}

const errors = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

/** Of the language's own kinds; of any other, an Error that bears its name. */
function errorNamed(name: string, message: string): Error {
  const kind = errors.find((one) => one.name === name);
  if (kind !== undefined) return new kind(message);
  return name === "Error" ? new Error(message) : Object.assign(new Error(message), { name });
}

function bufferOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, "base64")).buffer;
}

async function revivedMark({ [mark]: kind, v }: Marked): Promise<unknown> {
  switch (kind) {
    case "undefined":
      return undefined;
    case "bytes":
      return new Uint8Array(Buffer.from(v as string, "base64"));
    case "buffer":
      return bufferOf(v as string);
    case "view": {
      const [name, bytes] = v as [string, string];
      const View = views.get(name);
      if (View !== undefined) return new View(bufferOf(bytes));
      throw new CadreError("store-corrupt", `A stored value is a ${name}, which this version of Node does not have.`, {
        hint: "Read it with the version that it was stored with.",
      });
    }
    case "date":
      return new Date(v === "" ? Number.NaN : (v as number));
    case "number":
      return Number(v);
    case "bigint":
      return BigInt(v as string);
    case "regexp":
      return new RegExp(...(v as [string, string]));
    case "error": {
      const [name, message] = v as [string, string];
      return errorNamed(name, message);
    }
    case "lc":
      return load(v as string);
    case "delta":
      return new DeltaSnapshot(await revived(v));
    case "map":
      return new Map((await revived(v)) as [unknown, unknown][]);
    case "set":
      return new Set((await revived(v)) as unknown[]);
    case "record":
      return revivedFields(v as object);
    default:
      throw new CadreError("store-corrupt", `A stored value bears the unknown mark "${kind}".`, {
        hint: "It was written by a newer cadre, or changed by hand.",
      });
  }
}

async function revivedFields(value: object): Promise<unknown> {
  const fields = await Promise.all(Object.entries(value).map(async ([key, field]) => [key, await revived(field)]));
  return Object.fromEntries(fields); // defines: a key named __proto__ stays a key
}

async function revived(value: unknown): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map(revived));
  return mark in value ? revivedMark(value as Marked) : revivedFields(value);
}

/** What `encodeValue` was given; at once where it is plain data (J3). Errors: store-corrupt. */
export function decodeValue(stored: Stored): Soon<unknown> {
  if (typeof stored !== "string") return new Uint8Array(stored);
  const value: unknown = JSON.parse(stored);
  return stored.includes(`"${mark}"`) ? revived(value) : value;
}
