/** The request that every tier is tried with. */
import type { ModelRequest, ToolSpec } from "../../src/models/model.ts";

/** Planted in the prompt; it may never come back in an error. */
export const canary = "CANARY-7f3a9c-the-brief-says-so";

export const tools: readonly ToolSpec[] = [
  {
    name: "read_file",
    description: "Reads a file.",
    schema: {
      type: "object",
      properties: { path: { type: "string" } },
      required: ["path"],
      additionalProperties: false,
    },
  },
  {
    name: "attempt_completion",
    description: "Reports that the assignment is done.",
    schema: { type: "object", properties: { summary: { type: "string" } }, required: ["summary"] },
  },
];

export const request: ModelRequest = {
  messages: [
    { role: "system", content: `You are AI/ML Lead (\`ai-ml-lead\`, lead). ${canary}` },
    { role: "user", content: `${canary}: choose a model.` },
    { role: "assistant", content: "", calls: [{ id: "call-1-1", name: "read_file", args: { path: "data.csv" } }] },
    { role: "tool", callId: "call-1-1", name: "read_file", content: `a,b ${canary}` },
  ],
  tools,
  maxTokens: 256,
  temperature: 0,
};
