/** The picture of the control room as one file. */
import type { OrgChart } from "../org/chart.ts";
import type { Workflow } from "../org/workflow.ts";
import { chartSvg, mapSvg } from "../views/chart-svg.ts";
import { counted } from "../views/counted.ts";
import { mapOf } from "../views/org-map.ts";
import { largestPicture, pictureOfChart } from "../views/picture.ts";
import { planOf } from "./elk-graph.ts";
import type { Placer } from "./place.ts";

/** SVG. `reports`: with the routes that bring copies as well. */
export async function drawChart(
  placer: Placer,
  chart: OrgChart,
  workflow: Workflow | null,
  { reports }: { readonly reports: boolean },
): Promise<string> {
  const roles = chart.roles.map((role) => ({
    ...role,
    staffedBy: workflow?.staffing[role.slug]?.by ?? ("model" as const),
  }));
  const picture = pictureOfChart({ ...chart, roles }, { reports });
  const title = `${counted(chart.roles.length, "role")}, ${counted(chart.routes.length, "route")}, chart ${chart.hash.slice(0, 12)}`;
  if (picture.nodes.length > largestPicture + 1) return mapSvg(mapOf(chart), title);
  const placed = await placer.place(planOf(picture));
  return placed === null ? mapSvg(mapOf(chart), title) : chartSvg(picture, placed, title);
}
