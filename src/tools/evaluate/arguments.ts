/** The arguments of `evaluate_models`. */
import { z } from "zod";
import type { Question } from "../../models/text-question.ts";
import { workspacePath } from "../read-tools.ts";
import { candidatesFor } from "./candidates.ts";
import { criterionSchema } from "./criteria.ts";
import { answerKinds, metricNames, metrics, metricsOf, type Metric } from "./metrics.ts";

const localNames = answerKinds
  .map((answers) => `${[...candidatesFor(answers).keys()].join(" and ")} for ${answers}s`)
  .join(", ");

export const evaluateArgs = z
  .strictObject({
    dataset: workspacePath.describe(
      "Labelled sample in the workspace, .csv (with a header) or .jsonl (an object per line).",
    ),
    text_column: z.string().min(1).default("text").describe("Column or key of the text."),
    label_column: z.string().min(1).default("label").describe("Column or key of the label: what the answer should be."),
    answers: z
      .enum(answerKinds)
      .default("label")
      .describe(
        "What the labels are: one of a few classes (label), a text such as a summary or an answer (text), or a number (number).",
      ),
    instruction: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe(
        'What a chat model is to do with each text, e.g. "Summarise it in one sentence." Needed for answers that are texts or numbers, and for no others.',
      ),
    slice_columns: z
      .array(z.string().min(1))
      .max(5)
      .default([])
      .describe("Columns by whose values the scores are also given, e.g. language or source."),
    candidates: z
      .array(z.string().min(1))
      .min(1)
      .max(10)
      .optional()
      .describe(
        `What to compare: what runs here (${localNames}), and models by their names in cadre.yaml, each quantised variant by its own. Left out: what runs here.`,
      ),
    label_map: z
      .record(z.string(), z.string())
      .default({})
      .describe('From a label that a model gives to one of the sample, e.g. {"LABEL_1": "positive"}.'),
    success: z
      .array(criterionSchema)
      .max(10)
      .default([])
      .describe("What success is, in numbers; fixed before anything is measured, and a later change is shown."),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(7)
      .describe("Seed of split and interval; the same seed gives the same scores."),
    test_fraction: z
      .number()
      .min(0.1)
      .max(0.5)
      .default(0.3)
      .describe("Part of the sample (of every class) that is held out."),
    primary_metric: z
      .enum(metricNames)
      .optional()
      .describe(
        "What the candidates are ranked by. Left out: macro_f1 for labels, token_f1 for texts, mae for numbers.",
      ),
    at_once: z.int().min(1).max(64).default(4).describe("Calls at a time when the throughput of a model is measured."),
  })
  .superRefine((given, context) => {
    const wrong = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
    const own = metricsOf(given.answers).map((metric) => metric.name);
    const { primary_metric: primary, success, answers, instruction } = given;
    if (primary !== undefined && !own.includes(primary)) wrong("primary_metric", foreign(primary, answers, own));
    for (const { metric } of success) {
      const known = metricNames.find((name) => name === metric);
      if (known !== undefined && !own.includes(known)) wrong("success", foreign(known, answers, own));
    }
    const again = given.slice_columns.find((name, index) => given.slice_columns.indexOf(name) !== index);
    if (again !== undefined) wrong("slice_columns", `names "${again}" twice`);
    if (answers !== "label" && Object.keys(given.label_map).length > 0)
      wrong("label_map", "is for answers that are labels");
    if (answers === "label" && instruction !== undefined)
      wrong("instruction", "is for answers that are texts or numbers; labels are asked for by their names");
  });
export type EvaluateArgs = z.infer<typeof evaluateArgs>;

function foreign(name: string, answers: string, own: readonly string[]): string {
  return `${name} is no metric of a ${answers}; there are ${own.join(", ")}`;
}

/** What candidates are ranked by. */
export function primaryOf({
  answers,
  primary_metric: named,
}: Pick<EvaluateArgs, "answers" | "primary_metric">): Metric {
  return named === undefined ? (metricsOf(answers)[0] as Metric) : metrics[named];
}

/** What a model is asked about each text. */
export function questionFor({ answers, instruction }: EvaluateArgs, labels: readonly string[]): Question {
  return answers === "label" ? { answers, labels } : { answers, instruction: instruction ?? "" };
}
