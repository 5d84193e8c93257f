/** Binds a chart to what else decides how a run goes (D9): two runs with one hash went by the same rules. */
import { hashOf } from "../canonical.ts";
import { compareText } from "../documents/problem-order.ts";
import type { BoundChart, RulesPack } from "./bound-chart.ts";
import type { OrgChart } from "./chart.ts";
import type { Workflow } from "./workflow.ts";

/** Packs that the workflow does not name are left out: editing one changes nothing for its runs. */
export function bindChart(
  chart: OrgChart,
  rules: readonly RulesPack[],
  workflow: Workflow,
  toolHashes: Readonly<Record<string, string>>,
  places: BoundChart["places"] = {},
): BoundChart {
  const named = new Set(workflow.rules.map((rule) => rule.pack));
  const bound = rules.filter((pack) => named.has(pack.name)).toSorted((a, b) => compareText(a.name, b.name));
  const hash = hashOf({ chart: chart.hash, rules: bound, workflow, places, toolHashes });
  return { hash, chart, rules: bound, workflow, places, toolHashes };
}
