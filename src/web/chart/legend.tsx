/** What the lines mean; each kind can be taken out of the picture. */
import type { ReactNode } from "react";
import type { EdgeKind } from "../../views/picture.ts";

const named: readonly (readonly [kind: EdgeKind, words: string])[] = [
  ["delegation", "delegates to"],
  ["escalation", "escalates to"],
  ["report", "reports to"],
];

export function Legend({
  hidden,
  onToggle,
}: {
  readonly hidden: ReadonlySet<EdgeKind>;
  readonly onToggle: (kind: EdgeKind) => void;
}): ReactNode {
  return (
    <div className="legend" role="group" aria-label="Kinds of routes">
      {named.map(([kind, words]) => (
        <button key={kind} type="button" aria-pressed={!hidden.has(kind)} onClick={() => onToggle(kind)}>
          <svg width="30" height="8" aria-hidden="true">
            <path d="M1 4H29" className={`way way-${kind} way-sample`} />
          </svg>
          {words}
        </button>
      ))}
    </div>
  );
}

export function toggled(hidden: ReadonlySet<EdgeKind>, kind: EdgeKind): ReadonlySet<EdgeKind> {
  const next = new Set(hidden);
  if (!next.delete(kind)) next.add(kind);
  return next;
}
