/**
 * Which route a text takes: the lexical ranking of `cadre who`, and llama.cpp's decision context, over our own labelled texts
 * (`routing-set.tsv`), beside always naming each role's most frequent route. Accuracy with a 95 % interval (Wilson), for the odd rows, which
 * one may look at while mending the ranking, and for the even ones, which one may not.
 *
 * Not measured: charts other than the shipped one, texts by anybody else, and a llama.cpp that has learnt anything unless `--model` names a GGUF
 * file: without it the weights are random, which shows that the way works and how long it takes, and says nothing of models.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BaseDecisionModel } from "@langchain/core/decisions";
import { embeddedLimits } from "../../src/models/create-role-model.ts";
import { LexicalDecisionModel, LlamaDecisionModel } from "../../src/models/decisions.ts";
import { routeLabel, routeQuestion } from "../../src/models/route-question.ts";
import { openLlamaEngine } from "../../src/models/embedded/llama-engine.ts";
import { loadProjectModes } from "../../src/modes/project-modes.ts";
import { compile } from "../../src/org/compile.ts";
import type { OrgChart } from "../../src/org/chart.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";
import { printTable } from "./statistics.ts";

export type RoutingRow = {
  readonly from: string;
  readonly label: string;
  readonly text: string;
  readonly heldOut: boolean;
};

export function routingSet(): RoutingRow[] {
  const lines = readFileSync(join(import.meta.dirname, "routing-set.tsv"), "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line, index) => {
      const [from = "", kind = "", to = "", text = ""] = line.split("\t");
      return { from, label: routeLabel({ kind: kind as "delegation", to }), text, heldOut: index % 2 === 1 };
    });
}

type Chooser = (row: RoutingRow) => Promise<string>;

const chosenBy =
  (chart: OrgChart, model: (from: string) => BaseDecisionModel): Chooser =>
  async ({ from, text }) => {
    const { answers } = await model(from).invoke({ state: text, questions: { route: routeQuestion(chart, from) } });
    return (answers["route"] as { choice: string }).choice;
  };

async function score(name: string, rows: readonly RoutingRow[], choose: Chooser): Promise<string[]> {
  const started = performance.now();
  const right: boolean[] = [];
  for (const row of rows) right.push((await choose(row)) === row.label);
  const ms = (performance.now() - started) / rows.length;
  const part = (heldOut: boolean): string => interval(right.filter((_, index) => rows[index]?.heldOut === heldOut));
  return [name, part(false), part(true), interval(right), ms.toFixed(1)];
}

/** Wilson's, at 95 %. */
function interval(right: readonly boolean[]): string {
  const n = right.length;
  const p = right.filter(Boolean).length / n;
  const z = 1.96;
  const middle = (p + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / (1 + z ** 2 / n);
  return `${p.toFixed(3)} (${(middle - half).toFixed(3)}–${(middle + half).toFixed(3)}, n ${n})`;
}

/** Each role's most frequent route; it is told the answers, so it is the best that one can do without reading. */
function majority(rows: readonly RoutingRow[]): Chooser {
  const counts = new Map<string, Map<string, number>>();
  for (const { from, label } of rows) {
    const own = counts.get(from) ?? new Map<string, number>();
    counts.set(from, own.set(label, (own.get(label) ?? 0) + 1));
  }
  return async ({ from }) => [...(counts.get(from) ?? [])].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

/** `--model <file.gguf>`: instead of random weights. */
export async function routingBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { model: { type: "string" } } });
  const { modes } = await loadProjectModes(resolve(import.meta.dirname, "../.."));
  const { chart } = compile(modes);
  const rows = routingSet();
  const dir = mkdtempSync(join(tmpdir(), "cadre-routing-"));
  const noise = join(dir, "noise.gguf");
  writeTinyModel(noise, { chance: 7 });
  const engine = await openLlamaEngine({
    file: values.model ?? noise,
    context: null,
    gpu: values.model !== undefined,
    threads: values.model === undefined ? 1 : null,
  });
  try {
    const table = [
      await score("each role's most frequent route", rows, majority(rows)),
      await score(
        "lexical",
        rows,
        chosenBy(chart, (from) => new LexicalDecisionModel(chart, from)),
      ),
      await score(
        values.model === undefined ? "llama.cpp, random weights" : `llama.cpp, ${values.model}`,
        rows,
        chosenBy(
          chart,
          () => new LlamaDecisionModel(async () => engine, { id: "llama", name: "llama.cpp", limits: embeddedLimits }),
        ),
      ),
    ];
    printTable(["who chooses", "odd rows", "even rows (held out)", "all", "ms a text"], table);
  } finally {
    await engine.dispose();
    rmSync(dir, { recursive: true, force: true });
  }
}
