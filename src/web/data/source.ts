/**
 * Where the page gets what it shows: the server, or, in an exported file, the file itself. Reads and verbs stand here and nowhere else.
 */
import type { AskView } from "../../views/control-room/asks.ts";
import type {
  BriefView,
  ChangesView,
  EventsView,
  ForkView,
  JournalView,
  RunLine,
  RunView,
} from "../../views/control-room/runs.ts";
import type {
  CandidateView,
  ChartView,
  ChoicesView,
  CoverageView,
  ModesView,
  PromptView,
  RehearsalView,
} from "../../views/control-room/project.ts";
import type { ErrorView, SessionView } from "../../views/control-room/session.ts";
import type { HealthView } from "../../views/control-room/health.ts";
import type { Placed } from "../../views/control-room/placed.ts";
import type { NumberedEvent } from "../../events/numbered.ts";

/** What somebody says to an ask. */
export type Saying = {
  readonly verb: "approve" | "reject" | "answer" | "delegate" | "escalate";
  readonly text?: string;
  readonly to?: string;
  readonly args?: unknown;
  readonly hash: string;
};

export type NewRun = {
  readonly text?: string;
  readonly file?: string;
  readonly to?: string;
  readonly workflow?: string;
  readonly model?: string;
  readonly includeDirty?: boolean;
};

export type Fork = { readonly at?: number; readonly model?: string; readonly chart?: "keep" | "adopt" };

export type LayoutPlan = {
  readonly nodes: readonly {
    readonly id: string;
    readonly rank: number;
    readonly width: number;
    readonly height: number;
  }[];
  readonly edges: readonly { readonly id: string; readonly from: string; readonly to: string }[];
};

export type Verified = {
  readonly ok: boolean;
  readonly events: number;
  readonly problems: readonly { readonly what: string }[];
};

export interface Source {
  session(): Promise<SessionView>;
  runs(): Promise<readonly RunLine[]>;
  run(id: string): Promise<RunView>;
  /** `after`: of these those with a higher arrival number. */
  events(run: string, after?: number): Promise<EventsView>;
  chartOf(run: string): Promise<ChartView>;
  changes(run: string): Promise<ChangesView>;
  journal(run: string): Promise<JournalView>;
  verification(run: string): Promise<Verified>;
  ask(id: string): Promise<AskView>;
  asks(filter: { readonly run?: string; readonly state?: AskView["state"] }): Promise<readonly AskView[]>;
  layout(plan: LayoutPlan): Promise<Placed | null>;
  modes(): Promise<ModesView>;
  prompt(role: string): Promise<PromptView>;
  coverage(): Promise<CoverageView>;
  who(text: string): Promise<readonly CandidateView[]>;
  /** Files in `briefs/`. It takes seconds. */
  rehearse(what: { readonly briefs: readonly string[] }): Promise<RehearsalView>;
  choices(): Promise<ChoicesView>;
  health(): Promise<HealthView>;
  briefs(): Promise<readonly string[]>;
  brief(file: string): Promise<BriefView>;
  decide(ask: string, saying: Saying): Promise<AskView>;
  acknowledge(ask: string): Promise<AskView>;
  start(run: NewRun): Promise<RunView>;
  preview(run: NewRun): Promise<readonly NumberedEvent[]>;
  resume(run: string): Promise<RunView>;
  stop(run: string): Promise<RunView>;
  planFork(run: string, fork: Fork): Promise<ForkView>;
  /** Of a run that was cut off. */
  retry(run: string, fork: Fork): Promise<RunView>;
  fork(run: string, fork: Fork): Promise<RunView>;
  apply(run: string): Promise<{ readonly files: readonly string[] }>;
  link(): Promise<{ readonly path: string }>;
  signOut(): Promise<void>;
}

/** What the server refused or could not do, as it says it. */
export class SourceError extends Error {
  readonly status: number;
  readonly view: ErrorView;

  constructor(status: number, view: ErrorView) {
    super(view.message);
    this.status = status;
    this.view = view;
  }
}
