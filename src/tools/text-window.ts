/**
 * A window of lines of a text file of any size, in bounded memory: at most `maxLine` characters of a line are kept, and reading
 * stops after `scanLimit` bytes.
 */
import { createHash } from "node:crypto";
import { breathe } from "./answer.ts";
import { chunksOf } from "./read-bytes.ts";
import type { Opened } from "./safe-files.ts";

/** Beyond this, the rest of the file is not looked at. */
const scanLimit = 256 * 1024 * 1024;
const maxLine = 4000;

export type Window = {
  /** 1-based number of the first line in `lines`. */
  readonly from: number;
  readonly lines: readonly string[];
  /** Lines of the whole file; null where it was not read to its end. */
  readonly total: number | null;
  /** Null where the file was not read to its end. */
  readonly sha256: string | null;
  readonly crlf: boolean;
  /** Why the window ends before `to`: the bytes that a model may get are used up. */
  readonly full: boolean;
  /** What it is instead of text, e.g. `PNG image`; then there are no lines. */
  readonly binary: string | null;
};

/** Lines `from` to `to` (both 1-based, inclusive), as many as `budget` bytes hold. */
export async function readWindow(
  file: Opened,
  from: number,
  to: number,
  budget: number,
  signal: AbortSignal,
): Promise<Window> {
  const hash = createHash("sha256");
  const lines = new LineCollector(from, to, budget);
  let scanned = 0;
  let binary: string | null = null;
  let complete = true;
  for (const chunk of chunksOf(file)) {
    if (scanned === 0) binary = binaryKind(chunk);
    hash.update(chunk);
    if (binary === null) lines.add(chunk);
    scanned += chunk.length;
    if (scanned >= scanLimit) {
      complete = false;
      break;
    }
    if (scanned % (8 * 1024 * 1024) === 0) await breathe();
    signal.throwIfAborted();
  }
  lines.end();
  return {
    from,
    lines: lines.kept,
    total: complete ? lines.count : null,
    sha256: complete ? hash.digest("hex") : null,
    crlf: lines.crlf,
    full: lines.full,
    binary,
  };
}

class LineCollector {
  readonly kept: string[] = [];
  count = 0;
  crlf = false;
  full = false;
  private readonly from: number;
  private readonly to: number;
  private left: number;
  private readonly decoder = new TextDecoder("utf-8");
  private current = "";
  /** Characters of the current line that were let go. */
  private dropped = 0;
  private pending = false;

  constructor(from: number, to: number, budget: number) {
    this.from = from;
    this.to = to;
    this.left = budget;
  }

  add(chunk: Uint8Array): void {
    const text = this.decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.take(text.slice(start, end));
      this.close();
      start = end + 1;
    }
    if (start < text.length) {
      this.take(text.slice(start));
      this.pending = true;
    }
  }

  end(): void {
    const rest = this.decoder.decode();
    if (rest !== "") this.take(rest);
    if (this.pending || rest !== "") this.close();
  }

  private take(piece: string): void {
    const room = maxLine - this.current.length;
    if (piece.length <= room) {
      this.current += piece;
    } else {
      this.current += piece.slice(0, Math.max(0, room));
      this.dropped += piece.length - Math.max(0, room);
    }
  }

  private close(): void {
    this.count += 1;
    if (this.current.endsWith("\r")) {
      this.crlf = true;
      this.current = this.current.slice(0, -1);
    }
    if (this.count >= this.from && this.count <= this.to && !this.full) this.keep();
    this.current = "";
    this.dropped = 0;
    this.pending = false;
  }

  private keep(): void {
    const line = this.dropped === 0 ? this.current : `${this.current}… [${this.dropped} more characters in this line]`;
    const cost = Buffer.byteLength(line) + String(this.count).length + 4;
    if (cost > this.left) {
      this.full = true;
      return;
    }
    this.left -= cost;
    this.kept.push(line);
  }
}

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ["PNG image", [0x89, 0x50, 0x4e, 0x47]],
  ["JPEG image", [0xff, 0xd8, 0xff]],
  ["GIF image", [0x47, 0x49, 0x46, 0x38]],
  ["PDF document", [0x25, 0x50, 0x44, 0x46]],
  ["ZIP archive (or an office document)", [0x50, 0x4b, 0x03, 0x04]],
  ["gzip archive", [0x1f, 0x8b]],
  ["SQLite database", [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65, 0x20, 0x66]],
  ["Parquet table", [0x50, 0x41, 0x52, 0x31]],
  ["ELF program", [0x7f, 0x45, 0x4c, 0x46]],
  ["UTF-16 text", [0xff, 0xfe]],
  ["UTF-16 text", [0xfe, 0xff]],
];

/** What the bytes are, if they are not text. */
export function binaryKind(head: Uint8Array): string | null {
  const known = signatures.find(([, bytes]) => bytes.every((byte, index) => head[index] === byte));
  if (known) return known[0];
  return head.subarray(0, 8192).includes(0) ? "binary data" : null;
}
