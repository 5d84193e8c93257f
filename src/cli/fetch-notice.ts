/** Which models' files a run would fetch from the Hub: said before it is made, since it takes time, room and a network. */
import { readConfig, type Config } from "../config/config.ts";
import { publicHub } from "../config/hub-hosts.ts";
import { resolveModel } from "../models/resolve.ts";
import { routingSpec } from "../models/route-judge.ts";
import { workflowSchema } from "../org/workflow.ts";
import { loadWorkflow } from "../run/load-workflow.ts";

/** `model`: what `--model` says; null: nothing. `workflow`: by its name; null: the usual one. */
type Wanted = { readonly model: string | null; readonly workflow: string | null };

/** Sentences; none where every file is here. Errors: those of `resolveModel`; `workflow-invalid`; `config-invalid` for a broken cadre.lock. */
export async function fetchNotice(dir: string, data: string, { model, workflow }: Wanted): Promise<string[]> {
  const { config } = readConfig(dir);
  const names = model === null ? [...mapped(config), ...(await staffed(config, dir, workflow))] : [model];
  const roles = [...new Set(names)].map((name) => resolveModel(config, { role: "", rank: "", flag: name }));
  // A rehearsal asks nobody about routes either.
  const judge = roles.some(({ kind }) => kind !== "rehearsal") ? routingSpec(config) : null;
  const specs = judge === null ? roles : [...roles, judge];
  const sources = specs.flatMap((spec) => (spec.kind === "embedded" && spec.source.kind === "hub" ? [spec] : []));
  if (sources.length === 0) return [];
  const { isFetched } = await import("../models/embedded/model-file.ts");
  const { host } = new URL(config.hub?.url ?? publicHub);
  const told = sources
    .filter(({ source }) => source.kind === "hub" && !isFetched({ dir, data, hub: config.hub }, source))
    .map(({ id }) => `${id} is not here yet: it is fetched from ${host} when it is first called, and kept`);
  return [...new Set(told)];
}

/** Models that the workflow names for a role; what else is wrong with it is said when the run is made. */
async function staffed({ models }: Config, dir: string, workflow: string | null): Promise<string[]> {
  const loaded = await loadWorkflow(dir, workflow ?? undefined);
  const read = workflowSchema.safeParse(loaded?.data);
  const seats = read.success ? Object.values(read.data.staffing) : [];
  const named = seats.flatMap((seat) => (seat.by === "model" && seat.model !== undefined ? [seat.model] : []));
  return named.filter((name) => Object.hasOwn(models, name));
}

/** Models that a role may be played by. */
function mapped({ map, models }: Config): string[] {
  const { default: otherwise, roles = {}, names = {}, ranks = {} } = map;
  const named = [otherwise, ...Object.values(roles), ...Object.values(names), ...Object.values(ranks)];
  return [...new Set(named)].filter((name) => name !== undefined && Object.hasOwn(models, name)) as string[];
}
