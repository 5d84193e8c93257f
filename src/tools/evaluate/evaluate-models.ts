/**
 * `evaluate_models`: candidates compared on a labelled sample in the workspace, with receipts that a report's numbers can cite.
 *
 * T1. What the numbers rest on is pinned by `prepare`: the sample's hash and the success criteria stand in the intent before the first call.
 * T2. To run it again is always right (D3): calls that were answered are on the ledger, and the files it writes follow from the facts.
 */
import { z } from "zod";
import { hashOf } from "../../canonical.ts";
import { isoTime } from "../../clock.ts";
import { answering, done, failed, isOutcome } from "../answer.ts";
import { isPathError } from "../safe-files.ts";
import type { Tool, ToolContext, ToolOutcome } from "../tool.ts";
import { currentHash } from "../write-whole.ts";
import { evaluateArgs, primaryOf, type EvaluateArgs } from "./arguments.ts";
import { dataFailure, failureOf, modelFailure, withFailure } from "../failure.ts";
import { criteriaHash, criterionText, verdictOn } from "./criteria.ts";
import type { Measured, Unmeasured } from "./facts.ts";
import { fileNames, folderFor, openRegistry, writeEvaluation, writingProblem } from "./files.ts";
import { measureHere } from "./measure-here.ts";
import { measureServed } from "./measure-served.ts";
import {
  candidatesOf,
  isUnmeasured,
  needOf,
  costNeeded,
  openServed,
  planSample,
  type Candidates,
  type SamplePlan,
} from "./plan.ts";
import { pastOf, type RegistryEntry } from "./registry.ts";
import { shown } from "./metrics.ts";
import { rounded, type EvaluationFacts } from "./ranking.ts";
import { evaluationReceipt } from "./receipt.ts";
import { evaluationText } from "./report.ts";

const preparedSchema = z.strictObject({
  /** Of the sample; null where it could not be read. */
  sha256: z.string().nullable(),
  criteria: z.string(),
  /** Hashes of the files that will be written, as they were before. */
  before: z.record(z.string(), z.string().nullable()),
});
type Prepared = z.infer<typeof preparedSchema>;

export const evaluateModelsTool: Tool<EvaluateArgs> = {
  name: "evaluate_models",
  description:
    "Measure models on a labelled sample: what runs here and models of cadre.yaml, all on the same held-out rows (split by seed). " +
    "Labels are classes (macro-F1, accuracy), texts (token F1, exact match, ROUGE-L) or numbers (MAE, RMSE, correlations), " +
    "each with a 95 % interval and by slice; latency, throughput, size, cost, and whether success as you define it is met. " +
    "Writes the table, a page and a plot under evaluations/ and keeps a registry there. Gives a receipt id; cite that id for every number that you report.",
  schema: evaluateArgs,
  access: "effect",
  needs: async (context, given) => {
    const plan = await planned(context, given);
    if (isOutcome(plan)) return { modelCalls: 0, tokens: 0 };
    return { ...needOf(plan.candidates, plan), ...(await costNeeded(context, plan.candidates, plan)) };
  },
  prepare,
  probe: () => Promise.resolve({ state: "not-done" }),
  run: async (context, given, prepared) => {
    const outcome = await answering(context, () => evaluate(context, given, prepared));
    // A file that is not there, or not to be read, was answered without being looked at.
    return outcome.ok || outcome.failure || !/is not there|larger than/.test(outcome.text)
      ? outcome
      : withFailure(outcome, dataFailure(outcome.text));
  },
};

type Plan = SamplePlan & { readonly candidates: Candidates };

/** A path that is refused is an outcome here as well: `run` will say it. */
export async function planned(context: ToolContext, given: EvaluateArgs): Promise<Plan | ToolOutcome> {
  let plan: SamplePlan | undefined;
  const outcome = await answering(context, () => {
    const sample = planSample(context, given);
    if (isOutcome(sample)) return sample;
    plan = sample;
    return done("");
  });
  if (!plan) return outcome;
  const candidates = await candidatesOf(context, given);
  return isOutcome(candidates) ? candidates : { ...plan, candidates };
}

async function prepare(context: ToolContext, given: EvaluateArgs): Promise<Prepared> {
  const plan = await planned(context, given);
  const criteria = criteriaHash(given.success);
  if (isOutcome(plan)) return { sha256: null, criteria, before: {} };
  const folder = folderFor(plan.dataset);
  const paths = writingProblem(context, folder) === null ? fileNames(folder) : [];
  const before = Object.fromEntries(paths.map((path) => [path, hashBefore(context, path)]));
  return { sha256: plan.sha256, criteria, before };
}

/** What cannot be written is refused by `run`; the intent stands either way. */
function hashBefore({ workspace }: ToolContext, path: string): string | null {
  try {
    return currentHash(workspace, path);
  } catch (error) {
    if (isPathError(error)) return null;
    throw error;
  }
}

