/** What has to hold before a verb touches a run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CadreError } from "../errors.ts";
import type { RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow } from "../store/rows.ts";

export async function knownRun(store: Store, id: RunId): Promise<RunRow> {
  const run = await store.run(id);
  if (!run) throw new CadreError("run-unknown", `there is no run ${id}`, { hint: "`cadre runs` lists them." });
  return run;
}

/** Retrying is for what was cut off; what goes on by itself, or is done, has verbs of its own. */
export function requireCutOff({ id, status }: Pick<RunRow, "id" | "status">): void {
  if (status === "stopped" || status === "failed") return;
  const hint =
    status === "finished"
      ? `To do a part of it otherwise: cadre fork ${id} --at <step>`
      : `It goes on by itself: cadre resume ${id}. To do a part of it otherwise: cadre fork ${id} --at <step>`;
  throw new CadreError("fork-refused", `${id} is ${status}: there is nothing to retry`, {
    hint,
    data: { run: id, status },
  });
}

/** A backup holds the database alone, and a database may be copied without what lies beside it. */
export async function requireWorkspace(store: Store, data: string, id: RunId): Promise<void> {
  const run = await store.run(id);
  if (!run || run.endedAt !== null || run.signal !== null) return;
  const folder = join(data, "workspaces", id);
  if (existsSync(join(folder, "tree"))) return;
  throw new CadreError("folder-missing", `${id} cannot go on: its workspace is not here (${folder})`, {
    hint: `A backup holds the database and no workspaces. Copy that folder, and workspaces/.contents beside it, from the machine where the run was; or end it: cadre stop ${id}`,
    data: { run: id, folder },
  });
}
