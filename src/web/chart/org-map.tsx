/** A whole organisation: roles as chips in their departments, and only those routes that were walked or belong to the selected role. */
import { memo, useCallback, useMemo, type ReactNode } from "react";
import type { EdgeKind } from "../../views/picture.ts";
import { mapOf, type MapChip, type OrgMap } from "../../views/org-map.ts";
import type { DrawnChart } from "../../views/picture.ts";
import type { Standing } from "../../views/standing.ts";
import { curvedWay, numberBox, type Box } from "../../views/ways.ts";
import { shown } from "../parts/words.ts";
import { Viewport } from "./viewport.tsx";
import { WayNumbers, Ways, type DrawnWay } from "./ways.tsx";

export type MapWay = Omit<DrawnWay, "points">;

const Chip = memo(function Chip({
  chip,
  state,
  mark,
  selected,
  onSelect,
}: {
  readonly chip: MapChip;
  readonly state: string;
  readonly mark: "error" | "warning" | null;
  readonly selected: boolean;
  readonly onSelect: (role: string) => void;
}): ReactNode {
  return (
    <button
      type="button"
      className={`chip chip-${state}${selected ? " chip-selected" : ""}`}
      style={{ left: chip.x, top: chip.y, width: chip.width }}
      aria-pressed={selected}
      onClick={() => onSelect(chip.id)}
    >
      <span className="chip-name">{shown(chip.title)}</span>
      {mark === null ? null : (
        <span className={`dot dot-${mark}`}>
          <span className="unseen">has {mark}s</span>
        </span>
      )}
    </button>
  );
});

export function OrgMapCanvas({
  chart,
  ways,
  standings,
  reached,
  marks,
  selected,
  onSelect,
  hidden,
  label,
}: {
  readonly chart: DrawnChart;
  readonly ways: readonly MapWay[];
  readonly standings: ReadonlyMap<string, Standing>;
  readonly reached: ReadonlySet<string> | null;
  /** Roles with something to point at. */
  readonly marks: ReadonlyMap<string, "error" | "warning">;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly label: string;
}): ReactNode {
  const map = useMemo(
    () => mapOf(chart, new Set([...(reached ?? []), ...(selected === null ? [] : [selected])])),
    [chart, reached, selected],
  );
  const drawn = useMemo(() => waysOn(map, ways), [map, ways]);
  const ground = useCallback(() => onSelect(null), [onSelect]);
  return (
    <Viewport width={map.width} height={map.height} label={label} onGround={ground}>
      <MapGround map={map} />
      <Ways ways={drawn} hidden={hidden} width={map.width} height={map.height} selected={selected} />
      {map.chips.map((chip) => (
        <Chip
          key={chip.id}
          chip={chip}
          state={standings.get(chip.id) ?? (reached?.has(chip.id) ? "done" : "idle")}
          mark={marks.get(chip.id) ?? null}
          selected={selected === chip.id}
          onSelect={onSelect}
        />
      ))}
      <WayNumbers ways={drawn} hidden={hidden} width={map.width} height={map.height} />
    </Viewport>
  );
}

function MapGround({ map }: { readonly map: OrgMap }): ReactNode {
  return (
    <svg className="ways ground" width={map.width} height={map.height} aria-hidden="true">
      {map.rows.map(({ rank, y }) => (
        <text key={rank} x={12} y={y + 19} className="rank-name">
          {rank === "user" ? "" : rank}
        </text>
      ))}
      {map.boxes.map(({ id, title, x, y, width, height }) => (
        <g key={id}>
          <rect x={x} y={y} width={width} height={height} rx={10} className="department" />
          <text x={x + 12} y={y + 17} className="department-name">
            {shown(title)}
          </text>
        </g>
      ))}
    </svg>
  );
}

function waysOn(map: OrgMap, ways: readonly MapWay[]): DrawnWay[] {
  const places = new Map(map.chips.map((chip) => [chip.id, chip]));
  const beside = new Map<string, number>();
  const taken: Box[] = [...map.chips];
  return ways.flatMap((way): DrawnWay[] => {
    const [from, to] = [places.get(way.from), places.get(way.to)];
    if (!from || !to || from === to) return [];
    // Several ways between the same two lie beside each other.
    const pair = [way.from, way.to].toSorted().join(" ");
    const nth = beside.get(pair) ?? 0;
    beside.set(pair, nth + 1);
    const drawn = curvedWay(from, to, nth, taken);
    const [at] = drawn.points;
    if (at && way.steps.length > 0) taken.push(numberBox(at));
    return [{ ...way, ...drawn }];
  });
}
