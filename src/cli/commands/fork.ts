/** `cadre fork` and `cadre retry`: a new run that goes on from a step of another one. */
import { requireCutOff } from "../../cadre/preconditions.ts";
import type { Cadre } from "../../cadre/api.ts";
import { CadreError } from "../../errors.ts";
import type { ForkOptions, ForkPlan, StandingEffect } from "../../run/api.ts";
import type { RunRow } from "../../store/rows.ts";
import { callsText } from "../../views/cost.ts";
import { visible } from "../../views/escape.ts";
import { personOf, type Context } from "../context.ts";
import { canPrompt, drive } from "../drive.ts";
import { findRun } from "../find-run.ts";
import { flag, option, word, type Input } from "../input.ts";
import { onAskOf } from "../on-ask.ts";
import { withCadre } from "../open.ts";

/** Errors: usage (no step), run-unknown, fork-refused; those of starting and advancing. */
export function fork(context: Context, input: Input): Promise<number> {
  const at = option(input, "at");
  return forking(context, input, at, ({ id }) => {
    if (at !== undefined) return;
    throw new CadreError("usage", "--at does not say from which step on", {
      hint: `${context.command(`trace ${id}`)} shows the steps with their numbers; for example --at 12`,
    });
  });
}

/** Errors: run-unknown, fork-refused (also where the run was not cut off); those of starting and advancing. */
export function retry(context: Context, input: Input): Promise<number> {
  return forking(context, input, option(input, "from"), requireCutOff);
}

async function forking(
  context: Context,
  input: Input,
  at: string | undefined,
  check: (run: RunRow) => void,
): Promise<number> {
  const { output } = context;
  const onAsk = onAskOf(context, input);
  const dry = flag(input, "dryRun");
  const file = option(input, "answers");
  const answers = file === undefined ? [] : (await import("../read-answers.ts")).readAnswers(file);
  const by = personOf(option(input, "as"));
  const model = option(input, "model");
  const options: ForkOptions = {
    ...(at === undefined ? {} : { at }),
    ...(model === undefined ? {} : { model }),
    chart: flag(input, "adopt") ? "adopt" : "keep",
    by,
  };
  return withCadre(
    context,
    async (cadre) => {
      const run = await findRun(cadre.store, word(input, 0));
      check(run);
      const plan = await cadre.planFork(run.id, options);
      if (dry) {
        if (output.json) output.document({ schema: "cadre.fork/1", ...plan });
        else for (const line of planLines(plan)) output.line(line);
        return 0;
      }
      if (!output.json) for (const line of standingLines(plan)) output.complain(line);
      if (plan.stays.length > 0 && !flag(input, "yes") && !(await agreed(context))) return 130;
      return begin(context, cadre, run, plan, { options, onAsk, answers, by });
    },
    // A dry run leaves no trace.
    dry ? { readOnly: true } : {},
  );
}

type How = Pick<Parameters<typeof drive>[3], "onAsk" | "answers" | "by"> & { readonly options: ForkOptions };

async function begin(context: Context, cadre: Cadre, of: RunRow, plan: ForkPlan, how: How): Promise<number> {
  const { output } = context;
  const row = await cadre.fork(of.id, how.options);
  if (!output.json) {
    output.line(`${output.paint("bold", row.id)}  ${visible(row.title)}`);
    for (const line of planLines(plan)) output.line(line);
    output.line();
  }
  const after = (await cadre.store.runEvents(row.id)).at(-1)?.seq ?? 0;
  const code = await drive(context, cadre, row, { ...how, after });
  if (!output.json) output.note(`beside the other one: ${context.command(`compare ${of.id} ${row.id}`)}`);
  return code;
}

function planLines(plan: ForkPlan): string[] {
  return [
    `goes on from ${plan.of} after step ${plan.after}: ${plan.next}`,
    `${plan.length} events are shared, ${callsText({ calls: plan.sharedCalls + plan.sharedTurns, rehearsed: plan.sharedTurns })} not made again`,
  ];
}

/** What a fork does not undo. */
function standingLines({ of, stays }: ForkPlan): string[] {
  const said = (when: StandingEffect["when"], head: string): string[] => {
    const lines = stays
      .filter((effect) => effect.when === when)
      .map(({ step, role, what }) => `  ${step === null ? "" : `step ${step}, `}${visible(role)}: ${visible(what)}`);
    return lines.length === 0 ? [] : [head, ...lines];
  };
  return [
    ...said("before", `happened outside the workspace before this step, stays happened, and is not repeated:`),
    ...said("after", `happened in ${of} after this step and stays happened; the new run does not know of it:`),
  ];
}

/** Asked only at a terminal. */
async function agreed(context: Context): Promise<boolean> {
  if (!canPrompt(context)) return true;
  const { confirm, isCancel } = await import("@clack/prompts");
  const said = await confirm({ message: "Go on from there?" });
  return !isCancel(said) && said;
}
