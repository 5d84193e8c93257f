/**
 * What changed between two charts, for a terminal and for a pull request.
 *
 * D1. Names and purposes are escaped or quoted: they come from files that somebody proposes.
 */
import type { Route } from "../org/chart.ts";
import { isUnchanged, type ChartDiff, type Reach } from "../org/diff.ts";
import { counted } from "./counted.ts";
import { edgeRows, hanging } from "./edge-rows.ts";
import { visible } from "./escape.ts";
import { cell, code, inline, table } from "./markdown.ts";
import { painter, type TextOptions } from "./paint.ts";

type Section = { readonly title: string; readonly rows: readonly string[] };

/** `since`: what the chart is compared with, as the person named it. */
export function renderChartDiff(
  diff: ChartDiff,
  since: string,
  options: TextOptions,
  workflows: Workflows = same,
): string {
  const paint = painter(options.colour);
  const { width } = options;
  const row = (...parts: readonly string[]): string[] => hanging("  ", parts.join("  "), width);
  const rule = ({ purpose, file, line }: Route): string => `“${visible(purpose)}”  ${visible(file)}:${line}`;
  const edge = (route: Route, said: string): string[] =>
    edgeRows(route, [said], { width, paint: (text) => paint("dim", text) });
  const reach = ({ from, to }: Reach): string[] => hanging(`  ${visible(from)} → `, to.map(visible).join(", "), width);
  const sections: readonly Section[] = [
    { title: "No way up to a person any more", rows: diff.wayUp.lost.flatMap((slug) => row(visible(slug))) },
    { title: "A way up to a person now", rows: diff.wayUp.gained.flatMap((slug) => row(visible(slug))) },
    { title: "Can now reach a person", rows: diff.people.gained.flatMap(reach) },
    { title: "Can no longer reach a person", rows: diff.people.lost.flatMap(reach) },
    {
      title: "Briefs go to another role",
      rows: diff.entry === null ? [] : row(`${visible(diff.entry.before)} → ${visible(diff.entry.after)}`),
    },
    {
      title: "Roles renamed",
      rows: diff.roles.renamed.flatMap(({ from, to }) => row(`${visible(from)} → ${visible(to)}`)),
    },
    { title: "Roles added", rows: diff.roles.added.flatMap(({ slug, file }) => row(visible(slug), visible(file))) },
    { title: "Roles removed", rows: diff.roles.removed.flatMap(({ slug, file }) => row(visible(slug), visible(file))) },
    {
      title: "Roles changed",
      rows: diff.roles.changed.flatMap(({ slug, what, before, after }) =>
        row(visible(slug), `${what}: ${visible(before) || "none"} → ${visible(after) || "none"}`),
      ),
    },
    { title: "Routes added", rows: diff.routes.added.flatMap((route) => edge(route, rule(route))) },
    { title: "Routes lost", rows: diff.routes.lost.flatMap((route) => edge(route, rule(route))) },
    {
      title: "Another purpose",
      rows: diff.routes.changed.flatMap(({ route, before }) => edge(route, `“${visible(before)}” → ${rule(route)}`)),
    },
    { title: "Can now reach", rows: diff.reach.gained.flatMap(reach) },
    { title: "Can no longer reach", rows: diff.reach.lost.flatMap(reach) },
    { title: workflowsTitle(workflows), rows: workflows.changed.flatMap((file) => row(visible(file))) },
  ];
  if (isUnchanged(diff) && workflows.changed.length === 0) return `the chart is as it was at ${visible(since)}`;
  return sections
    .filter(({ rows }) => rows.length > 0)
    .map(({ title, rows }) => [...hanging("", title, width).map((line) => paint("bold", line)), ...rows].join("\n"))
    .join("\n\n");
}

/** `changed`: workflow files that are not what they were. `read`: what the earlier one says of roles could be told without running it. */
export type Workflows = { readonly changed: readonly string[]; readonly read: boolean };
const same: Workflows = { changed: [], read: true };

