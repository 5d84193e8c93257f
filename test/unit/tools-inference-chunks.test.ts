/** I1: rows come in chunks of the ledger without a chunk ever being in memory. */
import { expect, test } from "vitest";
import { chunksOf } from "../../src/tools/inference/chunks.ts";
import type { Row } from "../../src/tools/inference/input.ts";

/** Rows from 1, and how many of them were asked for; whether it was closed. */
function source(many: number): { rows: AsyncGenerator<Row>; read: () => number; closed: () => boolean } {
  let read = 0;
  let closed = false;
  async function* rows(): AsyncGenerator<Row> {
    try {
      for (let line = 1; line <= many; line += 1) {
        read = line;
        yield { line, problem: "" };
      }
    } finally {
      closed = true;
    }
  }
  return { rows: rows(), read: () => read, closed: () => closed };
}

async function linesIn(chunk: AsyncIterable<Row>): Promise<number[]> {
  const lines: number[] = [];
  for await (const { line } of chunk) lines.push(line);
  return lines;
}

test.each([
  [7, 3, 7, [[1, 2, 3], [4, 5, 6], [7]]],
  [
    6,
    3,
    6,
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
  ],
  [2, 3, 2, [[1, 2]]],
  [0, 3, 0, []],
  // The file was changed since its rows were counted: none is lost, and none is taken for another chunk's.
  [5, 3, 4, [[1, 2, 3], [4], [5]]],
  [4, 3, 9, [[1, 2, 3], [4]]],
])("%i rows, %i to a chunk, where %i were counted", async (many, size, counted, expected) => {
  const { rows, closed } = source(many);
  const chunks: number[][] = [];
  for await (const chunk of chunksOf(rows, size, counted)) chunks.push(await linesIn(chunk.rows));
  expect(chunks).toEqual(expected);
  expect(closed()).toBe(true);
});

test("I1 no row is read before it is asked for, and what a chunk leaves is skipped", async () => {
  const { rows, read } = source(10);
  const firsts: number[] = [];
  for await (const chunk of chunksOf(rows, 4, 10)) {
    firsts.push(chunk.first);
    expect(read()).toBe(chunk.first);
    if (chunk.first === 5) continue; // an answer from the ledger
    for await (const { line } of chunk.rows) {
      expect(read()).toBe(line);
      if (line === 2) break;
    }
  }
  expect(firsts).toEqual([1, 5, 9]);
});

test("whoever leaves early closes the file", async () => {
  const { rows, closed } = source(10);
  for await (const chunk of chunksOf(rows, 4, 10)) {
    for await (const { line } of chunk.rows) if (line === 2) break;
    break;
  }
  expect(closed()).toBe(true);
});
