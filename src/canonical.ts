/** Canonical JSON and hashes: what is stored, chained (D8) and approved (R3) is these bytes and no others. */

/** JSON with keys sorted by code unit at every depth; `undefined` members are left out. Throws on what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  const seen = { misplaced: false };
  const ordered = inOrder(value, seen);
  return seen.misplaced ? memberByMember(value) : JSON.stringify(ordered);
}

/**
 * A copy with its members made in order. One `JSON.stringify` of it takes under half the time of one for each member. But an object lists a key
 * like `10` before all others whenever it was made, and `__proto__` is not made at all: `misplaced` says that the copy will not do.
 */
function inOrder(value: unknown, seen: { misplaced: boolean }): unknown {
  if (typeof value !== "object" || value === null) return scalar(value);
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value as readonly unknown[]) items.push(item === undefined ? null : inOrder(item, seen));
    return items;
  }
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record);
  if (isInOrder(record, keys)) return record;
  const copy: Record<string, unknown> = {};
  for (const key of keys.sort()) {
    if (record[key] === undefined) continue;
    if (isMisplaced(key)) seen.misplaced = true;
    else copy[key] = inOrder(record[key], seen);
  }
  return copy;
}

/** Whether it can stay as it is: its members are in order and hold nothing in turn, and no class says how it is written. */
function isInOrder(record: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean {
  if (keys.length === 0 || "toJSON" in record) return false;
  let last = "";
  for (const key of keys) {
    const member = record[key];
    if (key < last || isMisplaced(key)) return false;
    if (typeof member !== "string" && typeof member !== "boolean" && !Number.isFinite(member) && member !== null)
      return false;
    last = key;
  }
  return true;
}

function isMisplaced(key: string): boolean {
  const first = key.charCodeAt(0);
  return (first >= 0x30 && first <= 0x39) || key === "__proto__";
}

function memberByMember(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(scalar(value));
  if (Array.isArray(value))
    return `[${value.map((item) => memberByMember(item === undefined ? null : item)).join(",")}]`;
  const record = value as Readonly<Record<string, unknown>>;
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${memberByMember(record[key])}`);
  return `{${members.join(",")}}`;
}

function scalar(value: unknown): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value !== "number") throw new TypeError(`canonical JSON cannot hold a ${typeof value}`);
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot hold ${value}`);
  return value;
}

/** sha256 in lower-case hex. */
export function sha256(text: string | Uint8Array): string {
  // Loaded with the first hash: what only reads and lists makes none, and would start 6 ms later.
  const { hash } = process.getBuiltinModule("node:crypto");
  return hash("sha256", text, "hex");
}

/** sha256 of a value's canonical JSON. */
export function hashOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
