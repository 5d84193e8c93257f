/**
 * What the server tells the control room, as plain data: the one contract between `server` and `web`. Types alone; the page folds the
 * events with the same views as the command line.
 */
import type {
  Acknowledgement,
  Action,
  Approvers,
  AskKind,
  Decision,
  LimitName,
  Seat,
  Severity,
  Vote,
} from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import type { OrgChart, Rule } from "../org/chart.ts";
import type { StepKind } from "./trace/step.ts";

/** What a user may do besides looking. */
export type Permission = "decide" | "run";

/** cadre.session/1. */
export type SessionView = {
  readonly user: { readonly name: string; readonly may: readonly Permission[] };
  /** The project's folder name. */
  readonly project: string;
  readonly version: string;
  /** `npx cadre`, with the options that lead to this project: what every shown command starts with. */
  readonly command: string;
  /** Absolute path, for links into an editor; null where the page is not on this machine. */
  readonly dir: string | null;
  readonly openAsks: number;
  /** The newest arrival number: where a page that begins now begins to listen. */
  readonly newest: number;
};

export type WaitingView = {
  readonly id: string;
  readonly kind: AskKind;
  readonly role: string;
  readonly to: string;
  readonly topic: string;
};

/** What a list shows of a run's events. */
export type RunFigures = {
  readonly steps: number;
  /** The last steps by which work moved, oldest first. */
  readonly hops: readonly { readonly kind: StepKind; readonly ok: boolean }[];
  /** Who acts, as `role` or `role → role`; empty before the first step. */
  readonly where: string;
  readonly calls: number;
  /** As servers counted them; 0 where none did. */
  readonly tokens: number;
  readonly escalations: number;
  readonly refusals: number;
  readonly lastAt: string | null;
};

export type RunStatusWord = "running" | "waiting" | "finished" | "failed" | "stopped";

/** A row of cadre.runs/1. `mover`: this server, another process, or nobody. */
export type RunLine = {
  readonly id: string;
  readonly status: RunStatusWord;
  readonly title: string;
  readonly entry: string;
  readonly startedAt: string;
  readonly rehearsal: boolean;
  readonly asks: readonly WaitingView[];
  readonly mover: "here" | "elsewhere" | null;
  readonly figures: RunFigures;
};

/** cadre.run/1. */
export type RunView = RunLine & {
  readonly brief: BriefView;
  readonly workflow: string;
  /** Hash of the chart that the run is bound to. */
  readonly chart: string;
  readonly model: string | null;
  readonly startedBy: string;
  readonly endedAt: string | null;
  readonly reason: string | null;
  readonly signal: "stop" | null;
  readonly limits: Readonly<Partial<Record<LimitName, number>>>;
  readonly counters: {
    readonly modelCalls: number;
    readonly tokens: number;
    /** In millionths of the currency. */
    readonly money: number;
    readonly gpuMs: number;
    readonly movedMs: number;
  };
  /** Of the run's prices and of its limit of money; null where it has none. */
  readonly currency: string | null;
  /** Why this server could not go on with it, when it last tried. */
  readonly trouble: ErrorView | null;
};

/** What a fork would do; nothing is made yet. */
export type ForkView = {
  readonly of: string;
  readonly after: number;
  readonly next: string;
  readonly length: number;
  readonly sharedCalls: number;
  readonly sharedTurns: number;
  /** What happened outside the workspace and is not undone. */
  readonly stays: readonly {
    readonly step: number | null;
    readonly role: string;
    readonly what: string;
    readonly when: "before" | "after";
  }[];
};

export type BriefView = {
  readonly title: string;
  readonly task: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
  readonly acceptance: readonly { readonly id: string; readonly text: string }[];
  readonly inputs: readonly { readonly path: string; readonly description?: string }[];
  readonly constraints: readonly string[];
  readonly limits: Readonly<
    Partial<Record<LimitName, number | { readonly amount: number; readonly currency: string }>>
  >;
  readonly to: string | null;
  readonly file: string | null;
};

/** cadre.ask/1. */
export type AskView = {
  readonly id: string;
  readonly run: string;
  readonly kind: AskKind;
  readonly role: string;
  readonly to: string;
  readonly topic: string;
  readonly question: string;
  readonly options: readonly { readonly id: string; readonly text: string }[];
  readonly action: Action | null;
  readonly hash: string;
  readonly severity: Severity;
  readonly raisedAt: string;
  readonly deadline: string | null;
  readonly expires: boolean;
  readonly bumpsTo: string | null;
  readonly overdue: boolean;
  readonly acknowledged: Acknowledgement | null;
  readonly seat: Seat | null;
  readonly approvers: Approvers | null;
  readonly votes: readonly Vote[];
  readonly path: readonly string[];
  readonly rule: Rule;
  readonly limit: { readonly name: LimitName; readonly value: number; readonly ceiling: number } | null;
  readonly state: "open" | "decided" | "withdrawn";
  readonly decision: Decision | null;
  /** Title of its run. */
  readonly title: string;
};

