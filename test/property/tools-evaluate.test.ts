/** The reader and the split that an evaluation stands on. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { readCsv } from "../../src/tools/evaluate/csv.ts";
import { stratifiedSplit } from "../../src/tools/evaluate/split.ts";

const field = fc.string({ maxLength: 8, unit: fc.constantFrom("a", ",", '"', "\n", "\r\n", "é", " ", "1") });

test("CSV what was written with quotes is read back, whatever is in it", () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 2, max: 4 })
        .chain((width) =>
          fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
        ),
      fc.constantFrom("\n", "\r\n"),
      (table, end) => {
        const text = table.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(",")).join(end);
        const result = readCsv(text);
        expect(result.ok && result.records.map((record) => record.fields)).toEqual(table);
      },
    ),
  );
});

test("CSV any text is read or refused with a line that it has", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60, unit: fc.constantFrom("a", ",", '"', "\n", "\r", " ") }), (text) => {
      const result = readCsv(text);
      if (result.ok) return;
      expect(result.line).toBeGreaterThanOrEqual(1);
      expect(result.line).toBeLessThanOrEqual(text.split("\n").length);
    }),
    { numRuns: 2000 },
  );
});

test("M2 the split keeps every row once, every class in both parts, and is the same for the same seed", () => {
  const rows = fc
    .array(fc.constantFrom("a", "b", "c"), { minLength: 4, maxLength: 60 })
    .map((labels) => [...labels, "a", "a", "b", "b", "c", "c"].map((label, index) => ({ text: `t${index}`, label })));
  fc.assert(
    fc.property(rows, fc.nat(), fc.double({ min: 0.1, max: 0.5, noNaN: true }), (all, seed, fraction) => {
      const sample = { rows: all, labels: ["a", "b", "c"] };
      const { train, test: held } = stratifiedSplit(sample, seed, fraction);
      expect([...train, ...held].map((row) => row.text).toSorted()).toEqual(all.map((row) => row.text).toSorted());
      for (const part of [train, held]) expect(new Set(part.map((row) => row.label))).toEqual(new Set(["a", "b", "c"]));
      expect(stratifiedSplit(sample, seed, fraction)).toEqual({ train, test: held });
    }),
  );
});
