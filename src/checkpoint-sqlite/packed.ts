/**
 * Text and bytes as they lie in columns. Ids: a UUID in its 16 bytes. Values: text of some length deflated, where that saves anything.
 *
 * P1. Every form says what it is: text is text, a blob of a value begins with a byte that tells bytes from deflated text.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { Stored } from "./inert-json.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export type PackedId = string | Uint8Array;

export function packId(id: string): PackedId {
  return uuid.test(id) ? Buffer.from(id.replaceAll("-", ""), "hex") : id;
}

export function unpackId(packed: PackedId): string {
  if (typeof packed === "string") return packed;
  const bytes = Buffer.isBuffer(packed) ? packed : Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const asBytes = 0;
const asDeflated = 1;

/** Shorter text is left as it is: deflating a message of 1 KB takes as long as all else that storing it takes, and reading a history pays again. */
const shortText = 4000;

/** A small window and few tables: most of what a default deflater costs is setting it up. */
const quick = { level: constants.Z_DEFAULT_COMPRESSION, memLevel: 4 };

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
  const blob = Buffer.allocUnsafe(bytes.length + 1);
  blob[0] = tag;
  blob.set(bytes, 1);
  return blob;
}

export function packValue(stored: Stored): Stored {
  if (typeof stored !== "string") return tagged(asBytes, stored);
  if (stored.length < shortText) return stored;
  const deflated = deflateRawSync(stored, quick);
  return deflated.length < stored.length * 0.9 ? tagged(asDeflated, deflated) : stored;
}

export function unpackValue(packed: Stored): Stored {
  if (typeof packed === "string") return packed;
  const rest = packed.subarray(1);
  return packed[0] === asDeflated ? inflateRawSync(rest).toString("utf8") : rest;
}
