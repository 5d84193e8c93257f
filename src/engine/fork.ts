/** Which step of a run another one goes on from: what a person names, as the trace shows it, becomes a cut in the log. */
import { CadreError } from "../errors.ts";
import type { Event } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import { isAskId, mainLine } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { ForkOptions, ForkPlan, StandingEffect } from "../run/api.ts";
import { cutBefore, cutsOf, nearestCuts, type Cut } from "../run/fork/cuts.ts";
import { askedAgain } from "../run/fork/opening.ts";
import { adoptingProblem } from "../run/fork/fork-run.ts";
import { beyondWorkspace, eventsBefore, tracesOf } from "../run/fork/traces.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow, StoredEvent } from "../store/rows.ts";
import type { Trace, WorkspacePasts } from "../tools/workspace/workspace.ts";
import { usageOf } from "../views/cost.ts";
import { visible } from "../views/escape.ts";
import { clip } from "../views/text-width.ts";
import { sentence, traceSteps, type TraceStep } from "../views/trace/trace.ts";

export type ForkPlanDeps = {
  readonly store: Pick<Store, "runEvents" | "chart" | "asks" | "notices">;
  readonly workspaces: Pick<WorkspacePasts, "pastProblem">;
  /** The chart that the files hold now. Asked for where it is to be adopted. */
  readonly bindNow: (run: RunRow, bound: BoundChart) => Promise<BoundChart>;
};

/** A plan with what it takes to carry it out. */
export type ForkAt = {
  readonly plan: ForkPlan;
  readonly cut: Cut;
  readonly traces: readonly Trace[];
  readonly bound: BoundChart;
};

/** Everything that is known of a run, read once. */
class Story {
  readonly main: readonly StoredEvent[];
  readonly log: readonly Event[];
  readonly steps: readonly TraceStep[];
  readonly cuts: readonly Cut[];
  readonly events: readonly StoredEvent[];
  readonly run: RunRow;

  constructor(run: RunRow, events: readonly StoredEvent[]) {
    this.run = run;
    this.events = events;
    this.main = events.filter(({ line }) => line === mainLine(run.id));
    this.log = this.main.map(({ event }) => event);
    this.steps = traceSteps(events);
    this.cuts = cutsOf(this.log);
  }

  /** The step that is done anew after a cut, or the ask that is put again; undefined at the end of the log. */
  stepAt({ length }: Cut): TraceStep | undefined {
    const asked = this.log[length - 1]?.type === "ask_raised";
    const seq = asked ? this.main[length - 1]?.seq : this.main[length]?.seq;
    return seq === undefined ? undefined : this.steps.find((step) => step.seq >= seq && isCounted(step));
  }

  /** The command that goes on from there, and what is done anew. */
  named(cut: Cut): string {
    const step = this.stepAt(cut);
    if (step === undefined) return "its end";
    const what = clip(visible(sentence(step)).replaceAll(/\s+/g, " "), 60);
    return `\`cadre fork ${this.run.id} --at ${step.n}\` (${what})`;
  }
}

function isCounted({ kind }: TraceStep): boolean {
  return kind !== "model";
}

/** Errors: fork-refused, with the nearest steps that work; chart-invalid and the like where the present chart is to be adopted. */
export async function planFork(deps: ForkPlanDeps, run: RunRow, options: ForkOptions): Promise<ForkAt> {
  const story = new Story(run, await deps.store.runEvents(run.id));
  const cut = options.at === undefined ? lastCut(story) : cutAt(story, String(options.at));
  const bound = await chartFor(deps, story, cut, options);
  const shared = eventsBefore(story.events, mainLine(run.id), cut.length);
  const traces = tracesOf(shared);
  await requireFiles(deps, story, cut, traces);
  const seqs = new Set(shared.map(({ seq }) => seq));
  const plan: ForkPlan = {
    of: run.id,
    line: mainLine(run.id),
    length: cut.length,
    head: story.main[cut.length - 1]?.hash ?? "",
    after: story.steps.findLast((step) => seqs.has(step.seq) && isCounted(step))?.n ?? 0,
    next: nextWords(cut),
    asksAgain: askedAgain(cut.desk)?.ask ?? null,
    chart: bound.hash,
    ...sharedCalls(shared),
    stays: await standing(deps, story, bound, seqs),
  };
  return { plan, cut, traces, bound };
}

/** Also those that the run shares with another one itself. */
function sharedCalls(shared: readonly NumberedEvent[]): Pick<ForkPlan, "sharedCalls" | "sharedTurns"> {
  const { calls, rehearsed } = usageOf(shared.filter(({ event }) => event.type !== "run_forked"));
  return { sharedCalls: calls - rehearsed, sharedTurns: rehearsed };
}

/** The one at the cut, or the one that the files hold now (D9). */
async function chartFor(
  deps: ForkPlanDeps,
  story: Story,
  cut: Cut,
  { chart: which }: ForkOptions,
): Promise<BoundChart> {
  const { run } = story;
  const chart = await deps.store.chart(cut.desk.chart);
  if (!chart) throw new CadreError("store-corrupt", `the store does not hold the chart ${cut.desk.chart}`);
  if (which !== "adopt") return chart;
  const now = await deps.bindNow(run, chart);
  const obstacle = now.hash === chart.hash ? null : adoptingProblem(cut.desk, now);
  if (obstacle === null) return now;
  throw refused(story, cut.length, `the chart that the files hold now cannot be adopted there: ${obstacle}`);
}

