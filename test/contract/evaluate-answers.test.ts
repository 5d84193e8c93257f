/** `evaluate_models` where labels are texts or numbers, against servers on loopback of which it is known what they answer. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ToolResult } from "../../src/events/event.ts";
import { readCsv } from "../../src/tools/evaluate/csv.ts";
import { evaluated, evaluationLine, four, measurement, modelsOf, type Args } from "../fixtures/evaluation-line.ts";
import { startSortingServer, type SortingServer } from "../fixtures/sorting-server.ts";

let folder: string;
const open: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-answers-"));
  mkdirSync(join(folder, "project"), { recursive: true });
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function server(answer: Parameters<typeof startSortingServer>[0]): Promise<SortingServer> {
  const started = await startSortingServer(answer);
  open.push(() => started.close());
  return started;
}

type Row = { readonly text: string; readonly label: string | number; readonly kind: string };

function write(rows: readonly Row[]): void {
  writeFileSync(join(folder, "project/sample.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
}

const read = (path: string): string => readFileSync(join(folder, "project/evaluations", path), "utf8");

function measure(origin: string, args: Args, run?: string): Promise<ToolResult> {
  const yaml = [
    "models:",
    `  chat: {tier: endpoint, url: "${origin}/v1", model: some/chat}`,
    `  summary: {tier: endpoint, url: "${origin}/summarize", model: some/summary, task: summarization}`,
    `  sorter: {tier: endpoint, url: "${origin}/classify", model: some/sorter, task: text-classification}`,
    "",
  ].join("\n");
  const shared = { dataset: "sample.jsonl", candidates: ["chat"] };
  return evaluated(evaluationLine(folder, modelsOf(yaml), { ...shared, ...args }), run);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Value, interval and n of a metric of a candidate. */
function score(result: ToolResult, metric: string, candidate: string): { value: number; low: number; high: number } {
  const [value, low, high] = ["", " 95 % low", " 95 % high"].map((which) =>
    measurement(result, `${metric}${which} (${candidate})`),
  );
  return { value: value?.value ?? NaN, low: low?.value ?? NaN, high: high?.value ?? NaN };
}

