/** Whatever modes say: compiling is total, loses no route silently, and R1's check is exactly the declared relation. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Level, Mode, Rank, RouteDeclaration, RouteKind } from "../../src/modes/mode.ts";
import { USER, check } from "../../src/org/chart.ts";
import { compile } from "../../src/org/compile.ts";
import { fit, rankRoutes } from "../../src/org/who.ts";

const kinds: readonly RouteKind[] = ["delegation", "escalation", "report"];
const ranks: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant", "unranked"];
const slugs = ["a", "b", "c", "lead-1", "lead-2", "user", "_gate", "A", "bad slug", "__proto__", "constructor", ""];

const level: fc.Arbitrary<Level | null> = fc.option(
  fc.constantFrom(...ranks).map((rank) => ({ text: rank, rank, department: "" })),
);

const mode = fc
  .record({
    slug: fc.constantFrom(...slugs),
    number: fc.nat(9),
    level,
    groups: fc.array(fc.constantFrom("read", "edit", "browser", "toString", "nope"), { maxLength: 3 }),
    model: fc.option(fc.constantFrom("m1", "m2")),
    routes: fc.array(
      fc.record({
        kind: fc.constantFrom(...kinds),
        to: fc.constantFrom(...slugs, "ghost"),
        purpose: fc.option(fc.string({ maxLength: 20 })),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ slug, number, level: own, groups, model, routes }): Mode => {
    const file = `modes/${number}.md`;
    const declared = routes.map((route, index): RouteDeclaration => {
      return { ...route, file, line: 10 + index, column: 5, origin: "front-matter" };
    });
    return {
      dialect: "cadre",
      slug,
      name: slug,
      description: "",
      tags: [],
      level: own,
      model,
      toolGroups: groups,
      stack: [],
      categories: [],
      routes: declared,
      knowledge: [],
      body: `${slug} ${number}`,
      extra: {},
      file,
      keyLines: { slug: 2 },
    };
  });

const modes = fc.uniqueArray(mode, { maxLength: 8, selector: (each) => each.file });
const options = fc.record(
  { entries: fc.subarray(slugs), people: fc.subarray(slugs), mappedModels: fc.constant(["m1"]) },
  { requiredKeys: [] },
);

test("C1 compiling never throws, and every declared route is in the chart or cited by a problem", () => {
  fc.assert(
    fc.property(modes, options, (made, given) => {
      const { chart, problems, declared } = compile(made, given);
      expect(declared).toHaveLength(made.reduce((sum, each) => sum + each.routes.length, 0));
      const kept = new Map(chart.roles.map((role) => [role.slug, role.file]));
      for (const route of declared) {
        const inChart = chart.routes.some((each) => each.file === route.file && each.line === route.line);
        const dropped = kept.get(route.from) !== route.file;
        const cited = problems.some(
          (each) => each.file === route.file && (each.line === route.line || (dropped && each.line === 2)),
        );
        expect(inChart || cited).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test("C2 chart, hash and problems do not depend on the order of the files", () => {
  fc.assert(
    fc.property(modes, fc.infiniteStream(fc.nat()), (made, order) => {
      const shuffled = made
        .map((each) => ({ each, key: order.next().value as number }))
        .toSorted((x, y) => x.key - y.key)
        .map(({ each }) => each);
      expect(compile(shuffled)).toEqual(compile(made));
    }),
    { numRuns: 500 },
  );
});

test("R1 check says yes exactly for the declared (kind, from, to) of a compiled chart, names compared exactly", () => {
  const names = [...slugs, "ghost", "a ", "LEAD-1", "lead‑1", "toString"];
  fc.assert(
    fc.property(modes, (made) => {
      const { chart } = compile(made);
      const declared = new Set(chart.routes.map((route) => `${route.kind} ${route.from} ${route.to}`));
      const sources = new Map(chart.roles.map((role) => [role.slug, made.find((each) => each.file === role.file)]));
      for (const kind of kinds) {
        for (const from of names) {
          for (const to of names) {
            const { allowed } = check(chart, kind, from, to);
            expect(allowed).toBe(declared.has(`${kind} ${from} ${to}`));
            const own = sources.get(from)?.routes ?? [];
            const written = own.some((route) => route.kind === kind && route.to === to);
            const top = kind === "escalation" && to === USER && !own.some((route) => route.kind === "escalation");
            if (allowed) expect(written || top).toBe(true);
          }
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("C3 in a chart without errors every role reaches a person by escalations", () => {
  let sound = 0;
  fc.assert(
    fc.property(modes, (made) => {
      const { chart, problems } = compile(made);
      if (problems.some((problem) => problem.severity === "error")) return;
      sound += 1;
      const ups = (name: string): string[] =>
        chart.routes.filter((r) => r.kind === "escalation" && r.from === name).map((r) => r.to);
      for (const role of chart.roles) {
        const seen = new Set([role.slug]);
        for (const name of seen) for (const next of ups(name)) seen.add(next);
        expect(seen.has(USER)).toBe(true);
      }
    }),
    { numRuns: 3000 },
  );
  expect(sound).toBeGreaterThan(50);
});

test("ranking and fit stay within 0 and 1 for any text, and do not depend on the order of the files", () => {
  fc.assert(
    fc.property(modes, fc.string({ unit: "grapheme", maxLength: 80 }), (made, text) => {
      const { chart } = compile(made);
      const candidates = rankRoutes(chart, text);
      for (const candidate of candidates) expect(candidate.score > 0 && candidate.score <= 1).toBe(true);
      for (const route of chart.routes) {
        const score = fit(route, text);
        expect(score >= 0 && score <= 1).toBe(true);
      }
      expect(rankRoutes(compile(made.toReversed()).chart, text)).toEqual(candidates);
    }),
    { numRuns: 500 },
  );
});
