/** I1, B3: what a batch holds in memory does not grow with its rows, and what it lets go of does not wait for V8 to go through all of its heap. */
import { expect, test } from "vitest";
import { memoryOf } from "../fixtures/inference-memory.ts";

/** Chunks of 500 rows: what is looked at is what is in use after each of them, once all garbage is gone. */
const rows = 4000;

test("of a batch no row and no answer is held once its chunk is done", { timeout: 60_000 }, async () => {
  const { held } = await memoryOf(rows, { flags: ["--expose-gc", "--max-semi-space-size=2"] });
  expect(held).toHaveLength(8);
  // By the third chunk everything is loaded and compiled. 2,500 rows follow: kept, each would be 300 bytes and more.
  expect(((held.at(-1) ?? 0) - (held[2] ?? 0)) / 1e6).toBeLessThan(0.4);
});

test(
  "a batch over HTTP takes less than 50 MB from a cold start, and none of its rows grows old",
  { timeout: 60_000 },
  async () => {
    const { start, peak, aged } = await memoryOf(rows, { kept: true });
    expect((peak - start) / 1024 / 1024).toBeLessThan(50);
    // Before V8 goes through its whole heap, this is all that grew old; of Node's own `fetch` it was some 8 KB a row.
    expect(aged / 1e6).toBeLessThan(4);
  },
);
