/** The models that play an open project's roles. What has to be loaded into this process is loaded once, whoever's advance needs it. */
import type { Config } from "../config/config.ts";
import { createRoleModel } from "../models/create-role-model.ts";
import type { EmbeddedModels } from "../models/embedded/embedded-models.ts";
import type { RoleModel } from "../models/model.ts";
import type { ModelSpec } from "../models/resolve.ts";
import type { FetchProgress } from "../run/api.ts";

export interface EngineModels {
  /** `run`: whose calls these will be. */
  roleModel(spec: ModelSpec, run: string): Promise<RoleModel>;
  /** What is loaded, for tools that measure models. */
  readonly embedded: () => Promise<EmbeddedModels>;
  /** Tells of model files that are being fetched, until the returned function is called. */
  watch(onFetch: ((progress: FetchProgress) => void) | undefined): () => void;
  /** Lets go of what is loaded. */
  close(): Promise<void>;
}

export function engineModels(deps: {
  readonly dir: string;
  readonly data: string;
  readonly config: () => Promise<Config>;
  readonly env: Readonly<Record<string, string | undefined>>;
}): EngineModels {
  const watchers = new Set<(progress: FetchProgress) => void>();
  let loaded: Promise<EmbeddedModels> | undefined;
  const embedded = (): Promise<EmbeddedModels> =>
    (loaded ??= import("../models/embedded/embedded-models.ts").then(({ embeddedModels }) =>
      embeddedModels({
        ...deps,
        onProgress: (progress) => {
          for (const tell of watchers) tell(progress);
        },
      }),
    ));
  return {
    embedded,
    roleModel: (spec, run) => createRoleModel(spec, { env: deps.env, rehearsal, embedded, run }),
    watch: (onFetch) => {
      if (!onFetch) return () => {};
      watchers.add(onFetch);
      return () => watchers.delete(onFetch);
    },
    close: async () => {
      await (await loaded)?.close();
    },
  };
}

/** Loaded when it plays a role. */
async function rehearsal(): Promise<RoleModel> {
  const { rehearsalModel } = await import("../models/rehearsal/rehearsal.ts");
  return rehearsalModel();
}
