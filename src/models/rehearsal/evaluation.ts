/**
 * Measuring: when a tool that compares candidates on a labelled sample is there and an input is such a sample, and what it found.
 *
 * V1. Numbers are copied as the tool's text gives them, each with the receipt that the text names; none is computed here.
 */
import { isRefusal, unitAndN, type Measured } from "./answers.ts";
import { boundsIn, type Bound } from "./criteria.ts";
import type { AssignmentSeen } from "./frames.ts";
import { inputsSeen, type InputSeen, type PlannedCall } from "./inputs.ts";
import type { Criterion } from "./sections.ts";
import { propertiesOf, stepsOf, type Situation, type Step } from "./situation.ts";
import { stems } from "./words.ts";

const evaluator = "evaluate_models";

/** Null where there is nothing to measure, or where it has been tried. */
export function evaluationDue(situation: Situation, frame: Pick<AssignmentSeen, "criteria">): PlannedCall | null {
  const tool = situation.tools.get(evaluator);
  if (!tool) return null;
  const tried = stepsOf(situation, evaluator);
  if (tried.length > 1 || tried.some((step) => step.result !== null && !isRefusal(step.result))) return null;
  const sample = inputsSeen(situation).find((input) => input.labelled !== null);
  if (!sample) return null;
  const required = Array.isArray(tool.schema["required"]) ? (tool.schema["required"] as unknown[]) : [];
  // A refused first attempt is made once more with nothing but what the schema requires.
  const names = Object.keys(propertiesOf(tool)).filter((name) => tried.length === 0 || required.includes(name));
  const args = argumentsFor(situation, { sample, criteria: frame.criteria }, names, required);
  const same = tried.some((step) => JSON.stringify(step.args) === JSON.stringify(args));
  return args === null || same ? null : { name: evaluator, args };
}

function argumentsFor(
  situation: Situation,
  given: Given,
  names: readonly string[],
  required: readonly unknown[],
): Record<string, unknown> | null {
  const properties = propertiesOf(situation.tools.get(evaluator));
  const args: Record<string, unknown> = {};
  for (const name of names) {
    const value = valueFor(name, properties[name] ?? {}, given);
    if (value !== undefined) args[name] = value;
    else if (required.includes(name) && properties[name]?.["default"] === undefined) return null;
  }
  return args;
}

type Property = Readonly<Record<string, unknown>>;
type Given = { readonly sample: InputSeen; readonly criteria: readonly Criterion[] };

/** What a property asks for, read from its name and its schema; undefined leaves it to the tool. */
function valueFor(name: string, schema: Property, { sample, criteria }: Given): unknown {
  if (schema["type"] === "array")
    return choicesOf(schema["items"])?.slice(0, 6) ?? boundsAsked(schema["items"], criteria);
  if (schema["type"] !== "string") return undefined;
  const choices = choicesOf(schema);
  return choices ? (schema["default"] ?? choices[0]) : textFor(name, sample);
}

/** Criteria with a number, for a list of bounds on metrics that the schema names; undefined where it asks for something else, or there are none. */
function boundsAsked(items: unknown, criteria: readonly Criterion[]): unknown[] | undefined {
  const properties = (items as { properties?: Record<string, unknown> } | undefined)?.properties ?? {};
  const metrics = choicesOf(properties["metric"]);
  if (!metrics || !("at_least" in properties) || !("at_most" in properties)) return undefined;
  const asked = criteria.flatMap(({ text }) => {
    const metric = metrics.find((each): each is string => typeof each === "string" && speaksOf(text, each));
    const bound = metric === undefined ? undefined : boundsIn(text).find((each) => fits(metric, each));
    return bound ? [{ metric, [bound.at === "least" ? "at_least" : "at_most"]: bound.value }] : [];
  });
  return asked.length > 0 ? asked : undefined;
}

/** `macro_f1` and `p95_ms` are spoken of where each word but the unit is said. */
function speaksOf(text: string, metric: string): boolean {
  const said = stems(text.replace(/[-_]/g, " "));
  const words = stems(metric.replace(/_ms$/, "").replaceAll("_", " "));
  return words.length > 0 && words.every((word) => said.includes(word));
}

function fits(metric: string, bound: Bound): boolean {
  return metric.endsWith("_ms") ? bound.unit === "ms" : bound.unit === "";
}

function choicesOf(schema: unknown): readonly unknown[] | undefined {
  const choices = typeof schema === "object" && schema !== null ? (schema as Property)["enum"] : undefined;
  return Array.isArray(choices) ? choices : undefined;
}

function textFor(name: string, sample: InputSeen): string | undefined {
  if (/label|target|class/i.test(name)) return sample.labelled?.label;
  if (/text|column|field/i.test(name)) return sample.labelled?.text;
  return /path|file|data|sample|input/i.test(name) ? sample.path : undefined;
}

export type EvaluationSeen = {
  /** As the tool gave it. */
  readonly text: string;
  readonly receipt: string;
  readonly measurements: readonly Measured[];
};

/** The table and the notes under it, without the list of names to cite. */
export function evaluationBody(evaluation: EvaluationSeen): string {
  return evaluation.text
    .split("\n")
    .filter(
      (line) =>
        !/^- .+ = -?\d[\d.e+-]*(?: \S+)?(?:, n \d+)?$/.test(line) && !line.startsWith("Measurements, to be cited"),
    )
    .join("\n")
    .trim();
}

/** Evaluations that this role ran in this frame. */
export function evaluationsSeen(situation: Situation): EvaluationSeen[] {
  return stepsOf(situation, evaluator).flatMap(readEvaluation);
}

/** Why nothing was measured although it was tried; null where it was not tried or went well. */
export function evaluationFailure(situation: Situation): string | null {
  const last = stepsOf(situation, evaluator).at(-1);
  return last?.result != null && readEvaluation(last).length === 0 ? last.result : null;
}

/** What commands of this role were measured by: how they ended. */
export function commandsMeasured(situation: Situation): Measured[] {
  return stepsOf(situation, "execute_command")
    .flatMap(readEvaluation)
    .flatMap((each) => each.measurements);
}

function readEvaluation(step: Step): EvaluationSeen[] {
  if (step.result === null || isRefusal(step.result)) return [];
  const receipt = /\breceipt:?\s+`?([^\s`),;]+?)`?[.),;]?(?=\s|$)/i.exec(step.result)?.[1];
  if (receipt === undefined) return [];
  const measurements = step.result.split("\n").flatMap((line) => {
    const match = /^- (.+?) = (-?\d[\d.]*(?:e[+-]?\d+)?)(?: (.*))?$/i.exec(line);
    return match
      ? [{ name: match[1] as string, value: Number(match[2]), ...unitAndN(match[3] ?? ""), effect: receipt }]
      : [];
  });
  return [{ text: step.result, receipt, measurements }];
}
