/** The models of a run that is about to be made: which plays a role, what it costs, and whether it can be called from here at all. */
import type { Config } from "../config/config.ts";
import type { RoleModel } from "../models/model.ts";
import { resolveModel, type ModelSpec } from "../models/resolve.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { findRole, type Role } from "../org/chart.ts";
import type { StartDeps } from "../run/start-run.ts";
import { costingOf, type EngineRouting } from "./routing.ts";

/** `flag`: what `--model` says. Errors: those of `resolveModel`. */
export function specFor(config: Config, bound: BoundChart, role: Role, flag: string | null): ModelSpec {
  const staffing = bound.workflow.staffing[role.slug];
  return resolveModel(config, {
    role: role.slug,
    rank: role.rank,
    modeModel: role.model,
    staffed: staffing?.by === "model" ? (staffing.model ?? null) : null,
    flag,
  });
}

export type RunModelsDeps = {
  readonly dir: string;
  readonly data: string;
  readonly config: () => Promise<Config>;
  readonly routing: Pick<EngineRouting, "spec">;
  /** In place of every role's. */
  readonly model: RoleModel | null;
};

export async function runModels(
  deps: RunModelsDeps,
  flag: string | null,
): Promise<Pick<StartDeps, "costing" | "asked" | "atHand">> {
  const { model } = deps;
  const asked = await deps.routing.spec();
  const beside = { asked: asked && costingOf(asked) };
  if (model) return { ...beside, costing: () => model, atHand: async () => {} };
  const config = await deps.config();
  const specOf = (bound: BoundChart, slug: string): ModelSpec => {
    const role = findRole(bound.chart, slug);
    return role === undefined ? { kind: "rehearsal", because: "" } : specFor(config, bound, role, flag);
  };
  return {
    ...beside,
    costing: (bound, slug) => costingOf(specOf(bound, slug)),
    atHand: async (bound, roles) => {
      const called = roles.map((slug) => specOf(bound, slug)).filter(({ kind }) => kind !== "rehearsal");
      if (called.length === 0) return;
      const { requireAtHand } = await import("../models/at-hand.ts");
      await requireAtHand(asked === null ? called : [...called, asked], { ...deps, config, env: process.env });
    },
  };
}
