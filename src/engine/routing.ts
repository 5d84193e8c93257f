/** Who is asked for a second opinion on routes in the runs of an open project. */
import type { Config } from "../config/config.ts";
import { configMentions } from "../config/mentions.ts";
import { guardedJudge } from "./guard.ts";
import { termsOf } from "../models/create-role-model.ts";
import type { EmbeddedModels } from "../models/embedded/embedded-models.ts";
import { routeJudge, routingSpec, type RouteJudge } from "../models/route-judge.ts";
import type { ModelSpec } from "../models/resolve.ts";
import type { Secrets } from "../outside/secrets.ts";
import type { RunId } from "../ids.ts";
import type { Costing } from "../run/held.ts";

export interface EngineRouting {
  /** The model that is asked; null: none is called. */
  spec(): Promise<Exclude<ModelSpec, { kind: "rehearsal" }> | null>;
  /** For one run, made when it is first needed. Null: nobody is asked. */
  judge(run: RunId): () => Promise<RouteJudge | null>;
}

export function engineRouting(deps: {
  readonly dir: string;
  readonly config: () => Promise<Config>;
  readonly embedded: () => Promise<EmbeddedModels>;
  readonly secrets: Secrets;
}): EngineRouting {
  // As far as the file's words tell: it is not read for what most projects leave out.
  const configured = async (): Promise<Config | null> => (configMentions(deps.dir, "routing") ? deps.config() : null);
  return {
    spec: async () => {
      const config = await configured();
      return config && routingSpec(config);
    },
    judge: (run) => {
      let made: Promise<RouteJudge | null> | undefined;
      const make = async (): Promise<RouteJudge | null> => {
        const config = await configured();
        const judge = config && routeJudge(config, { env: process.env, run, embedded: deps.embedded });
        return judge && guardedJudge(judge, deps.secrets);
      };
      return () => (made ??= make());
    },
  };
}

/** What a model costs, as cadre.yaml says it. */
export function costingOf(spec: ModelSpec): Costing {
  return spec.kind === "rehearsal"
    ? { id: "rehearsal", tier: "rehearsal" }
    : { id: spec.id, tier: spec.kind, terms: termsOf(spec) };
}
