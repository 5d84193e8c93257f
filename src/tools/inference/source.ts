/** Which models `run_inference` may call, and how: the operator's file says so. Read when a tool is asked for, not when it is made. */
import type { Inference } from "../../models/inference/client.ts";
import type { InferenceSpec } from "../../models/inference/destination.ts";
import type { InferenceTask } from "../../models/inference/tasks.ts";
import type { Terms } from "../../models/terms.ts";

export type InferenceModel = {
  /** In cadre.yaml. */
  readonly name: string;
  readonly spec: InferenceSpec;
  /** The operator's word on the licence, as the Hub or SPDX spells it; null: the Hub is asked. */
  readonly licence: string | null;
  /** What its address is for; null: the operator did not say. */
  readonly task: string | null;
  readonly terms: Terms;
};

export type InferenceSource = {
  /** Why there is none; null where there is one. */
  off(): string | null;
  /** Errors: model-unknown, config-invalid. */
  model(name: string): InferenceModel;
  /** `run`: whose calls these are. Errors: model-auth, model-refused, config-invalid. */
  open(model: InferenceModel, task: InferenceTask, run: string): Promise<Inference>;
};

/** In previews and tests: nothing outside is asked. */
export const noInference: InferenceSource = {
  off: () => "no model is called here",
  model: () => {
    throw new TypeError("there are no models here");
  },
  open: () => Promise.reject(new TypeError("there are no models here")),
};
