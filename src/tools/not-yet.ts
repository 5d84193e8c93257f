/** Tools that are named and not there: a role learns why it cannot use them. */
import { z } from "zod";
import { failed } from "./answer.ts";
import type { Tool } from "./tool.ts";

function notYet<Args>(name: string, description: string, schema: z.ZodType<Args>): Tool<Args> {
  const no = `${name} is not available yet. Do without it, and say in your report what was not done.`;
  return { name, description, schema, access: "effect", available: { no }, run: () => Promise.resolve(failed(no)) };
}

const entry = z.strictObject({
  id: z.string().min(1).describe("Id on the Hub, e.g. `owner/name`."),
  revision: z.string().optional().describe("Commit, branch or tag; left out: the default branch."),
});

export const runInferenceTool: Tool = notYet(
  "run_inference",
  "Run a hosted model on inputs and keep what it answers.",
  entry.extend({ inputs: z.array(z.string()).min(1).max(100), task: z.string().min(1) }),
);
