import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { candidatesFor, characterNgrams, type LocalCandidate } from "../../src/tools/evaluate/candidates.ts";
import { readCsv } from "../../src/tools/evaluate/csv.ts";
import { readSample } from "../../src/tools/evaluate/labelled-table.ts";
import { scoreOf } from "../../src/tools/evaluate/facts.ts";
import { classScores, labelStatistics } from "../../src/tools/evaluate/label-scores.ts";
import { measureHere } from "../../src/tools/evaluate/measure-here.ts";
import type { Parts } from "../../src/tools/evaluate/scored.ts";
import { stratifiedSplit } from "../../src/tools/evaluate/split.ts";
import { quantile, scoreAll } from "../../src/tools/evaluate/scores.ts";
import { openWorkbench } from "./tools-bench.ts";

const localCandidates = (): ReturnType<typeof candidatesFor> => candidatesFor("label");
const columns = { text: "text", label: "label" };
const words = { good: ["great", "love", "super", "nice"], bad: ["awful", "hate", "broken", "poor"] };

/** 60 texts in two classes that letters tell apart. */
const rows = Array.from({ length: 30 }, (_, index) => [
  `${words.good[index % 4]} thing number ${index},good`,
  `${words.bad[index % 4]} thing number ${index},bad`,
]).flat();
const csv = ["text,label", ...rows].join("\n");