async function evaluate(context: ToolContext, given: EvaluateArgs, facts: unknown): Promise<ToolOutcome> {
  const plan = await planned(context, given);
  if (isOutcome(plan)) return plan;
  const prepared = preparedSchema.parse(facts ?? (await prepare(context, given)));
  if (plan.sha256 !== prepared.sha256)
    return failed(`Nothing is reported. ${plan.dataset} was changed since this evaluation began; evaluate it again.`);
  const { results, failures } = await measureAll(context, given, plan);
  const { train, test } = plan.parts;
  const evaluation = { train: train.length, test: test.length, results, failures };
  return reported(context, given, plan, prepared, evaluation);
}

async function measureAll(
  context: ToolContext,
  given: EvaluateArgs,
  { candidates, parts }: Plan,
): Promise<{ readonly results: readonly Measured[]; readonly failures: readonly Unmeasured[] }> {
  const results: Measured[] = [];
  const failures: Unmeasured[] = [];
  for (const candidate of candidates.local) results.push(await measureHere(candidate, parts, context.signal));
  const all = candidates.served.length * parts.test.length;
  for (const [index, name] of candidates.served.entries()) {
    const first = index * parts.test.length;
    const model = await openServed(context, name);
    const { calls } = context;
    if (!isUnmeasured(model) && calls === undefined) throw new TypeError("nothing may be paid for here");
    const measured =
      isUnmeasured(model) || calls === undefined
        ? (model as Unmeasured)
        : await measureServed(model, parts, {
            calls,
            first,
            atOnce: given.at_once,
            labelMap: given.label_map,
            onProgress: (rows) => context.onProgress?.(first + rows, all, name),
            signal: context.signal,
          });
    if (isUnmeasured(measured)) failures.push(measured);
    else results.push(measured);
  }
  return { results, failures };
}

function reported(
  context: ToolContext,
  given: EvaluateArgs,
  plan: Plan,
  prepared: Prepared,
  evaluation: EvaluationFacts["evaluation"],
): ToolOutcome {
  const folder = folderFor(plan.dataset);
  const problem = writingProblem(context, folder);
  const registry = openRegistry(context);
  const config = hashOf({ given, sha256: plan.sha256 });
  const entry = entryOf(context, given, plan, { config, evaluation });
  const facts: EvaluationFacts = {
    key: context.key,
    dataset: plan.dataset,
    sha256: plan.sha256,
    args: given,
    config,
    criteria: prepared.criteria,
    sample: plan.sample,
    evaluation,
    past: pastOf(registry, entry),
    files: problem ?? fileNames(folder),
  };
  const files = problem === null ? writeEvaluation(context, folder, facts, registry, entry) : [];
  const receipt = evaluationReceipt(facts);
  const outcome = done(evaluationText(facts), {
    ...receipt,
    // As it was before the first attempt: a second one finds what the first has written.
    files: files.map((file) => ({ ...file, before: prepared.before[file.path] ?? null })),
  });
  return withFailure(outcome, failureIn(given, evaluation));
}

/** A candidate that could not be measured; or a bound on time that none of them keeps. */
function failureIn(
  { success }: EvaluateArgs,
  { failures, results }: EvaluationFacts["evaluation"],
): ReturnType<typeof modelFailure> {
  const [first] = failures;
  if (first) return modelFailure(first.code, `${first.candidate.name} was not measured: ${first.reason}`);
  const slow = success.find(
    (each) => each.metric.endsWith("_ms") && results.every((one) => verdictOn(each, one) === "missed"),
  );
  if (!slow) return null;
  return failureOf("performance", `No candidate keeps ${criterionText(slow)}.`, {
    "latency within its bound": ["wrong", criterionText(slow)],
  });
}

type Found = { readonly config: string; readonly evaluation: EvaluationFacts["evaluation"] };

function entryOf(context: ToolContext, given: EvaluateArgs, plan: Plan, { config, evaluation }: Found): RegistryEntry {
  return {
    schema: "cadre.evaluation/1",
    key: context.key,
    at: isoTime(context.clock),
    dataset: plan.dataset,
    sha256: plan.sha256,
    setting: plan.setting,
    config,
    criteria: criteriaHash(given.success),
    criteria_text: given.success.map(criterionText),
    primary_metric: primaryOf(given).name,
    candidates: evaluation.results.map(({ candidate, scores, latency }) => ({
      name: candidate.name,
      id: candidate.id,
      revision: candidate.about.revision ?? null,
      how: candidate.description,
      ...Object.fromEntries(
        scores.flatMap(({ metric, value, low, high }) => {
          const figures = { [metric.name]: value, [`${metric.name}_low`]: low, [`${metric.name}_high`]: high };
          return Object.entries(figures).map(([name, each]) => [name, each === null ? null : shown(metric, each)]);
        }),
      ),
      n: evaluation.test,
      p95_ms: rounded(latency.p95),
    })),
  };
}
