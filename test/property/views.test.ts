/** Whatever a run has come to, and whatever its texts say, its views can be rendered, and twice the same. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escalationThreads, renderEscalations } from "../../src/views/escalations.ts";
import { visible, visibleLines } from "../../src/views/escape.ts";
import { renderJournal } from "../../src/views/journal/journal.ts";
import { inline, quote } from "../../src/views/markdown.ts";
import { walkedMermaid } from "../../src/views/mermaid.ts";
import { runOutcome } from "../../src/views/outcome.ts";
import { slugOf, titleOf } from "../../src/views/title.ts";
import { movingKinds, renderStep, renderTrace, traceSteps } from "../../src/views/trace/trace.ts";
import { eventSchema } from "../../src/events/event-schema.ts";
import { hostileTexts, withTexts } from "../fixtures/hostile-texts.ts";
import { brief, runRow } from "../fixtures/reviews-journal.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const events = reviewsRun();
const text = fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...hostileTexts), fc.lorem());
/** A run cut off anywhere, its texts replaced by others in turn. */
const anyRun = fc
  .tuple(fc.nat(events.length), fc.array(text, { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([length, texts, replaced]) => {
    let at = 0;
    const cut = events.slice(0, length);
    return replaced ? withTexts(cut, () => texts[(at += 1) % texts.length] ?? "") : cut;
  });
const options = fc.record({
  colour: fc.boolean(),
  width: fc.option(fc.integer({ min: 1, max: 200 })),
  verbose: fc.boolean(),
});

describe("views of any run", () => {
  test("the fixture passes the event schema, event by event", () => {
    for (const { event } of events) expect(eventSchema.parse(event)).toEqual(event);
  });

  test("T1 T2 the steps of every prefix are a prefix of the steps", () => {
    const all = traceSteps(events);
    for (let length = 0; length <= events.length; length += 1) {
      const steps = traceSteps(events.slice(0, length));
      expect(steps).toEqual(all.slice(0, steps.length));
    }
  });

  test("every view of a run that was cut off anywhere, with any texts, renders, twice the same", () => {
    fc.assert(
      fc.property(anyRun, options, (some, shown) => {
        const steps = traceSteps(some);
        const render = (): unknown[] => [
          renderTrace(traceSteps(some), shown),
          renderEscalations(escalationThreads(some), shown),
          runOutcome(some),
          walkedMermaid(traceSteps(some)),
          [...renderJournal({ run: runRow, brief, events: some })],
        ];
        expect(render()).toEqual(render());
        for (const step of steps) expect(renderStep(step, shown).length).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });

  test("E2 every step that moves work carries a rule, in every prefix", () => {
    fc.assert(
      fc.property(anyRun, (some) => {
        for (const step of traceSteps(some)) if (movingKinds.has(step.kind)) expect(step.rule).not.toBeNull();
      }),
    );
  });

  test("J1 paths of a journal are unique and safe", () => {
    fc.assert(
      fc.property(anyRun, text, (some, title) => {
        const paths = [...renderJournal({ run: { ...runRow, title }, brief, events: some }).keys()];
        expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
        for (const path of paths)
          expect(path).toMatch(
            /^(?:README\.md|trace\.jsonl|(?:tasks|decisions)\/\d{2,}-[a-z0-9]+(?:-[a-z0-9]+)*\.md)$/,
          );
      }),
      { numRuns: 60 },
    );
  });

  test("V1 V3 any text becomes one visible line, and stays as it is from then on", () => {
    fc.assert(
      fc.property(text, (any) => {
        const shown = visible(any);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E0FFF}]/u);
        expect(visible(shown)).toBe(shown);
        for (const line of visibleLines(any)) expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  test("Q1 no text leaves its quote, its line or its cell", () => {
    fc.assert(
      fc.property(text, (any) => {
        for (const line of quote(any)) expect(line).toMatch(/^>(?: |$)/);
        expect(inline(any)).not.toMatch(/[\r\n]|(?<!\\)\||(?<!\\)(?:\\\\)*<[a-z/!?]/i);
      }),
      { numRuns: 2000 },
    );
  });

  test("slugs are lower-case ASCII and bounded, titles are one line and bounded", () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(slugOf(any, "task", 32)).toMatch(/^(?=.{1,32}$)[a-z0-9]+(?:-[a-z0-9]+)*$/);
        expect(Array.from(titleOf(any, 40)).length).toBeLessThanOrEqual(41);
        expect(titleOf(any, 40)).not.toContain("\n");
      }),
      { numRuns: 2000 },
    );
  });
});
