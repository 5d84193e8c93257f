/**
 * What cadre.yaml says of models that run in this process. Such a model is a GGUF file: one that is here, or one of the Hub's, fetched once
 * and pinned in cadre.lock. Where the Hub is, and with which token it is read, says `hub` (`hub.ts`).
 */
import { z } from "zod";
import { ggufSource } from "./gguf.ts";

export const embeddedFields = {
  tier: z.literal("embedded"),
  /** A GGUF file; relative to the project. */
  file: z
    .string()
    .regex(/\.gguf$/i, { error: "is not a GGUF file" })
    .optional(),
  /** A GGUF file of a repository of the hub, e.g. `hf:Qwen/Qwen3-0.6B-GGUF:Q8_0`. */
  model: z
    .string()
    .refine((text) => ggufSource(text)?.kind === "hub", {
      error: "is not a model file of the hub, such as hf:Qwen/Qwen3-0.6B-GGUF:Q8_0",
    })
    .optional(),
  revision: z
    .string()
    .regex(/^[\w./-]{1,100}$/, { error: "is not a branch, a tag or a commit" })
    .optional(),
  /** In tokens: what prompt and reply share. */
  context: z.number().int().min(512).max(2_000_000).optional(),
  threads: z.number().int().min(1).max(512).optional(),
  /** False: the processor alone, whatever graphics card there is. */
  gpu: z.boolean().default(true),
  /** `required`: every reply is a call. `auto`: the model may speak, and think, before it calls. */
  toolChoice: z.enum(["required", "auto"]).default("required"),
  /** With it and the same prompt, sampling takes the same turns. */
  seed: z.number().int().min(0).max(4_294_967_295).optional(),
};

/** Says what is wrong with the fields of an embedded model together. */
export function embeddedFaults(
  model: {
    readonly file?: string | undefined;
    readonly model?: string | undefined;
    readonly revision?: string | undefined;
  },
  say: (message: string, key?: string) => void,
): void {
  if ((model.file === undefined) === (model.model === undefined)) say("needs either `file` (a path) or `model` (hf:…)");
  if (model.file !== undefined && model.revision !== undefined)
    say("goes with `model` only: a file has no revisions", "revision");
}
