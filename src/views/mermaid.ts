/**
 * Mermaid: the declared routes of a chart, and the walked routes of a run with the numbers of its steps.
 *
 * G1. Node ids are ours (`n1`, `n2`, …): a role named `end` or `click` is only a label.
 * G2. A label holds letters, figures and a little punctuation; everything else is written as a character code, so that no purpose
 *     can close its label, start a statement or become HTML.
 */
import { USER, type OrgChart, type Route } from "../org/chart.ts";
import { rolesByRank, routeVerb } from "./chart-text.ts";
import { visible } from "./escape.ts";
import { clip } from "./text-width.ts";
import type { TraceStep } from "./trace/step.ts";
import { walkedRoutes, type WalkedKind, type WalkedRoute } from "./walked.ts";

/** Mid tones that hold on light and on dark pages. */
const strokes: Readonly<Record<WalkedKind, string>> = {
  start: "stroke:#6b7280",
  delegation: "stroke:#0f9d6b,stroke-dasharray:2 4",
  escalation: "stroke:#d9641e,stroke-dasharray:7 4",
  question: "stroke:#d9641e,stroke-dasharray:2 4",
  copy: "stroke:#5b7bea",
  refusal: "stroke:#c0392b",
};

/** `text` as the inside of a quoted Mermaid label. */
export function mermaidLabel(text: string, longest: number | null = null): string {
  const line = visible(text);
  const cut = longest === null ? line : clip(line, longest);
  return cut.replaceAll(/[^\p{L}\p{M}\p{N} .,:/()+…→-]/gu, (character) => `#${character.codePointAt(0) ?? 63};`);
}

type Edge = { readonly kind: WalkedKind; readonly from: string; readonly to: string; readonly label: string };

function flowchart(nodes: readonly { slug: string; person: boolean }[], edges: readonly Edge[]): string {
  const ids = new Map(nodes.map((node, at) => [node.slug, `n${at + 1}`]));
  const drawn = edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const kinds = [...new Set(drawn.map((edge) => edge.kind))];
  return [
    "flowchart TD",
    ...nodes.map(({ slug, person }) => {
      const label = `"${mermaidLabel(slug)}"`;
      return `  ${ids.get(slug)}${person ? `([${label}])` : `[${label}]`}`;
    }),
    ...drawn.map(
      (edge) =>
        `  ${ids.get(edge.from)} ${edge.kind === "refusal" ? "--x" : "-->"}|"${edge.label}"| ${ids.get(edge.to)}`,
    ),
    ...kinds.map((kind) => {
      const numbers = drawn.flatMap((edge, at) => (edge.kind === kind ? [at] : []));
      return `  linkStyle ${numbers.join(",")} ${strokes[kind]}`;
    }),
  ].join("\n");
}

/** Declared routes; delegations first, so that the layout puts who delegates on top. */
export function chartMermaid(chart: OrgChart, options: { readonly verbose: boolean }): string {
  const nodes = rolesByRank(chart).map(({ slug, rank }) => ({ slug, person: rank === "person" }));
  const edge = (route: Route): Edge => ({
    kind: route.kind === "report" ? "copy" : route.kind,
    from: route.from,
    to: route.to,
    label: options.verbose ? `${routeVerb[route.kind]}: ${mermaidLabel(route.purpose, 60)}` : routeVerb[route.kind],
  });
  const of = (kind: Route["kind"]): Edge[] => chart.routes.filter((route) => route.kind === kind).map(edge);
  return `${flowchart(nodes, [...of("delegation"), ...of("escalation"), ...of("report")])}\n`;
}

/** Routes that a run took, each with the numbers of the steps that took it and of those that came back along it. */
export function walkedMermaid(steps: readonly TraceStep[]): string {
  const routes = walkedRoutes(steps);
  const slugs = [...new Set(routes.flatMap((route) => [route.from, route.to]))];
  return `${flowchart(
    slugs.map((slug) => ({ slug, person: slug === USER })),
    routes.map((route) => ({ ...route, label: walkedLabel(route) })),
  )}\n`;
}

const words: Readonly<Record<WalkedKind, readonly [string, string]>> = {
  start: ["brief", "reported"],
  delegation: ["delegates", "reported"],
  escalation: ["escalates", "answered"],
  question: ["asks", "answered"],
  copy: ["copy", ""],
  refusal: ["refused", ""],
};

function walkedLabel(route: WalkedRoute): string {
  const [out, back] = words[route.kind];
  const there = `${out} ${route.steps.join(", ")}`;
  return route.returned.length === 0 ? there : `${there} → ${back} ${route.returned.join(", ")}`;
}
