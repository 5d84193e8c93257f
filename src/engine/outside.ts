/** The Hub and the models of cadre.yaml, for the tools: read anew before they are offered. */
import type { Config } from "../config/config.ts";
import { didYouMean } from "../documents/nearest.ts";
import { CadreError } from "../errors.ts";
import type { EmbeddedModels } from "../models/embedded/embedded-models.ts";
import { termsOf } from "../models/create-role-model.ts";
import type { openHub } from "../models/hub/hub.ts";
import { namedModel } from "../models/resolve.ts";
import type { HubSource } from "../tools/hub/source.ts";
import type { InferenceModel, InferenceSource } from "../tools/inference/source.ts";

export type Outside = {
  readonly hub: HubSource;
  readonly inference: InferenceSource;
  /** What the file says now; to be called before the tools are offered, and before edited arguments are judged. Until then there is neither Hub nor model. */
  read(): Promise<void>;
};

const silent =
  "cadre.yaml has no `hub`, so the Hugging Face Hub is not asked (the line `hub: {}` lets roles read it without a token)";

/** `outside` false: a preview, in which nothing outside is asked. */
export function outsideOf({
  dir,
  outside,
  embedded,
}: {
  readonly dir: string;
  readonly outside?: boolean;
  /** What is loaded into this process. */
  readonly embedded: () => Promise<EmbeddedModels>;
}): Outside {
  let config: Config | undefined;
  let open: typeof openHub | undefined;
  let silence = outside === false ? "nothing outside is asked in a preview" : "cadre.yaml was not read";
  const none = (): string | null => (config === undefined ? silence : null);
  return {
    read: async () => {
      if (outside === false) return;
      // The YAML parser with its schemas is needed once a role acts, and not to take a decision up.
      const { readConfig } = await import("../config/config.ts");
      const { config: read, problems } = readConfig(dir);
      if (read.hub !== undefined) open = (await import("../models/hub/hub.ts")).openHub;
      config = problems.length === 0 ? read : undefined;
      silence = "cadre.yaml has errors (`npx cadre lint` lists them)";
    },
    hub: {
      off: () => none() ?? (config?.hub === undefined ? silent : null),
      open: (signal) => {
        if (config?.hub === undefined || open === undefined) throw new TypeError("there is no Hub here");
        return open(config.hub, { env: process.env, signal });
      },
    },
    inference: {
      off: () =>
        none() ??
        (Object.keys(config?.models ?? {}).length === 0 ? "cadre.yaml names no model that could be called" : null),
      model: (name) => modelOf(config, name),
      open: async ({ spec }, task, run) => {
        const { openInference } = await import("../models/inference/client.ts");
        return openInference(spec, task, { env: process.env, run, embedded });
      },
    },
  };
}

/** A name of cadre.yaml and nothing else: an address that a role writes is none (M2 of `models/resolve.ts`). */
function modelOf(config: Config | undefined, name: string): InferenceModel {
  const models = config?.models ?? {};
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (!config || !model) {
    const known = Object.keys(models);
    throw new CadreError("model-unknown", `There is no model of this name in cadre.yaml.`, {
      hint: didYouMean(name, known, `There: ${known.join(", ")}.`),
    });
  }
  const spec = namedModel(config, name);
  if (spec.kind === "rehearsal") throw new CadreError("model-unknown", `${name} is no model that can be called.`);
  const task = model.tier === "endpoint" ? model.task : undefined;
  return { name, spec, licence: model.about?.licence ?? null, task: task ?? null, terms: termsOf(spec) };
}
