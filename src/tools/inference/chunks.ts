/**
 * Rows in chunks, each of which is one row of the ledger, without a chunk ever being in memory: a row that is held until its chunk is full
 * is old by then in the eyes of V8, which keeps such rows until it collects all of the heap.
 */
import type { Row } from "./input.ts";

export type Chunk = {
  /** Line of its first row. */
  readonly first: number;
  readonly length: number;
  /** To be read once at most, and not beyond the next chunk. What is left of them is skipped. */
  readonly rows: AsyncIterable<Row>;
};

/** `all`: how many rows there are, as they were counted. The last chunk is what is left of them; rows beyond come one to a chunk. */
export async function* chunksOf(rows: AsyncGenerator<Row>, size: number, all: number): AsyncGenerator<Chunk> {
  let taken = 0;
  try {
    for (let first = await rows.next(); !first.done; first = await rows.next()) {
      const length = Math.max(1, Math.min(size, all - taken));
      const chunk = chunkFrom(first.value, rows, length);
      yield { first: first.value.line, length, rows: chunk.rows() };
      await chunk.skip();
      taken += length;
    }
  } finally {
    await rows.return(undefined);
  }
}

function chunkFrom(first: Row, rows: AsyncGenerator<Row>, length: number) {
  let taken = 1;
  const next = async (): Promise<Row | null> => {
    if (taken >= length) return null;
    taken += 1;
    const row = await rows.next();
    return row.done ? null : row.value;
  };
  return {
    rows: async function* (): AsyncGenerator<Row> {
      for (let row: Row | null = first; row !== null; row = await next()) yield row;
    },
    skip: async (): Promise<void> => {
      while ((await next()) !== null);
    },
  };
}
