/** Graphviz: the declared routes of a chart, a row for each rank. */
import type { RouteKind } from "../modes/mode.ts";
import type { OrgChart, Route } from "../org/chart.ts";
import { ranks, rolesByRank, routeVerb } from "./chart-text.ts";
import { visible } from "./escape.ts";

/** A quoted DOT string; hidden characters are escaped, and nothing in it can end it. */
export function dotString(text: string): string {
  return `"${visible(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

const looks: Readonly<Record<RouteKind, string>> = {
  delegation: 'color="#0f7b55", style=dotted',
  // Upward routes do not pull their ends into other rows.
  escalation: 'color="#c2410c", style=dashed, constraint=false',
  report: 'color="#4b6bdc", constraint=false',
};

export function chartDot(chart: OrgChart, options: { readonly verbose: boolean }): string {
  const nodes = rolesByRank(chart);
  const rows = (["person", ...ranks] as const).flatMap((rank) => {
    const slugs = nodes.filter((node) => node.rank === rank).map((node) => dotString(node.slug));
    return slugs.length === 0 ? [] : [`  { rank=same; ${slugs.join("; ")} }`];
  });
  return [
    "digraph cadre {",
    "  rankdir=TB;",
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...rows,
    ...chart.routes.map(
      (route) => `  ${dotString(route.from)} -> ${dotString(route.to)} [${edgeText(route, options.verbose)}];`,
    ),
    "}",
    "",
  ].join("\n");
}

function edgeText(route: Route, verbose: boolean): string {
  const tip = `tooltip=${dotString(`${routeVerb[route.kind]}: ${route.purpose} (${route.file}:${route.line})`)}`;
  return [looks[route.kind], ...(verbose ? [`label=${dotString(route.purpose)}`] : []), tip].join(", ");
}