/** cadre.error/1. */
export type ErrorView = {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly place: { readonly file: string; readonly line?: number; readonly column?: number } | null;
  readonly move: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** A chart without the texts of its roles. */
export type ChartView = {
  readonly hash: string;
  readonly entry: string | null;
  readonly roles: readonly (Omit<
    OrgChart["roles"][number],
    "prompt" | "knowledge" | "stack" | "categories" | "tags"
  > & {
    readonly granted: readonly string[];
    readonly staffedBy: "model" | "person";
  })[];
  readonly routes: OrgChart["routes"];
};

export type ProblemView = {
  readonly code: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly hint: string | null;
  /** The lines around it, as text. */
  readonly frame: readonly string[];
};

/** cadre.modes/1: what the files hold now. */
export type ModesView = {
  readonly chart: ChartView;
  readonly problems: readonly ProblemView[];
  readonly workflow: string | null;
};

export type EventsView = { readonly events: readonly NumberedEvent[]; readonly cursor: number };

export type ChangesView = {
  readonly hash: string;
  readonly approved: string | null;
  readonly files: readonly {
    readonly path: string;
    readonly kind: "added" | "modified" | "deleted";
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

export type JournalView = { readonly pages: readonly { readonly path: string; readonly text: string }[] };

export type CheckView = {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  readonly detail: string;
  readonly hint: string;
};

/** A line that a process holds at this moment; spans in ms. */
export type WorkerView = {
  readonly run: string;
  readonly line: string;
  readonly host: string;
  readonly pid: number;
  readonly state: "alive" | "dead" | "elsewhere";
  readonly beatMs: number;
  readonly leaseMs: number;
};

/** A server of models. `seen`: by this process since it began; null: it has asked it nothing yet. */
export type ModelServerView = {
  readonly origin: string;
  /** Names in cadre.yaml; none: a run names it itself. */
  readonly models: readonly string[];
  readonly seen: {
    readonly answered: number;
    /** 429 or 503. */
    readonly refused: number;
    readonly silent: number;
    readonly firstAnswer: { readonly median: number; readonly p95: number; readonly of: number } | null;
    readonly limit: number;
    readonly inFlight: number;
    readonly queued: number;
  } | null;
};

/** cadre.doctor/1, with what goes on at this moment. */
export type HealthView = {
  readonly checks: readonly CheckView[];
  readonly workers: readonly WorkerView[];
  readonly servers: readonly ModelServerView[];
  /** This server. */
  readonly room: { readonly pid: number; readonly upMs: number; readonly watchers: number; readonly moving: number };
};

export type CandidateView = {
  readonly role: string;
  readonly kind: string;
  readonly score: number;
  readonly purpose: string;
  readonly file: string;
  readonly line: number;
};

export type CoverageView = {
  readonly runs: number;
  readonly routes: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    readonly times: number;
    readonly runs: number;
  }[];
};

/** cadre.rehearse/1: briefs walked to their end by the rehearsal, with a stand-in for people. */
export type RehearsalView = {
  readonly schema: "cadre.rehearse/1";
  readonly rehearsal: true;
  readonly briefs: readonly {
    readonly brief: string;
    readonly title: string;
    readonly entry: string;
    /** `waiting`: it asks in circles. */
    readonly status: string;
    readonly steps: number;
    /** Whom it would have asked, in order. */
    readonly people: readonly {
      readonly kind: AskKind;
      readonly role: string;
      readonly to: string;
      readonly topic: string;
      readonly rule: Rule;
    }[];
  }[];
  readonly routes: readonly (Omit<OrgChart["routes"][number], "column"> & {
    readonly times: number;
    readonly briefs: number;
    /** Whether the entry roles lead to it at all. */
    readonly reachable: boolean;
  })[];
  readonly refused: readonly {
    readonly kind: string;
    readonly from: string;
    readonly to: string;
    readonly times: number;
  }[];
};

/** What a run can be started with. */
export type ChoicesView = {
  readonly workflows: readonly string[];
  /** Names in cadre.yaml; others can be written. */
  readonly models: readonly string[];
};

export type PromptView = { readonly role: string; readonly text: string; readonly tokens: number };

/** What a message of the stream holds, by its name. `event` messages alone have an id: the arrival number. */
export type StreamMessages = {
  readonly event: NumberedEvent & { readonly run: string };
  /** Model text of a step under way; never stored. */
  readonly text: { readonly run: string; readonly role: string; readonly text: string };
  /** Something besides events has changed: asks, votes, who moves what. `openAsks` is the number in the title. */
  readonly changed: { readonly openAsks: number };
};

/** cadre.export/1: a run as one file. */
export type ExportView = {
  readonly schema: "cadre.export/1";
  readonly exportedAt: string;
  readonly version: string;
  readonly run: RunView;
  readonly chart: ChartView;
  readonly placed: Placed | null;
  readonly events: readonly NumberedEvent[];
  readonly asks: readonly AskView[];
  readonly changes: ChangesView | null;
  readonly journal: JournalView;
  /** What `verify` said when it was exported. */
  readonly verified: { readonly ok: boolean; readonly events: number; readonly problems: readonly string[] };
};

export type Point = { readonly x: number; readonly y: number };
export type PlacedNode = Point & { readonly id: string; readonly width: number; readonly height: number };
export type PlacedEdge = { readonly id: string; readonly points: readonly Point[] };

/** A laid-out picture, in pixels; edges bend at right angles. */
export type Placed = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
};
