/**
 * Who plays the roles of a run, from its start to its end.
 *
 * Y1. A run that was begun with models does not go on as a rehearsal. A program may bring a model along that nothing here names: whoever goes on
 *     without it is told so, and nothing that a fixed policy says stands in a run that says of itself that models speak in it.
 * Y2. A run that was begun as a rehearsal of all its roles stays one, whatever cadre.yaml says by now: nobody said that it may be paid for.
 */
import { CadreError } from "../errors.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { RoleModel } from "../models/model.ts";
import type { RunRow } from "../store/rows.ts";
import type { Costing } from "./held.ts";

/** Y1. Errors: model-unknown. */
export function requirePlayer(run: Pick<RunRow, "id" | "rehearsal">, log: readonly Event[], { tier }: RoleModel): void {
  if (tier !== "rehearsal" || run.rehearsal) return;
  const last = log.findLast((event): event is EventOf<"turn_taken"> => event.type === "turn_taken");
  const before = last ? ` (${last.model})` : "";
  throw new CadreError(
    "model-unknown",
    `${run.id} was begun with a model${before} that nothing here names: it does not go on as a rehearsal`,
    {
      hint:
        `The program that began it goes on with it, and so does \`cadre resume ${run.id}\` once cadre.yaml maps a model. With another model, or rehearsed, a run of its own goes on from here: ` +
        `\`cadre fork ${run.id} --at <step> --model <model>\`; \`cadre trace ${run.id}\` numbers the steps.`,
      data: { run: run.id, model: last?.model ?? null },
    },
  );
}

/** Y2. What a run's row says of its model where nobody named one. `models`: those of its roles. */
export function pinnedModel(named: string | null, models: readonly Costing[]): string | null {
  return named === null && models.length > 0 && models.every(({ id }) => id === rehearsalId) ? rehearsalId : named;
}

const rehearsalId = "rehearsal";
