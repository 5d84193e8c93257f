/**
 * What a command wrote: all of it in a file up to a ceiling, its beginning and end in memory, bounded whatever comes (RELIABILITY 38).
 *
 * O2. (R8) No known secret is kept: it is taken out as the output comes, also where it comes in pieces.
 * O1. Memory does not grow with the output. What is beyond the file's ceiling is counted and let go; the command is not held up.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { dirname } from "node:path";
import type { Secrets, SecretStream } from "../../outside/secrets.ts";

const headBytes = 40 * 1024;
const tailBytes = 20 * 1024;

export type Captured = {
  /** Everything that was written, in bytes; without its secrets. */
  readonly bytes: number;
  /** How much of it the file holds. */
  readonly kept: number;
  /** Of the file. */
  readonly sha256: string;
  /** For a model: the whole, or beginning and end with a line between them that says what is left out. */
  readonly text: string;
  /** In bytes, of that text. */
  readonly leftOut: number;
};

export class OutputCapture {
  readonly #fd: number;
  readonly #ceiling: number;
  readonly #hash = createHash("sha256");
  readonly #head = Buffer.alloc(headBytes);
  /** A ring: byte n behind the head lies at n modulo its length. */
  readonly #tail = Buffer.alloc(tailBytes);
  #bytes = 0;
  #kept = 0;
  readonly #stream: SecretStream | null;

  /** `file` must not be there yet. */
  constructor(file: string, ceiling: number, secrets?: Secrets) {
    fs.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.#fd = fs.openSync(file, "wx", 0o600);
    this.#ceiling = ceiling;
    this.#stream = secrets === undefined || secrets.none ? null : secrets.byteStream();
  }

  readonly add = (chunk: Buffer): void => {
    this.#take(this.#stream === null ? chunk : Buffer.from(this.#stream.push(chunk.toString("latin1")), "latin1")); // O2
  };

  readonly #take = (chunk: Buffer): void => {
    this.#keep(chunk.subarray(0, Math.max(0, this.#ceiling - this.#kept)));
    const toHead = chunk.subarray(0, Math.max(0, headBytes - this.#bytes));
    toHead.copy(this.#head, this.#bytes);
    const rest = chunk.subarray(toHead.length);
    const last = rest.subarray(Math.max(0, rest.length - tailBytes));
    const at = (this.#bytes + chunk.length - headBytes - last.length) % tailBytes;
    const first = last.subarray(0, tailBytes - Math.max(0, at));
    if (last.length > 0) {
      first.copy(this.#tail, at);
      last.subarray(first.length).copy(this.#tail, 0);
    }
    this.#bytes += chunk.length;
  };

  #keep(part: Buffer): void {
    for (let done = 0; done < part.length;) done += fs.writeSync(this.#fd, part, done);
    this.#hash.update(part);
    this.#kept += part.length;
  }

  /** Once, when nothing more comes. */
  close(): Captured {
    try {
      if (this.#stream !== null) this.#take(Buffer.from(this.#stream.end(), "latin1"));
      fs.fsyncSync(this.#fd);
    } finally {
      fs.closeSync(this.#fd);
    }
    const leftOut = Math.max(0, this.#bytes - headBytes - tailBytes);
    return {
      bytes: this.#bytes,
      kept: this.#kept,
      sha256: this.#hash.digest("hex"),
      text: this.#text(leftOut),
      leftOut,
    };
  }

  #text(leftOut: number): string {
    const head = this.#head.subarray(0, Math.min(this.#bytes, headBytes));
    const behind = this.#bytes - head.length;
    const end = behind % tailBytes;
    const tail =
      behind <= tailBytes
        ? this.#tail.subarray(0, behind)
        : Buffer.concat([this.#tail.subarray(end), this.#tail.subarray(0, end)]);
    if (leftOut === 0) return Buffer.concat([head, tail]).toString("utf8");
    return `${head.toString("utf8")}\n[${leftOut.toLocaleString("en")} bytes left out here]\n${tail.toString("utf8")}`;
  }
}
