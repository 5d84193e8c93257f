/** `evaluate_models`: candidates compared on a labelled sample in the workspace, with receipts that a report's numbers can cite. */
import { z } from "zod";
import { sha256 } from "../../canonical.ts";
import { answering, done, failed, isOutcome, pathOr } from "../answer.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tool.ts";
import { workspacePath } from "../read-tools.ts";
import { localCandidateNames, localCandidates, type Candidate } from "./candidates.ts";
import { readSample, type Sample } from "./labelled-table.ts";
import { measureCandidates, type Evaluation } from "./measure.ts";
import { evaluationReceipt, evaluationText, type EvaluationFacts } from "./report.ts";

const datasetLimit = 20 * 1024 * 1024;
const rowLimit = 20_000;

const args = z.strictObject({
  dataset: workspacePath.describe(
    "Labelled sample in the workspace, .csv (with a header) or .jsonl (an object per line).",
  ),
  text_column: z.string().min(1).default("text").describe("Column or key of the text."),
  label_column: z.string().min(1).default("label").describe("Column or key of the label."),
  candidates: z
    .array(z.string().min(1))
    .min(1)
    .max(10)
    .default([...localCandidateNames])
    .describe(`What to compare. Available here: ${localCandidateNames.join(", ")}. Left out: all of these.`),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(7)
    .describe("Seed of split and interval; the same seed gives the same scores."),
  test_fraction: z.number().min(0.1).max(0.5).default(0.3).describe("Part of every class that is held out."),
  primary_metric: z.enum(["macro_f1", "accuracy"]).default("macro_f1").describe("What the candidates are ranked by."),
});
type EvaluateArgs = z.infer<typeof args>;

export const evaluateModelsTool: Tool<EvaluateArgs> = {
  name: "evaluate_models",
  description:
    "Measure classifiers on a labelled sample: stratified split by seed, macro-F1 and accuracy with 95 % intervals, F1 per class, latency per prediction. " +
    "Gives a table and a receipt id; cite that id for every number that you report.",
  schema: args,
  access: "effect",
  // It changes nothing, so to run it again is always right (D3).
  prepare: () => Promise.resolve(null),
  probe: () => Promise.resolve({ state: "not-done" }),
  run: (context, given) => answering(context, () => evaluate(context, given)),
};

async function evaluate(context: ToolContext, given: EvaluateArgs): Promise<ToolOutcome> {
  const parsed = pathOr(given.dataset);
  if (isOutcome(parsed)) return parsed;
  const candidates = candidatesOf(given.candidates);
  if ("reason" in candidates) return failed(candidates.reason);
  const bytes = readWhole(context.workspace, parsed.path, datasetLimit);
  const content = decodeText(bytes);
  if (content === undefined) return failed(`${parsed.path} is not UTF-8 text.`);
  const sample = readSample(parsed.path, content, { text: given.text_column, label: given.label_column });
  if (!sample.ok) return failed(`Nothing was measured. ${sample.reason}.`.replace(/([.?])\.$/, "$1"));
  if (sample.value.rows.length > rowLimit) {
    return failed(
      `Nothing was measured. ${parsed.path} has ${sample.value.rows.length} rows; ${rowLimit} are the most that are evaluated here.`,
    );
  }
  const settings = { seed: given.seed, testFraction: given.test_fraction };
  const evaluation = await measureCandidates(sample.value, candidates.list, settings, context.signal);
  const facts = factsOf(context, parsed.path, sha256(bytes), given, sample.value, evaluation);
  return done(evaluationText(facts), evaluationReceipt(facts));
}

function candidatesOf(names: readonly string[]): { readonly list: readonly Candidate[] } | { readonly reason: string } {
  const unknown = names.filter((name) => !localCandidates.has(name));
  if (unknown.length > 0) {
    return {
      reason: `Nothing was measured. Not available yet: ${unknown.join(", ")} (this version does not reach the Hugging Face Hub or hosted models). Available here: ${localCandidateNames.join(", ")}.`,
    };
  }
  // The baseline is always measured: a score says nothing without it.
  const wanted = new Set<string>(["majority-class", ...names]);
  return { list: [...wanted].map((name) => localCandidates.get(name) as Candidate) };
}

function factsOf(
  context: ToolContext,
  dataset: string,
  hash: string,
  given: EvaluateArgs,
  sample: Sample,
  evaluation: Evaluation,
): EvaluationFacts {
  return { key: context.key, dataset, sha256: hash, args: given, sample, evaluation };
}
