/** Lint of briefs against the chart: a brief that no route's purpose has anything to do with goes nowhere, or anywhere. */
import type { Brief } from "../../briefs/brief.ts";
import type { Problem } from "../../documents/problem.ts";
import type { OrgChart } from "../chart.ts";
import { rankRoutes } from "../who.ts";

/** `entry`: who gets it. Only the entry's own delegations count: its first step is what a brief decides. */
export function lintBrief(chart: OrgChart, brief: Brief, entry: string): Problem[] {
  if (brief.file === null || !chart.routes.some(({ from, kind }) => from === entry && kind === "delegation")) return [];
  if (rankRoutes(chart, `${brief.title}\n${brief.task}`, { from: entry, kinds: ["delegation"] }).length > 0) return [];
  return [
    {
      code: "brief-unserved",
      severity: "warning",
      message: `No delegation of ${entry} is for anything that this brief is about.`,
      file: brief.file,
      line: 1,
      column: 1,
      hint: `Name another role with \`to:\` in the brief, or say in a purpose of ${entry} who does such work.`,
    },
  ];
}
