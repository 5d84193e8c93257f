/** Routes: declared faint, walked thick with the numbers that the trace shows, refused attempts crossed out. */
import { memo, type ReactNode } from "react";
import type { Point } from "../../views/control-room/placed.ts";
import type { EdgeKind, PictureEdge } from "../../views/picture.ts";
import { labelPlace, roundedPath, stepNumbers } from "../../views/ways.ts";

export type DrawnWay = PictureEdge & {
  readonly points: readonly Point[];
  /** Numbers of the steps that took it; none: it is only declared. */
  readonly steps: readonly number[];
  /** The step that is looked at took it. */
  readonly lit: boolean;
  /** How often it was taken over many runs, 0 to 1; null where that is not shown. */
  readonly heat: number | null;
  /** Path data, where it is no line with corners. */
  readonly curve?: string;
};

const kinds: readonly EdgeKind[] = ["delegation", "escalation", "report", "question", "refusal", "start"];

export const Ways = memo(function Ways({
  ways,
  hidden,
  width,
  height,
  selected,
}: {
  readonly ways: readonly DrawnWay[];
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly width: number;
  readonly height: number;
  readonly selected: string | null;
}): ReactNode {
  const shown = ways.filter(({ kind }) => !hidden.has(kind));
  const walked = shown.filter(({ steps }) => steps.length > 0);
  const declared = shown.filter(({ steps }) => steps.length === 0);
  return (
    <svg className="ways" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      <defs>
        {kinds.map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            markerUnits="userSpaceOnUse"
            markerWidth="11"
            markerHeight="11"
            refX="9"
            refY="5.5"
            orient="auto"
          >
            <path d="M0 0.5L10 5.5L0 10.5Z" className={`head head-${kind}`} />
          </marker>
        ))}
      </defs>
      {[...declared, ...walked].map((way) => (
        <Way
          key={way.id}
          way={way}
          plain={walked.length === 0 && selected === null}
          near={selected !== null && (way.from === selected || way.to === selected)}
        />
      ))}
    </svg>
  );
});

/** The numbers of the trace: above everything that a way passes. */
export const WayNumbers = memo(function WayNumbers({
  ways,
  hidden,
  width,
  height,
}: {
  readonly ways: readonly DrawnWay[];
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly width: number;
  readonly height: number;
}): ReactNode {
  return (
    <svg className="ways" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {ways
        .filter(({ kind, steps }) => steps.length > 0 && !hidden.has(kind))
        .map((way) => (
          <Numbers key={way.id} way={way} />
        ))}
    </svg>
  );
});

function Way({
  way,
  near,
  plain,
}: {
  readonly way: DrawnWay;
  /** It begins or ends at the role that is selected. */
  readonly near: boolean;
  /** Nothing was walked and nobody selected: there is nothing to stand behind. */
  readonly plain: boolean;
}): ReactNode {
  const { kind, points, steps, lit, heat, curve } = way;
  const state = steps.length > 0 ? "walked" : near ? "near" : plain ? "plain" : "declared";
  const style =
    heat === null ? undefined : { strokeWidth: 1 + heat * 5, opacity: heat === 0 ? 0.25 : 0.55 + heat * 0.45 };
  return (
    <path
      data-way={way.id}
      d={curve ?? roundedPath(points)}
      className={`way way-${kind} way-${state}${lit ? " way-lit" : ""}`}
      markerEnd={`url(#arrow-${kind})`}
      style={style}
    />
  );
}

function Numbers({ way: { points, steps, kind, lit } }: { readonly way: DrawnWay }): ReactNode {
  const text = stepNumbers(steps);
  const { x, y } = labelPlace(points);
  const width = Math.max(22, 12 + text.length * 7);
  return (
    <g className={`number number-${kind}${lit ? " number-lit" : ""}`} transform={`translate(${x} ${y})`}>
      <rect x={-width / 2} y={-10} width={width} height={20} rx={10} />
      <text textAnchor="middle" dominantBaseline="central">
        {text}
      </text>
    </g>
  );
}
