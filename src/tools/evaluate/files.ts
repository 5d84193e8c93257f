/**
 * What an evaluation leaves in the workspace, under `evaluations/`: a page, a table for machines, a picture, and its line in the registry.
 *
 * E1. All of it follows from the facts: an evaluation that is run again after a crash writes the same places, and the registry holds it once.
 * E2. A task that runs beside others and may not write there writes nothing, and the outcome says so.
 */
import type { FileChange } from "../../events/event.ts";
import { liesIn } from "../paths.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import { isPathError } from "../safe-files.ts";
import type { ToolContext } from "../tool.ts";
import { currentHash, writeWhole } from "../write-whole.ts";
import type { Figure } from "./facts.ts";
import { evaluationPlot } from "./plot.ts";
import { readRegistry, registryPath, withEntry, type Registry, type RegistryEntry } from "./registry.ts";
import { metricsOf, shown } from "./metrics.ts";
import { ranked, rounded, type EvaluationFacts } from "./ranking.ts";
import { figure, notes, tables } from "./report.ts";

const registryLimit = 16 * 1024 * 1024;

/** Where the files of a sample go: `evaluations/vietnamese-reviews`. */
export function folderFor(dataset: string): string {
  return `evaluations/${slugOf(dataset)}`;
}

/** A file's name as that of a folder: letters and digits in ASCII. */
export function slugOf(path: string): string {
  const stem = (path.split("/").at(-1) ?? "").replace(/\.[a-z]+$/i, "");
  const slug = stem
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug || "sample";
}

/** Null: the files may be written; otherwise why not. */
export function writingProblem({ writable }: ToolContext, folder: string): string | null {
  const wanted = [folder, registryPath];
  if (writable === null || wanted.every((path) => writable.some((own) => liesIn(path, own)))) return null;
  return "this task may not write to evaluations/, because others are at work at the same time";
}

export function openRegistry({ workspace }: ToolContext): Registry {
  try {
    return readRegistry(decodeText(readWhole(workspace, registryPath, registryLimit)) ?? "");
  } catch (error) {
    if (isPathError(error) && error.code === "file-unreadable") return readRegistry("");
    throw error;
  }
}

/** Returns what changed, for the receipt. */
export function writeEvaluation(
  { workspace }: ToolContext,
  folder: string,
  facts: EvaluationFacts,
  registry: Registry,
  entry: RegistryEntry,
): FileChange[] {
  const files: readonly (readonly [string, string])[] = [
    [`${folder}/README.md`, page(facts)],
    [`${folder}/table.csv`, csv(facts)],
    [`${folder}/scores.svg`, evaluationPlot(facts)],
    [registryPath, withEntry(registry, entry)],
  ];
  return files.map(([path, content]) => {
    const before = currentHash(workspace, path);
    return { path, before, after: writeWhole(workspace, path, Buffer.from(content, "utf8")) };
  });
}

export const fileNames = (folder: string): string[] => [
  `${folder}/README.md`,
  `${folder}/table.csv`,
  `${folder}/scores.svg`,
  registryPath,
];

function page(facts: EvaluationFacts): string {
  return [
    `# Evaluation on ${facts.dataset}`,
    `Receipt ${facts.key}. The same numbers, with the same names, stand in the run's ledger.`,
    "![Scores with their intervals](scores.svg)",
    ...tables(facts),
    notes(facts).join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}

const ofCandidate = ["candidate", "runs", "id", "licence", "revision", "quantisation"] as const;
const ofMeasuring = [
  "n",
  "unusable",
  "p50_ms",
  "p95_ms",
  "latency_n",
  "texts_per_second",
  "texts_per_second_from",
  "memory_mb",
  "memory_from",
  "disk_mb",
  "disk_from",
  "cost_per_1000",
  "cost_from",
] as const;

/** Between them each metric of the kind: `mae`, `mae_low`, `mae_high`; empty where it is undefined. */
function csv(facts: EvaluationFacts): string {
  const scoreColumns = metricsOf(facts.args.answers).flatMap(({ name }) => [name, `${name}_low`, `${name}_high`]);
  const rows = ranked(facts).map((one) => {
    const { candidate, scores, latency } = one;
    const { about } = candidate;
    return [
      candidate.name,
      candidate.runs,
      candidate.id,
      about.licence ?? "",
      about.revision ?? "",
      about.quantisation ?? "",
      ...scores.flatMap(({ metric, value, low, high }) =>
        [value, low, high].map((each) => (each === null ? "" : shown(metric, each))),
      ),
      facts.evaluation.test,
      one.unusable,
      rounded(latency.p50),
      rounded(latency.p95),
      latency.n,
      ...valueAndSource(one.throughput),
      ...valueAndSource(one.memory),
      ...valueAndSource(one.disk),
      ...(one.cost === null ? [0, "no model is called"] : valueAndSource(one.cost)),
    ];
  });
  return [[...ofCandidate, ...scoreColumns, ...ofMeasuring], ...rows]
    .map((cells) => cells.map((cell) => field(String(cell))).join(","))
    .join("\n")
    .concat("\n");
}

function valueAndSource(one: Figure): [number | string, string] {
  return one.from === "not measured" ? ["", figure(one)] : [rounded(one.value), one.from];
}

/** A field that a spreadsheet would take for a formula is one only for a person who looks twice: it gets an apostrophe. */
function field(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
