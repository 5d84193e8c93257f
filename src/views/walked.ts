/** Which routes a run took, how often, and at which steps: the declared chart's counterpart. */
import type { TraceStep } from "./trace/step.ts";

export type { Rule } from "../org/chart.ts";

export type WalkedKind = "start" | "delegation" | "escalation" | "question" | "copy" | "refusal";

export type WalkedRoute = {
  readonly kind: WalkedKind;
  readonly from: string;
  readonly to: string;
  /** Numbers of the steps that took it. */
  readonly steps: readonly number[];
  /** Numbers of the steps by which an answer or a report came back along it. */
  readonly returned: readonly number[];
};

const kinds: ReadonlySet<string> = new Set(["start", "delegation", "escalation", "question", "copy", "refusal"]);

/** In the order in which they were first taken. A refused attempt is one too, of kind `refusal`. */
export function walkedRoutes(steps: readonly TraceStep[]): WalkedRoute[] {
  const routes = new Map<string, { -readonly [Key in keyof WalkedRoute]: WalkedRoute[Key] }>();
  const frames = new Map<string, string>();
  for (const step of steps) {
    if (isBack(step)) {
      const key = frames.get(step.frame ?? "");
      const route = key === undefined ? undefined : routes.get(key);
      if (route) route.returned = [...route.returned, step.n];
    } else if (kinds.has(step.kind) && step.to !== null) {
      const { from, to } = step;
      const kind = step.kind as WalkedKind;
      const key = JSON.stringify([kind, from, to]);
      const route = routes.get(key) ?? { kind, from, to, steps: [], returned: [] };
      route.steps = [...route.steps, step.n];
      routes.set(key, route);
      if (step.toFrame !== null) frames.set(step.toFrame, key);
    }
  }
  return [...routes.values()];
}

/** An answer, or a report that closes its frame (a report that only waits for the sign-off does not). */
function isBack(step: TraceStep): boolean {
  return step.kind === "answer" || (step.kind === "report" && step.verb === "reports to");
}
