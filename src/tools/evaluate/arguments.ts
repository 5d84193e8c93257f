/** The arguments of `evaluate_models`. */
import { z } from "zod";
import { workspacePath } from "../read-tools.ts";
import { localCandidateNames } from "./candidates.ts";
import { criterionSchema } from "./criteria.ts";

export const evaluateArgs = z.strictObject({
  dataset: workspacePath.describe(
    "Labelled sample in the workspace, .csv (with a header) or .jsonl (an object per line).",
  ),
  text_column: z.string().min(1).default("text").describe("Column or key of the text."),
  label_column: z.string().min(1).default("label").describe("Column or key of the label."),
  slice_columns: z
    .array(z.string().min(1))
    .max(5)
    .default([])
    .describe("Columns by whose values the accuracy is also given, e.g. language or source."),
  candidates: z
    .array(z.string().min(1))
    .min(1)
    .max(10)
    .default([...localCandidateNames])
    .describe(
      `What to compare: ${localCandidateNames.join(", ")} (both run here), and models by their names in cadre.yaml, each quantised variant by its own. Left out: what runs here.`,
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
  test_fraction: z.number().min(0.1).max(0.5).default(0.3).describe("Part of every class that is held out."),
  primary_metric: z.enum(["macro_f1", "accuracy"]).default("macro_f1").describe("What the candidates are ranked by."),
  at_once: z.int().min(1).max(64).default(4).describe("Calls at a time when the throughput of a model is measured."),
});
export type EvaluateArgs = z.infer<typeof evaluateArgs>;
