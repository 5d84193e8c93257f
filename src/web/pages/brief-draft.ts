/** A brief while it is written: its four fields and what goes with them, the run that it would be, and where a fault of it lies. Pure. */
import type { BriefView } from "../../views/control-room/runs.ts";
import type { ErrorView } from "../../views/control-room/session.ts";
import type { ProblemView } from "../../views/control-room/project.ts";
import type { NewRun } from "../data/source.ts";
import { shellWord } from "../parts/words.ts";

/** Ceilings that a person sets before a run; the others are the workflow's. */
export const limitFields = [
  ["steps", "steps", "turns and actions"],
  ["modelCalls", "model calls", ""],
  ["tokens", "tokens", "prompts and replies"],
  ["money", "money", "as 5 EUR"],
  ["gpuSeconds", "GPU seconds", ""],
  ["wallSeconds", "seconds at work", "without waits"],
] as const;
export type LimitField = (typeof limitFields)[number][0];

export type Draft = {
  readonly what: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
  readonly criteria: string;
  readonly inputs: string;
  /** Kept of a brief that was read; there is no field for them. */
  readonly title: string;
  readonly constraints: readonly string[];
  /** As typed; those of a brief without a field here are kept too. */
  readonly limits: Readonly<Record<string, string>>;
  readonly to: string;
  readonly workflow: string;
  readonly model: string;
  readonly includeDirty: boolean;
  /** The file that it was read from, while nothing of the brief was changed. */
  readonly file: string | null;
};

/** Parts that are no part of the brief: its file stays what is sent. */
export const besides: ReadonlySet<keyof Draft> = new Set(["to", "workflow", "model", "includeDirty"]);

export const emptyDraft: Draft = {
  what: "",
  why: "",
  where: "",
  when: "",
  criteria: "",
  inputs: "",
  title: "",
  constraints: [],
  limits: {},
  to: "",
  workflow: "",
  model: "",
  includeDirty: false,
  file: null,
};

export function draftOf(brief: BriefView, file: string): Draft {
  return {
    ...emptyDraft,
    what: brief.task,
    why: brief.why,
    where: brief.where,
    when: brief.when,
    criteria: brief.acceptance.map(({ text }) => text).join("\n"),
    inputs: brief.inputs
      .map(({ path, description }) => (description === undefined ? path : `${path}: ${description}`))
      .join("\n"),
    title: brief.title,
    constraints: brief.constraints,
    limits: Object.fromEntries(
      Object.entries(brief.limits).map(([name, value]) => [
        name,
        typeof value === "object" ? `${value.amount} ${value.currency}` : String(value),
      ]),
    ),
    to: brief.to ?? "",
    file,
  };
}

/** A brief that was only read is named, so that it is the one that git holds; one that was written here is sent as text. */
export function runOf(draft: Draft): NewRun {
  const { file, to, workflow, model, includeDirty } = draft;
  return {
    ...(file === null ? { text: textOf(draft) } : { file }),
    ...(to === "" ? {} : { to }),
    ...(workflow === "" ? {} : { workflow }),
    ...(model.trim() === "" ? {} : { model: model.trim() }),
    ...(includeDirty ? { includeDirty } : {}),
  };
}

/** The brief as a file would hold it. */
export function textOf({ what, why, where, when, criteria, inputs, title, constraints, limits }: Draft): string {
  const list = (text: string): string =>
    text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => `- ${line.trim()}`)
      .join("\n");
  const set = Object.entries(limits).filter(([, value]) => value.trim() !== "");
  const front = [
    ...(title === "" ? [] : [`title: ${JSON.stringify(title)}`]),
    ...(constraints.length === 0 ? [] : ["constraints:", ...constraints.map((text) => `  - ${JSON.stringify(text)}`)]),
    ...(set.length === 0
      ? []
      : ["limits:", ...set.map(([name, value]) => `  ${name}: ${JSON.stringify(value.trim())}`)]),
  ];
  const parts = (
    [
      ["What", what],
      ["Why", why],
      ["Where", where],
      ["When", when],
      ["Acceptance criteria", list(criteria)],
      ["Inputs", list(inputs)],
    ] as const
  )
    .filter(([, text]) => text.trim() !== "")
    .map(([name, text]) => `## ${name}\n\n${text.trim()}`);
  return [...(front.length === 0 ? [] : [["---", ...front, "---"].join("\n")]), ...parts].join("\n\n");
}