function workflowsTitle({ read }: Workflows): string {
  return read
    ? "Workflows changed: who gets briefs, who fills a role and what is granted is compared; approvals, limits and the rest are not"
    : "Workflows changed: the earlier one cannot be read without running it, which is not done; who fills a role is told of the present one alone";
}

/** For the description of a pull request: what matters most first, long lists folded away. */
export function chartDiffMarkdown(diff: ChartDiff, since: string, workflows: Workflows = same): string {
  if (isUnchanged(diff) && workflows.changed.length === 0) return `The org chart is as it was at ${code(since)}.\n`;
  const { entry, roles, routes, reach, wayUp, people } = diff;
  const summary = [
    ...(roles.added.length > 0 ? [`${counted(roles.added.length, "role")} added`] : []),
    ...(roles.removed.length > 0 ? [`${roles.removed.length} removed`] : []),
    ...(roles.renamed.length > 0 ? [`${roles.renamed.length} renamed`] : []),
    `${counted(routes.added.length, "route")} added, ${routes.lost.length} lost, ${routes.changed.length} with another purpose`,
  ];
  const edge = ({ kind, from, to }: Route): string[] => [kind, code(from), code(to)];
  const place = ({ file, line }: Route): string => code(`${file}:${line}`);
  const blocks: readonly (readonly string[])[] = [
    [`## Org chart, since ${code(since)}`],
    [`${summary.join(", ")}.`],
    ...warning("No way up to a person any more", wayUp.lost),
    ...(wayUp.gained.length === 0 ? [] : [[`A way up to a person now: ${wayUp.gained.map(code).join(", ")}.`]]),
    ...part("### Who can now reach a person", people.gained.map(reachRow)),
    ...part("### Who can no longer reach a person", people.lost.map(reachRow)),
    ...(entry === null ? [] : [[`Briefs go to ${code(entry.after)}, no longer to ${code(entry.before)}.`]]),
    ...(workflows.changed.length === 0
      ? []
      : [[`${workflowsTitle(workflows)}: ${workflows.changed.map(code).join(", ")}.`]]),
    ...part("### Roles", [
      ...roles.renamed.map(({ from, to }) => `- ${code(from)} is now ${code(to)}`),
      ...roles.added.map(({ slug, name }) => `- added ${code(slug)}: ${inline(name)}`),
      ...roles.removed.map(({ slug, name }) => `- removed ${code(slug)}: ${inline(name)}`),
      ...roles.changed.map(({ slug, what, before, after }) => `- ${code(slug)}: ${what} ${code(before || "none")} → ${code(after || "none")}`), // prettier-ignore
    ]),
    ...part(
      "### Routes",
      table(
        ["", "Kind", "From", "To", "Purpose", "Declared in"],
        [
          ...routes.added.map((route) => ["added", ...edge(route), cell(route.purpose, 120), place(route)]),
          ...routes.lost.map((route) => ["lost", ...edge(route), cell(route.purpose, 120), place(route)]),
          ...routes.changed.map(({ route, before }) => ["purpose", ...edge(route), `${cell(before, 120)} → ${cell(route.purpose, 120)}`, place(route)]), // prettier-ignore
        ],
      ),
    ),
    ...folded("Who can now reach whom", reach.gained),
    ...folded("Who can no longer reach whom", reach.lost),
  ];
  return `${blocks.map((block) => block.join("\n")).join("\n\n")}\n`;
}

function warning(title: string, slugs: readonly string[]): string[][] {
  return slugs.length === 0 ? [] : [["> [!WARNING]", `> ${title}: ${slugs.map(code).join(", ")}.`]];
}

function part(title: string, rows: readonly string[]): string[][] {
  return rows.length === 0 ? [] : [[title], [...rows]];
}

function folded(title: string, reaches: readonly Reach[]): string[][] {
  if (reaches.length === 0) return [];
  return [[`<details><summary>${title}</summary>`], reaches.map(reachRow), ["</details>"]];
}

function reachRow({ from, to }: Reach): string {
  return `- ${code(from)} → ${to.map(code).join(", ")}`;
}
