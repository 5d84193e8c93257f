/** A finding in a file. Problems are data: collected, never thrown one at a time (DESIGN §4). */
import type { RuleCode } from "./rules.ts";

export type Severity = "error" | "warning" | "info";

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
