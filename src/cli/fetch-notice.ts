/** Which models' files a run would fetch from the Hub: said before it is made, since it takes time, room and a network. */
import { readConfig, type Config } from "../config/config.ts";
import { publicHub } from "../config/hub-hosts.ts";
import { resolveModel } from "../models/resolve.ts";

/** Sentences; none where every file is here. `flag`: what `--model` says. Errors: those of `resolveModel`; `config-invalid` for a broken cadre.lock. */
export async function fetchNotice(dir: string, data: string, flag: string | null): Promise<string[]> {
  const { config } = readConfig(dir);
  const names = flag === null ? mapped(config) : [flag];
  const specs = names.map((name) => resolveModel(config, { role: "", rank: "", flag: name }));
  const sources = specs.flatMap((spec) => (spec.kind === "embedded" && spec.source.kind === "hub" ? [spec] : []));
  if (sources.length === 0) return [];
  const { isFetched } = await import("../models/embedded/model-file.ts");
  const { host } = new URL(config.hub?.url ?? publicHub);
  return sources
    .filter(({ source }) => source.kind === "hub" && !isFetched({ dir, data, hub: config.hub }, source))
    .map(({ id }) => `${id} is not here yet: it is fetched from ${host} when it is first called, and kept`);
}

/** Models that a role may be played by. */
function mapped({ map, models }: Config): string[] {
  const { default: otherwise, roles = {}, names = {}, ranks = {} } = map;
  const named = [otherwise, ...Object.values(roles), ...Object.values(names), ...Object.values(ranks)];
  return [...new Set(named)].filter((name) => name !== undefined && Object.hasOwn(models, name)) as string[];
}
