import { expect, test } from "vitest";
import { deadlineWords } from "../../src/web/parts/words.ts";

const now = Date.parse("2026-01-01T12:00:00.000Z");
const minutes = (count: number): string => new Date(now + count * 60_000).toISOString();

test.each([
  [{ deadline: minutes(180), expires: false, bumpsTo: null }, "in 3h it is overdue"],
  [{ deadline: minutes(180), expires: false, bumpsTo: "boss" }, "in 3h it goes up to The Boss"],
  [{ deadline: minutes(0.05), expires: true, bumpsTo: null }, "in a moment it can no longer be approved"],
  [{ deadline: minutes(-14), expires: false, bumpsTo: null }, "it was due 14m ago"],
  [{ deadline: minutes(-14), expires: false, bumpsTo: "boss" }, "it was due 14m ago, and goes up to The Boss"],
  [{ deadline: minutes(-0.05), expires: true, bumpsTo: null }, "its time was over just now"],
])("a deadline is told as what is to come, and one that has passed as what was: %o", (ask, words) => {
  expect(deadlineWords(ask, (role) => `The ${role[0]?.toUpperCase()}${role.slice(1)}`, now)).toBe(words);
});
