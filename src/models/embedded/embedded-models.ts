/** The models that this process has loaded: roles that share one share its weights, and a file is fetched once. */
import type { Config } from "../../config/config.ts";
import type { EmbeddedSpec } from "../resolve.ts";
import type { Engine } from "./engine.ts";
import { openLlamaEngine } from "./llama-engine.ts";
import { modelFile, type ModelFileDeps } from "./model-file.ts";

export interface EmbeddedModels {
  /** Errors: `model-engine`, `model-file`, and those of fetching. */
  open(spec: EmbeddedSpec): Promise<Engine>;
  close(): Promise<void>;
}

export type EmbeddedDeps = Omit<ModelFileDeps, "hub"> & {
  readonly config: () => Promise<Pick<Config, "hub">>;
};

export function embeddedModels(deps: EmbeddedDeps): EmbeddedModels {
  // Whoever stops waiting for a file leaves it to those who still do.
  const closing = new AbortController();
  const engines = new Map<string, Promise<Engine>>();
  return {
    open: (spec) => {
      const { source, context, gpu, threads } = spec;
      const key = JSON.stringify({ source, context, gpu, threads });
      const known = engines.get(key);
      if (known) return known;
      const opened = openOne(deps, spec, closing.signal);
      engines.set(key, opened);
      // What failed may be mended: a file that was missing, a network that was down.
      opened.catch(() => engines.delete(key));
      return opened;
    },
    close: async () => {
      closing.abort();
      const all = [...engines.values()];
      engines.clear();
      for (const opened of all) await opened.then((engine) => engine.dispose()).catch(() => undefined); // told of where it was asked for
    },
  };
}

async function openOne({ config, ...deps }: EmbeddedDeps, spec: EmbeddedSpec, signal: AbortSignal): Promise<Engine> {
  const { hub } = await config();
  const file = await modelFile({ ...deps, hub }, spec.source, signal);
  return openLlamaEngine({ file, context: spec.context, gpu: spec.gpu, threads: spec.threads });
}
