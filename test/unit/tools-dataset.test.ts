/** `prepare_dataset`: nothing that is known in one part is asked in another, and a planted leak is a failure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { nearPairs } from "../../src/tools/dataset/near.ts";
import { readTable } from "../../src/tools/dataset/table.ts";
import { openWorkbench, type Workbench } from "./tools-bench.ts";

const sample = readFileSync(join(import.meta.dirname, "../../briefs/data/vietnamese-reviews.csv"), "utf8");
const columns = { text: "text", label: "label", group: null };

function rowsOf(bench: Workbench, path: string): { text: string; label: string }[] {
  const table = readTable(path, readFileSync(join(bench.workspace, path), "utf8"), columns);
  if (!table.ok) throw new Error(table.reason);
  return table.value.rows.map(({ text, label }) => ({ text, label }));
}

async function prepared(bench: Workbench, args: Record<string, unknown> = {}) {
  const outcome = await bench.call("prepare_dataset", { dataset: "reviews.csv", ...args });
  expect(outcome.text).toMatch(/^Prepared/);
  const version = outcome.receipt?.detail["version"] as string;
  return { outcome, folder: `datasets/reviews/${version}` };
}

describe("dividing", () => {
  test("every row is in one part, every label in every part in its share, and the same seed divides the same", async () => {
    const bench = openWorkbench({ "reviews.csv": sample });
    const { outcome, folder } = await prepared(bench);
    const parts = ["train", "validation", "test"].map((part) => rowsOf(bench, `${folder}/${part}.csv`));
    const all = parts.flat().map((row) => row.text);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(186);
    expect(parts.map((part) => part.length)).toEqual([
      expect.closeTo(130, -1),
      expect.closeTo(28, -1),
      expect.closeTo(28, -1),
    ]);
    for (const part of parts)
      for (const label of ["negative", "neutral", "positive"])
        expect(Math.abs(part.filter((row) => row.label === label).length - part.length / 3)).toBeLessThanOrEqual(2);
    const again = openWorkbench({ "reviews.csv": sample });
    const other = await prepared(again);
    expect(other.outcome.receipt?.detail["parts"]).toEqual(outcome.receipt?.detail["parts"]);
    const seeded = await prepared(again, { seed: 8 });
    expect(seeded.folder).not.toBe(folder);
  });

  test("G1 G2 duplicates stand once, contradictions not at all, near-duplicates and groups on one side", async () => {
    const base = (index: number): string =>
      `The ${index}th parcel of this order came on day ${index * 7} to house number ${index * 13}`;
    const lines = ["text,label,customer"];
    for (let index = 0; index < 60; index += 1)
      lines.push(`${base(index)},${index % 2 ? "good" : "bad"},c${index % 20}`);
    lines.push(`${base(1)},good,c1`, `${base(2).toUpperCase()},bad,c2`, `${base(3)},bad,c3`);
    lines.push(`${base(10)}!,bad,x1`, `${base(11)} :),good,x2`);
    const bench = openWorkbench({ "reviews.csv": lines.join("\n") });
    const { outcome, folder } = await prepared(bench, { group_column: "customer", near_duplicate: 0.9 });
    const figures = Object.fromEntries((outcome.receipt?.measurements ?? []).map(({ name, value }) => [name, value]));
    expect(figures).toMatchObject({
      "duplicates left out": 2,
      "rows with contradictory labels left out": 2,
      "leaks between parts": 0,
    });
    expect(figures["near-duplicate pairs kept together"]).toBeGreaterThanOrEqual(2);
    const files = ["train", "validation", "test"].map((part) =>
      readFileSync(join(bench.workspace, folder, `${part}.csv`), "utf8"),
    );
    for (const customer of Array.from({ length: 20 }, (_, index) => `,c${index}\n`))
      expect(files.filter((text) => text.includes(customer)).length).toBeLessThanOrEqual(1);
    for (const text of [base(10), base(11)]) expect(files.filter((content) => content.includes(text)).length).toBe(1);
  });

  test("D2 the card, the manifest and the settings of a training say what the parts are", async () => {
    const bench = openWorkbench({ "reviews.csv": sample });
    const training = {
      base_model: "org/model",
      revision: "a".repeat(40),
      learning_rate: 2e-5,
      batch_size: 16,
      epochs: 3,
      compute: "one GPU, an hour",
    };
    const { folder, outcome } = await prepared(bench, { licence: "cc0-1.0", language: ["vi"], training });
    const read = (name: string): string => readFileSync(join(bench.workspace, folder, name), "utf8");
    const [, front] = /^---\n([\s\S]*?)\n---\n/.exec(read("README.md")) ?? [];
    expect(parse(front ?? "")).toMatchObject({
      license: "cc0-1.0",
      language: ["vi"],
      configs: [{ data_files: [{ split: "train", path: "train.csv" }, {}, {}] }],
    });
    expect(JSON.parse(read("dataset.json"))).toMatchObject({
      schema: "cadre.dataset/1",
      settings: { seed: 7 },
      parts: [{ part: "train" }, {}, {}],
    });
    expect(parse(read("training.yaml"))).toMatchObject({
      model: { base: "org/model", revision: "a".repeat(40) },
      training: { learning_rate: 2e-5, batch_size: 16, epochs: 3, seed: 7 },
      compute: "one GPU, an hour",
    });
    expect(outcome.receipt?.files.map((file) => file.path).toSorted()).toEqual(
      ["README.md", "dataset.json", "test.csv", "train.csv", "training.yaml", "validation.csv"].map(
        (name) => `${folder}/${name}`,
      ),
    );
    // D1: again is the same, and says what was there before.
    const again = await prepared(bench, { licence: "cc0-1.0", language: ["vi"], training });
    expect(again.outcome.receipt?.files.every((file) => file.before === file.after)).toBe(true);
  });

  test("JSONL stays as its lines are", async () => {
    const lines = Array.from({ length: 30 }, (_, index) =>
      JSON.stringify({ text: `number ${index} of ${index * index}`, label: index % 2, extra: [index] }),
    );
    const bench = openWorkbench({ "reviews.jsonl": lines.join("\n") });
    const outcome = await bench.call("prepare_dataset", { dataset: "reviews.jsonl" });
    const folder = `datasets/reviews/${outcome.receipt?.detail["version"] as string}`;
    const written = ["train", "validation", "test"].flatMap((part) =>
      readFileSync(join(bench.workspace, folder, `${part}.jsonl`), "utf8")
        .trim()
        .split("\n"),
    );
    expect(written.toSorted()).toEqual(lines.toSorted());
  });

  test.each([
    [{ dataset: "reviews.csv", parts: { train: "a.csv", test: "b.csv" } }, "either dataset or parts"],
    [{}, "either dataset or parts"],
    [{ dataset: "reviews.csv", shares: { train: 0.5, validation: 0.1, test: 0.1 } }, "do not add up to 1"],
    [{ dataset: "reviews.csv", shares: { train: 0.9, validation: 0.1, test: 0 } }, "neither train nor test"],
  ])("arguments that do not fit are refused: %#", async (args, problem) => {
    const bench = openWorkbench({ "reviews.csv": sample });
    await expect(bench.call("prepare_dataset", args)).rejects.toThrow(problem);
  });
});

describe("reading", () => {
  test("labels of one row each leave a part without rows, and the reason names them", async () => {
    const lines = Array.from({ length: 60 }, (_, index) => `parcel ${index * 7919} came,c${index}`);
    const bench = openWorkbench({ "reviews.csv": `text,label\n${lines.join("\n")}\n` });
    expect((await bench.call("prepare_dataset", { dataset: "reviews.csv" })).text).toContain("has a label of its own");
  });

  test.each([
    ["text,label,text\nx,good,y\n", "text"],
    ["text,label\nx,good\n", "label"],
  ])("%j: the failure's checks say that it is the columns", async (content, group) => {
    const bench = openWorkbench({ "reviews.csv": content });
    const { text } = await bench.call("prepare_dataset", { dataset: "reviews.csv", group_column: group });
    expect(text).toContain("check columns: wrong");
  });

  test.each([
    [
      "a column that the header names twice",
      "a.csv",
      "text,label,text\nx,good,y\n",
      columns,
      'a.csv:1: the header names "text" twice',
    ],
    ["one column for two things", "a.csv", "text,label\nx,good\n", { ...columns, label: "text" }, 'are "text"'],
    ["a label that is null", "a.jsonl", '{"text":"x","label":null}\n', columns, 'a.jsonl:1: "label" is neither'],
    ["a label that is a list", "a.jsonl", '{"text":"x","label":["good"]}\n', columns, 'a.jsonl:1: "label" is neither'],
    ["a label of white space", "a.csv", "text,label\nx, \n", columns, 'a.csv:2: column "label" is empty'],
  ])("%s is no data set, and the reason says where", (_what, path, content, wanted, reason) => {
    expect(readTable(path, content, wanted)).toMatchObject({ ok: false, reason: expect.stringContaining(reason) });
  });

  test.each([
    ["a.csv", "\uFEFFtext,label,customer\r\nx,good,\r\ny,bad, c1 \r\n"],
    [
      "a.jsonl",
      '\uFEFF{"text":"x","label":"good","customer":null}\r\n{"text":"y","label":"bad","customer":" c1 "}\r\n',
    ],
  ])("%s: rows that name no group are not one group", (path, content) => {
    const table = readTable(path, content, { ...columns, group: "customer" });
    expect(table).toMatchObject({ ok: true, value: { rows: [{ group: null }, { group: "c1" }] } });
  });
});

describe("checking", () => {
  const header = "text,label,customer";
  const lines = (from: number, to: number): string[] =>
    Array.from(
      { length: to - from },
      (_, index) => `Parcel number ${(from + index) * 17} of street ${(from + index) * 31},good,c${from + index}`,
    );
  const check = (train: string[], test: string[], more = {}) =>
    openWorkbench({ "train.csv": [header, ...train].join("\n"), "test.csv": [header, ...test].join("\n") }).call(
      "prepare_dataset",
      {
        parts: { train: "train.csv", test: "test.csv" },
        ...more,
      },
    );

  test("parts without a leak pass, with a receipt", async () => {
    const outcome = await check(lines(0, 20), lines(40, 60), { near_duplicate: 0.95 });
    expect(outcome).toMatchObject({ ok: true, text: expect.stringContaining("No leak between the parts") });
    expect(outcome.receipt?.measurements).toContainEqual({ name: "leaks between parts", value: 0, unit: "rows" });
  });

  test.each([
    ["the same text", (train: string[]) => train[3] as string, {}, "equal texts: train.csv:5 and test.csv:22"],
    [
      "the same text in other letters",
      (train: string[]) => (train[3] as string).toUpperCase(),
      {},
      "equal texts: train.csv:5 and test.csv:22",
    ],
    [
      "nearly the same text",
      (train: string[]) => (train[3] as string).replace(",good", "!,good"),
      { near_duplicate: 0.8 },
      "near-duplicates: train.csv:5 and test.csv:22",
    ],
    [
      "a row of the same group",
      () => "Something else entirely,good,c3",
      { group_column: "customer", near_duplicate: 0.99 },
      "one group: train.csv:5 and test.csv:22",
    ],
  ])("a planted leak fails: %s", async (_what, plant, more, named) => {
    const train = lines(0, 20);
    const outcome = await check(train, [...lines(40, 60), plant(train)], { near_duplicate: 0.95, ...more });
    expect(outcome).toMatchObject({ ok: false, receipt: null });
    expect(outcome.text).toContain("The parts leak into each other");
    expect(outcome.text).toContain(named);
    expect(outcome.text).not.toContain("Parcel number");
  });
});

test("N1 N2 near pairs are those that an exact comparison of all pairs finds", () => {
  const words = ["parcel", "street", "late", "good", "broken", "kind", "again", "never", "box", "tea"];
  let state = 7;
  const next = (bound: number): number => (state = (state * 1103515245 + 12345) % 2147483648) % bound;
  const texts = Array.from({ length: 120 }, () => Array.from({ length: 8 }, () => words[next(10)]).join(" "));
  for (let index = 0; index < 30; index += 1) texts.push((texts[index] as string).replace("tea", "tee"));
  const grams = (text: string): Set<string> => {
    const characters = Array.from(` ${text} `);
    return new Set(characters.slice(0, -4).map((_, at) => characters.slice(at, at + 5).join("")));
  };
  const sets = texts.map(grams);
  const exact: string[] = [];
  for (const [a, one] of sets.entries())
    for (const [b, other] of sets.entries()) {
      if (b <= a) continue;
      const common = [...one].filter((each) => other.has(each)).length;
      if (common / (one.size + other.size - common) >= 0.8) exact.push(`${a} ${b}`);
    }
  expect(nearPairs(texts, 0.8).map(({ a, b }) => `${a} ${b}`)).toEqual(exact);
  expect(exact.length).toBeGreaterThan(10);
});

test("N3 a sample of which too many rows look alike is refused, where it is divided and where it is checked", async () => {
  const rows = (from: number): string =>
    [
      "text,label",
      ...Array.from({ length: 1100 }, (_, at) => `thank you for order ${from + at},${at % 2 ? "a" : "b"}`),
    ].join("\n");
  const bench = openWorkbench({
    "one.csv": `${rows(0)}\n${rows(1100).slice(11)}`,
    "train.csv": rows(0),
    "test.csv": rows(1100),
  });
  const refused = { ok: false, receipt: null, text: expect.stringContaining("Too many rows look alike") };
  expect(await bench.call("prepare_dataset", { dataset: "one.csv" })).toMatchObject(refused);
  const parts = { train: "train.csv", test: "test.csv" };
  expect(await bench.call("prepare_dataset", { parts })).toMatchObject(refused);
});
