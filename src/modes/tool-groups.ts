/**
 * Tool groups are a ceiling: what is not granted is refused (R2). Both vocabularies in use are accepted.
 * `new_task` and `escalate` are not here: they exist for a role exactly when it declares such routes.
 */
const reading = ["read_file", "list_files"] as const;
const analysing = ["search_files", "list_code_definition_names"] as const;
const writing = ["write_to_file", "apply_diff"] as const;

export const toolGroups: Readonly<Record<string, readonly string[]>> = {
  read: [...reading, ...analysing],
  edit: writing,
  file_management: [...reading, ...writing],
  code_analysis: analysing,
  command: ["execute_command"],
  execution: ["execute_command"],
  communication: ["ask_followup_question"],
  completion: ["attempt_completion"],
  inference: [
    "search_models",
    "inspect_model",
    "search_datasets",
    "inspect_dataset",
    "prepare_dataset",
    "run_inference",
    "evaluate_models",
  ],
  /** Its tools are those of the MCP servers in cadre.yaml (`mcpToolsOf` in `org/bound-chart.ts`). */
  mcp: [],
  browser: [],
};

/** Groups that are accepted but bring no tools yet; lint says so. */
export const emptyGroups: readonly string[] = ["browser"];

/** The names of the tools that these groups allow, each once; `attempt_completion` is always among them. */
export function toolsOfGroups(groups: readonly string[]): readonly string[] {
  return [...new Set([...groups.flatMap((group) => toolGroups[group] ?? []), "attempt_completion"])];
}
