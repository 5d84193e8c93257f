/** `cadre run`: a brief is checked, started and followed. */
import type { Brief } from "../../briefs/brief.ts";
import { configMentions } from "../../config/mentions.ts";
import type { Cadre } from "../../cadre/api.ts";
import type { StartOptions } from "../../run/api.ts";
import type { RunRow } from "../../store/rows.ts";
import { visible } from "../../views/escape.ts";
import { renderStep, stepRecord, traceSteps } from "../../views/trace/trace.ts";
import { takeBrief } from "../brief-argument.ts";
import { personOf, shellWord, type Context } from "../context.ts";
import { drive } from "../drive.ts";
import { flag, option, words, type Input } from "../input.ts";
import { labelled } from "../layout.ts";
import { onAskOf } from "../on-ask.ts";
import { withCadre } from "../open.ts";

/** Errors: those of the brief, of the chart, of `--answers`, of starting and of advancing. */
export async function run(context: Context, input: Input): Promise<number> {
  const dry = flag(input, "dryRun");
  const onAsk = dry ? "exit" : onAskOf(context, input);
  const file = option(input, "answers");
  const answers = file === undefined ? [] : (await import("../read-answers.ts")).readAnswers(file);
  const said = words(input, 0);
  const brief = await takeBrief(context, said);
  const by = personOf(option(input, "as"));
  const options = startOptions(input, by);
  // A dry run leaves no trace, not even an empty data file.
  if (dry) return withCadre(context, (cadre) => preview(context, cadre, brief, options), { readOnly: true });
  await tellFetches(context, options);
  return withCadre(context, async (cadre) => {
    const row = await cadre.start(brief, options);
    announce(context, row, [...said, ...asStarted(options)]);
    if (!row.rehearsal) await warn(context, brief, row);
    return drive(context, cadre, row, { onAsk, answers, by, after: 0 });
  });
}

function startOptions(input: Input, by: string): StartOptions {
  const named = (["workflow", "to", "model"] as const).flatMap((name) => {
    const value = option(input, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(named), includeDirty: flag(input, "includeDirty"), by };
}

/** What a hint to run it once more has to say too, to mean the same run. */
function asStarted({ to, workflow, includeDirty }: StartOptions): string[] {
  return [
    ...(to === undefined ? [] : ["--to", to]),
    ...(workflow === undefined ? [] : ["--workflow", workflow]),
    ...(includeDirty === true ? ["--include-dirty"] : []),
  ];
}

function announce(context: Context, row: RunRow, said: readonly string[]): void {
  const { output } = context;
  if (output.json) return;
  const fact = (name: string, text: string): void => {
    const [first = "", ...others] = labelled(name.padEnd(10), text, output.width);
    output.line(output.paint("dim", first.slice(0, 10)) + first.slice(10));
    for (const line of others) output.line(line);
  };
  output.line(`${output.paint("bold", row.id)}  ${visible(row.title)}`);
  fact("entry", `${row.entry}, by the workflow ${row.workflow}`);
  if (row.rehearsal) {
    const real = context.command(`run ${said.map(shellWord).join(" ")} --model hf:<model>`);
    fact("rehearsal", `no model is called; to use a real one: ${real}`);
  } else {
    fact("model", row.model ?? "as cadre.yaml maps it");
  }
  if (row.brief.acceptance.length === 0)
    fact("criteria", "the brief names none: list what must be true at the end under `Done when:`");
  output.line();
}

/** Before the run is made: whoever has no network yet can leave it. */
async function tellFetches({ dir, data, output }: Context, options: StartOptions): Promise<void> {
  const [model, workflow] = [options.model ?? null, options.workflow ?? null];
  if (!model?.startsWith("embedded:") && !configMentions(dir, "embedded")) return;
  const { fetchNotice } = await import("../fetch-notice.ts");
  for (const sentence of await fetchNotice(dir, data, { model, workflow })) output.note(`note: ${visible(sentence)}`);
}

/** On stderr: it is nothing that the run made. */
async function warn({ dir, output }: Context, brief: Brief, { model }: RunRow): Promise<void> {
  const { personalNotice } = await import("../personal-notice.ts");
  for (const sentence of personalNotice(dir, brief, model)) output.note(`note: ${visible(sentence)}`);
}

async function preview(context: Context, cadre: Cadre, brief: Brief, options: StartOptions): Promise<number> {
  const { output } = context;
  const steps = traceSteps(await cadre.preview(brief, options));
  if (output.json) {
    output.document({ schema: "cadre.preview/1", brief: brief.title, rehearsal: true, steps: steps.map(stepRecord) });
    return 0;
  }
  output.line(`dry run  ${visible(brief.title)}: the walk that the rehearsal would take; nothing is written`);
  output.line();
  for (const step of steps) {
    if (step.kind === "model" && !output.verbose) continue;
    for (const line of renderStep(step, output.text)) output.line(line);
  }
  return 0;
}
