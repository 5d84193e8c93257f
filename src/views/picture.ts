/**
 * What is drawn of a chart: which roles, which of their routes, and how large a box each role needs. Where everything lies is for a
 * layout to say (`src/layout`), so a picture is small, comparable and pure.
 *
 * P1. A route that was walked is always in the picture; one that is only declared is where a role was given work that declares it.
 * P2. The same chart and the same walk give the same picture, in the same order: its text is the key under which a layout is kept.
 */
import { USER } from "../org/chart.ts";
import type { Rank, RouteKind } from "../modes/mode.ts";
import { measured } from "./text-pixels.ts";
import type { WalkedKind, WalkedRoute } from "./walked.ts";

export type EdgeKind = RouteKind | "question" | "refusal" | "start";

export type PictureNode = {
  readonly id: string;
  readonly title: string;
  readonly subtitle: string;
  /** 0 at the top. */
  readonly rank: number;
  readonly width: number;
  readonly height: number;
};

export type PictureEdge = {
  /** `kind from to`. */
  readonly id: string;
  readonly kind: EdgeKind;
  readonly from: string;
  readonly to: string;
};

export type Picture = { readonly nodes: readonly PictureNode[]; readonly edges: readonly PictureEdge[] };

/** What a picture needs of a chart: the page has no more of it. */
export type DrawnChart = {
  readonly roles: readonly {
    readonly slug: string;
    readonly name: string;
    readonly level: string;
    readonly rank: Rank;
    readonly department: string;
    readonly staffedBy?: "model" | "person";
  }[];
  readonly routes: readonly { readonly kind: RouteKind; readonly from: string; readonly to: string }[];
};

/** Up to so many roles are drawn as boxes with all their routes; more of them as a map. */
export const largestPicture = 20;

const nodeHeight = 56;
const order: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant", "unranked"];

/** The whole chart: every role, and every route by which work or trouble moves; with `reports`, those that bring copies as well. */
export function pictureOfChart(chart: DrawnChart, options: { readonly reports?: boolean } = {}): Picture {
  const slugs = [USER, ...chart.roles.map((role) => role.slug)];
  const routes = chart.routes.filter(({ kind }) => kind !== "report" || options.reports === true);
  return { nodes: nodesOf(chart, slugs), edges: routes.map(edgeOf) };
}

/** A role and whoever it has a route to or from. */
export function pictureOfRole(chart: DrawnChart, role: string): Picture {
  const routes = chart.routes.filter(({ from, to }) => from === role || to === role);
  const slugs = new Set([role, ...routes.flatMap(({ from, to }) => [from, to])]);
  return { nodes: nodesOf(chart, [...slugs]), edges: routes.map(edgeOf) };
}

/**
 * A run: the roles that it reached and, while there are few enough, those that they could have turned to. Declared reports are left out
 * unless `reports` says otherwise: there are as many of them as of all other routes, and they only bring copies.
 */
export function pictureOfRun(
  chart: DrawnChart,
  walked: readonly WalkedRoute[],
  options: { readonly reports?: boolean } = {},
): Picture {
  const reached = new Set<string>([USER, ...walked.flatMap(({ from, to }) => [from, to])]);
  // Who was given work; a role that only answered a question could have gone nowhere else with it but up, and that is drawn if it did.
  const acted = new Set(walked.filter(({ kind }) => kind === "start" || kind === "delegation").map(({ to }) => to));
  const offered = chart.routes.filter(
    ({ kind, from }) => acted.has(from) && (kind !== "report" || options.reports === true),
  );
  const near = new Set([...reached, ...offered.map(({ to }) => to)]);
  const known = new Set([USER, ...chart.roles.map(({ slug }) => slug)]);
  const slugs = [...(near.size <= largestPicture ? near : reached)].filter((slug) => known.has(slug));
  const drawn = new Set(slugs);
  const edges = new Map<string, PictureEdge>();
  for (const route of offered)
    if (drawn.has(route.from) && drawn.has(route.to)) edges.set(edgeOf(route).id, edgeOf(route));
  for (const { kind, from, to } of walked) {
    const edge = edgeOf({ kind: kindOfWalk[kind], from, to });
    if (drawn.has(from) && drawn.has(to)) edges.set(edge.id, edge); // P1
  }
  return { nodes: nodesOf(chart, slugs), edges: [...edges.values()] };
}

const kindOfWalk: Readonly<Record<WalkedKind, EdgeKind>> = {
  start: "start",
  delegation: "delegation",
  escalation: "escalation",
  question: "question",
  copy: "report",
  refusal: "refusal",
};

/** The edge that a walked route is drawn as. */
export function edgeOfWalk({ kind, from, to }: Pick<WalkedRoute, "kind" | "from" | "to">): PictureEdge {
  return edgeOf({ kind: kindOfWalk[kind], from, to });
}

export function edgeOf({ kind, from, to }: { kind: EdgeKind; from: string; to: string }): PictureEdge {
  return { id: `${kind} ${from} ${to}`, kind, from, to };
}

/** P2: in the chart's order, the user first. */
function nodesOf(chart: DrawnChart, slugs: readonly string[]): PictureNode[] {
  const wanted = new Set(slugs);
  const own = chart.roles.filter(({ slug }) => wanted.has(slug)).map(nodeOf);
  return wanted.has(USER) ? [userNode, ...own] : own;
}

const userNode: PictureNode = sized({ id: USER, title: "You", subtitle: "whoever started the run", rank: 0 });

function nodeOf({ slug, name, level, rank, department, staffedBy }: DrawnChart["roles"][number]): PictureNode {
  const place = level === "" ? [rank, department].filter((word) => word !== "").join(" · ") : level;
  return sized({
    id: slug,
    title: plainName(name),
    subtitle: staffedBy === "person" ? `${place} · a person` : place,
    rank: order.indexOf(rank) + 1,
  });
}

/** A role's name without the sign that some modes put before it: icons here mean what a role does, not who it is. */
export function plainName(name: string): string {
  return name.replace(/^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F|\s)+(?=\S)/u, "");
}

/** Room for the text, the coloured edge and the state's icon. */
function sized(node: Omit<PictureNode, "width" | "height">): PictureNode {
  const text = Math.max(measured(node.title, 14, true), measured(node.subtitle, 12, false));
  return { ...node, width: Math.min(280, Math.max(148, Math.ceil(text) + 64)), height: nodeHeight };
}
