/** An evaluation as tables and notes, for the model and for a page. They hold the receipt's rounded numbers, so that a report can cite them. Pure. */
import { primaryOf, type EvaluateArgs } from "./arguments.ts";
import { criterionText, meetsAll, verdictOn } from "./criteria.ts";
import type { Figure, Measured } from "./facts.ts";
import { metricsOf, normalisation } from "./metrics.ts";
import { generatorName } from "./random.ts";
import { fewestInSlice, fixed, ranked, rounded, scoreText, sliceMetrics, type EvaluationFacts } from "./ranking.ts";
import { evaluationReceipt } from "./receipt.ts";
import { resamples } from "./scores.ts";

export function evaluationText(facts: EvaluationFacts): string {
  return [
    `Evaluation on ${facts.dataset}, receipt ${facts.key}`,
    ...tables(facts),
    notes(facts).join("\n"),
    [
      `Measurements, to be cited with exactly these names, values, units and n, and with effect "${facts.key}":`,
      "",
      ...evaluationReceipt(facts).measurements.map(
        ({ name, value, unit, n }) => `- ${name} = ${value} ${unit}${n === undefined ? "" : `, n ${n}`}`,
      ),
    ].join("\n"),
  ].join("\n\n");
}

/** The tables of an evaluation, in Markdown. */
export function tables(facts: EvaluationFacts): string[] {
  return [scoreTable(facts), costTable(facts), ...criteriaTable(facts), ...sliceTables(facts)];
}

function scoreTable(facts: EvaluationFacts): string {
  const metrics = metricsOf(facts.args.answers);
  const classes = facts.sample.labels.map((label) => `F1 ${label}`);
  const header = [
    "candidate",
    ...metrics.flatMap((metric) => [
      `${metric.title}${metric.better === "lower" ? " (lower is better)" : ""}`,
      "95 % interval",
    ]),
    ...classes,
    "p50 ms",
    "p95 ms",
  ];
  const rows = ranked(facts).map((one) => [
    one.candidate.name,
    ...one.scores.flatMap(({ metric, value, low, high }) => [
      scoreText(metric, value),
      low === null ? "undefined" : `${scoreText(metric, low)}${low < 0 ? " to " : "–"}${scoreText(metric, high)}`,
    ]),
    ...one.classes.map(({ value }) => fixed(value)),
    fixed(one.latency.p50),
    fixed(one.latency.p95),
  ]);
  return markdownTable(header, rows);
}

function costTable(facts: EvaluationFacts): string {
  const header = ["candidate", "texts a second", "memory MB", "disk MB", "cost of 1,000 texts", "licence", "revision"];
  const rows = ranked(facts).map(({ candidate: { name, runs, about }, throughput, memory, disk, cost }) => [
    name,
    figure(throughput),
    figure(memory),
    figure(disk),
    cost === null ? "none: no model is called" : figure(cost),
    runs === "here" ? "of this program" : (about.licence ?? "unknown"),
    [runs === "here" ? "of this program" : (about.revision ?? "unknown"), about.quantisation ?? ""]
      .filter(Boolean)
      .join(", "),
  ]);
  return markdownTable(header, rows);
}

/** `12.5 (measured)`, or `not measured`. */
export function figure(one: Figure): string {
  return one.from === "not measured"
    ? one.how.startsWith("unpriced")
      ? "unpriced"
      : "not measured"
    : `${rounded(one.value)} (${one.from})`;
}

function criteriaTable(facts: EvaluationFacts): string[] {
  const { success } = facts.args;
  if (success.length === 0) return [];
  const results = ranked(facts);
  const rows = success.map((each) => [criterionText(each), ...results.map((one) => verdictOn(each, one))]);
  return [markdownTable(["success is", ...results.map((one) => one.candidate.name)], rows)];
}

/** A table for each metric. */
function sliceTables(facts: EvaluationFacts): string[] {
  const results = ranked(facts);
  const slices = results[0]?.slices ?? [];
  if (slices.length === 0) return [];
  return sliceMetrics(facts.args).map((metric) => {
    const rows = slices.map(({ column, value, rows: n }) => [
      `${column} = ${value}`,
      String(n),
      ...results.map((one) => {
        const own = one.slices.find((each) => each.column === column && each.value === value);
        return n < fewestInSlice ? "too few rows" : scoreText(metric, own?.scores[metric.name] ?? null);
      }),
    ]);
    return markdownTable([`${metric.title} by slice`, "test rows", ...results.map((one) => one.candidate.name)], rows);
  });
}

