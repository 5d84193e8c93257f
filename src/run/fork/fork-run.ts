/**
 * A new run that goes on from a cut in another one's log. Everything is checked before anything is made; nothing moves yet.
 *
 * K1. First the workspace, whole, then run, line and checkpoint in one transaction: a process that is killed on the way leaves no half run.
 * K2. (D8) Nothing goes on from a log with a bad event in it.
 * K3. What it shares stays where it is, and is read through it: nothing of the other run is written.
 */
import { isoTime } from "../../clock.ts";
import { CadreError, isCadreError } from "../../errors.ts";
import type { Desk } from "../../events/desk.ts";
import type { BoundChart } from "../../org/bound-chart.ts";
import { checkpointAtCut } from "../../store/checkpoints.ts";
import type { Past, RunRow } from "../../store/rows.ts";
import { verifyLine } from "../../store/verify-chain.ts";
import type { WorkspacePasts, Trace } from "../../tools/workspace/workspace.ts";
import { adoptionObstacle } from "../asks.ts";
import { currencyFor, paidFor, requireHeld } from "../held.ts";
import { pinnedModel } from "../player.ts";
import { idTries, playedByModels, requireReach, unusedId, type StartDeps } from "../start-run.ts";

export type ForkDeps = Pick<StartDeps, "store" | "clock" | "ids" | "costing" | "asked" | "atHand"> & {
  readonly workspaces: Pick<WorkspacePasts, "fork">;
};

export type NewForkRun = {
  readonly of: RunRow;
  readonly past: Past & { readonly head: string };
  readonly desk: Desk;
  readonly traces: readonly Trace[];
  readonly bound: BoundChart;
  readonly model: string | null;
  readonly by: string;
};

/** Errors: chain-broken, workflow-invalid, model-unknown, config-invalid (a limit that could not be held), those of `atHand`, workspace-refused, run-exists. */
export async function forkRun(deps: ForkDeps, fork: NewForkRun): Promise<RunRow> {
  const { of, past, desk, bound, traces } = fork;
  const [bad] = await verifyLine(deps.store, past.line, "bytes");
  if (bad)
    throw new CadreError("chain-broken", `no run can go on from ${past.line}: ${bad.what}`, {
      hint: `\`cadre verify ${of.id}\` says what is wrong. Restore the data folder from a backup.`,
    });
  requireReach(bound, fork.by);
  const staffed = playedByModels(bound);
  const models = staffed.map((slug) => deps.costing(bound, slug));
  const limits = { ...of.limits, ...desk.ceilings };
  const limited = limits.money === undefined ? null : of.currency;
  const paid = paidFor(models, deps.asked);
  requireHeld(limits, limited, paid);
  await deps.atHand(bound, staffed);
  const draft = {
    title: of.title,
    brief: of.brief,
    entry: of.entry,
    workflow: of.workflow,
    chart: bound.hash,
    rehearsal: models.some(({ tier }) => tier === "rehearsal"),
    model: pinnedModel(fork.model, models),
    startedBy: fork.by,
    startedAt: isoTime(deps.clock),
    limits,
    currency: currencyFor(limited, paid),
  };
  for (let tries = 1; ; tries += 1) {
    const id = await unusedId(deps);
    try {
      const { path } = await deps.workspaces.fork(id, of.id, traces); // K1
      const checkpoint = checkpointAtCut(past.length);
      await deps.store.createRun({ ...draft, id, workspace: path }, bound, { ...past, checkpoint });
    } catch (error) {
      if (!isCadreError(error, "run-exists") || tries === idTries) throw error;
      continue;
    }
    const row = await deps.store.run(id);
    if (!row) throw new CadreError("internal", `${id} was made and is not there`);
    return row;
  }
}

/** Why a run cannot go on from there under another chart (D9), in words; null where it can. */
export function adoptingProblem(desk: Desk, bound: BoundChart): string | null {
  if (desk.action) return "an action was proposed under the old chart and not done yet";
  const obstacle = adoptionObstacle(desk, { hash: bound.hash, bound }, []);
  return obstacle === null ? null : obstacle.replace(/\.$/, "");
}
