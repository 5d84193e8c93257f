/** The Hub as cadre.yaml has it, for the tools. */
import type { HubConfig } from "./config-hub.ts";
import { openHub } from "./models/hub/hub.ts";
import type { HubSource } from "./tools/hub/source.ts";

/** `read`: what the file says now; to be called before the tools are offered. Until then, and where it says nothing, there is no Hub. */
export type EngineHub = HubSource & { read(): Promise<void> };

const silent =
  "cadre.yaml has no `hub`, so the Hugging Face Hub is not asked (the line `hub: {}` lets roles read it without a token)";

/** `outside` false: a preview, in which nothing outside is asked. */
export function hubOf({ dir, outside }: { readonly dir: string; readonly outside?: boolean }): EngineHub {
  let config: HubConfig | undefined;
  let silence = outside === false ? "nothing outside is asked in a preview" : silent;
  return {
    read: async () => {
      if (outside === false) return;
      // The YAML parser with its schemas is needed once a role acts, and not to take a decision up.
      const { readConfig } = await import("./config.ts");
      const { config: read, problems } = readConfig(dir);
      config = read.hub;
      silence = problems.length > 0 ? "cadre.yaml has errors (`npx cadre lint` lists them)" : silent;
    },
    off: () => (config === undefined ? silence : null),
    open: (signal) => {
      if (config === undefined) throw new TypeError("there is no Hub here");
      return openHub(config, { env: process.env, signal });
    },
  };
}
