/** The reader and the split that an evaluation stands on. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCsv } from "../../src/tools/evaluate/csv.ts";
import { answerKinds } from "../../src/tools/evaluate/metrics.ts";
import { numberStatistics } from "../../src/tools/evaluate/number-scores.ts";
import { scoreAll, statisticsOf } from "../../src/tools/evaluate/scores.ts";
import { stratifiedSplit } from "../../src/tools/evaluate/split.ts";
import { exactMatch, normalised, rougeL, tokenF1 } from "../../src/tools/evaluate/text-scores.ts";

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

describe("metrics of texts", () => {
  const words = fc.constantFrom("the", "red", "fox", "Fox", "a", "é", "日本", "👍", "!", "-", "10", "", " ");
  const text = fc.oneof(
    fc.array(words, { maxLength: 8 }).map((all) => all.join(" ")),
    fc.string({ unit: "grapheme", maxLength: 12 }),
  );
  const alike = { exactMatch, tokenF1, rougeL };

  test.each(Object.entries(alike))(
    "%s is from 0 to 1, the same both ways, and 1 for a text and itself",
    (_name, of) => {
      fc.assert(
        fc.property(text, text, (a, b) => {
          const value = of(a, b);
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(of(b, a)).toBe(value);
          expect(of(a, a)).toBe(1);
        }),
      );
    },
  );

  test("what matches exactly has all words in common, and no order costs token F1 anything", () => {
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), text, (all, other) => {
        const [forth, back] = [all.join(" "), all.toReversed().join(" ")];
        if (exactMatch(forth, other) === 1) expect(tokenF1(forth, other)).toBe(1);
        // Where nothing but punctuation and articles is said, these count, each where it stands.
        if (/[\p{L}\p{N}]/u.test(normalised(forth))) expect(tokenF1(forth, back)).toBe(1);
        expect(rougeL(forth, other)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("two answers that differ in a symbol alone are told apart, and those that differ in punctuation are not", () => {
    expect(exactMatch("👍", "👎")).toBe(0);
    expect(exactMatch("...", "?!")).toBe(0);
    expect(exactMatch("$5 (five).", "5 five")).toBe(1);
    expect(exactMatch("An  apple", "apple")).toBe(1);
    expect(exactMatch("ant", "nt")).toBe(0);
    // A letter of a script without blanks is a word: two of three are common.
    expect(tokenF1("日本語", "日本人")).toBeCloseTo(2 / 3, 12);
    // `a b c d` and `a x b d`: a, b and d, of four words each.
    expect(rougeL("a b c d", "a x b d")).toBe(3 / 4);
  });
});

describe("metrics of numbers", () => {
  // Nothing so small that its square is no double.
  const wide = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((value) => value === 0 || Math.abs(value) > 1e-6);
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), wide);
  const pairs = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 30 });
  const of = (rows: readonly (readonly [number, number])[]): ReturnType<typeof numberStatistics> =>
    numberStatistics(
      rows.map(([is]) => is),
      rows.map(([, said]) => said),
    );
  const all = (rows: readonly unknown[]): Int32Array => new Int32Array(rows.length).fill(1);

  test("errors are not below 0, MAE not above RMSE, correlations from -1 to 1; all are the same both ways", () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const [forth, back] = [of(rows), of(rows.map(([is, said]) => [said, is] as const))];
        const once = all(rows);
        const [mae, rmse] = [forth.mae(once) ?? NaN, forth.rmse(once) ?? NaN];
        expect(mae).toBeGreaterThanOrEqual(0);
        expect(mae).toBeLessThanOrEqual(rmse * (1 + 1e-9));
        for (const name of ["mae", "rmse", "spearman", "pearson"] as const)
          expect(back[name](once)).toEqual(forth[name](once));
        for (const name of ["spearman", "pearson"] as const) {
          const value = forth[name](once);
          if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("a number and itself: no error, and a correlation of 1 or none at all", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 30 }), (values) => {
        const own = of(values.map((value) => [value, value] as const));
        const once = all(values);
        expect([own.mae(once), own.rmse(once)]).toEqual([0, 0]);
        const varies = new Set(values.map((value) => value + 0)).size > 1;
        const spearman = own.spearman(once);
        if (varies) expect(spearman).toBeCloseTo(1, 9);
        else expect([spearman, own.pearson(once)]).toEqual([null, null]);
      }),
    );
  });

  test("Spearman goes by order alone; a row that counts twice is as two rows", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), {
          minLength: 2,
          maxLength: 20,
        }),
        (rows) => {
          const once = all(rows);
          const stretched = of(rows.map(([is, said]) => [is, said ** 3 * 7 + 1] as const));
          expect(stretched.spearman(once)).toEqual(of(rows).spearman(once));
          const doubled = [...rows, rows[0] as (typeof rows)[number]];
          const twice = Int32Array.from(rows, (_, index) => (index === 0 ? 2 : 1));
          for (const name of ["mae", "rmse", "spearman", "pearson"] as const) {
            const [weighted, repeated] = [of(rows)[name](twice), of(doubled)[name](all(doubled))];
            if (weighted === null || repeated === null) expect(weighted).toBe(repeated);
            else expect(weighted).toBeCloseTo(repeated, 9);
          }
        },
      ),
    );
  });

  test("ties share the mean of their ranks: a case worked out by hand", () => {
    // Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: covariance 4.5, spreads 4.5 and 5; 4.5 / sqrt(22.5).
    const tied = numberStatistics([10, 20, 20, 30], [1, 2, 3, 4]);
    expect(tied.spearman(new Int32Array(4).fill(1))).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });
});

test("C1 every interval is in order and within what the metric can be, whatever the answers are", () => {
  const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.option(fc.integer({ min: 0, max: 3 }))), {
    minLength: 2,
    maxLength: 12,
  });
  fc.assert(
    fc.property(values, fc.constantFrom(...answerKinds), fc.nat(), (rows, answers, seed) => {
      const actual = rows.map(([is]) => String(is));
      const predicted = rows.map(([, said]) => (said === null ? null : String(said)));
      const statistics = statisticsOf({ answers, labels: ["0", "1", "2", "3"], actual, predicted, fallback: 1 });
      for (const { metric, value, low, high } of scoreAll(answers, statistics, rows.length, seed)) {
        const [least, most] = metric.range;
        for (const figure of [value, low, high]) {
          if (figure === null) continue;
          expect(figure).toBeGreaterThanOrEqual(least);
          expect(figure).toBeLessThanOrEqual(most ?? 3);
        }
        if (low !== null && high !== null) expect(low).toBeLessThanOrEqual(high);
        if (value !== null && metric.name !== "macro_f1") expect(low).not.toBeNull();
      }
    }),
    { numRuns: 30 },
  );
});
