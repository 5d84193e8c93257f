/** "Did you mean": which known name is offered for one that is not known. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { didYouMean, editDistance, knownNames, nearest } from "../../src/documents/nearest.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";

test("a mistyped name is found by its letters, a renamed one by its words, and neither where two are as likely", () => {
  const names = knownNames([
    "lead-frontend",
    "core-architect",
    "core-web",
    "core-api",
    "qa-lead",
    "data-one",
    "data-two",
    "worker",
  ]);
  expect(names.likely("qa-laed")).toBe("qa-lead");
  expect(names.likely("frontend-lead")).toBe("lead-frontend");
  expect(names.likely("technical-architect")).toBe("core-architect");
  expect(names.likely("data-three")).toBe(null);
  expect(names.likely("something-else")).toBe(null);
  expect(names.likely("qa-laed", ["qa-lead"])).toBe(null);
  expect(names.likely("frontend-lead", ["lead-frontend"])).toBe(null);
  // Asked again, it is the same.
  expect([names.likely("qa-laed"), names.likely("frontend-lead")]).toEqual(["qa-lead", "lead-frontend"]);
  expect(didYouMean("wroker", ["worker"], "no")).toBe('Did you mean "worker"?');
  expect(didYouMean("other", ["worker"], "no")).toBe("no");
});

test("what is surely meant are the same words in another order, or one letter off, of one name alone", () => {
  const names = knownNames(["lead-frontend", "qa-lead", "ab", "роль", "worker", "workers"]);
  expect(names.surely("frontend-lead")).toBe("lead-frontend");
  expect(names.surely("qa-leda")).toBe("qa-lead");
  expect(names.surely("worke")).toBe("worker");
  // Two files may claim it: what is meant is the name.
  expect(knownNames(["qa-lead", "qa-lead"]).surely("qa-leda")).toBe("qa-lead");
  for (const unsure of ["workerz", "a", "другой", "…", "frontend"]) expect([unsure, names.surely(unsure)]).toEqual([unsure, null]); // prettier-ignore
});

const name = fc.array(fc.constantFrom("a", "b", "c", "-", "ab", "ba"), { maxLength: 7 }).map((parts) => parts.join(""));

/** As it is defined, without a short cut. */
function edits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, at) => at)];
  const cell = (i: number, j: number): number => rows[i]?.[j] ?? Infinity;
  for (let i = 1; i <= a.length; i += 1) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? cell(i - 2, j - 2) + 1 : Infinity;
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      (rows[i] as number[])[j] = Math.min(cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + same, swap);
    }
  }
  return cell(a.length, b.length);
}

test("the number of edits is the least there is, and told only as far as it matters", () => {
  fc.assert(
    fc.property(name, name, fc.nat(6), (a, b, enough) => {
      const exact = edits(a, b);
      expect(editDistance(a, b)).toBe(exact);
      const told = editDistance(a, b, enough);
      if (exact < enough) expect(told).toBe(exact);
      else expect(told).toBeGreaterThanOrEqual(enough);
    }),
    { numRuns: 5000 },
  );
});

test("of single words none is nearer than the one that is offered, and none near enough is passed over", () => {
  // `a` and `á` are counted together where letters are compared first.
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "á", "1", "ä"), minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 12 }), word, (known, asked) => {
      const least = Math.min(...known.map((each) => edits(asked, each)));
      const near = least <= Math.max(2, Math.floor(asked.length / 3));
      expect(nearest(asked, known)).toBe(near ? known.toSorted().find((each) => edits(asked, each) === least) : null);
    }),
    { numRuns: 5000 },
  );
});

test("what is known is asked for many words as for one", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 8 }), fc.array(name, { maxLength: 5 }), (known, asked) => {
      const names = knownNames(known);
      for (const word of [...asked, ...asked]) {
        expect(names.likely(word)).toBe(knownNames(known).likely(word));
        if (nearest(word, known) !== null) expect(names.likely(word)).toBe(nearest(word, known));
        for (const but of known) expect(names.likely(word, [but])).not.toBe(but);
      }
    }),
  );
});

test(
  "a large pack in which everything was renamed is looked through in seconds, not in minutes",
  { timeout: 60_000 },
  () => {
    const words = ["backend", "frontend", "data", "qa", "infra", "ml", "docs", "security"];
    const modes = Array.from({ length: 400 }, (_, index) => {
      const targets = words.map(
        (word, at) => `  - core-${word}-unit-${(index * 7 + at * 13) % 400}x # For work ${at}\n`,
      );
      const text = `---\nslug: ${words[index % 8]}-unit-${index}\nname: N\ndelegates_to:\n${targets.join("")}---\nbody\n`;
      return readMode(text, `modes/${index}.md`).mode ?? [];
    }).flat();
    const before = process.cpuUsage();
    const { problems } = compile(modes);
    const { user, system } = process.cpuUsage(before);
    expect(problems.filter(({ code }) => code === "route-unknown-target")).toHaveLength(3200);
    expect((user + system) / 1e6).toBeLessThan(20);
  },
);
