/** `evaluate_models` on the shipped sample, against servers on loopback whose accuracy is known. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ToolResult } from "../../src/events/event.ts";
import type { ModelSource } from "../../src/models/served-model.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { readCsv } from "../../src/tools/evaluate/csv.ts";
import { Died, dyingStore } from "../fixtures/dying-store.ts";
import {
  evaluated as evaluatedBy,
  evaluationLine,
  four,
  measurement,
  modelsOf as models,
  resultOf,
  type Args,
} from "../fixtures/evaluation-line.ts";
import type { LineHarness } from "../fixtures/line-harness.ts";
import { startSortingServer, type SortingServer } from "../fixtures/sorting-server.ts";

const sample = join(import.meta.dirname, "../../briefs/data/vietnamese-reviews.csv");
const records = readCsv(readFileSync(sample, "utf8"));
if (!records.ok) throw new Error(records.reason);
const truth = new Map(records.records.slice(1).map(({ fields }) => [fields[0] as string, fields[1] as string]));
const labels = ["negative", "neutral", "positive"];

/** Right but for every fourth text that it has not seen before, of which it says the next label. */
function threeOfFour(): { sort: (text: string) => string; right: () => number; all: () => number } {
  const given = new Map<string, string>();
  const sort = (text: string): string => {
    const known = given.get(text);
    if (known !== undefined) return known;
    const label = truth.get(text);
    if (label === undefined) throw new Error(`never heard of ${text}`);
    const said = given.size % 4 === 3 ? (labels[(labels.indexOf(label) + 1) % 3] as string) : label;
    given.set(text, said);
    return said;
  };
  return {
    sort,
    right: () => [...given].filter(([text, said]) => truth.get(text) === said).length,
    all: () => given.size,
  };
}

let folder: string;
const open: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-evaluate-"));
  mkdirSync(join(folder, "project/briefs/data"), { recursive: true });
  cpSync(sample, join(folder, "project/briefs/data/vietnamese-reviews.csv"));
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  rmSync(folder, { recursive: true, force: true });
});

async function server(
  sort: Parameters<typeof startSortingServer>[0],
  options?: { usage?: boolean },
): Promise<SortingServer> {
  const started = await startSortingServer(sort, options);
  open.push(() => started.close());
  return started;
}

function lineFor(source: ModelSource, args: Args, more?: Parameters<typeof evaluationLine>[3]): LineHarness {
  return evaluationLine(folder, source, { dataset: "briefs/data/vietnamese-reviews.csv", ...args }, more);
}

function evaluated(source: ModelSource, args: Args): Promise<ToolResult> {
  return evaluatedBy(lineFor(source, args));
}

function chatModel(origin: string, more = ""): string {
  return `models:\n  sorter:\n    tier: endpoint\n    url: ${origin}/v1\n    model: some/sorter\n${more}`;
}

