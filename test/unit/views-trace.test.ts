import { describe, expect, test } from "vitest";
import {
  movingKinds,
  openTrace,
  renderStep,
  renderTrace,
  sentence,
  stepRecord,
  traceSteps,
  type TraceStep,
} from "../../src/views/trace/trace.ts";
import { columnsOf } from "../../src/views/text-width.ts";
import { EventList, noUsage } from "../fixtures/events.ts";
import { hostileTexts, withTexts } from "../fixtures/hostile-texts.ts";
import { reviewsRun, rules } from "../fixtures/reviews-run.ts";

const plain = { colour: false, width: null, verbose: false };
const steps = traceSteps(reviewsRun());
const of = (kind: TraceStep["kind"]): TraceStep[] => steps.filter((step) => step.kind === kind);

describe("a trace", () => {
  test("the believable run holds a step of every kind", () => {
    expect([...new Set(steps.map((step) => step.kind))].toSorted()).toEqual(
      [
        "start",
        "delegation",
        "escalation",
        "question",
        "answer",
        "report",
        "copy",
        "refusal",
        "approval",
        "decision",
        "tool",
        "model",
        "ask",
        "limit",
        "returned",
        "end",
      ].toSorted(),
    );
  });

  test("a step reads as one sentence", () => {
    expect(sentence(of("escalation")[1]!)).toBe(
      "huggingface-specialist escalates to project-manager: The best published model is licensed for non-commercial use only. May the shop use it?",
    );
    expect(sentence(of("answer")[0]!)).toBe(
      "technical-architect answers huggingface-specialist: Use a published encoder as it is.",
    );
    expect(sentence(of("tool")[1]!)).toContain(
      "huggingface-specialist uses: read_file briefs/data/reviews.csv, read_file modes/context",
    );
    expect(sentence(of("end")[0]!)).toBe("mai finishes the run: signed off");
  });

  test("E2 every step by which work moves cites the rule of its event", () => {
    const moved = steps.filter((step) => movingKinds.has(step.kind));
    expect(moved.length).toBeGreaterThan(12);
    for (const step of moved)
      expect(step.rule).toMatchObject({
        purpose: expect.stringMatching(/\S/),
        file: expect.stringMatching(/\S/),
        line: expect.any(Number),
      });
    expect(of("escalation").map((step) => step.rule)).toEqual([rules.toArchitect, rules.toManager, rules.toUser]);
  });

  test("T1 printed one by one while they happen, the steps are those of the whole", () => {
    const trace = openTrace();
    const grown = reviewsRun().flatMap((event) => trace.add(event) ?? []);
    expect(grown).toEqual(steps);
  });

  test("numbers count what happened; a model call bears the number of the step that it led to", () => {
    const counted = steps.filter((step) => step.kind !== "model").map((step) => step.n);
    expect(counted).toEqual(counted.map((_, at) => at + 1));
    for (const [at, step] of steps.entries()) if (step.kind === "model") expect(steps[at + 1]?.n).toBe(step.n);
    expect(new Set(steps.map((step) => step.seq)).size).toBe(steps.length);
  });

  test("an answer names who was asked and who asked, whatever its own event says", () => {
    const events = reviewsRun().map((numbered) =>
      numbered.event.type === "frame_closed"
        ? { ...numbered, event: { ...numbered.event, from: "mallory", to: "mallory" } }
        : numbered,
    );
    expect(traceSteps(events).some((step) => step.from === "mallory" || step.to === "mallory")).toBe(false);
  });

  test("steps carry what details need: ask, face, files, receipt, outcome, usage, rehearsal", () => {
    expect(of("approval")[0]).toMatchObject({
      ok: true,
      ask: { kind: "approval", verdict: "approve", by: "mai", face: "cli" },
    });
    expect(of("approval").filter((step) => !step.ok)).toHaveLength(1);
    expect(of("tool")[2]).toMatchObject({
      effect: expect.stringMatching(/^r-7f3a9c\.1\/e\d+$/),
      outcome: "executed",
      files: [{ path: "reports/evaluation.json" }],
      measurements: [{ name: "macro_f1", value: 0.71 }, {}, {}],
    });
    expect(of("model").every((step) => step.usage !== null && step.model === "rehearsal")).toBe(true);
    expect(steps.every((step) => step.rehearsal)).toBe(true);
    expect(traceSteps(reviewsRun({ rehearsal: false })).some((step) => step.rehearsal)).toBe(false);
  });

  test("an edited call is shown with the arguments that ran", () => {
    const written = of("tool").find((step) => step.text.startsWith("write_to_file deploy/"));
    expect(written?.details).toContainEqual({
      label: "arguments",
      lines: ["path: deploy/model.yaml", "content: model: a\nrevision: 3f1c"],
    });
  });

  test("stepRecord has the ten fixed keys first and leaves out what says nothing", () => {
    expect(Object.keys(stepRecord(steps[0]!)).slice(0, 10)).toEqual([
      "n",
      "seq",
      "kind",
      "from",
      "to",
      "verb",
      "text",
      "rule",
      "at",
      "usage",
    ]);
    expect(stepRecord(of("answer")[0]!)).not.toHaveProperty("files");
    expect(stepRecord(of("refusal")[0]!)).toMatchObject({ ok: false });
  });
});

