/** Which roles work can get to at all: what no brief can exercise shows before any runs. Pure. */
import type { OrgChart } from "./chart.ts";

/** The roles that delegations and escalations lead to from these, themselves included. */
export function withinReach(chart: OrgChart, entries: readonly string[]): ReadonlySet<string> {
  const reached = new Set(entries);
  const open = [...entries];
  for (let role = open.pop(); role !== undefined; role = open.pop()) {
    for (const { kind, from, to } of chart.routes) {
      if (from !== role || kind === "report" || reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
}
