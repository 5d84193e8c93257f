/** `execute_command`: known to roles, and refused until there is a sandbox. No sandbox, no command (R7). */
import { z } from "zod";
import { failed } from "./answer.ts";
import type { Tool } from "./tool.ts";

const args = z.strictObject({
  command: z.array(z.string()).min(1).describe("Program and arguments, one item each; there is no shell."),
  timeout_seconds: z.int().min(1).max(600).default(60),
});

const reason =
  "execute_command is not available: there is no sandbox yet, and without one no command is run. Do without it, or say in your report what was not run.";

export const executeCommandTool: Tool<z.infer<typeof args>> = {
  name: "execute_command",
  description: "Run a program in the workspace, inside a sandbox without network.",
  schema: args,
  access: "effect",
  available: { no: reason },
  run: () => Promise.resolve(failed(reason)),
};