describe("known accuracy", () => {
  test.each([
    ["a chat model", (origin: string) => chatModel(origin)],
    [
      "text classification",
      (origin: string) =>
        `models:\n  sorter: {tier: endpoint, url: "${origin}/classify", model: some/sorter, task: text-classification}\n`,
    ],
    [
      "text classification by a server that answers one list for one text",
      (origin: string) =>
        `models:\n  sorter: {tier: endpoint, url: "${origin}/flat", model: some/sorter, task: text-classification}\n`,
    ],
    [
      "zero-shot classification",
      (origin: string) =>
        `models:\n  sorter: {tier: endpoint, url: "${origin}/zero-shot", model: some/sorter, task: zero-shot-classification}\n`,
    ],
  ])("%s: what is reported is what the server did, to the last digit", async (_what, yaml) => {
    const model = threeOfFour();
    const { origin, asked, most } = await server(model.sort);
    const result = await evaluated(models(yaml(origin)), { candidates: ["sorter"] });
    const rows = measurement(result, "test rows").value;
    expect(asked).toHaveLength(rows);
    expect(new Set(asked).size).toBe(rows);
    expect(model.all()).toBe(rows);
    expect(measurement(result, "accuracy (sorter)")).toEqual({
      name: "accuracy (sorter)",
      value: four(model.right() / rows),
      unit: "score",
      n: rows,
    });
    expect(most()).toBeGreaterThan(1);
    // Beside it, on the same rows: the majority and the stronger of the local ones.
    expect(measurement(result, "accuracy (majority-class)").n).toBe(rows);
    expect(measurement(result, "macro-F1 (char-ngram-naive-bayes)").n).toBe(rows);
  });

  test("labels in a model's own spelling are mapped; an answer that is no label is wrong and counted", async () => {
    const own: Record<string, string> = { negative: "LABEL_0", neutral: "LABEL_1", positive: "LABEL_2" };
    const { origin } = await server((text, n) =>
      n === 1 ? "I would rather not say" : (own[truth.get(text) ?? ""] as string),
    );
    const yaml = `models:\n  sorter: {tier: endpoint, url: "${origin}/classify", model: m, task: text-classification}\n`;
    const label_map = Object.fromEntries(Object.entries(own).map(([label, said]) => [said, label]));
    const result = await evaluated(models(yaml), { candidates: ["sorter"], label_map });
    const rows = measurement(result, "test rows").value;
    expect(measurement(result, "accuracy (sorter)").value).toBe(four((rows - 1) / rows));
    expect(result.text).toContain("1 answers named no label and count as wrong");
  });

  test("a mapping onto what is no label of the sample is refused, and nothing is asked", async () => {
    const { origin, asked } = await server(() => "LABEL_0");
    const result = await evaluated(models(chatModel(origin)), {
      candidates: ["sorter"],
      label_map: { LABEL_0: "negativ" },
    });
    expect(result.text).toContain(
      'label_map maps "LABEL_0" to "negativ", which is no label of the sample. Did you mean "negative"?',
    );
    expect(asked).toEqual([]);
  });

  test("what a thousand texts cost is computed from counted tokens and the price; without either it is unpriced", async () => {
    const price = "    price: {promptPerMillion: 2, completionPerMillion: 10, currency: EUR}\n";
    const counted = await server((text) => truth.get(text) as string);
    const priced = await evaluated(models(chatModel(counted.origin, price)), { candidates: ["sorter"] });
    // 20 tokens at 2 and 2 at 10 for a million, a thousand times.
    expect(measurement(priced, "cost of 1,000 texts, computed (sorter)")).toMatchObject({ value: 0.06, unit: "EUR" });
    const unpriced = await evaluated(models(chatModel(counted.origin)), { candidates: ["sorter"] });
    expect(unpriced.text).toContain("| unpriced |");
    const silent = await server((text) => truth.get(text) as string, { usage: false });
    const uncounted = await evaluated(models(chatModel(silent.origin, price)), { candidates: ["sorter"] });
    expect(uncounted.text).toContain("| unpriced |");
    expect(uncounted.text).toContain("counted no tokens");
  });

  test("what the operator says of a model is shown as declared, and two quantised variants are two candidates", async () => {
    const { origin } = await server((text) => truth.get(text) as string);
    const entry = (name: string, quantisation: string, diskMb: number): string =>
      `  ${name}:\n    tier: endpoint\n    url: ${origin}/v1\n    model: org/m\n    about: {revision: abc123, licence: apache-2.0, quantisation: ${quantisation}, diskMb: ${diskMb}}\n`;
    const yaml = `models:\n${entry("m-q8", "Q8_0", 600)}${entry("m-q4", "Q4_K_M", 350)}`;
    const result = await evaluated(models(yaml), { candidates: ["m-q8", "m-q4"] });
    expect(result.text).toMatch(/\| m-q8 \|.*\| 600 \(declared\) \|.*\| apache-2.0 \| abc123, Q8_0 \|/);
    expect(result.text).toMatch(/\| m-q4 \|.*\| 350 \(declared\) \|.*\| apache-2.0 \| abc123, Q4_K_M \|/);
    expect(result.text).toMatch(/\| m-q4 \|[^|]*\| not measured \|/);
  });
});