async function requireFiles(deps: ForkPlanDeps, story: Story, cut: Cut, traces: readonly Trace[]): Promise<void> {
  const { unknown, missing } = await deps.workspaces.pastProblem(story.run.id, traces);
  if (unknown !== null) throw refused(story, cut.length, `what the workspace held there is not known: ${unknown}`);
  if (missing.length === 0) return;
  const files = missing.join(", ");
  throw refused(story, cut.length, `the content that these files had there is nowhere any more: ${files}`);
}

function nextWords({ desk }: Cut): string {
  const again = askedAgain(desk);
  const [call] = desk.action?.proposed.calls ?? [];
  if (again)
    return `${again.role} asks ${again.to} again: ${clip(visible(again.question).replaceAll(/\s+/g, " "), 100)}`;
  if (call) return `${desk.action?.proposed.role ?? ""} uses ${call.name}`;
  return `it is the turn of ${desk.frames.at(-1)?.role ?? "nobody"}`;
}

/** The last cut that a run can go on from. */
function lastCut(story: Story): Cut {
  const cut = cutBefore(story.cuts, story.log.length);
  if (cut) return cut;
  throw refused(story, story.log.length, "nothing happened yet that a run could go on from");
}

function cutAt(story: Story, at: string): Cut {
  const step = stepNamed(story, at);
  if (!step) throw refused(story, story.log.length, `${story.run.id} has no step ${visible(at)}`);
  const stored = story.events.find(({ seq }) => seq === step.seq) as StoredEvent;
  if (stored.line !== mainLine(story.run.id)) {
    // The first of several tasks is the step that is done anew where they had not been given out.
    const before = story.cuts.find((each) => each.problem === null && story.stepAt(each) === step);
    if (before) return before;
    const opened = story.main.findLast(({ seq }) => seq < stored.seq)?.index ?? 0;
    throw refused(story, opened, `step ${step.n} belongs to a task that was worked on beside others`);
  }
  const length = stored.event.type === "ask_raised" ? stored.index + 1 : stored.index;
  const cut = story.cuts.findLast((each) => each.length <= length);
  if (!cut)
    throw refused(story, length, `nothing comes before step ${step.n}`, `\`cadre run${briefOf(story)}\` begins anew.`);
  if (cut.problem !== null) throw refused(story, length, `no run can go on from step ${step.n}: ${cut.problem}`);
  return cut;
}

/** To be pasted; empty where the brief has no file, or one whose name a shell would take apart. */
function briefOf({ run }: Story): string {
  const { file } = run.brief;
  return file !== null && /^[\w./-]+$/.test(file) ? ` ${file}` : "";
}

/** As the trace shows it: a number, or an id. */
function stepNamed({ steps }: Story, at: string): TraceStep | undefined {
  const seq = /^seq:(\d{1,15})$/.exec(at)?.[1];
  if (seq !== undefined) return steps.find((step) => step.seq === Number(seq));
  if (/^\d{1,9}$/.test(at)) return steps.find((step) => step.n === Number(at) && isCounted(step));
  if (isAskId(at))
    return steps.find((step) => step.ask?.id === at && step.ask.verdict === null && step.ask.by === null);
  return steps.find((step) => (step.toFrame === at && step.kind !== "report") || step.effect === at);
}

/** The steps around a place in the log that can be named instead. */
function refused(story: Story, length: number, what: string, hint?: string): CadreError {
  const near = nearestCuts(story.cuts, length);
  const works = story.cuts.filter((cut) => cut.problem === null);
  const steps = [...new Set(works.map((cut) => story.stepAt(cut)?.n).filter((n) => n !== undefined))];
  const nearest = near.length === 0 ? "none" : near.map((cut) => story.named(cut)).join("; ");
  return new CadreError("fork-refused", what, {
    hint:
      hint ??
      `A run can go on from between two steps, while no task is being worked on beside others. Nearest: ${nearest}. All steps that work: ${ranges(steps)}.`,
    data: { run: story.run.id, steps },
  });
}

/** `2-7, 9, 12-14` */
function ranges(steps: readonly number[]): string {
  const parts: [from: number, to: number][] = [];
  for (const step of steps) {
    const last = parts.at(-1);
    if (last?.[1] === step - 1) last[1] = step;
    else parts.push([step, step]);
  }
  return parts.length === 0
    ? "none"
    : parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/** What happened outside the workspace, before the cut and after it, and stays as it is. */
async function standing(
  { store }: ForkPlanDeps,
  { run, events, steps }: Story,
  bound: BoundChart,
  shared: ReadonlySet<number>,
): Promise<StandingEffect[]> {
  const numbers = new Map(steps.map((step) => [step.seq, step.n]));
  const when = (seq: number): StandingEffect["when"] => (shared.has(seq) ? "before" : "after");
  const effects = beyondWorkspace(events, bound).map(({ seq, role, what }) => ({
    step: numbers.get(seq) ?? null,
    role,
    what,
    when: when(seq),
  }));
  const told: StandingEffect[] = [];
  for (const { id, role } of await store.asks({ run: run.id })) {
    if ((await store.notices(id)).every(({ toldAt }) => toldAt === null)) continue;
    const raised = events.find(({ event }) => event.type === "ask_raised" && event.ask === id)?.seq ?? 0;
    told.push({ step: numbers.get(raised) ?? null, role, what: `a notice of ${id} was sent`, when: when(raised) });
  }
  return [...effects, ...told];
}