function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replace(/[\r\n]/g, " ").replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Everything that the tables rest on, a line each. */
export function notes(facts: EvaluationFacts): string[] {
  const { evaluation, sample, args, past } = facts;
  const primary = primaryOf(args);
  const support = (evaluation.results[0] as Measured).classes.map((one) => `${one.label} ${one.support}`).join(", ");
  const split = splitText(args);
  const lines = [
    `Measured on ${evaluation.test} held-out rows${support ? ` (${support})` : ""}; trained on ${evaluation.train} others. Ranked by ${primary.name}, where ${primary.better} is better.`,
    ...definitionNotes(args),
    `Dataset sha256 ${facts.sha256}, columns ${args.text_column} and ${args.label_column}; ${sample.read} rows read, ${sample.duplicates} duplicates and ${sample.contradictory} rows with contradictory labels left out before the split.`,
    `Split: ${split}, seed ${args.seed} (${generatorName}). Intervals: percentile bootstrap over the held-out rows, ${resamples} samples.`,
    ...evaluation.results.flatMap((one) => candidateNotes(one, args)),
    hereNote(evaluation),
    ...evaluation.failures.map(
      ({ candidate, code, reason }) => `${candidate.name} was not measured (${code}): ${reason}`,
    ),
    ...criteriaNotes(facts),
    ...past.changes.flatMap(({ candidate, before, now, verdict, changed }) =>
      verdict === "same" && changed.length === 0
        ? []
        : [
            `${verdict === "worse" ? "Regression: " : ""}${candidate} had ${primary.name} ${before} in ${past.key}, and has ${now} now: ${verdictWords[verdict]}${changed.length > 0 ? ` (${changed.join(" and ")} changed)` : ""}.`,
          ],
    ),
    ...(past.otherContent === null
      ? []
      : [`${facts.dataset} held other rows in ${past.otherContent}: figures of then and now are not compared.`]),
    typeof facts.files === "string" ? `No files were written: ${facts.files}.` : `Written: ${facts.files.join(", ")}.`,
  ];
  return lines.map((line) => `- ${line}`);
}

/** What the figures mean, where their names do not say it. */
function definitionNotes({ answers }: EvaluateArgs): string[] {
  const definitions = metricsOf(answers).filter(({ definition }) => definition !== "");
  return [
    ...definitions.map(
      ({ title, definition, better }) =>
        `${title}: ${definition}. ${better === "higher" ? "Higher" : "Lower"} is better.`,
    ),
    ...(answers === "text" ? [normalisation] : []),
  ];
}

function splitText({ answers, test_fraction: fraction }: EvaluateArgs): string {
  return answers === "label"
    ? `stratified by label, ${fraction} of every class held out`
    : `random, ${fraction} held out`;
}

const unusableWords = {
  label: "answers named no label and count as wrong",
  text: "answers were empty or could not be read and are worth nothing",
  number: "answers were not one number: the median of the training part stands for each",
} as const;

const verdictWords = {
  worse: "worse than all of the interval that it had",
  weaker: "worse, within the interval that it had",
  same: "the same",
  better: "better",
} as const;

function candidateNotes(
  { candidate, latency, throughput, memory, disk, cost, paid, unusable }: Measured,
  { answers }: EvaluateArgs,
): string[] {
  const what = `${candidate.name}: ${candidate.description.replace(/\.$/, "")}.`;
  if (candidate.runs === "here") return [what];
  const told = [
    what,
    `Latency: ${latency.how}.`,
    `Throughput: ${throughput.from}, ${throughput.how}.`,
    `Memory: ${memory.from}, ${memory.how}.`,
    `Disk: ${disk.from}, ${disk.how}.`,
    ...(cost === null ? [] : [`Cost: ${cost.how}.`]),
    ...(unusable > 0 ? [`${unusable} ${unusableWords[answers]}.`] : []),
    ...(paid && paid.repeated > 0
      ? [`${paid.repeated} calls were made again after a crash: possibly billed twice.`]
      : []),
  ];
  return [told.join(" ")];
}

/** What runs here is timed and sized alike. */
function hereNote({ results }: EvaluationFacts["evaluation"]): string {
  const one = results.find(({ candidate }) => candidate.runs === "here") as Measured;
  return `What runs here was timed ${one.latency.how}; its times differ from run to run. Memory: ${one.memory.how}. Disk: ${one.disk.how}.`;
}

function criteriaNotes(facts: EvaluationFacts): string[] {
  const { args, criteria, past, evaluation } = facts;
  const named = args.success.map(criterionText).join(", ");
  const meeting = ranked(facts).filter((one) => meetsAll(args.success, one));
  const fixedNote =
    args.success.length === 0
      ? "No success criteria were given before it was measured."
      : `Success was fixed before it was measured (hash ${criteria.slice(0, 12)}): ${named}. ${
          meeting.length > 0
            ? `All of it is met by ${meeting.map((one) => one.candidate.name).join(", ")}`
            : `No candidate of ${evaluation.results.length} meets all of it`
        }.`;
  const changed =
    past.criteriaBefore === null
      ? []
      : [
          `The success criteria were changed: ${past.criteriaBefore.key} went by ${past.criteriaBefore.text.join(", ") || "none"}, this one by ${named || "none"}.`,
        ];
  return [fixedNote, ...changed];
}
