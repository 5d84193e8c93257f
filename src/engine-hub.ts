/** The Hub as cadre.yaml has it, for the tools: the file is read once a role acts, and not to take a decision up. */
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { openHub, type Hub } from "./models/hub/hub.ts";
import type { HubSource } from "./tools/hub/source.ts";

const silent = "cadre.yaml says nothing of `hub`, so the Hugging Face Hub is not asked; `hub: {}` there lets roles read it without a token";

/** What the file says by now. */
export function readHub(dir: string): HubSource {
  const { config, problems } = readConfig(dir);
  return hubSource(config.hub, problems.length > 0 ? "cadre.yaml has errors; `npx cadre lint` lists them" : silent);
}

function hubSource(config: Config["hub"], silence: string): HubSource {
  return {
    off: () => (config === undefined ? silence : null),
    open: (signal): Hub => {
      if (config === undefined) throw new TypeError("there is no Hub here");
      return openHub(config, { env: process.env, signal });
    },
  };
}
