/** The walk of a run, shown while it happens: one trace step at a time, and one live line about who works. */
import { deskOf, nextOf } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import type { Progress } from "../run/api.ts";
import type { Store } from "../store/ports.ts";
import type { RunRow, StoredEvent } from "../store/rows.ts";
import { visible } from "../views/escape.ts";
import { isListed, openTrace, renderStep, stepRecord, type TraceStep } from "../views/trace/trace.ts";
import type { FetchProgress } from "../run/api.ts";
import type { Context } from "./context.ts";
import { fetchBar, fetchNote } from "./fetch-bar.ts";

export interface Walk {
  /** Arrival number of the newest event that was added. */
  readonly seq: number;
  add(event: StoredEvent): void;
  /** A piece of a model's reply while it streams; never kept. */
  text(role: string, piece: string): void;
  /** How far a long effect is. */
  progress(progress: Progress): void;
  /** A model file that is fetched: a bar on a terminal, elsewhere a line when it begins. */
  fetching(progress: FetchProgress): void;
  /** Nothing moves any more: takes the live line away. */
  rest(): void;
  /** The ask that the walk ends at is shown as a card: its step need not be. */
  dropAsk(): void;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"] as const;
const frameMs = 120;

/** Events up to `after` are read for their context and not shown. With `--json`, the first line with the schema goes out at once. */
export async function openWalk(
  context: Context,
  store: Pick<Store, "runEvents">,
  run: RunRow,
  after: number,
): Promise<Walk> {
  const { output } = context;
  const trace = openTrace();
  const logs = new Map<string, Event[]>();
  let seq = 0;
  let streamed = 0;
  let since = Date.now();
  let turn = 0;
  let effect: Progress | null = null;
  let fetched = "";

  /** An ask is held back until it is known whether a card shows it, in full, right below. */
  let held: TraceStep | null = null;
  const print = (step: TraceStep): void => {
    output.line(renderStep(step, output.text).join("\n"));
  };
  const show = (event: StoredEvent, silent: boolean): void => {
    if (event.seq <= seq) return;
    seq = event.seq;
    const log = logs.get(event.line) ?? [];
    log.push(event.event);
    logs.set(event.line, log);
    const step = trace.add(event);
    if (step === null || silent) return;
    if (output.json) {
      output.record({ type: "step", ...stepRecord(step) });
      return;
    }
    if (!isListed(step) && !output.verbose) return;
    if (held !== null) print(held);
    held = step.kind === "ask" && step.ok ? step : null;
    if (held === null) print(step);
  };

  if (output.json) {
    output.record({
      schema: "cadre.events/1",
      type: "run",
      run: run.id,
      brief: run.title,
      entry: run.entry,
      rehearsal: run.rehearsal,
      after,
    });
  }
  for (const event of await store.runEvents(run.id)) show(event, event.seq <= after);

  const status = (): void => {
    const roles = rolesAtWork([...logs.values()]);
    const seconds = Math.floor((Date.now() - since) / 1000);
    const words = effect ? ` · ${progressText(effect)}` : streamed === 0 ? "" : ` · ${streamed} characters`;
    turn += 1;
    output.live(
      `${frames[turn % frames.length] ?? ""} ${visible(working(roles.length === 0 ? [run.entry] : roles))}${seconds < 2 ? "" : ` · ${seconds} s`}${words}`,
    );
  };
  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    if (timer !== undefined || output.json) return;
    timer = setInterval(status, frameMs);
    timer.unref();
  };

  return {
    get seq() {
      return seq;
    },
    add(event) {
      since = Date.now();
      streamed = 0;
      effect = null;
      show(event, false);
      wake();
    },
    text(_role, piece) {
      streamed += piece.length;
      wake();
    },
    progress(progress) {
      effect = progress;
      wake();
    },
    fetching(progress) {
      clearInterval(timer);
      timer = undefined;
      since = Date.now();
      if (fetched !== progress.name) output.note(fetchNote(progress));
      fetched = progress.name;
      output.live(fetchBar(progress));
    },
    rest() {
      clearInterval(timer);
      timer = undefined;
      output.live(null);
    },
    dropAsk() {
      held = null;
    },
  };
}

/** `▰▰▰▱▱▱▱▱▱▱ 17 of 56 some-model`. */
function progressText({ done, of, what }: Progress): string {
  const full = of > 0 ? Math.floor((10 * Math.min(done, of)) / of) : 0;
  return `${"▰".repeat(full)}${"▱".repeat(10 - full)} ${done} of ${of} ${what}`;
}

/** One for each line of the run that does not rest: several where tasks were given out at once. */
function rolesAtWork(logs: readonly (readonly Event[])[]): string[] {
  return logs.flatMap((log) => {
    const desk = deskOf(log);
    const next = nextOf(desk);
    const role = desk.frames.at(-1)?.role;
    return role !== undefined && (next.at === "role" || next.at === "act") ? [role] : [];
  });
}

function working(roles: readonly string[]): string {
  const [first = "", second, ...others] = [...new Set(roles)];
  if (second === undefined) return `${first} works`;
  if (others.length === 0) return `${first} and ${second} work`;
  return `${first}, ${second} and ${others.length === 1 ? "1 other" : `${others.length} others`} work`;
}
