/** What a run is told and what it tells: options and results of the verbs that move it. Plain data, no engine behind it. */
import type { ChangeSet, Decision } from "../events/event.ts";
import type { LineId, RunId } from "../ids.ts";
import type { AskRow, RunRow, StoredEvent } from "../store/rows.ts";

/** How a run begins. `by`: who starts it, recorded and not proven. */
export type StartOptions = {
  /** Name of the file in `graphs/`, without extension; default: the only one there, or `feature-workflow`. */
  readonly workflow?: string;
  /** Entry role; default: the brief's, else the workflow's. */
  readonly to?: string;
  /** A name from cadre.yaml, `hf:<model>[:provider]`, `<url>#<model>`, or `embedded:<file.gguf or hf:…>`; default: cadre.yaml's map, else rehearsal. */
  readonly model?: string;
  readonly includeDirty?: boolean;
  readonly by: string;
};

/** Where a run is gone on from, and with what. */
export type ForkOptions = {
  /**
   * The step to do anew: its number in the trace, `seq:<n>`, or the id of an ask, a frame or an effect. An ask is asked again. Left out:
   * the last one that a run can go on from.
   */
  readonly at?: string | number;
  /** As in `StartOptions`; left out: as the run that it goes on from. */
  readonly model?: string;
  /** `adopt`: go on under the chart that the files hold now. Default: under the one at the cut. */
  readonly chart?: "keep" | "adopt";
  readonly by: string;
};

/** Something that happened outside the workspace: a run that goes on from before it does not undo it. */
export type StandingEffect = {
  /** Its number in the trace; null for what is no step of it. */
  readonly step: number | null;
  readonly role: string;
  readonly what: string;
  /** `before` the cut: the new run knows of it and does not repeat it. `after`: the new run does not know of it. */
  readonly when: "before" | "after";
};

/** What a fork would do; nothing is made yet. */
export type ForkPlan = {
  readonly of: RunId;
  readonly line: LineId;
  /** How many events are shared, and the hash of the last of them. */
  readonly length: number;
  readonly head: string;
  /** Number of the last step that is shared. */
  readonly after: number;
  /** What comes next, in words. */
  readonly next: string;
  /** The ask that is put again; null where none is. */
  readonly asksAgain: string | null;
  readonly chart: string;
  /** Model calls before the cut: paid for by the run that made them. */
  readonly sharedCalls: number;
  /** Turns before the cut that the rehearsal took. */
  readonly sharedTurns: number;
  readonly stays: readonly StandingEffect[];
};

/** How an advance ended. `waiting`: `asks` are open. `drained`: stopped after the current step, to be resumed. */
export type AdvanceResult = {
  readonly status: "waiting" | "finished" | "failed" | "stopped" | "drained";
  readonly run: RunRow;
  readonly asks: readonly AskRow[];
};

/** How far a long effect is. */
export type Progress = { readonly done: number; readonly of: number; readonly what: string };
/** In bytes. */
export type FetchProgress = { readonly name: string; readonly done: number; readonly bytes: number };

/** A run from start to end in a scratch folder, with a stand-in for people; `waiting` where it asked too often. */
export type Rehearsed = {
  readonly status: AdvanceResult["status"];
  /** What people would have been asked, in order. */
  readonly asked: readonly AskRow[];
  readonly events: readonly StoredEvent[];
};

/** What is told while a run moves, and how it is halted. Listeners are not awaited; `Cadre.advance` says what becomes of what they throw. */
export type AdvanceOptions = {
  /** Each event as soon as it is committed. */
  readonly onEvent?: (event: StoredEvent) => void;
  /** Model text while it streams; never stored. */
  readonly onText?: (role: string, text: string) => void;
  /** How far a long effect is: `done` of `of`, and at what; never stored. */
  readonly onProgress?: (role: string, progress: Progress) => void;
  /** A model file that is being fetched. */
  readonly onFetch?: (progress: FetchProgress) => void;
  /** First abort: stop after the current step. */
  readonly drain?: AbortSignal;
  /** Stop now; calls under way are aborted and stay charged. */
  readonly signal?: AbortSignal;
};

/** A person's decision on an ask. `by` and `face` (`cli`, `web`, `script`) are recorded. */
export type DecideInput = {
  readonly verb: Exclude<Decision["verb"], "expire" | "bump">;
  readonly text?: string;
  /** `delegate`, `escalate`: the role that gets it; left out, the only one that the role escalates to. */
  readonly to?: string | undefined;
  /** Edit-then-approve: the new arguments, a JSON object. With `result` to a doubt: `{result}`. With a limit: `{to}`. With a delegation: `{criteria}`. */
  readonly args?: unknown;
  /** The hash that the person saw; left out: the ask's present one. Stale: `hash-stale`. */
  readonly hash?: string;
  readonly by: string;
  readonly face: string;
};

/** What something outside the store remembers of a line: `head` is the hash of its event `length - 1`. */
export type Anchor = {
  readonly line: string;
  readonly length: number;
  /** sha256, hex. */
  readonly head: string;
  /** What remembers it, as a message names it. */
  readonly source: string;
};

/** What was found by reading a run again from its first event. */
export type Verification = {
  readonly run: RunId;
  readonly ok: boolean;
  /** How many are whole. */
  readonly events: number;
  /**
   * Of each line: how many events are whole, and the hash of the last of them. Written down elsewhere, it is an anchor. `remembered`: how many
   * events the longest of its anchors stands for; what follows those is trusted.
   */
  readonly heads: readonly {
    readonly line: string;
    readonly length: number;
    readonly head: string;
    readonly remembered: number;
  }[];
  /** How many anchors it was compared with. */
  readonly anchors: number;
  /** `index` is that of the event, 0-based; `row`: the table and name of a row beside the log, where that is what is wrong. */
  readonly problems: readonly {
    readonly line: string;
    readonly index: number;
    readonly what: string;
    readonly row?: string;
  }[];
};

/** The file as a whole, and every run in it. */
export type FileVerification = {
  readonly ok: boolean;
  readonly runs: number;
  readonly events: number;
  /** What is wrong with the file itself, or with rows that belong to no run. */
  readonly problems: readonly { readonly row: string; readonly what: string }[];
  /** Runs that a journal remembers and the file does not hold: made on another machine, or gone from here (then a problem names them too). */
  readonly absent: readonly { readonly run: RunId; readonly events: number; readonly source: string }[];
};

/** A file of the run's workspace beside the project's; texts are null where the file was not, or is not, there. */
export type ChangedFile = {
  readonly path: string;
  readonly kind: "added" | "modified" | "deleted";
  readonly before: string | null;
  readonly after: string | null;
};

/** The change set of a run, with the texts of its files. */
export type Changes = {
  readonly set: ChangeSet;
  readonly files: readonly ChangedFile[];
  /** Hash of the change set that was signed off; null before. */
  readonly approved: string | null;
};
