/** The chart, and what can be done with it before a run begins. */
import type { AskKind } from "../../events/event.ts";
import type { OrgChart, Rule } from "../../org/chart.ts";

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
