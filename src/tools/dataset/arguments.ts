/** The arguments of `prepare_dataset`. */
import { z } from "zod";
import { workspacePath } from "../read-tools.ts";

const share = z.number().min(0).max(1);

export const prepareArgs = z
  .strictObject({
    dataset: workspacePath
      .optional()
      .describe("A sample in the workspace, .csv (with a header) or .jsonl, to be divided."),
    parts: z
      .strictObject({ train: workspacePath, validation: workspacePath.optional(), test: workspacePath })
      .optional()
      .describe(
        "Instead: a data set that is divided already, to be checked; nothing is written, and a leak is a failure.",
      ),
    text_column: z.string().min(1).default("text").describe("Column or key of the text."),
    label_column: z
      .string()
      .min(1)
      .nullable()
      .default("label")
      .describe("Column or key of the label, in whose shares the parts are drawn; null: there is none."),
    group_column: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .describe("Rows with the same value go into the same part, e.g. a customer; null: there is none."),
    shares: z
      .strictObject({ train: share, validation: share, test: share })
      .default({ train: 0.7, validation: 0.15, test: 0.15 })
      .describe("Shares of the rows; they add up to 1. A share of 0 leaves a part out."),
    near_duplicate: z
      .number()
      .min(0.5)
      .max(1)
      .default(0.8)
      .describe("Texts that share so much of their character 5-grams are nearly the same, and never on two sides."),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(7)
      .describe("The same seed gives the same parts."),
    licence: z
      .string()
      .min(1)
      .max(100)
      .default("unknown")
      .describe("Of the data, for its card: SPDX, or the Hub's id."),
    language: z
      .array(z.string().regex(/^[a-z]{2,3}$/))
      .max(20)
      .default([])
      .describe('For its card, e.g. ["vi"].'),
    training: z
      .strictObject({
        base_model: z.string().min(1).describe("Id on the Hub."),
        revision: z
          .string()
          .regex(/^[0-9a-f]{40}$/)
          .describe("Its commit, all 40 digits."),
        learning_rate: z.number().positive().max(1),
        batch_size: z.int().min(1).max(65_536),
        epochs: z.number().positive().max(1000),
        seed: z.int().min(0).default(7),
        compute: z.string().min(1).max(200).describe("What it would run on, and for how long."),
      })
      .optional()
      .describe(
        "Also writes training.yaml beside the parts. It starts nothing: whether to train is decided above you.",
      ),
  })
  .refine(({ dataset, parts }) => (dataset === undefined) !== (parts === undefined), {
    error: "needs either dataset or parts",
  })
  .refine(({ shares: { train, validation, test } }) => Math.abs(train + validation + test - 1) < 1e-6, {
    error: "the shares do not add up to 1",
    path: ["shares"],
  })
  .refine(({ shares }) => shares.train > 0 && shares.test > 0, {
    error: "neither train nor test can be left out",
    path: ["shares"],
  });
export type PrepareArgs = z.infer<typeof prepareArgs>;
