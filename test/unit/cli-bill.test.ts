/** What a run used, in words (`src/cli/bill.ts`). */
import { expect, test } from "vitest";
import { billLines, usedWords } from "../../src/cli/bill.ts";
import type { RunRow } from "../../src/store/rows.ts";
import { runOutcome, type RunOutcome } from "../../src/views/outcome.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const run = { counters: { modelCalls: 7, money: 0, gpuMs: 0, movedMs: 0 }, limits: { modelCalls: 90 } } as RunRow;

test("M2 calls whose tokens no server counted are told in plain words, all of them or some", () => {
  const whole: RunOutcome = runOutcome(reviewsRun({ rehearsal: false, model: "m" }));
  expect(usedWords(run, whole)).toBe("7 of 90 model calls, tokens not counted, unpriced");
  expect(billLines(whole)[0]).toMatch(/ model calls?, tokens not counted, unpriced$/);
  const usage = { ...whole.usage, counted: whole.usage.calls - 1, promptTokens: 5, completionTokens: 2 };
  expect(usedWords(run, { ...whole, usage })).toBe("7 of 90 model calls, 5 + 2 tokens, 1 call not counted, unpriced");
});
