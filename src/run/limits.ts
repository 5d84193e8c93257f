/**
 * Limits of a whole run. All of them are checked at one place, before a role's next model call, so a limit is overrun by one step at most;
 * what a tool will spend is checked before it runs (`spending.ts`), so that nothing is spent before a person has said yes. Whatever was looked at,
 * the commit of a call's intent holds it to the ceiling (`store/effects.ts`): several lines together do not go beyond it either, but for one
 * call of a role that a crash left in doubt.
 *
 * L1. Reaching a limit raises an ask ("raise it or stop"); it does not fail the run.
 * L2. Steps and refusals are counted over all lines of the run, in the commits that make them; model calls and tokens on the run's row,
 *     and money and the time of GPUs with them, reserved in the commit of the intent; depth, repeats and ping-pong follow from the log. All of them survive a crash and a resume.
 * L3. Breadth bounds what may be opened, and so is checked where tasks are given out (`several-tasks.ts`): who would give out too many is told how
 *     many there is room for, and may take smaller helpings; who insists raises the ask of L1, whose "no" sends the tasks back.
 * L4. Wall time is counted while a process moves the run (`stopwatch.ts`), and told at every renewal of a lease: a kill loses what passed
 *     since the last one, a second as a rule. Two processes that move lines of one run side by side count both.
 * L5. Money, the time of GPUs and wall time have no ceiling unless somebody sets one.
 */
import { hashOf } from "../canonical.ts";
import type { Desk, DeskFrame } from "../events/desk.ts";
import type { Call, Event, LimitName } from "../events/event.ts";
import type { LimitReached } from "../events/raising.ts";
import type { Limits, LimitsAsked } from "../briefs/brief.ts";
import { unitsOf } from "../money.ts";
import type { Reservation } from "../store/ports.ts";
import type { Counters, LineRow } from "../store/rows.ts";
import { bareCall } from "./taking-up.ts";

export const defaultLimits: Limits = {
  steps: 400,
  modelCalls: 200,
  tokens: 2_000_000,
  depth: 8,
  breadth: 8,
  refusals: 12,
  repeats: 3,
  pingPong: 6,
};

/** What the run is given: the defaults, the workflow's, the brief's. `currency`: of a limit of money; null where there is none. */
export function limitsOf(
  workflow: LimitsAsked,
  brief: LimitsAsked,
): { readonly limits: Limits; readonly currency: string | null } {
  const { money, ...others } = { ...workflow, ...brief };
  const limits = { ...defaultLimits, ...others };
  return money === undefined
    ? { limits, currency: null }
    : { limits: { ...limits, money: money.amount }, currency: money.currency };
}

/** What the whole run has used of its limits. */
export type Used = Counters & Pick<LineRow, "steps" | "refusals">;

export function usedBy(counters: Counters, lines: readonly LineRow[]): Used {
  const sum = (pick: (line: LineRow) => number): number => lines.reduce((total, line) => total + pick(line), 0);
  return { ...counters, steps: sum((line) => line.steps), refusals: sum((line) => line.refusals) };
}

type Reaching = {
  readonly desk: Desk;
  readonly log: readonly Event[];
  readonly used: Used;
  readonly ceilings: Partial<Limits>;
  /** Frames on the stacks above this line. */
  readonly depth: number;
  /** What the next model call would reserve. */
  readonly need: Reservation;
};

/** Limits whose value holds what the next call may take: it may come up to the ceiling, and not beyond. */
const setsAside: ReadonlySet<LimitName> = new Set(["tokens", "money", "gpuSeconds"]);

/** The first limit that is reached, or null. */
export function limitReached({ desk, log, used, ceilings, depth, need }: Reaching): LimitReached | null {
  const frame = desk.frames.at(-1);
  const values: Record<Exclude<LimitName, "breadth">, number> = {
    steps: used.steps,
    modelCalls: used.modelCalls,
    // With what the call would reserve: raising the ceiling to the value that is shown is then enough to go on.
    tokens: used.tokens + need.tokens,
    money: unitsOf(used.money + (need.money ?? 0)),
    gpuSeconds: (used.gpuMs + (need.gpuMs ?? 0)) / 1000,
    wallSeconds: Math.floor(used.movedMs / 1000),
    // One frame above the ceiling may open, but does not act: so "reached" is one more than may stand.
    depth: depth + desk.frames.length - 1,
    refusals: used.refusals,
    repeats: frame ? repeatsOfLastCall(log, frame) : 0,
    pingPong: desk.pingPong.count,
  };
  for (const name of Object.keys(values) as (keyof typeof values)[]) {
    const ceiling = ceilings[name] ?? defaultLimits[name];
    const value = values[name];
    if (ceiling === undefined) continue; // L5
    const over = setsAside.has(name) ? value > ceiling : value >= ceiling;
    if (over) return { name, value, ceiling };
  }
  return null;
}

/** The limit that what a tool is about to spend would go beyond, or null. `need`: beside what it has spent already. */
export function spendingLimit(used: Counters, ceilings: Partial<Limits>, need: Reservation): LimitReached | null {
  const values = [
    ["modelCalls", used.modelCalls, need.modelCalls],
    ["tokens", used.tokens, need.tokens],
    ["money", unitsOf(used.money), unitsOf(need.money ?? 0)],
    ["gpuSeconds", used.gpuMs / 1000, (need.gpuMs ?? 0) / 1000],
  ] as const;
  for (const [name, spent, more] of values) {
    const ceiling = ceilings[name] ?? defaultLimits[name];
    if (ceiling !== undefined && more > 0 && spent + more > ceiling) return { name, value: spent + more, ceiling };
  }
  return null;
}

const fingerprints = new WeakMap<Call, string>();

function fingerprint(call: Call): string {
  const known = fingerprints.get(call);
  if (known !== undefined) return known;
  const made = hashOf([call.name, bareCall(call).args]);
  fingerprints.set(call, made);
  return made;
}

/**
 * How often the frame's last call was made in this frame. A read is counted only since a file last changed, because then the same
 * read may be sensible again; an effect or a hand-over is counted from the frame's start, or writing A, B, A, B would never stop.
 */
function repeatsOfLastCall(log: readonly Event[], frame: DeskFrame): number {
  const own = ofFrame(log, frame);
  const turn = own.findIndex((event) => event.type === "turn_taken");
  const last = callOf(own[turn]);
  if (!last) return 0;
  const reading = own.slice(0, turn).some((event) => event.type === "action_proposed" && event.access === "read");
  const changed = reading ? own.findIndex((event, index) => index > turn && changedFiles(event)) : -1;
  const since = changed < 0 ? own : own.slice(0, changed);
  return since.filter((event) => {
    const call = callOf(event);
    return call !== undefined && fingerprint(call) === fingerprint(last);
  }).length;
}

/** The frame's own events, newest first. */
function ofFrame(log: readonly Event[], frame: DeskFrame): Event[] {
  const own: Event[] = [];
  for (let index = log.length - 1; index >= 0; index -= 1) {
    const event = log[index] as Event;
    if (event === frame.opened) break;
    if ("frame" in event && event.frame === frame.id) own.push(event);
  }
  return own;
}

function callOf(event: Event | undefined): Call | undefined {
  return event?.type === "turn_taken" ? event.calls[0] : undefined;
}

function changedFiles(event: Event): boolean {
  return (
    event.type === "action_done" &&
    event.results.some((result) => result.receipt?.files.some((file) => file.before !== file.after) ?? false)
  );
}
