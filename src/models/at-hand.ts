/**
 * Whether a model can be called at all, as far as that shows without asking anybody: its token, its file, llama.cpp. Said before a run is
 * made, which would otherwise stop at its first step for what was known beforehand. What only a server can say, it says when it is asked.
 */
import type { Config } from "../config/config.ts";
import { CadreError, isCadreError } from "../errors.ts";
import { tokenOf, type RemoteModelSpec } from "./create-role-model.ts";
import { hubRouter, type EmbeddedSpec, type ModelSpec } from "./resolve.ts";

export type AtHandDeps = {
  /** The project's folder, and its data folder. */
  readonly dir: string;
  readonly data: string;
  readonly config: Pick<Config, "hub">;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Errors: `model-auth`, `config-invalid`, `model-engine`, `model-file`, `hub-auth`, each as the call itself would have them. */
export async function requireAtHand(specs: readonly ModelSpec[], deps: AtHandDeps): Promise<void> {
  for (const spec of specs) {
    try {
      if (spec.kind === "embedded") await requireEmbedded(spec, deps);
      else if (spec.kind !== "rehearsal") await requireToken(spec, deps);
    } catch (error) {
      throw isCadreError(error) && spec.kind !== "rehearsal" ? unmade(error, spec.because) : error;
    }
  }
}

function unmade({ code, message, hint, place, data, cause }: CadreError, because: string): CadreError {
  const more = { ...(hint === undefined ? {} : { hint }), ...(place === undefined ? {} : { place }), data, cause };
  return new CadreError(code, `${message} ${because} chooses it; no run was made.`, more);
}

async function requireToken(spec: RemoteModelSpec, { env }: AtHandDeps): Promise<void> {
  const token = tokenOf(spec, env);
  if (token === null) return;
  const { checkedToken } = await import("./transport.ts");
  checkedToken(token, new URL(spec.kind === "endpoint" ? spec.url : hubRouter));
}

async function requireEmbedded({ source }: EmbeddedSpec, { config, ...deps }: AtHandDeps): Promise<void> {
  const [{ requireModelFile }, { requireLlama }] = await Promise.all([
    import("./embedded/model-file.ts"),
    import("./embedded/llama-engine.ts"),
  ]);
  requireModelFile({ ...deps, hub: config.hub }, source);
  requireLlama();
}
