/**
 * The difference between two JSON documents, as a merge patch (RFC 7396): fields that changed, and null for those that are gone.
 * The documents are records whose leaves are never null; arrays are leaves.
 */

export type Document = { readonly [key: string]: Json };
type Json = string | number | boolean | readonly unknown[] | Document;
export type Patch = { readonly [key: string]: Json | null | Patch };

function isDocument(value: unknown): value is Document {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSame(one: Json, other: Json): boolean {
  return one === other || (Array.isArray(one) && JSON.stringify(one) === JSON.stringify(other));
}

/** Undefined: they are equal. */
export function mergePatch(from: Document, to: Document): Patch | undefined {
  const patch: Record<string, Json | null | Patch> = {};
  for (const [key, next] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isDocument(next) && isDocument(before)) {
      const inner = mergePatch(before, next);
      if (inner !== undefined) define(patch, key, inner);
    } else if (before === undefined || !isSame(before, next)) define(patch, key, next);
  }
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) define(patch, key, null);
  return Object.keys(patch).length === 0 ? undefined : patch;
}

export function applyPatch(document: Document, patch: Patch): Document {
  const result: Record<string, Json> = { ...document };
  let gone = false;
  for (const key of Object.keys(patch)) {
    const change = patch[key]!;
    if (change === null) gone = true;
    else if (!isDocument(change)) define(result, key, change as Json);
    else {
      const before = Object.hasOwn(document, key) ? document[key] : undefined;
      define(result, key, applyPatch(isDocument(before) ? before : {}, change));
    }
  }
  return gone ? without(result, patch) : result;
}

/** Made anew and not by deleting: an object that a field was deleted from is slow from then on, and so is every copy of it. */
function without(document: Document, patch: Patch): Document {
  const rest = {};
  for (const key of Object.keys(document))
    if (!Object.hasOwn(patch, key) || patch[key] !== null) define(rest, key, document[key]);
  return rest;
}

/** A key may be `__proto__`: assigning it would set a prototype. */
export function define(target: object, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else (target as Record<string, unknown>)[key] = value;
}
