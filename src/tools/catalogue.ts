/** Every tool there is, by name. Which role has which is the run's business (tool groups, grants). */
import type { z } from "zod";
import { hashOf } from "../canonical.ts";
import type { ToolSpec } from "../models/model.ts";
import type { Secrets } from "../outside/secrets.ts";
import { codeDefinitionsTool } from "./code-definitions.ts";
import { executeCommandTool } from "./command-tools.ts";
import { evaluatingTool } from "./evaluate/evaluation-concerns.ts";
import { hubTools } from "./hub/hub-tools.ts";
import { noHub, type HubSource } from "./hub/source.ts";
import { readKnowledgeTool, searchKnowledgeTool } from "./knowledge.ts";
import { prepareDatasetTool } from "./dataset/prepare-dataset.ts";
import { runInferenceTool } from "./inference/run-inference.ts";
import { noInference, type InferenceSource } from "./inference/source.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { listFilesTool, readFileTool } from "./read-tools.ts";
import { noSandbox, type Sandbox } from "./sandbox/sandbox.ts";
import { searchFilesTool } from "./search/search-files.ts";
import type { Tool } from "./tool.ts";
import { applyDiffTool, writeToFileTool } from "./write-tools.ts";

export { knowledgeTools, knowledgeToolsFor } from "./knowledge.ts";

export type CatalogueOptions = {
  /** Where commands run; without one there are none (R7). */
  readonly sandbox?: Sandbox;
  /** Where models and data sets are looked up. */
  readonly hub?: HubSource;
  /** The models that tools may call. */
  readonly inference?: InferenceSource;
  /** Taken out of what commands and models write before it is kept (R8). */
  readonly secrets?: Secrets;
};

export function toolCatalogue({
  sandbox = noSandbox,
  hub = noHub,
  inference = noInference,
  secrets,
}: CatalogueOptions = {}): ReadonlyMap<string, Tool> {
  const tools: readonly Tool[] = [
    readFileTool,
    listFilesTool,
    searchFilesTool,
    codeDefinitionsTool,
    searchKnowledgeTool,
    readKnowledgeTool,
    writeToFileTool,
    applyDiffTool,
    executeCommandTool(sandbox, secrets),
    evaluatingTool(hub),
    ...hubTools(hub),
    prepareDatasetTool,
    runInferenceTool({ source: inference, hub, secrets }),
  ];
  return new Map(tools.map((tool) => [tool.name, tool]));
}

/** What a model is told of a tool. */
export function toolSpec(tool: Tool): ToolSpec {
  return { name: tool.name, description: tool.description, schema: tool.jsonSchema ?? jsonSchemaOf(tool.schema) };
}

/** Changes when a model would be told something else: part of the chart that a run is bound to (D9). */
export function toolHash(tool: Tool): string {
  return hashOf(toolSpec(tool));
}

/** Arguments as a model gave them, checked; `problem` says every wrong key with its path. Unknown keys, `__proto__` among them, are refused. */
export function parseToolArgs(
  tool: Tool,
  args: unknown,
): { readonly ok: true; readonly args: unknown } | { readonly ok: false; readonly problem: string } {
  const parsed = tool.schema.safeParse(args);
  if (parsed.success) return { ok: true, args: parsed.data };
  const issues = parsed.error.issues.map(issueLine);
  return { ok: false, problem: `${tool.name}: ${issues.join("; ")}` };
}

function issueLine(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join(".");
  return where === "" ? issue.message : `${where}: ${issue.message}`;
}
