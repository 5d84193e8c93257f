/** The chart that a run is bound to (D9): org chart + rules packs + workflow + tool schemas, stored by content hash. */
import type { OrgChart } from "./chart.ts";
import type { Workflow } from "./workflow.ts";

/** A file in `modes/rules/`: rules that bind several roles, as part of their prompts. */
export type RulesPack = {
  /** File name without `.md`. */
  readonly name: string;
  readonly title: string;
  /** Sections that a report by a bound role must fill, from the pack's front matter: `report_sections`. */
  readonly reportSections: readonly string[];
  readonly body: string;
  readonly file: string;
};

/** Everything that a run goes by. `hash`: sha256 in hex over all of it. */
export type BoundChart = {
  readonly hash: string;
  readonly chart: OrgChart;
  readonly rules: readonly RulesPack[];
  readonly workflow: Workflow;
  /** Where the workflow file says what: top-level key (`entry`, `signOff`, `limits`, …; `workflow` for the whole) to its place. */
  readonly places: Readonly<Record<string, { readonly file: string; readonly line: number }>>;
  /** Tool name to sha256 of its JSON schema and description. */
  readonly toolHashes: Readonly<Record<string, string>>;
  /** Left out where there are none. */
  readonly mcp?: readonly McpTool[];
};

/** A tool of an MCP server as the operator let it in, with what the server said of it when the run was bound. */
export type McpTool = {
  /** `<server>__<tool>`. */
  readonly name: string;
  readonly server: string;
  readonly tool: string;
  /** The operator's word, never the server's. */
  readonly access: "read" | "effect";
  /** Roles that may use it, if their groups hold `mcp`; null: every such role. */
  readonly roles: readonly string[] | null;
  /** The server's words: unchecked, without control characters, bounded. */
  readonly description: string;
  /** JSON Schema of the arguments, as models are told it. */
  readonly schema: Readonly<Record<string, unknown>>;
};

/** The rules packs that bind a role, in the workflow's order. */
export function rulesFor(bound: BoundChart, role: string): readonly RulesPack[] {
  const names = bound.workflow.rules.filter((rule) => rule.roles.includes(role)).map((rule) => rule.pack);
  return names.flatMap((name) => bound.rules.filter((pack) => pack.name === name));
}

/** The MCP tools that a role has: its groups hold `mcp`, and the operator named it or left the roles open (R2). */
export function mcpToolsOf(bound: BoundChart, role: string): readonly McpTool[] {
  if (bound.mcp === undefined || !groupsOf(bound, role).includes("mcp")) return [];
  return bound.mcp.filter((tool) => tool.roles === null || tool.roles.includes(role));
}

/** A role's tool groups: its mode's and what the workflow grants it. */
export function groupsOf(bound: BoundChart, role: string): readonly string[] {
  const own = bound.chart.roles.find((candidate) => candidate.slug === role)?.toolGroups ?? [];
  return [...new Set([...own, ...(bound.workflow.grants[role] ?? [])])];
}