describe("texts", () => {
  /**
   * What is said where the label is another text, and what that is worth, worked out by hand.
   * ROUGE-L: of `the red fox` and `red fox` two of 3 + 2 words are common in order, twice: 4/5; of `fox red` one of 2 + 2, twice: 2/4.
   */
  const patterns = [
    { kind: "same", label: "red fox", said: "The Red  Fox!", exact: 1, f1: 1, rouge: 0.8 },
    { kind: "order", label: "red fox", said: "fox red", exact: 0, f1: 1, rouge: 0.5 },
    { kind: "half", label: "red fox", said: "red cat", exact: 0, f1: 0.5, rouge: 0.5 },
    { kind: "none", label: "blue owl", said: "dog", exact: 0, f1: 0, rouge: 0 },
  ] as const;
  const patternOf = (text: string): (typeof patterns)[number] =>
    patterns[Number(/number (\d+)/.exec(text)?.[1]) % 4] as (typeof patterns)[number];
  const rows: Row[] = Array.from({ length: 80 }, (_, index) => {
    const { kind, label } = patterns[index % 4] as (typeof patterns)[number];
    return { text: `Blue owl. This is number ${index}, and it goes on.`, label, kind };
  });
  const asText = { answers: "text", instruction: "Name the animal.", slice_columns: ["kind"] };

  test.each([
    ["chat", (said: string) => said],
    ["chat", (said: string) => `<think>the red fox?</think>\n${said}`],
    ["summary", (said: string) => said],
  ])(
    "exact match, token F1 and ROUGE-L of %s are what the answers are worth, to the last digit: %#",
    async (name, put) => {
      write(rows);
      const { origin, asked } = await server((text) => put(patternOf(text).said));
      const result = await measure(origin, { ...asText, candidates: [name] });
      const held = asked.map(patternOf);
      expect(held.length).toBe(24);
      const expected = { "exact match": "exact", "token F1": "f1", "ROUGE-L F": "rouge" } as const;
      for (const [metric, key] of Object.entries(expected)) {
        const { value, low, high } = score(result, metric, name);
        expect(value).toBe(four(mean(held.map((pattern) => pattern[key]))));
        expect(low).toBeLessThan(value);
        expect(high).toBeGreaterThan(value);
        expect(measurement(result, `${metric} (${name})`)).toMatchObject({ unit: "score", n: 24 });
        for (const kind of ["same", "order"]) {
          const of = held.filter((pattern) => pattern.kind === kind);
          expect(measurement(result, `${metric} where kind is ${kind} (${name})`)).toMatchObject({
            value: of[0]?.[key],
            n: of.length,
          });
        }
      }
      // Always `red fox`, and the first sentence: each is right where that is the label.
      const owls = held.filter(({ label }) => label === "blue owl").length;
      expect(score(result, "exact match", "most-frequent-answer").value).toBe(four((24 - owls) / 24));
      expect(score(result, "exact match", "first-sentence").value).toBe(four(owls / 24));
      expect(result.text).toContain("Rajpurkar et al. 2016");
      expect(result.text).toContain("no English articles (a, an, the)");
    },
  );

  test("page, table, plot, success and registry go by the metric that was named", async () => {
    write(rows);
    const { origin } = await server((text) => patternOf(text).said);
    const success = [{ metric: "rouge_l", at_least: 0.3 }];
    const result = await measure(origin, { ...asText, primary_metric: "rouge_l", success });
    const value = score(result, "ROUGE-L F", "chat").value;
    expect(read("sample/README.md")).toContain(value.toFixed(4));
    expect(read("sample/scores.svg")).toContain("ROUGE-L F on 24 held-out rows");
    expect(read("sample/scores.svg")).toContain(">wanted: 0.3<");
    const table = readCsv(read("sample/table.csv"));
    const [header, ...lines] = table.ok ? table.records.map(({ fields }) => fields) : [];
    expect(Number(lines.find(([name]) => name === "chat")?.[header?.indexOf("rouge_l") ?? -1])).toBe(value);
    expect(header).not.toContain("macro_f1");
    expect(result.receipt?.detail["meets_all"]).toContain("chat");
    expect(JSON.parse(read("registry.jsonl"))).toMatchObject({
      primary_metric: "rouge_l",
      candidates: expect.arrayContaining([expect.objectContaining({ name: "chat", rouge_l: value })]),
    });
  });

  test("an answer that cannot be read is worth nothing, and is counted", async () => {
    write(rows);
    const { origin, asked } = await server((text, n) => (n === 1 ? "<think>hm" : patternOf(text).label));
    const result = await measure(origin, asText);
    expect(score(result, "exact match", "chat").value).toBe(four((asked.length - 1) / asked.length));
    expect(result.text).toContain("1 answers were empty or could not be read and are worth nothing");
  });

  test.each([
    [{ answers: "text" }, "needs an `instruction`"],
    [
      { ...asText, candidates: ["sorter"] },
      "sorter is mapped for text-classification, which answers with a label and not with a text",
    ],
    [{ ...asText, candidates: ["majority-class"] }, "Measured here for texts: most-frequent-answer, first-sentence"],
    [
      { ...asText, primary_metric: "accuracy" },
      "accuracy is no metric of a text; there are token_f1, exact_match, rouge_l",
    ],
    [{ ...asText, success: [{ metric: "mae", at_most: 1 }] }, "mae is no metric of a text"],
    [{ ...asText, slice_columns: ["source", "source"] }, 'names "source" twice'],
    [{ ...asText, label_map: { a: "b" } }, "is for answers that are labels"],
    [{ instruction: "Sort." }, "labels are asked for by their names"],
  ])("what does not fit is refused, and nothing is asked: %#", async (args, reason) => {
    write(rows);
    const { origin, asked } = await server(() => "x");
    const line = evaluationLine(
      folder,
      modelsOf(
        `models:\n  chat: {tier: endpoint, url: "${origin}/v1", model: c}\n  sorter: {tier: endpoint, url: "${origin}/classify", model: s, task: text-classification}\n`,
      ),
      { dataset: "sample.jsonl", candidates: ["chat"], ...args },
    );
    await line.start();
    expect(JSON.stringify(await line.events())).toContain(JSON.stringify(reason).slice(1, -1));
    expect(asked).toEqual([]);
  });
});