describe("cut off", () => {
  test(
    "D3 killed and resumed, no call is billed twice but those in doubt, and the scores are the same",
    { timeout: 120_000 },
    async () => {
      const points = [26, 111, 161];
      for (const kill of points) {
        const { store, reached } = dyingStore(kill, "effect:");
        const model = threeOfFour();
        const { origin, asked } = await server(model.sort);
        const line = lineFor(models(chatModel(origin)), { candidates: ["sorter"] }, { store });
        await line.create();
        for (let tries = 0; ; tries += 1) {
          expect(tries).toBeLessThan(5);
          const stop = await line.advance().catch((error: unknown) => {
            if (!(error instanceof Died)) throw error;
            return "died";
          });
          if (stop === "ended") break;
        }
        expect(reached()).toBeGreaterThan(kill);
        const result = await resultOf(line);
        const rows = measurement(result, "test rows").value;
        expect(measurement(result, "accuracy (sorter)").value).toBe(four(model.right() / rows));
        const effects = await store.effects(line.run);
        const doubted = effects.filter(
          (row) => (row.intent as { doubted?: boolean }).doubted === true && row.key.includes("/c"),
        );
        expect(asked.length).toBeLessThanOrEqual(rows + doubted.length);
        expect(doubted.length).toBeLessThanOrEqual(4);
        if (doubted.length > 0) expect(result.text).toContain("possibly billed twice");
        expect(result.receipt?.detail["paid"]).toMatchObject([
          { calls: rows, repeated: doubted.length, promptTokens: 20 * rows },
        ]);
        expect((await verifyRun(store, line.run)).problems).toEqual([]);
      }
    },
  );

  test("D3 an answer that cannot be read was an answer: after a kill it is wrong as before, and not asked for again", async () => {
    const { store } = dyingStore(161, "effect:");
    const { origin, asked } = await server((text, n) => (n % 5 === 0 ? { status: 200 } : (truth.get(text) as string)));
    const line = lineFor(models(chatModel(origin)), { candidates: ["sorter"] }, { store });
    await line.create();
    await expect(line.advance()).rejects.toBeInstanceOf(Died);
    expect(await line.advance()).toBe("ended");
    const result = await resultOf(line);
    const doubted = (await store.effects(line.run)).filter(
      (row) => (row.intent as { doubted?: boolean }).doubted === true && row.key.includes("/c"),
    );
    const rows = measurement(result, "test rows").value;
    expect(asked.length).toBeLessThanOrEqual(rows + doubted.length);
    expect(measurement(result, "accuracy (sorter)").value).toBeLessThan(0.85);
    expect(result.receipt?.detail["paid"]).toMatchObject([{ calls: rows, repeated: doubted.length }]);
    expect((await verifyRun(store, line.run)).problems).toEqual([]);
  });

  test("L2 stopped by a limit while several texts are under way, those end and are kept: none is sent twice, and the scores are the same", async () => {
    const model = threeOfFour();
    const { origin, asked } = await server(model.sort);
    const rows = measurement(await evaluated(models(chatModel(origin)), { candidates: ["sorter"] }), "test rows").value;
    asked.length = 0;
    const line = lineFor(models(chatModel(origin)), { candidates: ["sorter"] }, { modelCalls: 1 + rows });
    const begin = line.store.begin.bind(line.store);
    // Another line takes ten calls while texts go several at a time.
    line.store.begin = async (fence, key, kind, intent, ...rest) => {
      if (key.endsWith("/c30"))
        await begin(fence, key.replace("/c30", "/c999") as typeof key, "model", {}, { modelCalls: 10, tokens: 0 });
      return begin(fence, key, kind, intent, ...rest);
    };
    expect(await line.start()).toBe("waiting");
    expect(asked).toHaveLength(rows - 10);
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask?.limit).toEqual({ name: "modelCalls", value: 1 + rows + 10, ceiling: 1 + rows });
    await line.decide("approve", "");
    expect(await line.advance()).toBe("ended");
    expect(asked).toHaveLength(rows);
    expect(new Set(asked).size).toBe(rows);
    const result = await resultOf(line);
    expect(measurement(result, "accuracy (sorter)").value).toBe(four(model.right() / rows));
    expect(result.text).not.toContain("billed twice");
    expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  });

  test("a server that fails for good is a candidate that was not measured; the others are", async () => {
    const { origin } = await server((text, n) => (n > 30 ? { status: 404 } : (truth.get(text) as string)));
    const result = await evaluated(models(chatModel(origin)), { candidates: ["sorter"] });
    expect(result.text).toContain("sorter was not measured (model-refused)");
    expect(result.receipt?.detail["failures"]).toEqual([{ candidate: "sorter", code: "model-refused" }]);
    expect(result.receipt?.measurements.some((each) => each.name.includes("(sorter)"))).toBe(false);
    expect(measurement(result, "accuracy (majority-class)").value).toBeGreaterThan(0);
  });

  test("progress is told while it is measured", async () => {
    const { origin } = await server((text) => truth.get(text) as string);
    const seen: unknown[] = [];
    const line = lineFor(
      models(chatModel(origin)),
      { candidates: ["sorter"] },
      { onProgress: (role, progress) => seen.push([role, progress]) },
    );
    await line.start();
    const rows = measurement(await resultOf(line), "test rows").value;
    expect(seen).toHaveLength(rows);
    expect(seen.at(-1)).toEqual(["worker", { done: rows, of: rows, what: "sorter" }]);
  });
});