describe("CSV", () => {
  const fields = (text: string): unknown => {
    const result = readCsv(text);
    return result.ok ? result.records.map((record) => record.fields) : result;
  };

  test.each([
    [
      "plain",
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "CRLF and no last line break",
      "a,b\r\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    ["byte order mark", "\uFEFFa\n1", [["a"], ["1"]]],
    [
      "quotes, commas, doubled quotes",
      'a,b\n"x, ""y""",2',
      [
        ["a", "b"],
        ['x, "y"', "2"],
      ],
    ],
    [
      "line break in quotes",
      'a,b\n"x\r\ny",2',
      [
        ["a", "b"],
        ["x\r\ny", "2"],
      ],
    ],
    [
      "empty fields",
      'a,b,c\n,,\n"",x,',
      [
        ["a", "b", "c"],
        ["", "", ""],
        ["", "x", ""],
      ],
    ],
    ["empty lines", "a\n\n1\n\n", [["a"], ["1"]]],
    ["nothing", "", []],
  ])("reads %s", (_what, text, expected) => {
    expect(fields(text)).toEqual(expected);
  });

  test.each([
    ["a row too short", "a,b\n1,2\n3\n", 3, "1 fields, the header has 2"],
    ["a row too long", "a,b\n1,2,3\n", 2, "3 fields"],
    ["an open quote, by the line on which it opens", 'a,b\n1,2\n"x,2\n3,4\n', 3, "never closed"],
    ["a quote inside", 'a,b\n1,x"y\n', 2, "quote inside an unquoted field"],
    ["text after a quote", 'a,b\n"x"y,2\n', 2, "after a closing quote"],
    ["a lone carriage return", "a,b\n1,2\r3,4\n", 2, "carriage return"],
    ["a problem after a field of several lines", 'a,b\n"x\ny\nz",1\n2\n', 5, "1 fields"],
  ])("refuses %s", (_what, text, line, reason) => {
    expect(readCsv(text)).toEqual({ ok: false, line, reason: expect.stringContaining(reason) });
  });
});

describe("a labelled sample", () => {
  const reason = (path: string, content: string, more: Partial<typeof columns> = {}): string => {
    const result = readSample(path, content, { ...columns, ...more });
    return result.ok ? "" : result.reason;
  };

  test.each([
    [
      "s.csv",
      csv.replace("text,label", "txt,label"),
      's.csv:1: there is no column "text"; there are "txt", "label". Did you mean "txt"?',
    ],
    ["s.csv", csv.replace("text,label", "text;label").replaceAll(",", ";"), "Fields must be separated by commas"],
    ["s.csv", csv.replace("text,label", "text,text"), 'names "text" twice'],
    ["s.csv", `${csv}\nsomething,\n`, 's.csv:62: column "label" is empty'],
    ["s.csv", `${csv}\n"  ",good\n`, 's.csv:62: column "text" is empty'],
    ["s.csv", csv.replaceAll(",bad", ",good"), 'only the label "good"'],
    ["s.csv", csv.split("\n").slice(0, 15).join("\n"), "14 different texts are too few"],
    ["s.csv", `${csv}\nodd one,odd\n`, 'label "odd" has fewer than 4'],
    ["s.csv", ["text,label", ...rows.map((row, index) => `${row}${index}`)].join("\n"), "are texts of their own"],
    [
      "s.csv",
      ["text,label", ...rows.map((row, index) => `${row.split(",")[0]},${index}.5`)].join("\n"),
      "are numbers of their own",
    ],
    ["s.csv", "", "s.csv is empty"],
    ["s.txt", csv, "neither .csv nor .jsonl"],
    ["s.jsonl", '{"text":"a","label":"b"}\nnot json\n', "s.jsonl:2: this line is not JSON"],
    ["s.jsonl", "[1]\n", "s.jsonl:1: this line is not a JSON object"],
    ["s.jsonl", '{"text":1,"label":"b"}\n', 's.jsonl:1: "text" is not a string'],
    ["s.jsonl", '{"text":"a","lable":"b"}\n', 'Did you mean "lable"?'],
    ["s.jsonl", '{"__proto__":{"text":"a","label":"b"}}\n', 'no column "text"'],
  ])("%s is refused: %#", (path, content, expected) => {
    expect(reason(path, content)).toContain(expected);
  });

  test("duplicates are kept once, contradictions not at all, and both are counted", () => {
    const more = ["GREAT  thing number 0,good", "love thing number 1,bad"];
    const result = readSample("s.csv", [csv, ...more].join("\n"), columns);
    expect(result).toMatchObject({
      ok: true,
      value: { read: 62, duplicates: 1, contradictory: 2, labels: ["bad", "good"] },
    });
    if (result.ok) expect(result.value.rows).toHaveLength(59);
  });
});

describe("measuring", () => {
  const sample = (): Extract<ReturnType<typeof readSample>, { ok: true }>["value"] => {
    const result = readSample("s.csv", csv, columns);
    if (!result.ok) throw new Error(result.reason);
    return result.value;
  };
  const signal = new AbortController().signal;
  const partsOf = (value: ReturnType<typeof sample>, seed: number): Parts => ({
    ...stratifiedSplit(value, seed, 0.3),
    question: { answers: "label", labels: value.labels },
    slices: [],
    seed,
  });
  const spying = (train: LocalCandidate["train"]): LocalCandidate => ({ name: "spy", description: "", train });

  test("M1 a candidate is never trained on a row that it is tested on, and never sees a test label", async () => {
    for (const seed of [0, 1, 2, 3, 4]) {
      const trained = new Set<string>();
      const tested: unknown[][] = [];
      const spy = spying((train) => {
        for (const row of train) trained.add(row.text);
        const predict = (...given: [string]): string => {
          tested.push(given);
          return "good";
        };
        return Promise.resolve({ predict, bytes: 0 });
      });
      const parts = partsOf(sample(), seed);
      await measureHere(spy, parts, signal);
      expect(parts.train.length + parts.test.length).toBe(60);
      expect(tested).toHaveLength(parts.test.length);
      expect(tested.every((given) => given.length === 1 && !trained.has(String(given[0])))).toBe(true);
    }
  });

  test("M3 the same seed gives the same scores, another seed another split", async () => {
    const candidates = [...localCandidates().values()];
    const scoresOf = async (seed: number): Promise<unknown> =>
      Promise.all(candidates.map(async (each) => (await measureHere(each, partsOf(sample(), seed), signal)).scores));
    expect(await scoresOf(7)).toEqual(await scoresOf(7));
    const held = async (seed: number): Promise<string[]> => {
      const texts: string[] = [];
      const predict = (text: string): string => (texts.push(text), "good");
      await measureHere(
        spying(() => Promise.resolve({ predict, bytes: 0 })),
        partsOf(sample(), seed),
        signal,
      );
      return texts;
    };
    expect(await held(7)).not.toEqual(await held(8));
  });

  test("Naive Bayes learns what letters can tell, and answers where it knows nothing", async () => {
    const bayes = localCandidates().get("char-ngram-naive-bayes") as LocalCandidate;
    const measured = await measureHere(bayes, partsOf(sample(), 7), signal);
    expect(scoreOf(measured, "macro_f1")?.value).toBeGreaterThan(0.9);
    const { predict } = await bayes.train([...sample().rows.slice(0, 20), { text: "more", label: "bad" }]);
    expect(predict("日本")).toBe("bad");
  });

  test("labels and n-grams named like an object's own members are only names", async () => {
    const names = ["__proto__", "constructor", "unknown"];
    const odd = names.flatMap((label, index) =>
      Array.from({ length: 10 }, (_, n) => ({ text: `${"abc"[index]}${"abc"[index]} __proto__ ${n}`, label })),
    );
    const value = { rows: odd, labels: names.toSorted(), read: 30, duplicates: 0, contradictory: 0 };
    const bayes = localCandidates().get("char-ngram-naive-bayes") as LocalCandidate;
    expect(scoreOf(await measureHere(bayes, partsOf(value, 1), signal), "accuracy")?.value).toBe(1);
  });

  test("n-grams are of characters, not of halves of them, and composed", () => {
    expect(characterNgrams("A\u0301")).toContain(" á ");
    expect(characterNgrams("👍")).toEqual([" ", "👍", " ", " 👍", "👍 ", " 👍 "]);
  });
});

describe("scores", () => {
  test("agree with a confusion matrix worked out by hand", () => {
    // a: 2 of 3 right, one taken for b. b: 1 of 2 right, one taken for a. F1 a = 4/6, F1 b = 2/4.
    const [labels, actual, predicted] = [
      ["a", "b"],
      ["a", "a", "a", "b", "b"],
      ["a", "a", "b", "b", "a"],
    ];
    const statistics = labelStatistics(labels, actual, predicted);
    const once = new Int32Array(5).fill(1);
    expect(statistics.accuracy(once)).toBeCloseTo(3 / 5, 12);
    expect(statistics.macro_f1(once)).toBeCloseTo((4 / 6 + 2 / 4) / 2, 12);
    const classes = classScores(labels, actual, predicted);
    expect(classes.map((one) => one.value)).toEqual([4 / 6, 2 / 4]);
    expect(classes.map((one) => one.support)).toEqual([3, 2]);
    // Without the third row and with the last one twice: a 2 of 2 right, twice said of b; b 1 of 3 right.
    expect(statistics.macro_f1(Int32Array.of(1, 1, 0, 1, 2))).toBeCloseTo((4 / 6 + 2 / 4) / 2, 12);
  });

  test("the interval holds the score, is a point where all is right, and narrows with more rows", () => {
    const labels = ["a", "b"];
    const macro = (actual: string[], said: string[]): { value: number; low: number; high: number } =>
      scoreAll("label", labelStatistics(labels, actual, said), actual.length, 1)[0] as never;
    const actual = Array.from({ length: 40 }, (_, index) => labels[index % 2] as string);
    expect(macro(actual, actual)).toMatchObject({ value: 1, low: 1, high: 1 });
    const wrong = (rows: number): string[] =>
      Array.from({ length: rows }, (_, index) => (index % 5 === 0 ? "a" : (labels[index % 2] as string)));
    const few = macro(actual, wrong(40));
    const many = macro(
      [...Array(10).keys()].flatMap(() => actual),
      wrong(400),
    );
    expect(few.low).toBeLessThan(few.value);
    expect(few.high).toBeGreaterThan(few.value);
    expect(many.high - many.low).toBeLessThan(few.high - few.low);
  });

  test("quantiles are nearest ranks", () => {
    expect([0, 0.5, 0.95, 1].map((part) => quantile([4, 1, 3, 2], part))).toEqual([1, 2, 4, 4]);
  });
});

describe("evaluate_models", () => {
  test("the text's numbers are the receipt's, and name the receipt", async () => {
    const bench = openWorkbench({ "data/s.csv": csv });
    const outcome = await bench.call("evaluate_models", { dataset: "data/s.csv" });
    expect(outcome.ok).toBe(true);
    expect(outcome.text).toContain("receipt r-000001.1/e1");
    expect(outcome.text).toContain(createHash("sha256").update(csv).digest("hex"));
    const macro = outcome.receipt?.measurements.find((one) => one.name === "macro-F1 (char-ngram-naive-bayes)");
    expect(outcome.text).toContain(`| char-ngram-naive-bayes | ${macro?.value.toFixed(4)} |`);
    expect(outcome.receipt?.measurements.map((one) => one.name)).toContain("p95 latency (majority-class)");
    expect(outcome.receipt?.detail).toMatchObject({
      dataset: "data/s.csv",
      seed: 7,
      train: 42,
      test: 18,
      best: "char-ngram-naive-bayes",
    });
    for (const one of outcome.receipt?.measurements ?? [])
      expect(one.value).toBe(Math.round(one.value * 10_000) / 10_000);
  });

  test("the baseline is measured even if nobody asked for it; a name that the operator did not map is refused", async () => {
    const bench = openWorkbench({ "s.csv": csv });
    const outcome = await bench.call("evaluate_models", { dataset: "s.csv", candidates: ["char-ngram-naive-bayes"] });
    expect(outcome.text).toContain("| majority-class |");
    expect(await bench.call("evaluate_models", { dataset: "s.csv", candidates: ["owner/model"] })).toMatchObject({
      ok: false,
      text: expect.stringContaining('There is no candidate "owner/model"'),
      receipt: null,
    });
  });

  test("JSONL gives the same scores as CSV", async () => {
    const jsonl = rows.map((row) => JSON.stringify({ text: row.split(",")[0], label: row.split(",")[1] })).join("\n");
    const bench = openWorkbench({ "s.csv": csv, "s.jsonl": jsonl });
    const scores = async (dataset: string): Promise<unknown> =>
      (await bench.call("evaluate_models", { dataset })).receipt?.measurements.filter((one) => one.unit === "score");
    expect(await scores("s.jsonl")).toEqual(await scores("s.csv"));
  });

  test("a dataset that cannot be read is an answer that says nothing was measured", async () => {
    const bench = openWorkbench({ "s.csv": "text,label\na,b\n" });
    expect(await bench.call("evaluate_models", { dataset: "s.csv" })).toMatchObject({
      ok: false,
      text: expect.stringContaining("Nothing was measured. s.csv"),
    });
    expect(await bench.call("evaluate_models", { dataset: "../s.csv" })).toMatchObject({ ok: false });
    expect(await bench.call("evaluate_models", { dataset: "no.csv" })).toMatchObject({ ok: false });
  });

  test("1,000 rows take a moment", async () => {
    const many = [
      "text,label",
      ...Array.from(
        { length: 1000 },
        (_, index) =>
          `${words[index % 2 ? "good" : "bad"][index % 4]} and some more words about thing ${index},${index % 3}`,
      ),
    ];
    const bench = openWorkbench({ "s.csv": many.join("\n") });
    const started = performance.now();
    expect((await bench.call("evaluate_models", { dataset: "s.csv" })).ok).toBe(true);
    // About 0.5 s on a free core; the bound leaves room for a busy machine.
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
