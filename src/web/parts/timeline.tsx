/** When things happened, with the time in which nothing did taken out: a bar for each step, by what it was. */
import { memo, type ReactNode } from "react";
import type { TraceStep } from "../../views/trace/trace.ts";
import { toneOf } from "./trace-list.tsx";
import { spanWords } from "./words.ts";

/** Longer pauses are drawn as one mark, with how long they were. */
const idleMs = 120_000;
const most = 400;

export const Timeline = memo(function Timeline({
  steps,
  lit,
  onLight,
}: {
  readonly steps: readonly TraceStep[];
  readonly lit: number | null;
  readonly onLight: (n: number | null) => void;
}): ReactNode {
  const listed = steps.filter(({ kind }) => kind !== "model").slice(-most);
  if (listed.length === 0) return null;
  return (
    <div className="timeline" aria-hidden="true">
      {listed.map((step, at) => {
        const before = listed[at - 1];
        const took = before === undefined ? 0 : Date.parse(step.at) - Date.parse(before.at);
        const height = Math.max(4, Math.min(22, 4 + Math.log2(1 + took / 20) * 2));
        return (
          <span
            key={step.seq}
            className="timeline-slot"
            onMouseEnter={() => onLight(step.n)}
            onMouseLeave={() => onLight(null)}
          >
            {took > idleMs ? <em>‖{spanWords(took)}‖</em> : null}
            <i
              className={`tone-${toneOf(step.kind, step.ok)}${lit === step.n ? " bar-lit" : ""}`}
              style={{ height }}
              title={`${step.n} ${step.verb}`}
            />
          </span>
        );
      })}
    </div>
  );
});
