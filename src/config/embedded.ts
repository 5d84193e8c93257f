/**
 * What cadre.yaml says of models that run in this process. Such a model is a GGUF file: one that is here, or one of the Hub's, fetched once
 * and pinned in cadre.lock. Where the Hub is, and with which token it is read, says `hub` (`hub.ts`).
 */
import { z } from "zod";

const hubModel =
  /^hf:(?<repo>[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95})(?::(?<quant>[A-Za-z0-9_.-]{1,40})|\/(?<file>[\w./-]{1,200}\.gguf))?$/;

export type GgufSource =
  | { readonly kind: "file"; readonly path: string }
  /** `quant`: a quantisation such as Q4_K_M; `file`: a path in the repository; neither: the only file there. */
  | {
      readonly kind: "hub";
      readonly repo: string;
      readonly quant: string | null;
      readonly file: string | null;
      /** A branch, a tag or a commit; null: what cadre.lock says, else `main`. */
      readonly revision: string | null;
    };

/** `hf:<owner>/<repository>[:<quantisation> | /<file.gguf>]`, or the path of a GGUF file; null for neither. */
export function ggufSource(text: string, revision: string | null = null): GgufSource | null {
  const found = hubModel.exec(text)?.groups;
  if (found?.["repo"] !== undefined) {
    const file = found["file"] ?? null;
    if (file?.split("/").includes("..")) return null;
    return { kind: "hub", repo: found["repo"], quant: found["quant"] ?? null, file, revision };
  }
  return !text.startsWith("hf:") && /\.gguf$/i.test(text) ? { kind: "file", path: text } : null;
}

/** What is shown and stored of it: no folder of this machine. */
export function ggufName(source: GgufSource): string {
  if (source.kind === "file") return source.path.split(/[/\\]/).at(-1) ?? source.path;
  return source.quant === null
    ? [source.repo, source.file].filter((part) => part !== null).join("/")
    : `${source.repo}:${source.quant}`;
}

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
