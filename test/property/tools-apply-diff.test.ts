/** RELIABILITY 36: blocks are applied all or not at all, and what comes out is what they say. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { applyBlocks } from "../../src/tools/apply-blocks.ts";

const line = fc.stringMatching(/^[ab c]{0,4}$/);
const text = fc.array(line, { minLength: 1, maxLength: 12 }).map((lines) => lines.join("\n"));
const block = fc.record({
  search: fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom("a", "b", " ", "\n", "c") }),
  replace: fc.string({ maxLength: 6 }),
});

function count(haystack: string, needle: string): number {
  let found = 0;
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + 1)) found += 1;
  return found;
}

test("B1 B2 it is applied exactly if every block is there once and none overlaps another", () => {
  fc.assert(
    fc.property(text, fc.array(block, { minLength: 1, maxLength: 4 }), (content, blocks) => {
      const spans = blocks.map(
        ({ search }) => [content.indexOf(search), content.indexOf(search) + search.length] as const,
      );
      const once = blocks.every(({ search }) => count(content, search) === 1);
      const apart = spans.every(([start, end], i) => spans.every(([s, e], j) => i === j || e <= start || s >= end));
      expect(applyBlocks(content, blocks).ok).toBe(once && apart);
    }),
    { numRuns: 2000 },
  );
});

test("B1 the order of blocks does not matter, and what is outside them stays", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (pieces, order) => {
        // Marks that occur nowhere else make each block unique.
        const marks = pieces.map((_, index) => `\u{F0000}${index}\u{F0001}`);
        const content = pieces.map(([before], index) => before + marks[index]).join("");
        const blocks = pieces.map(([, replace], index) => ({ search: marks[index] as string, replace }));
        const expected = pieces.map(([before, replace]) => before + replace).join("");
        const shuffled = blocks
          .map((one) => [order.next().value as number, one] as const)
          .toSorted(([a], [b]) => a - b);
        expect(
          applyBlocks(
            content,
            shuffled.map(([, one]) => one),
          ),
        ).toEqual({ ok: true, text: expected });
      },
    ),
  );
});
