/**
 * Moves runs in the background: those that were started, resumed or decided on from the page.
 *
 * M1. At most `parallel` runs move at one time; the others wait their turn in order.
 * M2. No wake-up is lost: a run that is woken while it moves is looked at once more when it rests.
 * M3. A fault stops its run and is told with it; it ends nothing else.
 * M4. `drain` stops every run after its current step, and waits for that.
 */
import type { Cadre } from "../cadre/api.ts";
import { isCadreError } from "../errors.ts";
import type { RunId } from "../ids.ts";
import type { ErrorView } from "../views/control-room/session.ts";
import { errorView } from "./problem.ts";

export interface Mover {
  wake(run: RunId): void;
  moves(run: RunId): boolean;
  /** How many runs move here, or wait their turn. */
  moving(): number;
  troubleOf(run: RunId): ErrorView | null;
  drain(): Promise<void>;
}

export type MoverDeps = {
  readonly cadre: Pick<Cadre, "advance">;
  readonly parallel?: number;
  /** Model text while it streams. */
  readonly onText: (run: RunId, role: string, text: string) => void;
  /** A run has begun to move here, or has come to rest. */
  readonly onChange: () => void;
  /** What has no code: for the terminal of whoever runs the server. */
  readonly onFault: (error: unknown) => void;
};

export function openMover(deps: MoverDeps): Mover {
  const { cadre, parallel = 4, onText, onChange, onFault } = deps;
  const waiting = new Set<RunId>();
  const moving = new Map<RunId, Promise<void>>();
  const again = new Set<RunId>();
  const troubles = new Map<RunId, ErrorView>();
  const draining = new AbortController();

  const next = (): void => {
    for (const run of waiting) {
      if (moving.size >= parallel || draining.signal.aborted) return; // M1
      waiting.delete(run);
      moving.set(run, move(run));
    }
  };

  const move = async (run: RunId): Promise<void> => {
    troubles.delete(run);
    onChange();
    try {
      await cadre.advance(run, { onText: (role, text) => onText(run, role, text), drain: draining.signal });
    } catch (error) {
      // Another process moves it: whoever looks sees what that one does.
      if (!isCadreError(error, "run-owned")) troubles.set(run, errorView(error)); // M3
      if (!isCadreError(error)) onFault(error);
    } finally {
      moving.delete(run);
      if (again.delete(run)) waiting.add(run); // M2
      onChange();
      next();
    }
  };

  return {
    wake: (run) => {
      if (moving.has(run)) again.add(run);
      else waiting.add(run);
      next();
    },
    moves: (run) => moving.has(run) || waiting.has(run),
    moving: () => moving.size + waiting.size,
    troubleOf: (run) => troubles.get(run) ?? null,
    drain: async () => {
      draining.abort();
      waiting.clear();
      again.clear();
      await Promise.all(moving.values()); // M4
    },
  };
}
