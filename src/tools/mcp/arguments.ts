/**
 * Checks what a model (or a person who edits) sends to an MCP tool against the description of its arguments.
 *
 * A1. Unknown keys are refused wherever the description lists what there is and does not say that others are welcome.
 * A2. `__proto__`, `constructor` and `prototype` are refused at any depth.
 * A3. Nothing of a server's description runs here: its patterns could take for ever, so they are left to the server, as are
 *     conditions. Nothing is filled in either: what the role sent is what is approved and what goes out (R3).
 */
import { z } from "zod";
import { isRecord, namedMaps, refusedKeys } from "./spec.ts";

export type Arguments = Record<string, unknown>;

/** Null where the description cannot be turned into a check; the tool is then unusable. */
export function argumentsSchema(schema: Readonly<Record<string, unknown>>): z.ZodType<Arguments> | null {
  try {
    // At the top an object without a list of properties takes none; further in it is a free map.
    const listed = isRecord(schema["properties"]) || openings.some((key) => Object.hasOwn(schema, key));
    const top = listed ? schema : { ...schema, properties: {} };
    const checked = z.fromJSONSchema(checkable(top, true) as Parameters<typeof z.fromJSONSchema>[0]);
    return z.custom<Arguments>(isRecord, { error: "must be an object" }).superRefine((value, context) => {
      const bad = refusedPath(value, []);
      if (bad) context.addIssue({ code: "custom", message: "is a key that is never accepted", path: bad });
      else
        for (const issue of checked.safeParse(value).error?.issues ?? [])
          context.addIssue({ code: "custom", message: issue.message, path: [...issue.path] });
    });
  } catch {
    return null;
  }
}

function refusedPath(value: unknown, path: string[]): string[] | null {
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value) && refusedKeys.has(key)) return [...path, key];
    const below = refusedPath(inner, [...path, key]);
    if (below) return below;
  }
  return null;
}

const kept: ReadonlySet<string> = new Set([
  "$ref",
  "type",
  "enum",
  "const",
  "required",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minItems",
  "maxItems",
]);
const inner: ReadonlySet<string> = new Set(["items", "additionalProperties"]);
const choices: ReadonlySet<string> = new Set(["anyOf", "oneOf", "prefixItems"]);
/** Where these stand beside `properties`, they may allow more keys. */
const openings = ["anyOf", "oneOf", "allOf", "$ref", "patternProperties"];

/** The part of a description that is checked here. `close`: an object that lists its properties has no others (A1). */
function checkable(schema: unknown, close: boolean): unknown {
  if (!isRecord(schema)) return schema;
  const open = openings.some((key) => Object.hasOwn(schema, key));
  const members = Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
    if (kept.has(key)) return [[key, value]];
    if (inner.has(key)) return [[key, checkable(value, true)]];
    if (choices.has(key) && Array.isArray(value))
      return [[key, value.map((each) => checkable(each, close && !Object.hasOwn(schema, "properties")))]];
    if (key === "allOf" && Array.isArray(value)) return [[key, value.map((each) => checkable(each, false))]];
    if (!namedMaps.has(key) || key === "patternProperties" || !isRecord(value)) return [];
    return [[key, Object.fromEntries(Object.entries(value).map(([name, each]) => [name, checkable(each, true)]))]];
  });
  const closing = close && !open && isRecord(schema["properties"]) && !Object.hasOwn(schema, "additionalProperties");
  return Object.fromEntries(closing ? [...members, ["additionalProperties", false]] : members);
}
