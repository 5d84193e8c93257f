/** A chart as it is best seen: laid out by the server where it is small enough, otherwise, or where no layout can be had, as a map. */
import { useMemo, useState, type ReactNode } from "react";
import type { ChartView } from "../../views/control-room/project.ts";
import type { Placed } from "../../views/control-room/placed.ts";
import type { EdgeKind, Picture } from "../../views/picture.ts";
import type { Standing } from "../../views/standing.ts";
import { directWay } from "../../views/ways.ts";
import { useLoaded, useSource } from "../data/hooks.ts";
import { Loading } from "../parts/small.tsx";
import { Canvas } from "./canvas.tsx";
import { OrgMapCanvas, type MapWay } from "./org-map.tsx";
import type { DrawnWay } from "./ways.tsx";

/** What a way says besides where it leads. */
export type WayState = Pick<DrawnWay, "steps" | "lit" | "heat">;

export const onlyDeclared: WayState = { steps: [], lit: false, heat: null };

export type DrawingProps = {
  readonly chart: ChartView;
  readonly picture: Picture;
  readonly asMap: boolean;
  /** Another name begins with a camera of its own. */
  readonly name: string;
  readonly wayState: (id: string) => WayState;
  readonly mapWays: readonly MapWay[];
  readonly standings: ReadonlyMap<string, Standing>;
  /** Roles that something has come to; null: nothing was walked, and none stands behind others. */
  readonly reached: ReadonlySet<string> | null;
  /** Roles with something to point at. */
  readonly marks: ReadonlyMap<string, "error" | "warning">;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly label: string;
  readonly mapLabel: string;
};

export function Drawing({
  chart,
  picture,
  asMap,
  name,
  wayState,
  mapWays,
  label,
  mapLabel,
  marks,
  ...shared
}: DrawingProps): ReactNode {
  const map = <OrgMapCanvas key={name} {...shared} chart={chart} ways={mapWays} marks={marks} label={mapLabel} />;
  if (asMap) return map;
  return (
    <Placing
      key={name}
      picture={picture}
      draw={(placed, drawn) => (
        <Canvas {...shared} picture={drawn} placed={placed} ways={waysOf(drawn, placed, wayState)} label={label} />
      )}
      otherwise={map}
    />
  );
}

/** Asks for a layout and keeps what it had until the next one is there. */
function Placing({
  picture,
  draw,
  otherwise,
}: {
  readonly picture: Picture;
  readonly draw: (placed: Placed, picture: Picture) => ReactNode;
  /** Where there is no layout in time. */
  readonly otherwise: ReactNode;
}): ReactNode {
  const source = useSource();
  const plan = useMemo(
    () => ({
      nodes: picture.nodes.map(({ id, rank, width, height }) => ({ id, rank, width, height })),
      edges: picture.edges.map(({ id, from, to }) => ({ id, from, to })),
    }),
    [picture],
  );
  const key = JSON.stringify(plan);
  const { value, error } = useLoaded(key, () => source.layout(plan));
  const [last, setLast] = useState<{ placed: Placed; picture: Picture } | null>(null);
  if (value && last?.placed !== value) setLast({ placed: value, picture });
  if (value === null || (error !== null && last === null)) return otherwise;
  if (value) return draw(value, picture);
  return last === null ? <Loading what="the chart" /> : draw(last.placed, last.picture);
}

function waysOf(picture: Picture, placed: Placed, stateOf: (id: string) => WayState): DrawnWay[] {
  const points = new Map(placed.edges.map((edge) => [edge.id, edge.points]));
  const places = new Map(placed.nodes.map((node) => [node.id, node]));
  return picture.edges.flatMap((edge): DrawnWay[] => {
    const [from, to] = [places.get(edge.from), places.get(edge.to)];
    const way = points.get(edge.id) ?? (from && to ? directWay(from, to) : undefined);
    return !way || way.length < 2 ? [] : [{ ...edge, ...stateOf(edge.id), points: way }];
  });
}
