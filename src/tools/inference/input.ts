/**
 * What a batch is made of: items given in the call, the lines of a JSONL file, or files of pictures or sound.
 *
 * I1. A file is read as a stream: a row is in memory while it is worked on, and not longer.
 * I2. A row that cannot be used is an item with a problem, never the end of the batch.
 * I3. Rows are numbered from 1, in a file by their line.
 */
import { createHash } from "node:crypto";
import type { Item, ItemKind } from "../../models/inference/tasks.ts";
import { breathe } from "../answer.ts";
import { parsePath } from "../paths.ts";
import { chunksOf, decodeText, readWhole } from "../read-bytes.ts";
import { isPathError, openFile, refuse } from "../safe-files.ts";

export type Row = { readonly line: number } & ({ readonly item: Item } | { readonly problem: string });

export type InputArgs = {
  readonly inputs?: readonly (string | Readonly<Record<string, unknown>>)[] | undefined;
  readonly input_file?: string | undefined;
  readonly files?: readonly string[] | undefined;
  readonly text_key: string;
};

/** Characters of one text; longer ones are a problem of their row. */
const longestLine = 1024 * 1024;
const longestText = 200_000;
const largestFile = 25 * 1024 * 1024;

export interface Input {
  /** What it is called in findings: a path, or `inputs`. */
  readonly name: string;
  /** Again from the start at every call. Errors: those of opening a file in the workspace. */
  rows(): AsyncGenerator<Row>;
  /** sha256 of everything that `rows` is made of, as far as it was read last; complete when it has ended. */
  hash(): string;
}

export function openInput(workspace: string, kind: ItemKind, args: InputArgs): Input {
  if (args.input_file !== undefined) return fileOfRows(workspace, kind, args.input_file, args.text_key);
  if (args.files !== undefined) return mediaFiles(workspace, kind, args.files);
  const given = args.inputs ?? [];
  const hash = createHash("sha256").update(JSON.stringify(given)).digest("hex");
  return {
    name: "inputs",
    hash: () => hash,
    rows: async function* () {
      for (const [index, value] of given.entries()) yield { line: index + 1, ...itemOf(kind, value, args.text_key) };
    },
  };
}

function fileOfRows(workspace: string, kind: ItemKind, path: string, key: string): Input {
  const plain = checkedPath(path);
  let hash = createHash("sha256");
  let digest: string | null = null;
  return {
    name: plain,
    hash: () => (digest ??= hash.digest("hex")),
    rows: async function* () {
      hash = createHash("sha256");
      digest = null;
      const file = openFile(workspace, plain);
      try {
        for await (const { line, bytes } of linesOf(file, (chunk) => hash.update(chunk))) {
          if (bytes !== null && isBlank(bytes)) continue;
          yield { line, ...parsedLine(kind, bytes, key) };
        }
      } finally {
        file.close();
      }
    },
  };
}

/** In all of a line that is not blank it is the first byte or the second that tells. */
function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  return true;
}

/** The bytes are valid until the next line. Null: longer than is read. */
type Line = { readonly line: number; readonly bytes: Buffer | null };

async function* linesOf(file: Parameters<typeof chunksOf>[0], onChunk: (chunk: Buffer) => void): AsyncGenerator<Line> {
  let line = 1;
  let rest: Buffer[] = [];
  let size = 0;
  const take = (last: Buffer): Buffer | null => {
    const whole = size + last.length > longestLine ? null : rest.length === 0 ? last : Buffer.concat([...rest, last]);
    rest = [];
    size = 0;
    return whole;
  };
  for (const chunk of chunksOf(file)) {
    onChunk(chunk);
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      yield { line, bytes: take(chunk.subarray(from, end)) };
      line += 1;
      from = end + 1;
    }
    // The buffer is used again for the next chunk.
    if (size <= longestLine && from < chunk.length) rest.push(Buffer.from(chunk.subarray(from)));
    size += chunk.length - from;
    await breathe();
  }
  if (size > 0) yield { line, bytes: take(Buffer.alloc(0)) };
}

function parsedLine(kind: ItemKind, bytes: Buffer | null, key: string): { item: Item } | { problem: string } {
  if (bytes === null) return { problem: `longer than ${longestLine / 1024 / 1024} MB` };
  const text = decodeText(bytes);
  if (text === undefined) return { problem: "not UTF-8 text" };
  try {
    return itemOf(kind, JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text), key);
  } catch {
    return { problem: "not JSON" };
  }
}

function itemOf(kind: ItemKind, value: unknown, key: string): { item: Item } | { problem: string } {
  if (kind === "question") return fieldsOf(value, { question: isText, context: isText });
  if (kind === "sentences") return fieldsOf(value, { source_sentence: isText, sentences: isTexts });
  if (kind !== "text") return { problem: `this task takes files of ${kind}` };
  const text =
    typeof value === "string" ? value : isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  if (typeof text !== "string") return { problem: `no text under "${key}"` };
  if (text.trim() === "") return { problem: "empty" };
  return text.length > longestText ? { problem: `longer than ${longestText} characters` } : { item: { text } };
}

function fieldsOf(
  value: unknown,
  wanted: Readonly<Record<string, (value: unknown) => boolean>>,
): { item: Item } | { problem: string } {
  if (!isRecord(value)) return { problem: `not an object with ${Object.keys(wanted).join(" and ")}` };
  const fields: Record<string, unknown> = {};
  for (const [name, fits] of Object.entries(wanted)) {
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!fits(field)) return { problem: `"${name}" is missing, empty or of another kind` };
    fields[name] = field;
  }
  return { item: { fields } };
}

const isText = (value: unknown): boolean =>
  typeof value === "string" && value.trim() !== "" && value.length <= longestText;
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.length <= 1000 && value.every(isText);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const mediaTypes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  image: {
    png: "image/png",
    jpg: "image/jpeg",
    jpeg: "image/jpeg",
    webp: "image/webp",
    gif: "image/gif",
    bmp: "image/bmp",
    tif: "image/tiff",
    tiff: "image/tiff",
  },
  audio: {
    wav: "audio/wav",
    mp3: "audio/mpeg",
    flac: "audio/flac",
    ogg: "audio/ogg",
    m4a: "audio/mp4",
    webm: "audio/webm",
  },
};

function mediaFiles(workspace: string, kind: ItemKind, paths: readonly string[]): Input {
  let hash = createHash("sha256");
  let digest: string | null = null;
  return {
    name: paths.length === 1 ? (paths[0] as string) : `${paths.length} files`,
    hash: () => (digest ??= hash.digest("hex")),
    rows: async function* () {
      hash = createHash("sha256");
      digest = null;
      for (const [index, path] of paths.entries()) {
        const row = mediaItem(workspace, kind, path);
        hash.update(`${path}\n`);
        if ("item" in row && "bytes" in row.item) hash.update(row.item.bytes);
        yield { line: index + 1, ...row };
        await breathe();
      }
    },
  };
}

function mediaItem(workspace: string, kind: ItemKind, path: string): { item: Item } | { problem: string } {
  const type = mediaTypes[kind]?.[path.slice(path.lastIndexOf(".") + 1).toLowerCase()];
  if (type === undefined) return { problem: `${path} is no file of ${kind} that is known here` };
  try {
    return { item: { bytes: readWhole(workspace, checkedPath(path), largestFile), type } };
  } catch (error) {
    if (isPathError(error)) return { problem: error.message };
    throw error;
  }
}

function checkedPath(text: string): string {
  const parsed = parsePath(text);
  if (parsed.ok) return parsed.path;
  throw refuse(text, parsed.reason);
}
