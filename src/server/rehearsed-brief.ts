/** One brief rehearsed to its end, as `views` takes it. */
import type { Brief } from "../briefs/brief.ts";
import type { Cadre } from "../cadre/api.ts";
import type { StartOptions } from "../run/api.ts";
import type { RehearsedWalk } from "../views/rehearsed.ts";
import { traceSteps } from "../views/trace/trace.ts";

/** Errors: those of starting. */
export async function rehearsedBrief(
  cadre: Pick<Cadre, "rehearse">,
  brief: Brief,
  options: StartOptions,
): Promise<RehearsedWalk> {
  const { status, asked, events } = await cadre.rehearse(brief, options);
  const first = events[0]?.event;
  return {
    brief: brief.file ?? brief.title,
    title: brief.title,
    entry: first?.type === "run_started" ? first.entry : "",
    status,
    steps: traceSteps(events),
    people: asked.map(({ kind, role, to, topic, rule }) => ({ kind, role, to, topic, rule })),
  };
}
