/**
 * How far a batch is, in a file beside the workspace, where no role and no command reaches it. The ledger holds a row for each chunk of a
 * batch; this file tells, inside a chunk, which rows were sent and what came back, so that a batch that was cut off goes on where it was.
 *
 * J1. A row is noted before it is sent and again with its answer, each by one `write`: what a killed process had written stays. After a
 *     power cut the chunk's own row in the ledger says that it may have been billed twice.
 * J2. A row with an answer is not sent again. A row that was sent and has none is sent once more and counted as repeated.
 * J3. A last line that is torn is cut off. Rows come back in the order of their lines, in memory that grows with how far apart answers
 *     came, never with the batch.
 */
import fs from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../../store/make-folder.ts";

export type RowResult = {
  readonly line: number;
  /** What came back, or null. */
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** What screening found. */
  readonly marks?: Readonly<Record<string, number>>;
  readonly cut?: boolean;
};

type Done = { readonly key: string; readonly sha256: string };
type Entry = readonly ["s", number] | readonly ["r", RowResult] | readonly ["done", Done];

export class Progress {
  readonly #file: string;
  readonly #folder: string;
  #fd: number;
  readonly #sent = new Bits();
  readonly #answered = new Bits();
  readonly #line = new LineBuffer();
  #repeated = 0;
  #done: Done | null = null;

