/** Tools of the group `inference` that need the Hugging Face Hub or a running model: named, so that a role learns why it cannot use them. */
import { z } from "zod";
import { failed } from "./answer.ts";
import type { Tool } from "./tool.ts";

function notYet<Args>(name: string, access: Tool["access"], description: string, schema: z.ZodType<Args>): Tool<Args> {
  const no = `${name} is not available yet: this version does not reach the Hugging Face Hub or hosted models. evaluate_models measures local candidates; say in your report what was not measured.`;
  return { name, description, schema, access, available: { no }, run: () => Promise.resolve(failed(no)) };
}

const search = z.strictObject({
  query: z.string().min(1).describe("Words to look for."),
  task: z.string().optional().describe("Task on the Hub, e.g. `text-classification`."),
  limit: z.int().min(1).max(50).default(10),
});
const entry = z.strictObject({
  id: z.string().min(1).describe("Id on the Hub, e.g. `owner/name`."),
  revision: z.string().optional().describe("Commit, branch or tag; left out: the default branch."),
});

export const hubTools: readonly Tool[] = [
  notYet("search_models", "read", "Search models on the Hugging Face Hub.", search),
  notYet("inspect_model", "read", "Read a model's card, licence, files and revision on the Hub.", entry),
  notYet("search_datasets", "read", "Search datasets on the Hugging Face Hub.", search),
  notYet("inspect_dataset", "read", "Read a dataset's card, licence, splits and features on the Hub.", entry),
  notYet(
    "prepare_dataset",
    "effect",
    "Fetch a split of a dataset from the Hub into the workspace.",
    entry.extend({
      split: z.string().min(1),
      path: z.string().min(1).describe("Where to put it, relative to the workspace."),
    }),
  ),
  notYet(
    "run_inference",
    "effect",
    "Run a hosted model on inputs and keep what it answers.",
    entry.extend({ inputs: z.array(z.string()).min(1).max(100), task: z.string().min(1) }),
  ),
];
