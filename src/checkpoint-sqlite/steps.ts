/** What is remembered between a step's writes and the checkpoint that takes them in. */
import type { Fresh } from "./values.ts";

/** How many checkpoints' fresh items are remembered: those of the steps that are under way. */
const rememberedSteps = 64;

/** By step: a space and the checkpoint that it began with. */
export function freshItems() {
  const steps = new Map<string, Fresh>();
  return {
    /** Items stored for a step's pending writes. Seen by what shares the transaction; a rollback forgets it all. */
    of: (step: string): Fresh => {
      const fresh: Fresh = steps.get(step) ?? new Map();
      steps.delete(step);
      steps.set(step, fresh);
      if (steps.size > rememberedSteps) steps.delete(steps.keys().next().value!);
      return fresh;
    },
    drop: (step: string): void => void steps.delete(step),
    forget: (): void => steps.clear(),
  };
}
