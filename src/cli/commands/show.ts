/** `cadre show`: one run, where it stands, what it asks, what came of it, what it used, what can be done. */
import { systemClock } from "../../clock.ts";
import { USER } from "../../org/chart.ts";
import type { StoreReader } from "../../store/open-reader.ts";
import type { AskRow, RunRow } from "../../store/rows.ts";
import { timeText } from "../../views/escalations.ts";
import { visible } from "../../views/escape.ts";
import { askedInstead, standInText } from "../../views/stand-in.ts";
import { runOutcome, type RunOutcome } from "../../views/outcome.ts";
import { askCard, commandLines, decideLines } from "../ask-card.ts";
import { billLines, usedWords } from "../bill.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { word, type Input } from "../input.ts";
import { askRecord } from "../../store/ask-record.ts";
import { isAskId } from "../../ids.ts";
import { labelled } from "../layout.ts";
import { leaseHolder } from "../../store/lease-holder.ts";
import { commandsForRun } from "../next-commands.ts";
import { withReader } from "../open.ts";
import { cardOptions, outcomeLines } from "../outcome.ts";
import { viewOfOutcome } from "../report-lines.ts";
import { sinceWords } from "../words-of-time.ts";

export function show(context: Context, input: Input): Promise<number> {
  return withReader(context, async (store) => {
    const name = word(input, 0);
    const run = await findRun(store, name);
    const ask = name !== undefined && isAskId(name) ? await store.ask(name) : undefined;
    if (ask) showAsk(context, run, ask);
    else await showRun(context, store, run);
    return 0;
  });
}

function showAsk(context: Context, run: RunRow, ask: AskRow): void {
  const { output, command } = context;
  if (output.json) {
    output.document({
      schema: "cadre.ask/1",
      ...askRecord(ask, systemClock),
      state: ask.state,
      decision: ask.decision,
    });
    return;
  }
  for (const line of askCard(ask, output, cardOptions(run))) output.line(line);
  output.line();
  if (ask.decision !== null) {
    const { verb, by, face, at, text } = ask.decision;
    output.line(
      `${past[verb]} by ${visible(by)} (${visible(face)}, ${timeText(at)})${text === "" ? "" : `: ${visible(text)}`}`,
    );
    const asked = askedInstead(ask.to, ask.decision);
    if (asked !== null) output.line(output.paint("yellow", visible(standInText(asked, ask.decision))));
  } else if (ask.state === "withdrawn") output.line("withdrawn: the run has ended");
  else for (const line of decideLines(ask, output, command)) output.line(line);
}

async function showRun(context: Context, store: StoreReader, run: RunRow): Promise<void> {
  const { output, command } = context;
  const asks = await store.asks({ run: run.id });
  const open = asks.filter((ask) => ask.state === "open");
  const owner = await leaseHolder(store, run.id, Date.now());
  const outcome = runOutcome(await store.runEvents(run.id));
  const next = commandsForRun(run, open, owner !== null, command);
  if (output.json) {
    const {
      id,
      status,
      title,
      entry,
      workflow,
      rehearsal,
      model,
      startedBy,
      startedAt,
      endedAt,
      reason,
      chart,
      counters,
      limits,
      currency,
      workspace,
    } = run;
    output.document({
      schema: "cadre.show/1",
      run: {
        id,
        status,
        title,
        entry,
        workflow,
        rehearsal,
        model,
        startedBy,
        startedAt,
        endedAt,
        reason,
        chart,
        workspace,
        past: outcome.past,
      },
      brief: run.brief,
      asks: asks.map((ask) => ({ ...askRecord(ask, systemClock), state: ask.state, decision: ask.decision })),
      report: outcome.report,
      criteria: outcome.criteria,
      files: outcome.files,
      counts: outcome.counts,
      usage: outcome.usage,
      usageByRole: outcome.usageByRole,
      usageByRoute: outcome.usageByRoute,
      used: counters,
      limits,
      currency,
      owner,
      next,
    });
    return;
  }
  const fact = (name: string, text: string): void => {
    const [first = "", ...others] = labelled(name.padEnd(9), text, output.width);
    output.line(output.paint("dim", first.slice(0, 9)) + first.slice(9));
    for (const line of others) output.line(line);
  };
  output.line(output.paint("bold", visible(run.title)));
  // A report that waits for its sign-off stands on the card below.
  const report = run.endedAt === null ? null : viewOfOutcome(outcome);
  for (const line of outcomeLines(context, run, outcome, report)) output.line(line);
  fact("brief", visible(run.brief.file ?? run.brief.task));
  fact("entry", `${run.entry}, by the workflow ${run.workflow}`);
  fact("started", `${timeText(run.startedAt)} (${sinceWords(run.startedAt, Date.now())}) by ${visible(run.startedBy)}`);
  if (outcome.past !== null)
    fact("from", `${outcome.past.run} after step ${outcome.past.step}; what came before is counted there`);
  fact("so far", countsWords(outcome));
  fact("used", usedWords(run, outcome));
  for (const line of billLines(outcome)) fact("", line);
  if (owner !== null) fact("moved by", `process ${owner.pid} on ${owner.host}`);
  for (const ask of asks.filter((each) => each.decision !== null)) fact("decided", decidedWords(ask));
  for (const ask of open) {
    output.line();
    for (const line of askCard(ask, output, cardOptions(run))) output.line(line);
  }
  output.line();
  output.line("Next");
  for (const line of next.flatMap((each) => commandLines(each, output))) output.line(line);
}

/** Only what happened at all. */
function countsWords({ counts }: RunOutcome): string {
  const words = (many: number, one: string): string[] => (many === 0 ? [] : [`${many} ${one}${many === 1 ? "" : "s"}`]);
  const all = [
    ...words(counts.steps, "step"),
    ...words(counts.delegations, "delegation"),
    ...words(counts.escalations, "escalation"),
    ...words(counts.reports, "report"),
    ...words(counts.tools, "tool call"),
    ...words(counts.refusals, "refusal"),
    ...words(counts.decisions, "decision"),
  ];
  return all.length === 0 ? "nothing yet" : all.join(", ");
}

const past = {
  answer: "answered",
  approve: "approved",
  reject: "rejected",
  expire: "expired",
  delegate: "given on",
  escalate: "handed up",
  bump: "handed up",
} as const;

function decidedWords(ask: AskRow): string {
  const { verb = "answer", by = "", text = "" } = ask.decision ?? {};
  const whom = ask.role === USER ? "" : ` for ${visible(ask.role)}`;
  const option = ask.options.find((choice) => choice.id === text.trim());
  const said = option?.text ?? text;
  const asked = askedInstead(ask.to, { verb, by });
  const instead = asked === null ? "" : ` (${visible(standInText(asked, { verb, by }))})`;
  return `${visible(ask.topic)}: ${past[verb]} by ${visible(by)}${whom}${instead}${said === "" ? "" : `: ${visible(said)}`}`;
}
