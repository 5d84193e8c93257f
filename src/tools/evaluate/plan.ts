/** What an evaluation will do: the sample as it is now, its parts, and the candidates. Read anew by each step of the tool; nothing is measured here. */
import { hashOf, sha256 } from "../../canonical.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import type { ServedModel } from "../../models/served-model.ts";
import { mostFor, type Cost } from "../../models/terms.ts";
import { failed, isOutcome, pathOr } from "../answer.ts";
import { dataFailure, withFailure } from "../failure.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import type { ToolContext, ToolOutcome } from "../tool.ts";
import type { EvaluateArgs } from "./arguments.ts";
import { localCandidateNames, localCandidates, type LocalCandidate } from "./candidates.ts";
import type { Unmeasured } from "./facts.ts";
import { readSample, type Sample } from "./labelled-table.ts";
import type { Parts } from "./scored.ts";
import { stratifiedSplit } from "./split.ts";

const datasetLimit = 20 * 1024 * 1024;
const rowLimit = 20_000;

export type SamplePlan = {
  readonly dataset: string;
  readonly sha256: string;
  readonly sample: Sample;
  readonly parts: Parts;
  /** Hash of everything that decides which rows are in which part. */
  readonly setting: string;
};

/** An outcome where there is nothing to measure on. */
export function planSample(context: ToolContext, given: EvaluateArgs): SamplePlan | ToolOutcome {
  const parsed = pathOr(given.dataset);
  if (isOutcome(parsed)) return parsed;
  const bytes = readWhole(context.workspace, parsed.path, datasetLimit);
  const content = decodeText(bytes);
  if (content === undefined) return unusable(`${parsed.path} is not UTF-8 text`);
  const { text_column: text, label_column: label, slice_columns: slices, seed } = given;
  const sample = readSample(parsed.path, content, { text, label, ...(slices.length > 0 ? { slices } : {}) });
  if (!sample.ok) return unusable(sample.reason);
  if (sample.value.rows.length > rowLimit) {
    return failed(
      `Nothing was measured. ${parsed.path} has ${sample.value.rows.length} rows; ${rowLimit} are the most that are evaluated here.`,
    );
  }
  const { train, test } = stratifiedSplit(sample.value, seed, given.test_fraction);
  const hash = sha256(bytes);
  return {
    dataset: parsed.path,
    sha256: hash,
    sample: sample.value,
    parts: { train, test, labels: sample.value.labels, slices, seed },
    setting: hashOf({ sha256: hash, text, label, seed, test_fraction: given.test_fraction }),
  };
}

function unusable(reason: string): ToolOutcome {
  const said = `${reason}.`.replace(/([.?])\.$/, "$1");
  return withFailure(failed(`Nothing was measured. ${said}`), dataFailure(said));
}

export type Candidates = { readonly local: readonly LocalCandidate[]; readonly served: readonly string[] };

/** By name: baselines run here, the others are models of cadre.yaml. An outcome where a name is neither. */
export async function candidatesOf(context: ToolContext, names: readonly string[]): Promise<Candidates | ToolOutcome> {
  const mapped = (await context.models?.names()) ?? [];
  const served = [...new Set(names)].filter((name) => !localCandidates.has(name));
  const unknown = served.filter((name) => !mapped.some((model) => model.name === name));
  if (unknown.length > 0) {
    const there =
      mapped.length > 0 ? mapped.map(({ name, id, task }) => `${name} (${id}, ${task})`).join(", ") : "none";
    return failed(
      `Nothing was measured. There is no candidate ${unknown.map((name) => `"${name}"`).join(", ")}. Measured here: ${localCandidateNames.join(", ")}. Models of cadre.yaml: ${there}. A model that the operator did not map cannot be called.`,
    );
  }
  // The baselines are always measured: a score says nothing without them, and a model that is paid for has to beat the stronger one too.
  const local = new Set<string>(["majority-class", ...names, ...(served.length > 0 ? localCandidateNames : [])]);
  return { local: [...localCandidates.values()].filter(({ name }) => local.has(name)), served };
}

/** The model, or why it cannot be asked at all. */
export async function openServed(context: ToolContext, name: string): Promise<ServedModel | Unmeasured> {
  try {
    if (!context.models) throw new CadreError("model-unknown", `There is no model "${name}" here.`);
    return await context.models.open(name);
  } catch (error) {
    if (!isCadreError(error)) throw error;
    const candidate = { name, description: "", runs: "served" as const, id: name, about: {}, price: null };
    return { candidate, code: error.code, reason: [error.message, error.hint].filter(Boolean).join(" ") };
  }
}

export function isUnmeasured(value: object): value is Unmeasured {
  return "reason" in value && "code" in value;
}

/** Calls and tokens that measuring the served candidates takes at most. */
export function needOf({ served }: Candidates, { parts }: SamplePlan): { modelCalls: number; tokens: number } {
  const characters = parts.test.reduce((sum, row) => sum + row.text.length, 0);
  const around = parts.labels.join(" ").length + 600;
  const tokens = Math.ceil((characters + around * parts.test.length) / 4) + answerRoom * parts.test.length;
  return { modelCalls: served.length * parts.test.length, tokens: served.length * tokens };
}

/** What those calls cost at most; a model that cannot be asked, or has no price, costs nothing here and is refused where it is called. */
export async function costNeeded(
  context: ToolContext,
  candidates: Candidates,
  plan: SamplePlan,
): Promise<{ money: number; gpuMs: number }> {
  const { modelCalls, tokens } = needOf(candidates, plan);
  const calls = plan.parts.test.length;
  const each = modelCalls === 0 ? 0 : Math.ceil(tokens / modelCalls);
  const opened = await Promise.all(candidates.served.map((name) => openServed(context, name)));
  const costs = opened.flatMap((model) =>
    isUnmeasured(model) ? [] : [mostFor(model.terms, { prompt: each - answerRoom, reply: answerRoom })],
  );
  const sum = (pick: (cost: Cost) => number | null): number =>
    costs.reduce((total, cost) => total + calls * (pick(cost) ?? 0), 0);
  return { money: sum((cost) => cost.money), gpuMs: sum((cost) => cost.gpuMs) };
}

/** Tokens that an answer may take. */
const answerRoom = 512;
