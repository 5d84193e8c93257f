/** What a role may do to its workspace: the port that every tool implements. Which role has which tool is the run's business. */
import type { z } from "zod";
import type { Failure, Finding, Receipt } from "../events/event.ts";
import type { Clock } from "../clock.ts";
import type { ModelSource } from "../models/served-model.ts";
import type { CommandPolicy } from "../org/command-policy.ts";
import type { LicencePolicy } from "../org/licence-policy.ts";
import type { PaidCalls } from "./paid-calls.ts";

/** An answered escalation: `by` is the role that answered. */
export type Decided = {
  readonly topic: string;
  readonly question: string;
  readonly decision: string;
  readonly by: string;
};

export type ToolContext = {
  /** Absolute path of the run's workspace; nothing outside it can be reached (R6). */
  readonly workspace: string;
  /** Files and folders of the workspace that may be written; null: all that is not protected. Tasks that run side by side have some each. */
  readonly writable: readonly string[] | null;
  /** Absolute path of the project, for knowledge files only. */
  readonly project: string;
  /** What the role's mode names as knowledge: paths relative to the project; files or folders that may be missing. */
  readonly knowledge: readonly string[];
  /** The ledger's key of this action; shown to the model as the receipt's id. */
  readonly key: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What the workflow says of commands; left out: the default. */
  readonly commands?: CommandPolicy;
  /** Calls to models, through the ledger; left out where nothing may be paid for: in reads, and when an edit is checked. */
  readonly calls?: PaidCalls;
  /** Models that the operator mapped; left out: none. */
  readonly models?: ModelSource;
  /** What was decided in this run on questions that the role put up; left out: nothing. */
  readonly decisions?: () => Promise<readonly Decided[]>;
  /** How far a long effect is, for whoever watches; nothing of it is kept. */
  readonly onProgress?: (done: number, of: number, what: string) => void;
  /** What it says of licences; left out: the default. */
  readonly licences?: LicencePolicy;
  /** Ids of findings that a person let pass, for this call or before it; left out: none. */
  readonly accepted?: readonly string[];
};

export type ToolOutcome = {
  readonly ok: boolean;
  /** What the model reads, 64 KB at most; a failure says what, where and what to do. */
  readonly text: string;
  readonly receipt: Receipt | null;
  /** Of what kind a failure is, where that is known; part of it may have gone well. */
  readonly failure?: Failure;
};

/** `refused`: a clause, without its full stop. */
export type Concerns = { readonly findings: readonly Finding[] } | { readonly refused: string };

export interface Tool<Args = unknown> {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType<Args>;
  /** What models are told of the arguments, where that is not made from `schema`. */
  readonly jsonSchema?: Readonly<Record<string, unknown>>;
  /** `read`: no effect, several may run in one action. `effect`: one at a time, through the ledger. */
  readonly access: "read" | "effect";
  /** Set for an effect that may change files which its receipt does not name: what the workspace holds afterwards is recorded. */
  readonly leaves?: "anything";
  /** False: the tool exists but is not available here; the reason is the refusal. */
  readonly available?: { readonly no: string } | undefined;
  /** Why these arguments would come to nothing, in words; null where nothing speaks against them. Asked before a person's edit is accepted. */
  objection?(context: ToolContext, args: Args): Promise<string | null>;
  /**
   * The calls to models, and what they take at most, that running this takes; asked before it runs, so that a limit raises its question
   * while nothing has been spent. Left out: none. `money` in millionths of its price's currency, `gpuMs`: as `mostFor` has it for each call.
   */
  needs?(
    context: ToolContext,
    args: Args,
  ): Promise<{
    readonly modelCalls: number;
    readonly tokens: number;
    readonly money?: number;
    readonly gpuMs?: number;
  }>;
  /**
   * What about these arguments a person has to let pass first, or why they may not run at all; asked when the call is proposed and again
   * before it runs. Left out: nothing.
   */
  concerns?(context: ToolContext, args: Args): Promise<Concerns>;
  /** Facts that a later probe needs (e.g. the hash of a file before and after); JSON, stored in the intent. */
  prepare?(context: ToolContext, args: Args): Promise<unknown>;
  /** After a crash between intent and outcome: did it happen? */
  probe?(
    context: ToolContext,
    args: Args,
    prepared: unknown,
  ): Promise<{ state: "done"; outcome: ToolOutcome } | { state: "not-done" } | { state: "unknown" }>;
  /** A user's or model's mistake is an outcome with `ok: false`; a throw is a fault of ours or of the machine. */
  run(context: ToolContext, args: Args, prepared: unknown): Promise<ToolOutcome>;
}
