/** What a trace is made of: one step per thing that happened, with everything that a view needs to show it in full. */
import type { AskKind, Decision, FileChange, Receipt, Usage } from "../../events/event.ts";
import type { Rule } from "../../org/chart.ts";

export type StepKind =
  /** The brief reaches the entry role. */
  | "start"
  /** The run goes on here from a step of another one: what came before happened there. */
  | "fork"
  | "delegation"
  | "escalation"
  | "question"
  /** A decision travels back along the edge that its question came by. */
  | "answer"
  /** A report travels back, or the entry role's waits for the sign-off. */
  | "report"
  | "copy"
  /** The entry role's report is given to someone else to verify; and what came of it. */
  | "review"
  /** Nothing was executed. */
  | "refusal"
  /** A person's verdict on an action or on the change set. */
  | "approval"
  /** A person's verdict on anything else. */
  | "decision"
  | "tool"
  | "model"
  /** What a decision model says of a route before work goes along it. */
  | "opinion"
  /** Something waits for a person. */
  | "ask"
  /** A limit was reached, or raised. */
  | "limit"
  /** Handed back undone: calls beyond the one decision of a reply, a frame that was dropped. */
  | "returned"
  | "end";

/** Something a person was asked. `verdict` and what follows it are set on the step that decided it. */
export type StepAsk = {
  readonly id: string;
  readonly kind: AskKind;
  readonly verdict: Decision["verb"] | null;
  readonly by: string | null;
  readonly face: string | null;
  /** The person whom it was put to by name, where somebody else decided it (`stand-in.ts`). */
  readonly askedOf?: string;
};

/** Further facts, for verbose and detail views; text as it was given, not escaped. */
export type StepDetail = { readonly label: string; readonly lines: readonly string[] };

export type TraceStep = {
  /** 1-based. A model call has the number of the step that it led to, and is not counted itself. */
  readonly n: number;
  /** Arrival order; no two steps of a run share one. */
  readonly seq: number;
  readonly line: string;
  readonly kind: StepKind;
  /** A role, or a person's name. */
  readonly from: string;
  readonly to: string | null;
  /** What `from` does, to be read between the two names: `escalates to`. */
  readonly verb: string;
  /** The question, task, summary, reason…, as it was given: escape it (`visible`) before it is shown. */
  readonly text: string;
  /** Why it was allowed; null where nothing moved. */
  readonly rule: Rule | null;
  readonly at: string;
  /** Set for model calls. */
  readonly usage: Usage | null;
  /** Where it happened: the frame that acted. */
  readonly frame: string | null;
  /** The frame that it opened, or that it went back to. */
  readonly toFrame: string | null;
  /** Frames below the acting one on the stack. */
  readonly depth: number;
  readonly ask: StepAsk | null;
  /** Files that a receipt, a change set or an approval names. */
  readonly files: readonly FileChange[];
  readonly measurements: Receipt["measurements"];
  /** The ledger's key, for what tools and models did: what a measurement cites. */
  readonly effect: string | null;
  /** `replayed`: the recorded outcome was taken. `repeated`: it may have happened, and been billed, twice. */
  readonly outcome: "executed" | "replayed" | "repeated" | null;
  /** False: refused, failed, rejected. */
  readonly ok: boolean;
  readonly model: string | null;
  /** Who played this role until now, where that was another one: a model's name with its tier. */
  readonly playedBefore: string | null;
  readonly details: readonly StepDetail[];
  /** A deterministic policy stands in for the models of this run. */
  readonly rehearsal: boolean;
};

/** Whether a list shows it that leaves model calls out: those stay in by which a role comes to be played by another model. */
export function isListed({ kind, playedBefore }: Pick<TraceStep, "kind" | "playedBefore">): boolean {
  return kind !== "model" || playedBefore !== null;
}

/** `played by B from here on, by A (endpoint) until now`; null where nothing changed. Not escaped. */
export function playerText({ model, playedBefore }: Pick<TraceStep, "model" | "playedBefore">): string | null {
  return playedBefore === null ? null : `played by ${model ?? "another"} from here on, by ${playedBefore} until now`;
}

/** The step in one sentence, not escaped: `huggingface-specialist escalates to project-manager: Which licence may we use?` */
export function sentence(step: TraceStep): string {
  const head = step.to === null ? `${step.from} ${step.verb}` : `${step.from} ${step.verb} ${step.to}`;
  return step.text === "" ? head : `${head}: ${step.text}`;
}

/** Kinds by which work or a decision goes from one to another; each of them cites a rule (E2). */
export const movingKinds: ReadonlySet<StepKind> = new Set([
  "start",
  "delegation",
  "escalation",
  "question",
  "answer",
  "report",
  "copy",
]);
