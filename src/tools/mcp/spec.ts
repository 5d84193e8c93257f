/**
 * What a server says of a tool becomes what roles are told of it, or nothing.
 *
 * S1. A server's words are untrusted: bounded, without control characters and the like, and labelled as its own. Its annotations
 *     (`readOnlyHint` and so on) are not even read: what a tool does is the operator's word.
 * S2. A description of arguments that is not plain, bounded JSON Schema makes the tool unusable, with the reason.
 */
import { z } from "zod";
import type { Offered } from "./port.ts";

const schemaBytes = 32 * 1024;
const schemaDepth = 24;
const descriptionLength = 2000;
/** Keys that could reach a prototype when data are handled carelessly; refused wherever they stand (RELIABILITY 28). */
export const refusedKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export type ToolWords = { readonly description: string; readonly schema: Readonly<Record<string, unknown>> };

/** Errors are sentences: why roles cannot use the tool. */
export function toolWords(
  server: string,
  offered: Offered,
): { readonly words: ToolWords } | { readonly problem: string } {
  const { inputSchema } = offered;
  const fault = schemaFault(inputSchema);
  if (fault !== null) return { problem: `its description of the arguments ${fault}` };
  const own = plainWords(offered.description, descriptionLength);
  const description = `A tool of the MCP server ${server}. Its own words, which nobody checked: ${own || "none"}`;
  return { words: { description, schema: told(inputSchema, false) as Record<string, unknown> } };
}

/** Text that can stand in a prompt and on a screen: no control, format, private or lone surrogate characters. */
export function plainWords(text: string, limit: number): string {
  const plain = text
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}]/gu, "")
    .trim();
  return plain.length > limit ? `${plain.slice(0, limit)}…` : plain;
}

function schemaFault(schema: unknown): string | null {
  if (!z.json().safeParse(schema).success || !isRecord(schema)) return "is not JSON Schema";
  if (schema["type"] !== "object") return "is not of an object";
  if (Buffer.byteLength(JSON.stringify(schema)) > schemaBytes) return `is larger than ${schemaBytes / 1024} KB`;
  return badValue(schema, 0);
}

function badValue(value: unknown, depth: number): string | null {
  if (depth > schemaDepth) return `is nested deeper than ${schemaDepth} levels`;
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    if (refusedKeys.has(key)) return "names a key that is never accepted";
    if (plainWords(key, 1000) !== key.replace(/\s+/gu, " ").trim())
      return "has a key with characters that cannot be shown";
    const fault = badValue(inner, depth + 1);
    if (fault !== null) return fault;
  }
  return null;
}

/** Texts for people made plain, and what only lengthens the prompt left out. `named`: the keys of this record are names of properties. */
function told(value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((inner) => told(inner, false));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (named) return [[key, told(inner, false)]];
    if (silent.has(key)) return [];
    if ((key === "description" || key === "title") && typeof inner === "string")
      return [[key, plainWords(inner, descriptionLength)]];
    // What may be given is told as it is: a changed value would be another value.
    if (key === "enum" || key === "const" || key === "default") return [[key, inner]];
    return [[key, told(inner, namedMaps.has(key))]];
  });
  return Object.fromEntries(members);
}

const silent: ReadonlySet<string> = new Set(["$schema", "$id", "$comment", "examples"]);
export const namedMaps: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "patternProperties"]);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
