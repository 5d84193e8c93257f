/** What a role is told before its task: who it is, the rules that bind it, and the routes that its work can travel. */
import { groupsOf, rulesFor, type BoundChart } from "../org/bound-chart.ts";
import { findRole } from "../org/chart.ts";
import { routeLines } from "./verb-specs.ts";

export function systemPrompt(bound: BoundChart, slug: string): string {
  const role = findRole(bound.chart, slug);
  if (!role) throw new TypeError(`no role ${slug} in the bound chart`);
  const routes = (kind: "delegation" | "escalation" | "report"): string =>
    routeLines(bound.chart.routes.filter((route) => route.from === slug && route.kind === kind)) || "- none";
  const packs = rulesFor(bound, slug);
  return [
    `You are ${role.name} (\`${role.slug}\`, ${role.rank}${role.department ? `, ${role.department}` : ""}). ${role.description}`,
    role.prompt.trim(),
    ...packs.map((pack) => `# Rules: ${pack.title}\n\n${pack.body.trim()}`),
    [
      "# How work moves here",
      "Work travels only along these routes; anything else is refused. Every reply is one decision: one call that moves work or changes something, or several calls that only read.",
      `## You delegate to\n${routes("delegation")}`,
      `## You escalate to\n${routes("escalation")}`,
      `## Your reports are copied to\n${routes("report")}`,
      `## Tool groups\n${
        groupsOf(bound, slug)
          .map((group) => `- ${group}`)
          .join("\n") || "- none"
      }`,
    ].join("\n\n"),
  ].join("\n\n");
}
