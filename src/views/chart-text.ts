/** The org chart as text: its roles by rank, and who delegates to whom; every route with its purpose where verbose. */
import type { Rank, RouteKind } from "../modes/mode.ts";
import { USER, type OrgChart, type Role, type Route } from "../org/chart.ts";
import { counted } from "./counted.ts";
import { hanging } from "./edge-rows.ts";
import { visible } from "./escape.ts";
import { painter, type Paint, type Style, type TextOptions } from "./paint.ts";
import { columnsOf, wrap } from "./text-width.ts";

/** From the top down. */
export const ranks: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant", "unranked"];
export const routeKinds: readonly RouteKind[] = ["delegation", "escalation", "report"];
export const routeVerb: Readonly<Record<RouteKind, string>> = {
  delegation: "delegates to",
  escalation: "escalates to",
  report: "reports to",
};
const kindStyle: Readonly<Record<RouteKind, Style>> = { delegation: "green", escalation: "yellow", report: "blue" };

export type ChartTextOptions = TextOptions & {
  /** Tool groups that a workflow gives beyond the modes, by role. */
  readonly grants?: Readonly<Record<string, readonly string[]>>;
};

export function renderChart(chart: OrgChart, options: ChartTextOptions): string {
  const paint = painter(options.colour);
  const title = (text: string): string => paint("bold", text);
  return [
    ...summaryRows(chart, options.width, paint),
    "",
    title("By rank"),
    ...rankLines(chart, options, paint),
    "",
    title("Who delegates to whom"),
    ...delegationTree(chart, options.width, paint),
    ...(options.verbose
      ? ["", title("Routes"), ...chart.roles.flatMap((role) => roleLines(chart, role, options, paint))]
      : []),
  ].join("\n");
}

function summaryRows(chart: OrgChart, width: number | null, paint: Paint): string[] {
  const counts = routeKinds.map((kind) => counted(chart.routes.filter((route) => route.kind === kind).length, kind));
  const summary = `${counted(chart.roles.length, "role")}, ${counted(chart.routes.length, "route")} (${counts.join(", ")})`;
  const rows = width === null ? [summary] : wrap(summary, width);
  const last = rows.pop() ?? "";
  return [...rows, ...beside(last, last, chart.hash.slice(0, 12), "", width, paint)];
}

function rankLines(chart: OrgChart, options: TextOptions, paint: Paint): string[] {
  const label = 12;
  return ranks.flatMap((rank) => {
    const slugs = chart.roles.filter((role) => role.rank === rank).map((role) => visible(role.slug));
    if (slugs.length === 0) return [];
    const text = slugs.join(", ");
    const rows = options.width === null ? [text] : wrap(text, Math.max(24, options.width - label));
    return rows.map((row, at) => `${paint("dim", (at === 0 ? `  ${rank}` : "").padEnd(label))}${row}`);
  });
}

/** Roles that nobody delegates to come first; a role that was drawn before is named again, not drawn again. */
function delegationTree(chart: OrgChart, width: number | null, paint: Paint): string[] {
  const below = (slug: string): Route[] =>
    chart.routes.filter((route) => route.kind === "delegation" && route.from === slug);
  const given = new Set(chart.routes.filter((route) => route.kind === "delegation").map((route) => route.to));
  const byRank = ranks.flatMap((rank) => chart.roles.filter((role) => role.rank === rank));
  const drawn = new Set<string>();
  const draw = (slug: string, lead: string, tail: string): string[] => {
    const again = drawn.has(slug);
    drawn.add(slug);
    const routes = below(slug);
    const name = `${lead}${visible(slug)}`;
    if (again && routes.length > 0) return beside(name, name, "(see above)", tail, width, paint);
    const rows = again
      ? []
      : routes.flatMap((route, at) => {
          const last = at === routes.length - 1;
          return draw(route.to, `${tail}${last ? "└─ " : "├─ "}`, `${tail}${last ? "   " : "│  "}`);
        });
    return [name, ...rows];
  };
  const tops = byRank.filter((role) => !given.has(role.slug) && below(role.slug).length > 0);
  const lines = tops.flatMap((role) => draw(role.slug, "  ", "  "));
  // Where roles delegate to each other in a circle nobody is on top: the highest of those left starts.
  const circles = byRank.filter((role) => below(role.slug).length > 0);
  const more = circles.flatMap((role) => (drawn.has(role.slug) ? [] : draw(role.slug, "  ", "  ")));
  const alone = byRank.filter((role) => !drawn.has(role.slug)).map((role) => `  ${visible(role.slug)}`);
  return [...lines, ...more, ...alone];
}

function roleLines(chart: OrgChart, role: Role, options: ChartTextOptions, paint: Paint): string[] {
  const granted = options.grants?.[role.slug] ?? [];
  const groups = [...role.toolGroups, ...granted.map((group) => `${group} (granted)`)].map(visible).join(", ");
  const place = [role.rank, role.department].filter((part) => part !== "").join(", ");
  const routes = routeKinds.flatMap((kind) =>
    chart.routes.filter((route) => route.from === role.slug && route.kind === kind),
  );
  const slug = visible(role.slug);
  const tools = groups === "" ? "none" : groups;
  return [
    ...beside(
      `  ${slug}`,
      `  ${paint("bold", slug)}`,
      `${visible(place)}  ${visible(role.file)}`,
      "    ",
      options.width,
      paint,
    ),
    ...hanging("    tools: ", tools, options.width),
    ...routes.flatMap((route) => routeRows(route, options, paint)),
    "",
  ];
}

function routeRows(route: Route, options: TextOptions, paint: Paint): string[] {
  const [verb, to] = [routeVerb[route.kind], visible(route.to)];
  const rule = `“${visible(route.purpose)}”  ${visible(route.file)}:${route.line}`;
  const head = `    ${paint(kindStyle[route.kind], verb)} ${to}`;
  return beside(`    ${verb} ${to}`, head, rule, "      ", options.width, paint);
}

/** A text, dimmed, beside what `plain` says (in colours: `head`); below it where both are too long for a row. */
function beside(
  plain: string,
  head: string,
  text: string,
  indent: string,
  width: number | null,
  paint: Paint,
): string[] {
  if (width === null || columnsOf(`${plain}  ${text}`) <= width) return [`${head}  ${paint("dim", text)}`];
  const rows = wrap(text, Math.max(24, width - indent.length));
  return [head, ...rows.map((row) => `${indent}${paint("dim", row)}`)];
}

/** Roles from the top down, then the user's own node where a route ends there. */
export function rolesByRank(chart: OrgChart): { readonly slug: string; readonly rank: Rank | "person" }[] {
  const person = chart.routes.some((route) => route.to === USER) ? [{ slug: USER, rank: "person" as const }] : [];
  return [
    ...person,
    ...ranks.flatMap((rank) => chart.roles.filter((role) => role.rank === rank).map(({ slug }) => ({ slug, rank }))),
  ];
}