describe("what was fixed, and what was before", () => {
  const read = (path: string): string => readFileSync(join(folder, "project", path), "utf8");
  const success = [
    { metric: "macro_f1", at_least: 0.8 },
    { metric: "p95_ms", at_most: 100_000 },
  ];

  test("success is fixed before, held against each candidate, and a change afterwards is told", async () => {
    const { origin } = await server((text) => truth.get(text) as string);
    const source = models(chatModel(origin));
    const first = await evaluated(source, { candidates: ["sorter"], success });
    expect(first.text).toMatch(/\| macro_f1 ≥ 0.8 \| met \| missed \| missed \|/);
    expect(first.text).toContain("All of it is met by sorter");
    expect(first.receipt?.detail["meets_all"]).toEqual(["sorter"]);
    expect(first.text).not.toContain("were changed");
    const line = lineFor(source, { candidates: ["sorter"], success: [{ metric: "macro_f1", at_least: 0.5 }] }, {});
    const again = await evaluatedBy(line, "r-000002");
    expect(again.text).toContain(
      "The success criteria were changed: r-000001.1/e3 went by macro_f1 ≥ 0.8, p95_ms ≤ 100000, this one by macro_f1 ≥ 0.5.",
    );
    expect(again.receipt?.detail["criteria_changed_since"]).toBe("r-000001.1/e3");
  });

  test("the registry keeps every evaluation, and a candidate below the interval that it had is a regression", async () => {
    let worse = false;
    const { origin } = await server((text) => (worse ? "neutral" : (truth.get(text) as string)));
    const source = models(chatModel(origin));
    await evaluated(source, { candidates: ["sorter"] });
    worse = true;
    const again = await evaluatedBy(lineFor(source, { candidates: ["sorter"] }), "r-000002");
    expect(again.text).toMatch(/Regression: sorter had macro_f1 1 in r-000001.1\/e3, and has 0\.\d+ now/);
    expect(again.receipt?.detail["regressions"]).toEqual(["sorter"]);
    const keys = read("evaluations/registry.jsonl")
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys).toEqual(["r-000001.1/e3", "r-000002.1/e3"]);
  });

  test("the page, the table and the plot hold the receipt's numbers", async () => {
    const model = threeOfFour();
    const { origin } = await server(model.sort);
    const result = await evaluated(models(chatModel(origin)), { candidates: ["sorter"] });
    const value = measurement(result, "macro-F1 (sorter)").value;
    for (const name of ["README.md", "scores.svg"])
      expect(read(`evaluations/vietnamese-reviews/${name}`)).toContain(value.toFixed(4));
    const table = readCsv(read("evaluations/vietnamese-reviews/table.csv"));
    if (!table.ok) throw new Error(table.reason);
    const column = (name: string): number => table.records[0]?.fields.indexOf(name) as number;
    const row = table.records.find(({ fields }) => fields[0] === "sorter")?.fields as string[];
    expect(Number(row[column("macro_f1")])).toBe(value);
    expect(row[column("memory_from")]).toBe("not measured");
    expect(result.receipt?.files.map((file) => file.path)).toEqual([
      "evaluations/vietnamese-reviews/README.md",
      "evaluations/vietnamese-reviews/table.csv",
      "evaluations/vietnamese-reviews/scores.svg",
      "evaluations/registry.jsonl",
    ]);
  });
});
