/** RELIABILITY 36, D3: whatever somebody does to a file, and whenever, `apply_diff` writes all or nothing, and its probe says what is there. */
import fs from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../src/canonical.ts";
import { parseToolArgs } from "../../src/tools/catalogue.ts";
import { openWorkbench, toolNamed } from "./tools-bench.ts";

const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", "é"), minLength: 1, maxLength: 24 });
const moments = ["never", "before it is prepared", "before it runs", "after it ran"] as const;

test("W1 T1 the file is what it was, what it was to be, or what somebody else made of it: never a mixture", async () => {
  const bench = openWorkbench();
  const tool = toolNamed("apply_diff");
  const file = `${bench.workspace}/a.txt`;
  const counts = { done: 0, "not-done": 0, unknown: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        first: text,
        other: text,
        replace: text,
        at: fc.nat(),
        size: fc.integer({ min: 1, max: 6 }),
        when: fc.constantFrom(...moments),
        basis: fc.constantFrom("none", "first", "wrong"),
        ran: fc.boolean(),
      }),
      async ({ first, other, replace, at, size, when, basis, ran }) => {
        const meddle = (moment: (typeof moments)[number]): void => {
          if (when === moment) fs.writeFileSync(file, other);
        };
        fs.writeFileSync(file, first);
        const search = first.slice(at % first.length, (at % first.length) + size);
        const base = { none: {}, first: { base: sha256(first) }, wrong: { base: sha256(`${first}!`) } }[basis];
        const parsed = parseToolArgs(tool, { path: "a.txt", blocks: [{ search, replace }], ...base });
        if (!parsed.ok) throw new Error(parsed.problem);
        meddle("before it is prepared");
        const prepared: unknown = JSON.parse(JSON.stringify(await tool.prepare?.(bench.context, parsed.args)));
        const { refused, after } = prepared as { refused?: string; after?: string };
        meddle("before it runs");
        const before = fs.readFileSync(file, "utf8");
        // Cut off before, or after: the probe must say which.
        const outcome = ran ? await tool.run(bench.context, parsed.args, prepared) : null;
        const written = fs.readFileSync(file, "utf8");
        expect(sha256(written)).toBe(outcome?.ok ? after : sha256(before));
        meddle("after it ran");
        const now = sha256(fs.readFileSync(file));
        const probe = await tool.probe!(bench.context, parsed.args, prepared);
        if (refused !== undefined) {
          expect([probe.state, outcome?.ok ?? false]).toEqual(["not-done", false]);
          counts.refused += 1;
          return;
        }
        const was = (prepared as { before: string }).before;
        expect(probe.state).toBe(now === after ? "done" : now === was ? "not-done" : "unknown");
        counts[probe.state] += 1;
      },
    ),
    { numRuns: 150 },
  );
  expect(fs.readdirSync(bench.workspace)).toEqual(["a.txt"]);
  // Each way was met.
  for (const many of Object.values(counts)) expect(many).toBeGreaterThan(2);
});
