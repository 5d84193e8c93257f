/**
 * From what a model wrote to calls that may be acted on.
 *
 * S1. A call counts only if its arguments are one complete JSON object, the model ended by itself, and the tool was offered.
 *     LangChain's own parser closes open brackets: `{"command":"rm -rf /` becomes a valid call there.
 * S2. Nothing is repaired. What does not count is kept with its raw text and the reason, for the re-ask.
 * S3. No argument holds `__proto__`, `constructor` or `prototype` as a key, or nests deeper than canonical JSON can walk.
 * S4. Every number is one that can be written down again: `1e400` parses as infinity, and would be null in the record.
 */
import type { ModelReply } from "./model.ts";

export type RawCall = { readonly id: string; readonly name: string; readonly raw: string };
export type CheckedCalls = Pick<ModelReply, "calls" | "malformed">;

const maxDepth = 64;
const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

/** `finish` as the server said it; null where it said none. Names are compared exactly. */
export function checkCalls(
  raws: readonly RawCall[],
  given: { readonly offered: readonly string[]; readonly finish: string | null },
): CheckedCalls {
  const calls: ModelReply["calls"][number][] = [];
  const malformed: ModelReply["malformed"][number][] = [];
  for (const { id, name, raw } of raws) {
    const checked = checkCall(name, raw, given);
    if (checked.ok) calls.push({ id, name, args: checked.args });
    else malformed.push({ id, name, raw, error: checked.error });
  }
  return { calls, malformed };
}

type Checked =
  | { readonly ok: true; readonly args: Record<string, unknown> }
  | { readonly ok: false; readonly error: string };

function checkCall(
  name: string,
  raw: string,
  given: { readonly offered: readonly string[]; readonly finish: string | null },
): Checked {
  if (given.finish !== "stop" && given.finish !== "tool_calls") {
    const how = given.finish === "length" ? "it was cut off at the token limit" : "it did not end properly";
    return { ok: false, error: `The reply cannot be acted on: ${how}.` };
  }
  const parsed = strictObject(raw);
  if (!parsed.ok) return parsed;
  if (given.offered.includes(name)) return parsed;
  const names = given.offered.length === 0 ? "none" : given.offered.join(", ");
  return { ok: false, error: `No tool of this name was offered. Offered: ${names}.` };
}

/** One complete JSON object and nothing else (S1, S3, S4). */
export function strictObject(raw: string): Checked {
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch {
    return { ok: false, error: "The arguments are not complete JSON." };
  }
  if (!isPlain(value)) return { ok: false, error: "The arguments are not a JSON object." };
  const fault = structureFault(value);
  return fault === null ? { ok: true, args: value } : { ok: false, error: fault };
}

/** Why arguments are not accepted, in words (S3); null where they are. */
export function structureFault(root: unknown): string | null {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 1 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value, depth } = at;
    if (typeof value === "number" && !Number.isFinite(value)) return "The arguments hold a number that is too large."; // S4
    if (typeof value !== "object" || value === null) continue;
    if (depth > maxDepth) return `The arguments nest deeper than ${maxDepth} levels.`;
    const refused = Array.isArray(value) ? undefined : Object.keys(value).find((key) => refusedKeys.has(key));
    if (refused !== undefined) return `The arguments hold the key ${refused}, which is not accepted.`;
    for (const inner of Object.values(value)) open.push({ value: inner, depth: depth + 1 });
  }
  return null;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
