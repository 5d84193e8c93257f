/** How an advance ended, for people and for programs: what came of it or what it waits for, where it is written down, what to do next. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { systemClock } from "../clock.ts";
import type { AdvanceResult } from "../run/api.ts";
import { servedAt } from "../server/served.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, RunRow } from "../store/rows.ts";
import { visible } from "../views/escape.ts";
import { askCard, commandLines, decideLines, type CardOptions } from "./ask-card.ts";
import { askRecord } from "../store/ask-record.ts";
import type { Context } from "./context.ts";
import { commandsForRun } from "./next-commands.ts";
import type { Output, Style } from "./output.ts";
import { callsText } from "../views/cost.ts";
import { runOutcome, type RunOutcome } from "../views/outcome.ts";
import { reportLines, viewOfOutcome, type ReportView } from "./report-lines.ts";

export const statusStyle: Readonly<Record<RunRow["status"], Style>> = {
  running: "cyan",
  waiting: "yellow",
  finished: "green",
  failed: "red",
  stopped: "magenta",
};

export type WaitingOptions = {
  /** The caller asked to fail at an ask. */
  readonly fail: boolean;
  /** The card stands on the screen already. */
  readonly seen: boolean;
};

/** Exit code 8, or 1 where the caller asked to fail at an ask. */
export function showWaiting(context: Context, result: AdvanceResult, options: WaitingOptions): number {
  const { output, command } = context;
  const next = result.asks.flatMap((ask) => commandsForRun(result.run, [ask], false, command));
  if (output.json) {
    output.record(outcomeRecord(result.run, "waiting", result.asks, next));
  } else {
    for (const ask of result.asks) {
      const card = options.seen ? [] : askCard(ask, output, cardOptions(result.run));
      for (const line of ["", ...card, ...(options.seen ? [] : [""])]) output.line(line);
      for (const line of decideLines(ask, output, command)) output.line(line);
    }
    output.line();
    for (const line of [...whereLines(context, result.run), ...browserLines(context, result)]) output.line(line);
  }
  return options.fail ? 1 : 8;
}

/** Exit code 0 when finished, else 1. */
export async function showEnded(context: Context, store: Pick<Store, "runEvents">, run: RunRow): Promise<number> {
  const { output, command } = context;
  const outcome = runOutcome(await store.runEvents(run.id));
  const next = commandsForRun(run, [], false, command);
  if (output.json) {
    output.record({ ...outcomeRecord(run, run.status, [], next), reason: run.reason, report: outcome.report });
  } else {
    output.line();
    for (const line of outcomeLines(context, run, outcome, viewOfOutcome(outcome))) output.line(line);
    output.line();
    output.line("Next");
    for (const line of next.flatMap((each) => commandLines(each, output))) output.line(line);
  }
  return run.status === "finished" ? 0 : 1;
}

/** A run that should move and that nobody moves: exit code 1, with the command that takes it up. */
export function showUnowned(context: Context, run: RunRow): number {
  const { output, command } = context;
  const next = commandsForRun(run, [], false, command);
  if (output.json) output.record(outcomeRecord(run, run.status, [], next));
  else {
    output.line(`${run.id} is ${run.status}, and no process moves it`);
    for (const line of next.flatMap((each) => commandLines(each, output))) output.line(line);
  }
  return 1;
}

/** Status, report and where it is written down. */
export function outcomeLines(
  context: Context,
  run: RunRow,
  { usage }: Pick<RunOutcome, "usage">,
  report: ReportView | null,
): string[] {
  const { output } = context;
  const words = usage.calls === usage.rehearsed ? "no model was called" : callsText(usage);
  const rehearsed = run.rehearsal ? output.paint("dim", ` (rehearsal: ${words})`) : "";
  const reason = run.reason === null || run.reason === "" ? "" : `: ${visible(run.reason)}`;
  return [
    `${output.paint(statusStyle[run.status], run.status)} ${run.id}${rehearsed}${reason}`,
    ...(report === null ? [] : ["", ...reportLines(report, output, output.width)]),
    "",
    ...whereLines(context, run),
  ];
}

/** The journal's first page, as a path that can be opened from here. */
export function whereLines(context: Context, run: RunRow): string[] {
  const page = join(context.journal, run.id, "README.md");
  return existsSync(page) ? [field(context.output, "journal", relative(process.cwd(), page) || page)] : [];
}

/** Where a control room shows the ask at this moment. */
function browserLines({ data, output }: Context, { run, asks }: AdvanceResult): string[] {
  const url = servedAt(data);
  const [ask] = asks;
  return url === null ? [] : [field(output, "browser", `${url}${ask ? `inbox/${ask.id}` : `runs/${run.id}`}`)];
}

function field(output: Output, name: string, text: string): string {
  return `${output.paint("dim", name.padEnd(8))} ${text}`;
}

/** What a card needs beside its ask. */
export function cardOptions(run: Pick<RunRow, "brief">): CardOptions {
  return { now: Date.now(), criteria: run.brief.acceptance };
}

function outcomeRecord(
  run: RunRow,
  status: RunRow["status"],
  asks: readonly AskRow[],
  next: ReturnType<typeof commandsForRun>,
): Record<string, unknown> {
  return {
    type: "outcome",
    run: run.id,
    status,
    rehearsal: run.rehearsal,
    asks: asks.map((ask) => askRecord(ask, systemClock)),
    next,
  };
}
