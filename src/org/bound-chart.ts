/** The chart that a run is bound to (D9): org chart + rules packs + workflow + tool schemas, stored by content hash. */
import type { OrgChart } from "./chart.ts";
import type { Workflow } from "./workflow.ts";

export type RulesPack = {
  /** File name without `.md`. */
  readonly name: string;
  readonly title: string;
  /** Sections that a report by a bound role must fill, from the pack's front matter: `report_sections`. */
  readonly reportSections: readonly string[];
  readonly body: string;
  readonly file: string;
};

export type BoundChart = {
  readonly hash: string;
  readonly chart: OrgChart;
  readonly rules: readonly RulesPack[];
  readonly workflow: Workflow;
  /** Where the workflow file says what: top-level key (`entry`, `signOff`, `limits`, …; `workflow` for the whole) to its place. */
  readonly places: Readonly<Record<string, { readonly file: string; readonly line: number }>>;
  /** Tool name to sha256 of its JSON schema and description. */
  readonly toolHashes: Readonly<Record<string, string>>;
};

/** The rules packs that bind a role, in the workflow's order. */
export function rulesFor(bound: BoundChart, role: string): readonly RulesPack[] {
  const names = bound.workflow.rules.filter((rule) => rule.roles.includes(role)).map((rule) => rule.pack);
  return names.flatMap((name) => bound.rules.filter((pack) => pack.name === name));
}

/** A role's tool groups: its mode's and what the workflow grants it. */
export function groupsOf(bound: BoundChart, role: string): readonly string[] {
  const own = bound.chart.roles.find((candidate) => candidate.slug === role)?.toolGroups ?? [];
  return [...new Set([...own, ...(bound.workflow.grants[role] ?? [])])];
}
