/** A batch whose rows cannot be read to their end. */
import { expect, test } from "vitest";
import type { Inference } from "../../src/models/inference/client.ts";
import { temporaryFolder } from "../../src/testing.ts";
import { runBatch } from "../../src/tools/inference/batch.ts";
import type { Row } from "../../src/tools/inference/input.ts";
import { Progress } from "../../src/tools/inference/progress.ts";

test("B4 where the rows cannot be read any further, what is under way is called back before the batch ends", async () => {
  const folder = await temporaryFolder();
  const progress = new Progress(folder.path);
  const under = { way: 0, calledBack: 0 };
  const inference: Inference = {
    ask: (_item, _parameters, signal) =>
      new Promise((_answer, reject) => {
        under.way += 1;
        signal.addEventListener("abort", () => {
          under.way -= 1;
          under.calledBack += 1;
          reject(signal.reason as Error);
        });
      }),
  };
  async function* rows(): AsyncGenerator<Row> {
    for (let line = 1; line <= 3; line += 1) yield { line, item: { text: `row ${line}` } };
    await expect.poll(() => under.way).toBe(3);
    throw new Error("the disk cannot be read");
  }
  const options = {
    inference,
    parameters: {},
    progress,
    clean: (value: unknown) => value,
    keep: () => ({ output: "" }),
  };
  const { signal } = new AbortController();
  await expect(runBatch(rows(), { ...options, signal })).rejects.toThrow("the disk cannot be read");
  expect(under).toEqual({ way: 0, calledBack: 3 });
  progress.close();
  await folder.remove();
});
