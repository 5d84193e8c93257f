/** What lists show of a run's events. Folded once and then only on: a page of runs reads what is new since it was last looked at. */
import type { RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { RunFigures } from "../views/control-room/runs.ts";
import { openTrace, type TraceFold, type TraceStep } from "../views/trace/trace.ts";

/** Runs that are remembered; the others are folded again when somebody looks. */
const kept = 300;
const hopsShown = 24;

const hopKinds: ReadonlySet<TraceStep["kind"]> = new Set([
  "start",
  "delegation",
  "escalation",
  "question",
  "answer",
  "report",
  "refusal",
  "ask",
  "limit",
  "approval",
  "decision",
  "end",
]);

type Folded = { readonly trace: TraceFold; cursor: number; figures: RunFigures };

const nothing: RunFigures = {
  steps: 0,
  hops: [],
  where: "",
  calls: 0,
  tokens: 0,
  escalations: 0,
  refusals: 0,
  lastAt: null,
};

export interface Figures {
  of(run: RunId): Promise<RunFigures>;
}

export function openFigures(store: Pick<Store, "runEvents">): Figures {
  const runs = new Map<RunId, Folded>();
  return {
    of: async (run) => {
      const known = runs.get(run) ?? { trace: openTrace(), cursor: 0, figures: nothing };
      for (const event of await store.runEvents(run, known.cursor)) {
        if (event.seq <= known.cursor) continue; // somebody asked at the same time
        known.cursor = event.seq;
        const step = known.trace.add(event);
        if (step) known.figures = after(known.figures, step);
      }
      runs.delete(run);
      runs.set(run, known);
      if (runs.size > kept) runs.delete(runs.keys().next().value as RunId);
      return known.figures;
    },
  };
}

/** What a run shares with the one that it goes on from was paid for there. */
function after(past: RunFigures, step: TraceStep): RunFigures {
  const before = step.kind === "fork" ? { ...past, calls: 0, tokens: 0 } : past;
  const { kind, ok, at } = step;
  return {
    steps: kind === "model" ? before.steps : step.n,
    hops: hopKinds.has(kind) ? [...before.hops, { kind, ok }].slice(-hopsShown) : before.hops,
    where: step.to === null || kind === "copy" ? before.where || step.from : `${step.from} → ${step.to}`,
    ...usedAfter(before, step),
    escalations: before.escalations + (kind === "escalation" ? 1 : 0),
    refusals: before.refusals + (kind === "refusal" ? 1 : 0),
    lastAt: at,
  };
}

/** What came before a run goes on from another one was paid for by that one. */
function usedAfter({ calls, tokens }: RunFigures, { kind, usage }: TraceStep): Pick<RunFigures, "calls" | "tokens"> {
  if (kind === "fork") return { calls: 0, tokens: 0 };
  if (usage === null) return { calls, tokens };
  return { calls: calls + 1, tokens: tokens + (usage.measured ? usage.promptTokens + usage.completionTokens : 0) };
}
