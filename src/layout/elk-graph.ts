/**
 * A picture as ELK reads it, and what it says as a picture reads it. Rows are ranks: a route that goes up is given to the layout turned
 * round, so that it does not lift its target out of its row, and turned back afterwards.
 */
import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api.js";
import type { Placed, PlacedEdge, Point } from "../views/control-room/placed.ts";
import type { Picture } from "../views/picture.ts";

/** What a layout needs of a picture. */
export type Plan = {
  readonly nodes: readonly Pick<Picture["nodes"][number], "id" | "rank" | "width" | "height">[];
  readonly edges: readonly Pick<Picture["edges"][number], "id" | "from" | "to">[];
};

const options: Readonly<Record<string, string>> = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.json.edgeCoords": "ROOT",
  "elk.partitioning.activate": "true",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.randomSeed": "7",
  "elk.layered.spacing.nodeNodeBetweenLayers": "48",
  "elk.spacing.nodeNode": "24",
  "elk.spacing.edgeNode": "14",
  "elk.spacing.edgeEdge": "10",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "11",
  "elk.layered.spacing.edgeNodeBetweenLayers": "15",
  "elk.padding": "[top=16,left=16,bottom=16,right=16]",
};

export function planOf({ nodes, edges }: Picture): Plan {
  return {
    nodes: nodes.map(({ id, rank, width, height }) => ({ id, rank, width, height })),
    edges: edges.map(({ id, from, to }) => ({ id, from, to })),
  };
}

export function elkGraph(plan: Plan): ElkNode {
  const upward = upwardOf(plan);
  return {
    id: "root",
    layoutOptions: { ...options },
    children: plan.nodes.map(({ id, rank, width, height }) => ({
      id,
      width,
      height,
      layoutOptions: { "elk.partitioning.partition": String(rank) },
    })),
    edges: plan.edges.map(({ id, from, to }) =>
      upward.has(id) ? { id, sources: [to], targets: [from] } : { id, sources: [from], targets: [to] },
    ),
  };
}

export function placedFrom(plan: Plan, laidOut: ElkNode): Placed {
  const upward = upwardOf(plan);
  return {
    width: laidOut.width ?? 0,
    height: laidOut.height ?? 0,
    nodes: (laidOut.children ?? []).map(({ id, x = 0, y = 0, width = 0, height = 0 }) => ({ id, x, y, width, height })),
    edges: (laidOut.edges ?? []).map((edge) => placedEdge(edge, upward.has(edge.id))),
  };
}

function upwardOf({ nodes, edges }: Plan): ReadonlySet<string> {
  const ranks = new Map(nodes.map(({ id, rank }) => [id, rank]));
  return new Set(edges.filter(({ from, to }) => (ranks.get(from) ?? 0) > (ranks.get(to) ?? 0)).map(({ id }) => id));
}

function placedEdge(edge: ElkExtendedEdge, turned: boolean): PlacedEdge {
  const points = (edge.sections ?? []).flatMap(({ startPoint, bendPoints = [], endPoint }): Point[] =>
    [startPoint, ...bendPoints, endPoint].map(({ x, y }) => ({ x, y })),
  );
  return { id: edge.id, points: turned ? points.toReversed() : points };
}
