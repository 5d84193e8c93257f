/**
 * A limit that could not be held is refused rather than accepted: money needs a price for every model, in its currency; the time of GPUs
 * needs a model that holds some. Said before the run starts, and once more before a call, for prices can change while a run is paused.
 */
import type { Limits } from "../briefs/brief.ts";
import { CadreError } from "../errors.ts";
import type { RoleModel } from "../models/model.ts";
import { amountText } from "../money.ts";

export type Costing = Pick<RoleModel, "id" | "tier" | "terms">;
type Asked = Pick<Limits, "money" | "gpuSeconds">;

/** What a run may pay for: its roles' models, and the one that it asks about routes, which is not asked for what the rehearsal plays. */
export function paidFor(roles: readonly Costing[], beside: Costing | null): readonly Costing[] {
  return beside === null || roles.every(({ tier }) => tier === "rehearsal") ? roles : [...roles, beside];
}

/** Errors: config-invalid. */
export function requireHeld(limits: Asked, currency: string | null, models: readonly Costing[]): void {
  const paid = models.filter(({ tier }) => tier !== "rehearsal");
  requirePriced(limits, currency, paid);
  if (limits.gpuSeconds === undefined || paid.length === 0 || paid.some(({ terms }) => (terms?.gpus ?? null) !== null))
    return;
  throw new CadreError(
    "config-invalid",
    `The limit of ${limits.gpuSeconds} GPU seconds could not be held: no model of this run holds a GPU, as far as cadre.yaml says.`,
    {
      hint: "Write `gpus` under the model in cadre.yaml, or leave `gpuSeconds` out of the limits.",
      data: { limit: "gpuSeconds" },
    },
  );
}

/** Errors: config-invalid. */
export function requirePriced({ money }: Asked, currency: string | null, models: readonly Costing[]): void {
  if (money === undefined) return;
  const open = models.find(({ tier, terms }) => tier !== "rehearsal" && terms?.price?.currency !== currency);
  if (open === undefined) return;
  const other = open.terms?.price?.currency;
  const why = other === undefined ? `${open.id} has no price` : `${open.id} is priced in ${other}`;
  throw new CadreError(
    "config-invalid",
    `The limit of ${amountText(money)} ${currency ?? ""} could not be held: ${why}. Nothing was sent.`,
    {
      hint: "Write its `price` in cadre.yaml, in the limit's currency (0 where it costs nothing), or leave `money` out of the limits.",
      data: { limit: "money", model: open.id, currency },
    },
  );
}

/** The currency that a run's money is counted in: its limit's, else the one that all its prices share; null where there is none. */
export function currencyFor(limit: string | null, models: readonly Costing[]): string | null {
  if (limit !== null) return limit;
  const currencies = new Set(models.flatMap(({ terms }) => (terms?.price ? [terms.price.currency] : [])));
  return currencies.size === 1 ? ([...currencies][0] ?? null) : null;
}
