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
import { z } from "zod";
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

const record = z.union([
  z.tuple([z.literal("s"), z.int()]),
  z.tuple([z.literal("r"), z.looseObject({ line: z.int() })]),
  z.tuple([z.literal("done"), z.strictObject({ key: z.string(), sha256: z.string() })]),
]);

export class Progress {
  readonly #file: string;
  readonly #folder: string;
  #fd: number;
  readonly #sent = new Bits();
  readonly #answered = new Bits();
  #repeated = 0;
  #done: { readonly key: string; readonly sha256: string } | null = null;

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
  get done(): { readonly key: string; readonly sha256: string } | null {
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
    for (const { entry } of this.#records()) {
      if (entry[0] !== "r") continue;
      waiting.set(entry[1].line, entry[1] as unknown as RowResult);
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

  #write(entry: z.infer<typeof record> | ["r", RowResult]): void {
    const bytes = Buffer.from(`${JSON.stringify(entry)}\n`);
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

  *#records(): Generator<{ readonly entry: z.infer<typeof record>; readonly end: number }> {
    for (const { text, end } of linesIn(this.#fd)) {
      const entry = parsed(text);
      if (entry === null) return; // torn, or not ours: what follows cannot be relied on
      yield { entry, end };
    }
  }
}

function parsed(text: string): z.infer<typeof record> | null {
  try {
    return record.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whole lines, each with the offset behind it. */
function* linesIn(fd: number): Generator<{ readonly text: string; readonly end: number }> {
  const chunk = Buffer.allocUnsafe(256 * 1024);
  let rest = Buffer.alloc(0);
  let at = 0;
  for (let position = 0; ;) {
    const read = fs.readSync(fd, chunk, 0, chunk.length, position);
    if (read === 0) return;
    position += read;
    rest = Buffer.concat([rest, chunk.subarray(0, read)]);
    let from = 0;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a, from)) {
      at += end + 1 - from;
      yield { text: rest.toString("utf8", from, end), end: at };
      from = end + 1;
    }
    rest = Buffer.from(rest.subarray(from));
  }
}

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
