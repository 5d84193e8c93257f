/** How the page reads what changes while it reads. */
import { expect, test } from "vitest";
import { oneByOne } from "../../src/web/data/one-by-one.ts";

test("one reading at a time; wishes that come meanwhile are one more reading, and every answer counts", async () => {
  const answers: PromiseWithResolvers<void>[] = [];
  const shown: number[] = [];
  const read = oneByOne(async () => {
    const own = Promise.withResolvers<void>();
    const number = answers.push(own);
    await own.promise;
    shown.push(number);
  });
  read();
  for (let wishes = 0; wishes < 5; wishes += 1) read();
  expect(answers).toHaveLength(1);
  answers[0]?.resolve();
  await expect.poll(() => answers.length).toBe(2);
  expect(shown).toEqual([1]);
  answers[1]?.resolve();
  await expect.poll(() => shown).toEqual([1, 2]);
  read();
  expect(answers).toHaveLength(3);
});
