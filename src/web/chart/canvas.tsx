/**
 * The picture of a chart with the walk on it.
 *
 * K1. What the picture says, the trace beside it says in words: of the picture, roles alone are read out.
 */
import { memo, useCallback, type ReactNode } from "react";
import type { Placed, PlacedNode } from "../../views/control-room/placed.ts";
import type { EdgeKind, Picture, PictureNode } from "../../views/picture.ts";
import type { Standing } from "../../views/standing.ts";
import { ClockSign, DoneSign, PauseSign, RunningSign } from "../parts/icons.tsx";
import { shown } from "../parts/words.ts";
import { Viewport } from "./viewport.tsx";
import { WayNumbers, Ways, type DrawnWay } from "./ways.tsx";

const signs = { acting: RunningSign, waits: ClockSign, asks: PauseSign, asked: PauseSign, done: DoneSign } as const;
const standingWords = {
  acting: "at work",
  waits: "waits for an answer",
  asks: "waits for a person",
  asked: "is asked",
  done: "has reported",
} as const;

export function Canvas({
  picture,
  placed,
  ways,
  standings,
  reached,
  hidden,
  selected,
  onSelect,
  label,
}: {
  readonly picture: Picture;
  readonly placed: Placed;
  readonly ways: readonly DrawnWay[];
  readonly standings: ReadonlyMap<string, Standing>;
  /** Null: none stands behind others. */
  readonly reached: ReadonlySet<string> | null;
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly selected: string | null;
  readonly onSelect: (role: string | null) => void;
  readonly label: string;
}): ReactNode {
  const places = new Map(placed.nodes.map((place) => [place.id, place]));
  const ground = useCallback(() => onSelect(null), [onSelect]);
  return (
    <Viewport width={placed.width} height={placed.height} label={label} onGround={ground}>
      <Ways ways={ways} hidden={hidden} width={placed.width} height={placed.height} selected={selected} />
      <WayNumbers ways={ways} hidden={hidden} width={placed.width} height={placed.height} />
      {picture.nodes.map((node) => {
        const place = places.get(node.id);
        return place === undefined ? null : (
          <RoleBox
            key={node.id}
            node={node}
            place={place}
            standing={standings.get(node.id) ?? null}
            reached={reached === null || reached.has(node.id)}
            selected={selected === node.id}
            onSelect={onSelect}
          />
        );
      })}
    </Viewport>
  );
}

const RoleBox = memo(function RoleBox({
  node,
  place,
  standing,
  reached,
  selected,
  onSelect,
}: {
  readonly node: PictureNode;
  readonly place: PlacedNode;
  readonly standing: Standing | null;
  readonly reached: boolean;
  readonly selected: boolean;
  readonly onSelect: (role: string) => void;
}): ReactNode {
  const Sign = standing === null ? null : signs[standing];
  const state = standing ?? (reached ? "reached" : "idle");
  return (
    <button
      type="button"
      className={`role role-${state}${selected ? " role-selected" : ""}`}
      style={{ left: place.x, top: place.y, width: node.width, height: node.height }}
      aria-pressed={selected}
      onClick={() => onSelect(node.id)}
    >
      <span className="role-name">{shown(node.title)}</span>
      <span className="role-place">{shown(node.subtitle)}</span>
      {Sign === null || standing === null ? null : (
        <span className="role-sign">
          <Sign />
          <span className="unseen">{standingWords[standing]}</span>
        </span>
      )}
    </button>
  );
});
