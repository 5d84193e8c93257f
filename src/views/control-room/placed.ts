/** A picture, laid out. */

export type Point = { readonly x: number; readonly y: number };

export type PlacedNode = Point & { readonly id: string; readonly width: number; readonly height: number };

export type PlacedEdge = { readonly id: string; readonly points: readonly Point[] };

/** A laid-out picture, in pixels; edges bend at right angles. */
export type Placed = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
};
