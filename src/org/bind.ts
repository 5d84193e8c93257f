/** Binds a chart to what else decides how a run goes (D9): two runs with one hash went by the same rules. */
import { hashOf } from "../canonical.ts";
import { compareText } from "../documents/problem-order.ts";
import type { BoundChart } from "./bound-chart.ts";

/** Packs that the workflow does not name are left out: editing one changes nothing for its runs. */
export function bindChart(parts: Omit<BoundChart, "hash">): BoundChart {
  const { chart, workflow, places, toolHashes } = parts;
  const named = new Set(workflow.rules.map((rule) => rule.pack));
  const rules = parts.rules.filter((pack) => named.has(pack.name)).toSorted((a, b) => compareText(a.name, b.name));
  const mcp =
    parts.mcp && parts.mcp.length > 0 ? { mcp: parts.mcp.toSorted((a, b) => compareText(a.name, b.name)) } : {};
  const hash = hashOf({ chart: chart.hash, rules, workflow, places, toolHashes, ...mcp });
  return { hash, chart, rules, workflow, places, toolHashes, ...mcp };
}
