/** `cadre mv <slug> <new>`: a role gets another slug, everywhere, or nowhere. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ChangedFile } from "../../run/api.ts";
import { findRole } from "../../org/chart.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { flag, word, type Input } from "../input.ts";
import { withReader } from "../open.ts";
import { writeRename } from "../rename/files.ts";
import { planRename, type RenamePlan } from "../rename/role.ts";
import { showPatch } from "./changes.ts";

/** Errors: role-unknown, usage (a name that cannot be, or is taken), chart-invalid, data-read-only, hash-stale; then nothing was changed. */
export async function mv(context: Context, input: Input): Promise<number> {
  const { output } = context;
  const dry = flag(input, "dryRun");
  const plan = await planRename(context.dir, { from: word(input, 0) ?? "", to: word(input, 1) ?? "" });
  const bound = await boundRuns(context, plan.names.from);
  if (!dry) writeRename(context.dir, plan);
  if (output.json) output.document(planDocument(plan, bound, dry));
  else show(context, plan, bound, dry);
  return 0;
}

function show(
  context: Context,
  { names, files, folder, edits, byHand }: RenamePlan,
  bound: readonly string[],
  dry: boolean,
): void {
  const { output } = context;
  if (dry) showPatch(files.map(patchOf), output);
  for (const { path, to } of files) if (to !== path) output.line(`${path} → ${to}`);
  if (folder) output.line(`${folder.from}/ → ${folder.to}/`);
  const places = `${edits} ${edits === 1 ? "place" : "places"} in ${files.length} ${files.length === 1 ? "file" : "files"}`;
  output.line(`${names.from} ${dry ? "would be" : "is now"} ${names.to}: ${places}`);
  if (byHand.length > 0) output.line(`look at by hand, where "${names.from}" may be the role or only a word:`);
  for (const { file, line, text } of byHand) output.line(`  ${file}:${line}  ${visible(text)}`);
  if (bound.length === 0) return;
  const many = bound.length === 1 ? "1 run that has not ended goes" : `${bound.length} runs that have not ended go`;
  output.line(
    `${many} by a chart with ${names.from} (${bound.join(", ")}): each keeps that name, and asks once whether to go on under the chart that it was started with; while ${names.from} is at work there it cannot adopt this one`,
  );
}

function patchOf({ path, before, after }: RenamePlan["files"][number]): ChangedFile {
  return { path, kind: "modified", before, after };
}

/** D9: runs that have not ended and are bound to a chart in which the role has the old name. */
async function boundRuns(context: Context, slug: string): Promise<readonly string[]> {
  if (!existsSync(join(context.data, "cadre.db"))) return [];
  const bound: string[] = [];
  await withReader(context, async (store) => {
    const charts = new Map<string, boolean>();
    for (const status of ["running", "waiting"] as const)
      for (const { id, chart: hash } of await store.runs({ status })) {
        const chart = charts.has(hash) ? undefined : await store.chart(hash);
        if (!charts.has(hash)) charts.set(hash, chart !== undefined && findRole(chart.chart, slug) !== undefined);
        if (charts.get(hash)) bound.push(id);
      }
    return 0;
  });
  return bound;
}

/** cadre.mv/1. */
function planDocument(plan: RenamePlan, runs: readonly string[], dryRun: boolean): Record<string, unknown> {
  const files = plan.files.map(({ path, to }) => ({ path, to }));
  return {
    schema: "cadre.mv/1",
    ...plan.names,
    dryRun,
    files,
    folder: plan.folder,
    edits: plan.edits,
    byHand: plan.byHand,
    runs,
  };
}
