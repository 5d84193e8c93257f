/** Reading open files in bounded memory: chunks, whole small files, hashes. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { CadreError } from "../errors.ts";
import { openFile, type Opened, type OpenOptions } from "./safe-files.ts";

const chunkSize = 256 * 1024;

/** The file from its start, in chunks. A chunk is only valid until the next one: the buffer is used again. */
export function* chunksOf(file: Opened): Generator<Buffer> {
  const buffer = Buffer.allocUnsafe(Math.min(chunkSize, Math.max(file.stats.size, 1024)));
  let position = 0;
  for (;;) {
    const read = fs.readSync(file.fd, buffer, 0, buffer.length, position);
    if (read === 0) return;
    position += read;
    yield buffer.subarray(0, read);
  }
}

/** The whole file. Throws `file-unreadable` where it is larger than `limit` bytes. */
export function readWhole(root: string, path: string, limit: number, options: OpenOptions = {}): Buffer {
  const file = openFile(root, path, options);
  try {
    const parts: Buffer[] = [];
    let size = 0;
    for (const chunk of chunksOf(file)) {
      size += chunk.length;
      if (size > limit) {
        throw new CadreError("file-unreadable", `\`${path}\` is larger than ${Math.floor(limit / 1024)} KB.`, {
          data: { path },
        });
      }
      parts.push(Buffer.from(chunk));
    }
    return Buffer.concat(parts, size);
  } finally {
    file.close();
  }
}

/** sha256 of an open file's content, lower-case hex. */
export function hashOpen(file: Opened): string {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(file)) hash.update(chunk);
  return hash.digest("hex");
}

/** A decoder for each of a million rows would be collected as late as what is kept outside of the heap is. */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Strict UTF-8; undefined where the bytes are something else. A byte order mark is kept. */
export function decodeText(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 8192).includes(0)) return undefined;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
