/** What `run_inference` is told. */
import { z } from "zod";
import { taskNames } from "../../models/inference/tasks.ts";
import { workspacePath } from "../read-tools.ts";

export const inferenceArgs = z
  .strictObject({
    model: z.string().min(1).max(64).describe("Name of a model under `models` in cadre.yaml."),
    task: z
      .enum(taskNames)
      .describe(
        "What it is asked. `chat` fits every model that roles use; other tasks need a model at an address of that task.",
      ),
    inputs: z
      .array(z.union([z.string().max(200_000), z.record(z.string(), z.unknown())]))
      .min(1)
      .max(100)
      .optional()
      .describe(
        "A few items, given here. question-answering: {question, context}; sentence-similarity: {source_sentence, sentences}.",
      ),
    input_file: workspacePath
      .optional()
      .describe("Or a .jsonl file of the workspace, an item a line. It may be large: it is read as a stream."),
    files: z
      .array(workspacePath)
      .min(1)
      .max(100)
      .optional()
      .describe("Or files of pictures or sound, for tasks that take them."),
    text_key: z.string().min(1).max(100).default("text").describe("Key of the text in the items of a file."),
    parameters: z
      .record(z.string(), z.unknown())
      .default({})
      .describe(
        "Of the task, e.g. {candidate_labels: [...]}, or {system, prompt, max_tokens} for chat, where {text} in `prompt` stands for the item.",
      ),
    output_file: workspacePath.describe(
      "Where the answers go: .jsonl, a line for each item with `line` and `output` or `error`.",
    ),
  })
  .refine((given) => [given.inputs, given.input_file, given.files].filter((each) => each !== undefined).length === 1, {
    error: "needs exactly one of inputs, input_file and files",
  });
export type InferenceArgs = z.infer<typeof inferenceArgs>;
