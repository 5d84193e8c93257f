/** Dry-run coverage over HTTP: briefs walked to their end in a scratch folder. It keeps nothing, and is as dear as the runs would be. */
import { Hono } from "hono";
import { z } from "zod";
import { loadBrief } from "../briefs/load-brief.ts";
import { CadreError } from "../errors.ts";
import { rehearsalView, rehearsedChart, type RehearsedWalk } from "../views/rehearsed.ts";
import { requireMay, type Vars } from "./access.ts";
import { bodyOf } from "./body.ts";
import { briefFiles, briefPath } from "./briefs.ts";
import type { ServerDeps } from "./deps.ts";
import { rehearsedBrief } from "./rehearsed-brief.ts";

const schema = z.strictObject({
  /** Files in `briefs/`; left out: all of them. */
  briefs: z.array(z.string().max(400)).min(1).max(100).optional(),
  workflow: z.string().min(1).max(200).optional(),
});

export function rehearseApi({ cadre, project }: ServerDeps): Hono<Vars> {
  const api = new Hono<Vars>();
  let busy = false;

  api.post("/", async (context) => {
    const user = context.get("user");
    requireMay(user, "run");
    const { briefs = briefFiles(cadre.dir), workflow } = await bodyOf(context, schema);
    if (briefs.length === 0) throw new CadreError("usage", "there is no brief in briefs/");
    if (busy) throw new CadreError("store-busy", "a rehearsal is under way", { hint: "Try again when it has ended." });
    busy = true;
    try {
      const walks: RehearsedWalk[] = [];
      for (const file of briefs) {
        const brief = await loadBrief(briefPath(cadre.dir, file), file);
        walks.push(await rehearsedBrief(cadre, brief, { by: user.name, ...(workflow ? { workflow } : {}) }));
      }
      const files = await project.files();
      return context.json(rehearsalView(rehearsedChart(files.chart, files.workflow?.entry ?? null, walks), walks));
    } finally {
      busy = false;
    }
  });
  return api;
}