  /** Opens what is there, or begins. */
  constructor(folder: string) {
    makeFolder(folder);
    this.#folder = folder;
    this.#file = join(folder, "rows.jsonl");
    this.#fd = fs.openSync(this.#file, "a+", 0o600);
    const whole = this.#read();
    fs.ftruncateSync(this.#fd, whole); // J3
  }

  /** The effect that ended it, and the hash of its output; null while it is not ended. */
  get done(): Done | null {
    return this.#done;
  }

  /** Rows that were sent, had no answer when this was opened, and were sent again. */
  get repeated(): number {
    return this.#repeated;
  }

  get folder(): string {
    return this.#folder;
  }

  isAnswered(line: number): boolean {
    return this.#answered.has(line);
  }

  send(line: number): void {
    if (this.#sent.has(line)) this.#repeated += 1; // J2
    this.#sent.add(line);
    this.#write(["s", line]);
  }

  answer(result: RowResult): void {
    this.#answered.add(result.line);
    this.#write(["r", result]);
  }

  /** All answers by line (J3). */
  *results(): Generator<RowResult> {
    const waiting = new Map<number, RowResult>();
    // Which lines there are is known, so the next one to come is too.
    const order = this.#answered.values();
    let next = order.next();
    for (const { entry } of this.#records(isAnswer)) {
      if (entry[0] !== "r") continue;
      if (!next.done && waiting.size === 0 && entry[1].line === next.value) {
        yield entry[1];
        next = order.next();
        continue;
      }
      waiting.set(entry[1].line, entry[1]);
      while (!next.done && waiting.has(next.value)) {
        yield waiting.get(next.value) as RowResult;
        waiting.delete(next.value);
        next = order.next();
      }
    }
  }

  /** What was written is on disk. */
  sync(): void {
    fs.fsyncSync(this.#fd);
  }

  end(key: string, sha256: string): void {
    this.#write(["done", { key, sha256 }]);
    this.#done = { key, sha256 };
    this.sync();
  }

  /** Begins anew: the next batch of this kind is a batch of its own. */
  clear(): void {
    fs.closeSync(this.#fd);
    fs.rmSync(this.#folder, { recursive: true, force: true });
    makeFolder(this.#folder);
    this.#fd = fs.openSync(this.#file, "a+", 0o600);
    this.#sent.clear();
    this.#answered.clear();
    this.#done = null;
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  #write(entry: Entry): void {
    const bytes = this.#line.encode(`${JSON.stringify(entry)}\n`);
    for (let at = 0; at < bytes.length;) at += fs.writeSync(this.#fd, bytes, at);
  }

  /** Bytes up to the last whole line. */
  #read(): number {
    let whole = 0;
    for (const { entry, end } of this.#records()) {
      whole = end;
      if (entry[0] === "s") this.#sent.add(entry[1]);
      else if (entry[0] === "r") this.#answered.add(entry[1].line);
      else this.#done = entry[1];
    }
    return whole;
  }

  /** Those whose bytes `wanted` takes; the others are neither read nor checked. */
  *#records(
    wanted: (line: Buffer) => boolean = () => true,
  ): Generator<{ readonly entry: Entry; readonly end: number }> {
    for (const { line, end } of linesIn(this.#fd)) {
      if (!wanted(line)) continue;
      const entry = parsed(line.toString("utf8"));
      if (entry === null) return; // torn, or not ours: what follows cannot be relied on
      yield { entry, end };
    }
  }
}

/** `["r",`: every other line says that a row was sent, and need not be parsed. */
function isAnswer(line: Buffer): boolean {
  return line[2] === 0x72;
}

function parsed(text: string): Entry | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return Array.isArray(value) && value.length === 2 ? entryOf(value[0], value[1]) : null;
}

/** Looked at by hand: a schema for each of a million lines costs more than all else that is done with them. */
function entryOf(kind: unknown, of: unknown): Entry | null {
  if (kind === "s") return Number.isSafeInteger(of) ? ["s", of as number] : null;
  if (typeof of !== "object" || of === null) return null;
  if (kind === "r") return "line" in of && Number.isSafeInteger(of.line) ? ["r", of as RowResult] : null;
  return kind === "done" && isDone(of) ? ["done", of] : null;
}

function isDone(of: object): of is Done {
  return "key" in of && "sha256" in of && typeof of.key === "string" && typeof of.sha256 === "string";
}

/** Whole lines, each with the offset behind it; its bytes are only valid until the next one, for one buffer holds them all, as long as the longest. */
function* linesIn(fd: number): Generator<{ readonly line: Buffer; readonly end: number }> {
  let buffer = Buffer.allocUnsafe(256 * 1024);
  let held = 0;
  let at = 0;
  for (let position = 0; ;) {
    if (held === buffer.length) buffer = Buffer.concat([buffer], buffer.length * 2);
    const read = fs.readSync(fd, buffer, held, buffer.length - held, position);
    if (read === 0) return;
    position += read;
    const filled = held + read;
    let from = 0;
    for (let end = buffer.indexOf(0x0a, held); end !== -1 && end < filled; end = buffer.indexOf(0x0a, from)) {
      at += end + 1 - from;
      yield { line: buffer.subarray(from, end), end: at };
      from = end + 1;
    }
    buffer.copyWithin(0, from, filled);
    held = filled - from;
  }
}

/** A line as bytes, in a buffer that is used again: valid until the next one. */
export class LineBuffer {
  #bytes = Buffer.allocUnsafeSlow(4096);

  encode(text: string): Buffer {
    // Three bytes are the most that a UTF-16 unit takes.
    if (text.length * 3 > this.#bytes.length) {
      if (text.length > longestKept) return Buffer.from(text);
      this.#bytes = Buffer.allocUnsafeSlow(text.length * 4);
    }
    return this.#bytes.subarray(0, this.#bytes.write(text));
  }
}

const longestKept = 64 * 1024;

/** A set of line numbers, an eighth of a byte each. */
class Bits {
  #bytes = new Uint8Array(1024);
  #highest = -1;

  has(index: number): boolean {
    return ((this.#bytes[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  add(index: number): void {
    if (index >> 3 >= this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, (index >> 3) + 1));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[index >> 3] = (this.#bytes[index >> 3] as number) | (1 << (index & 7));
    this.#highest = Math.max(this.#highest, index);
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#highest = -1;
  }

  *values(): Generator<number> {
    for (let index = 0; index <= this.#highest; index += 1) if (this.has(index)) yield index;
  }
}