describe("a trace as text", () => {
  test("a step: number, kind, who → whom, text, and the rule under it", () => {
    expect(renderStep(of("escalation")[0]!, plain)).toEqual([
      "   7  escalation  huggingface-specialist → technical-architect  Is a fine-tuned encoder worth its upkeep, when the baseline reaches 0.71?",
      "                  “For model suitability, performance limits, fine-tuning strategy”  modes/huggingface-specialist.md:31",
    ]);
    expect(renderStep(of("refusal")[0]!, plain)[0]).toContain("huggingface-specialist ↛ database-lead");
  });

  test("a rehearsal says so at its start", () => {
    expect(renderStep(steps[0]!, plain).join("\n")).toContain(
      "rehearsal: a deterministic policy stands in for the models",
    );
    expect(renderTrace(traceSteps(reviewsRun({ rehearsal: false })), plain)).not.toContain("rehearsal: a");
  });

  test("P2 without a width nothing is cut off", () => {
    const long = "word ".repeat(400).trim();
    const text = renderTrace(
      traceSteps(withTexts(reviewsRun(), (old) => (old.includes("upkeep") ? long : old))),
      plain,
    );
    expect(text).toContain(long);
    expect(text).not.toContain("\u001B");
  });

  test("P2 with a width every line fits, and a long text ends in …", () => {
    const long = traceSteps(
      withTexts(reviewsRun(), (old) => (old.includes("upkeep") ? `日本語 ${"word ".repeat(400)}` : old)),
    );
    const lines = renderTrace(long, { colour: false, width: 80, verbose: false }).split("\n");
    for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(80);
    expect(lines.some((line) => line.endsWith("…"))).toBe(true);
    expect(
      renderTrace(long, { colour: false, width: 80, verbose: true }).match(/word/g)?.length,
    ).toBeGreaterThanOrEqual(400);
  });

  test("verbose adds the model calls and the details; colour adds nothing but colour", () => {
    const verbose = renderTrace(steps, { ...plain, verbose: true });
    expect(verbose).toMatch(/^ {3}· {2}model {7}ai-ml-lead/m);
    expect(verbose).toContain("tokens not counted");
    expect(renderTrace(steps, plain)).not.toMatch(/^ {3}· /m);
    const coloured = renderTrace(steps, { ...plain, colour: true });
    expect(coloured.replaceAll(/\p{Cc}\[\d+m/gu, "")).toBe(renderTrace(steps, plain));
  });

  test.each(hostileTexts)("P1 %j stays on the line of its step", (text) => {
    const hostile = traceSteps(withTexts(reviewsRun(), () => text));
    const lines = hostile.flatMap((step) => renderStep(step, { ...plain, verbose: true }));
    const heads = lines.filter((line) => /^ *(?:\d+|·) {2}[a-z]+ +/.test(line.slice(0, 18)) && line[5] === " ");
    expect(heads).toHaveLength(hostile.length);
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
  });

  test("a task of several paragraphs is its first one in the walk, and whole where verbose", () => {
    const task = "Write the page\nfor “Reviews”.\n\n- with an example\n\nSay nothing more.";
    const [step] = traceSteps(reviewsRun()).filter((each) => each.kind === "delegation");
    const shown = (verbose: boolean): string => renderStep({ ...step!, text: task }, { ...plain, verbose })[0] ?? "";
    expect(shown(false)).toMatch(/ {2}Write the page for “Reviews”\. …$/);
    expect(shown(true)).toMatch(/ {2}Write the page for “Reviews”\. - with an example Say nothing more\.$/);
  });

  test("a call in doubt that was made again says that it may be billed twice", () => {
    const log = new EventList({ usage: { ...noUsage, measured: true, promptTokens: 12 }, model: "m" });
    const lead = log.start("ai-ml-lead", { title: "x", rehearsal: false, rule: rules.entry });
    log.turn(lead, "ai-ml-lead", []);
    const events = log.events.map((numbered) =>
      numbered.event.type === "turn_taken"
        ? { ...numbered, event: { ...numbered.event, outcome: "repeated" as const } }
        : numbered,
    );
    expect(renderTrace(traceSteps(events), { ...plain, verbose: true })).toContain("possibly billed twice");
  });
});
