/** A finding in a file. Problems are data: collected, never thrown one at a time (DESIGN §4). */
import type { RuleCode } from "./rules.ts";

/** `error`: the file cannot be used as it is. */
export type Severity = "error" | "warning" | "info";

/** One finding of a check, with its place. */
export type Problem = {
  /** The rule that found it. */
  readonly code: RuleCode;
  readonly severity: Severity;
  /** What is wrong and why, in one sentence. */
  readonly message: string;
  /** As given by the caller, usually relative to the project. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** What to do about it. */
  readonly hint?: string;
};
