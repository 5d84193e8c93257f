/** A brief: what the user asks for. Where and When are optional; so is everything in the front matter. */
import type { Money } from "../money.ts";

/** A file that the work starts from. */
export type BriefInput = {
  /** Relative to the project, forward slashes; must stay inside it. */
  readonly path: string;
  readonly description?: string;
};

/** What must be true at the end. */
export type Criterion = {
  /** `A1`, `A2`, … in the order of the file. */
  readonly id: string;
  readonly text: string;
};

/** Ceilings of a whole run; every one of them raises an ask when it is reached (DESIGN §5). */
export type Limits = {
  /** Turns and actions. */
  readonly steps: number;
  readonly modelCalls: number;
  /** Prompt plus completion, as reserved and settled. */
  readonly tokens: number;
  /** Frames on the stack. */
  readonly depth: number;
  /** Child lines at work at one time. */
  readonly breadth: number;
  /** Refused calls. */
  readonly refusals: number;
  /** Identical calls by one role in one frame. */
  readonly repeats: number;
  /** Times that the same two roles may hand the same thing to each other in a row. */
  readonly pingPong: number;
  /** In the run's currency. Left out, like the two below: no ceiling. */
  readonly money?: number;
  /** Seconds of GPUs, of models that hold some (`gpus` in cadre.yaml). */
  readonly gpuSeconds?: number;
  /** Seconds during which the run is being moved: not those in which it waits for people, or for somebody to resume it. */
  readonly wallSeconds?: number;
};

/** As a brief or a workflow sets them. */
export type LimitsAsked = Partial<Omit<Limits, "money">> & { readonly money?: Money };

/** As read from a file or from words; every text is plain Markdown, and empty where nothing was said. */
export type Brief = {
  readonly title: string;
  /** What (Task). */
  readonly task: string;
  readonly why: string;
  readonly where: string;
  readonly when: string;
  readonly acceptance: readonly Criterion[];
  readonly inputs: readonly BriefInput[];
  /** Words that bound the work, e.g. "CPU only". */
  readonly constraints: readonly string[];
  readonly limits: LimitsAsked;
  /** Entry role, where the brief names one. */
  readonly to: string | null;
  /** As given by the user; null for a brief from words or stdin. */
  readonly file: string | null;
};