describe("numbers", () => {
  /** Too large by one where the label is even, too small by three where it is odd. */
  const saidOf = (label: number): number => (label % 2 === 0 ? label + 1 : label - 3);
  const labelOf = (text: string): number => Number(/number (\d+)/.exec(text)?.[1]);
  const rows: Row[] = Array.from({ length: 40 }, (_, index) => ({
    text: `This is number ${index}`,
    label: index,
    kind: index % 2 === 0 ? "even" : "odd",
  }));
  const asNumber = { answers: "number", instruction: "Which number?", slice_columns: ["kind"], label_column: "label" };

  /** The textbook's formulas for values without ties. */
  const pearson = (a: readonly number[], b: readonly number[]): number => {
    const cov = mean(a.map((value, index) => value * (b[index] ?? NaN))) - mean(a) * mean(b);
    const deviation = (values: readonly number[]): number =>
      Math.sqrt(mean(values.map((value) => value ** 2)) - mean(values) ** 2);
    return cov / (deviation(a) * deviation(b));
  };
  const spearman = (a: readonly number[], b: readonly number[]): number => {
    const rank = (values: readonly number[], value: number): number => values.filter((each) => each <= value).length;
    const squares = a.map((value, index) => (rank(a, value) - rank(b, b[index] ?? NaN)) ** 2);
    return 1 - (6 * squares.reduce((sum, each) => sum + each, 0)) / (a.length * (a.length ** 2 - 1));
  };

  test("MAE, RMSE and both correlations are those of the answers, to the last digit; the baselines are the training part's median and mean", async () => {
    write(rows);
    const { origin, asked } = await server((text) => `**${saidOf(labelOf(text))}.**`);
    const result = await measure(origin, asNumber);
    const labels = asked.map(labelOf);
    const odd = labels.filter((label) => label % 2 === 1).length;
    expect(labels).toHaveLength(12);
    expect(score(result, "MAE", "chat").value).toBeCloseTo((12 - odd + 3 * odd) / 12, 5);
    expect(score(result, "RMSE", "chat").value).toBeCloseTo(Math.sqrt((12 - odd + 9 * odd) / 12), 5);
    expect(score(result, "Pearson", "chat").value).toBe(four(pearson(labels, labels.map(saidOf))));
    expect(score(result, "Spearman", "chat").value).toBe(four(spearman(labels, labels.map(saidOf))));
    expect(measurement(result, "MAE (chat)")).toMatchObject({ unit: "label", n: 12 });
    expect(measurement(result, "MAE where kind is odd (chat)")).toMatchObject({ value: 3, n: odd });
    const { value, low, high } = score(result, "MAE", "chat");
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    const train = rows.map(({ label }) => Number(label)).filter((label) => !labels.includes(label));
    const middle = ((train[13] ?? NaN) + (train[14] ?? NaN)) / 2;
    const from = (baseline: number): number => mean(labels.map((label) => Math.abs(label - baseline)));
    expect(train).toHaveLength(28);
    expect(score(result, "MAE", "training-median").value).toBeCloseTo(from(middle), 4);
    expect(score(result, "MAE", "training-mean").value).toBeCloseTo(from(mean(train)), 4);
    // What never varies correlates with nothing: there is no figure to cite.
    expect(result.receipt?.measurements.map(({ name }) => name)).not.toContain("Pearson (training-mean)");
    expect(result.text).toMatch(/\| training-mean \|.*\| undefined \|/);
  });

  test("lower errors are better: in the ranking, for success, in the plot, and for what counts as a regression", async () => {
    write(rows);
    let off = 2;
    const { origin } = await server((text) => String(labelOf(text) + off * (labelOf(text) % 2 === 0 ? 1 : 1.5)));
    const args = { ...asNumber, success: [{ metric: "mae", at_most: 4 }] };
    const first = await measure(origin, args);
    expect(first.receipt?.detail["best"]).toBe("chat");
    expect(first.receipt?.detail["meets_all"]).toEqual(["chat"]);
    expect(first.text).toMatch(/\| mae ≤ 4 \| met \| missed \| missed \|/);
    expect(read("sample/scores.svg")).toContain("lower is better");
    expect(read("sample/scores.svg")).toContain(">wanted: 4<");
    off = 1;
    const better = await measure(origin, args, "r-000002");
    expect(better.receipt?.detail["regressions"]).toEqual([]);
    expect(better.text).toMatch(/chat had mae [\d.]+ in r-000001.1\/e3, and has [\d.]+ now: better/);
    off = 1.05;
    const weaker = await measure(origin, args, "r-000003");
    expect(weaker.receipt?.detail["regressions"]).toEqual([]);
    expect(weaker.text).toMatch(/chat had mae .* worse, within the interval that it had/);
    off = 3;
    const worse = await measure(origin, args, "r-000004");
    expect(worse.receipt?.detail["regressions"]).toEqual(["chat"]);
    expect(worse.text).toMatch(/Regression: chat had mae/);
  });

  test("what is not one number is never guessed: the training part's median stands for it, and it is counted", async () => {
    write(rows);
    const odd = ["4 of 5", "1,000", "50%", "10k", "between 3-4", "none", "1e999", "-1e101"];
    const { origin, asked } = await server((text, n) => odd[n - 1] ?? String(labelOf(text)));
    const result = await measure(origin, asNumber);
    const labels = asked.map(labelOf);
    const train = rows.map(({ label }) => Number(label)).filter((label) => !labels.includes(label));
    const middle = ((train[13] ?? NaN) + (train[14] ?? NaN)) / 2;
    const off = labels.slice(0, odd.length).map((label) => Math.abs(label - middle));
    expect(score(result, "MAE", "chat").value).toBeCloseTo(off.reduce((sum, each) => sum + each, 0) / 12, 5);
    expect(result.text).toContain("8 answers were not one number: the median of the training part stands for each");
  });

  test("a label that is no number is told with its line", async () => {
    write([...rows, { text: "this is no number", label: "about 4", kind: "odd" }]);
    const { origin } = await server(() => "1");
    const result = await measure(origin, asNumber);
    expect(result.text).toContain('sample.jsonl:41: "about 4" in column "label" is no number');
  });
});
