/** What the nodes of one line work with: injected, so that a node is a function of (context, log). */
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import type { Brief } from "../briefs/brief.ts";
import type { DeskFrame } from "../events/desk.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { LineId } from "../ids.ts";
import type { RoleModel } from "../models/model.ts";
import type { RouteJudge } from "../models/route-judge.ts";
import type { ModelSource } from "../models/served-model.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { Role } from "../org/chart.ts";
import type { Store } from "../store/ports.ts";
import type { Fence, RunRow } from "../store/rows.ts";
import type { Tool } from "../tools/tool.ts";
import type { Progress } from "./api.ts";
import type { Workspaces } from "../tools/workspace/workspace.ts";

/** What the files hold now, where it differs from the chart that the run is bound to (D9): another chart, or none that compiles. */
export type Drift =
  | { readonly hash: string; readonly bound: BoundChart }
  | { readonly hash: string; readonly broken: string };

/** What led to a line: its ancestors' logs, root first, each up to the event that opened the next; nothing for the main line. */
export type Above = {
  readonly log: readonly Event[];
  /** Of all the stacks, the start first. */
  readonly frames: readonly DeskFrame[];
  /** The event that opened this line. */
  readonly opened: EventOf<"child_opened"> | null;
};

export const nothingAbove: Above = { log: [], frames: [], opened: null };

type Tools = ReadonlyMap<string, Tool>;

export type LineContext = {
  readonly run: RunRow;
  readonly brief: Brief;
  readonly line: LineId;
  readonly fence: Fence;
  readonly above: Above;
  /** Whether several tasks can be given out at once: not where one thread is all there is (`studio.ts`). */
  readonly mayOpenLines: boolean;
  /** For how many ms this process moved the run since it last said so to the store. */
  readonly moving: () => number;
  readonly bound: BoundChart;
  readonly store: Pick<
    Store,
    | "ask"
    | "asks"
    | "decide"
    | "begin"
    | "fail"
    | "retry"
    | "finish"
    | "effect"
    | "effects"
    | "events"
    | "line"
    | "lines"
    | "run"
    | "runEvents"
    | "setSignal"
  >;
  readonly modelFor: (role: Role) => Promise<RoleModel>;
  readonly tools: Tools;
  readonly workspaces: Workspaces;
  readonly project: string;
  readonly clock: Clock;
  /** Aborts calls under way: a person said stop, or the lease is lost. */
  readonly signal: AbortSignal;
  /** Who asked the run to stop, once somebody has. */
  readonly stopRequested: () => string | null;
  /** What the files hold now; read and compiled when it is first asked for, which a line that only takes a decision up never does. */
  readonly drift: () => Promise<Drift | null>;
  readonly onText: (role: string, text: string) => void;
  readonly onProgress?: (role: string, progress: Progress) => void;
  /** Models of cadre.yaml that tools may ask; left out: none. */
  readonly models?: ModelSource;
  /** Who is asked for a second opinion on a route; left out, or null: nobody. */
  readonly routing?: () => Promise<RouteJudge | null>;
};

/** What a line begins with: tools, with all that they do, may be loaded when the first role acts. Most decisions are taken up without them. */
export type RestingContext = Omit<LineContext, "tools"> & { readonly tools: Tools | (() => Promise<Tools>) };

export async function acting(context: RestingContext): Promise<LineContext> {
  const { tools } = context;
  return { ...context, tools: typeof tools === "function" ? await tools() : tools };
}

/** Collects a node's events and knows the index that the next one will have in the line, from which ids derive. */
export class Batch {
  readonly events: Event[] = [];
  readonly #base: number;
  readonly #clock: Clock;

  constructor(log: readonly Event[], clock: Clock) {
    this.#base = log.length;
    this.#clock = clock;
  }

  /** Index in the line of the event that is added next. */
  get next(): number {
    return this.#base + this.events.length;
  }

  /** Time for display, ISO. */
  now(): string {
    return isoTime(this.#clock);
  }

  add(event: Event): this {
    this.events.push(event);
    return this;
  }
}