/** As it would be typed: a brief that was written here comes on stdin. */
export function commandOf(draft: Draft): string {
  const { file, to, workflow, model, includeDirty } = draft;
  const options = [
    ...(to === "" ? [] : [`--to ${shellWord(to)}`]),
    ...(workflow === "" ? [] : [`--workflow ${shellWord(workflow)}`]),
    ...(model.trim() === "" ? [] : [`--model ${shellWord(model.trim())}`]),
    ...(includeDirty ? ["--include-dirty"] : []),
  ];
  const line = (brief: string): string => ["run", brief, ...options].join(" ");
  if (file !== null) return line(shellWord(file));
  if (draft.what.trim() === "") return line('"<what is to be done>"');
  const text = textOf(draft);
  let end = "BRIEF";
  while (text.split("\n").includes(end)) end += "_";
  return `${line("-")} <<'${end}'\n${text}\n${end}`;
}

export type DraftField = "what" | "criteria" | "inputs" | "to" | "workflow" | "model" | `limits.${string}`;
export type FieldFaults = ReadonlyMap<DraftField, string>;

/** What a server said of a brief, sorted to the fields that it is about; what is about none stays the form's. */
export function faultsOf(error: ErrorView | null): { readonly fields: FieldFaults; readonly rest: ErrorView | null } {
  if (error === null) return { fields: new Map(), rest: null };
  const own = fieldOf(error);
  if (own !== undefined)
    return { fields: new Map([[own, [error.message, error.hint ?? ""].join(" ").trim()]]), rest: null };
  const problems = error.code === "brief-invalid" ? ((error.data["problems"] ?? []) as readonly ProblemView[]) : [];
  const placed = problems
    .filter(({ severity }) => severity === "error")
    .map((problem) => [fieldOfProblem(problem), [problem.message, problem.hint ?? ""].join(" ").trim()] as const);
  // The first of a field is the one to mend first.
  const fields = new Map(
    placed.toReversed().flatMap(([field, said]) => (field === null ? [] : [[field, said] as const])),
  );
  const whole = placed.length > 0 && placed.every(([field]) => field !== null);
  return { fields, rest: whole ? null : error };
}

function fieldOf({ code, data }: ErrorView): DraftField | undefined {
  const { limit } = data;
  return code === "config-invalid" && typeof limit === "string" ? `limits.${limit}` : fieldOfCode[code];
}

const fieldOfCode: Readonly<Record<string, DraftField>> = {
  "role-unknown": "to",
  "workflow-invalid": "workflow",
  "model-unknown": "model",
  "model-auth": "model",
};

function fieldOfProblem({ code, message }: ProblemView): DraftField | null {
  if (code === "brief-no-task" || code === "brief-too-large") return "what";
  if (code.startsWith("brief-input")) return "inputs";
  const limit = /^"limits\.(\w+)"/.exec(message)?.[1];
  return limit === undefined ? null : `limits.${limit}`;
}

/** What can be said of a limit before anybody is asked; null: nothing. */
export function limitFault(name: LimitField, text: string): string | null {
  const value = text.trim();
  if (value === "") return null;
  if (name === "money")
    return /^\d{1,9}(\.\d{1,6})? [A-Z]{3}$/.test(value) && Number.parseFloat(value) > 0
      ? null
      : "an amount and a currency, such as 5 EUR or 0.50 USD";
  return /^[1-9]\d{0,8}$/.test(value) ? null : "a whole number above 0";
}
