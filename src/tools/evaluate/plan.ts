/** What an evaluation will do: the sample as it is now, its parts, and the candidates. Read anew by each step of the tool; nothing is measured here. */
import { hashOf, sha256 } from "../../canonical.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import { didYouMean } from "../../documents/nearest.ts";
import type { ServedModel } from "../../models/served-model.ts";
import { mostFor, type Cost } from "../../models/terms.ts";
import { answeredBy } from "../../models/text-question.ts";
import { failed, isOutcome, pathOr } from "../answer.ts";
import { dataFailure, withFailure } from "../failure.ts";
import { decodeText, readWhole } from "../read-bytes.ts";
import type { ToolContext, ToolOutcome } from "../tool.ts";
import { questionFor, type EvaluateArgs } from "./arguments.ts";
import { candidatesFor, type LocalCandidate } from "./candidates.ts";
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
  const { text_column: text, label_column: label, slice_columns: slices, seed, answers } = given;
  const sample = readSample(parsed.path, content, { text, label, answers, ...(slices.length > 0 ? { slices } : {}) });
  if (!sample.ok) return unusable(sample.reason);
  if (sample.value.rows.length > rowLimit) {
    return failed(
      `Nothing was measured. ${parsed.path} has ${sample.value.rows.length} rows; ${rowLimit} are the most that are evaluated here.`,
    );
  }
  const strayed = strayLabel(given, sample.value.labels);
  if (strayed !== null) return failed(`Nothing was measured. ${strayed}`);
  const { train, test } = stratifiedSplit(sample.value, seed, given.test_fraction);
  const hash = sha256(bytes);
  return {
    dataset: parsed.path,
    sha256: hash,
    sample: sample.value,
    parts: { train, test, question: questionFor(given, sample.value.labels), slices, seed },
    setting: hashOf({ sha256: hash, text, label, answers, seed, test_fraction: given.test_fraction }),
  };
}

/** A mapping onto what is no label of the sample would make every answer of that kind wrong without a word. */
function strayLabel({ label_map: map }: EvaluateArgs, labels: readonly string[]): string | null {
  const stray = Object.entries(map).find(([, label]) => !labels.includes(label));
  if (stray === undefined) return null;
  const [said, label] = stray;
  const which = didYouMean(label, labels, `Its labels are ${labels.join(", ")}.`);
  return `label_map maps "${said}" to "${label}", which is no label of the sample. ${which}`;
}

function unusable(reason: string): ToolOutcome {
  const said = `${reason}.`.replace(/([.?])\.$/, "$1");
  return withFailure(failed(`Nothing was measured. ${said}`), dataFailure(said));
}

export type Candidates = { readonly local: readonly LocalCandidate[]; readonly served: readonly string[] };

/** By name: baselines run here, the others are models of cadre.yaml. An outcome where a name is neither, or a model does not answer in this kind. */
export async function candidatesOf(context: ToolContext, given: EvaluateArgs): Promise<Candidates | ToolOutcome> {
  const { answers, instruction } = given;
  const here = candidatesFor(answers);
  const names = given.candidates ?? [...here.keys()];
  const mapped = (await context.models?.names()) ?? [];
  const served = [...new Set(names)].filter((name) => !here.has(name));
  const unknown = served.filter((name) => !mapped.some((model) => model.name === name));
  if (unknown.length > 0) {
    const there =
      mapped.length > 0 ? mapped.map(({ name, id, task }) => `${name} (${id}, ${task})`).join(", ") : "none";
    return failed(
      `Nothing was measured. There is no candidate ${unknown.map((name) => `"${name}"`).join(", ")}. Measured here for ${answers}s: ${[...here.keys()].join(", ")}. Models of cadre.yaml: ${there}. A model that the operator did not map cannot be called.`,
    );
  }
  const asked = mapped.filter(({ name }) => served.includes(name));
  const unfit = asked.find(({ task }) => !answeredBy(task).includes(answers));
  if (unfit)
    return failed(
      `Nothing was measured. ${unfit.name} is mapped for ${unfit.task}, which answers with a ${answeredBy(unfit.task).join(" or a ")} and not with a ${answers}.`,
    );
  if (answers !== "label" && instruction === undefined && asked.some(({ task }) => task === "chat"))
    return failed(
      `Nothing was measured. For answers that are ${answers}s a chat model needs an \`instruction\`: what it is to do with each text.`,
    );
  // The baselines are always measured: a score says nothing without them, and a model that is paid for has to beat the stronger one too.
  const all = served.length > 0 || answers !== "label";
  const local = new Set([...here.keys()].filter((name, index) => all || index === 0 || names.includes(name)));
  return { local: [...here.values()].filter(({ name }) => local.has(name)), served };
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
  const { question } = parts;
  const around = (question.answers === "label" ? question.labels.join(" ") : question.instruction).length + 600;
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
