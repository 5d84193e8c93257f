/** How much a finding matters to this project: its own severities, where it has set some (S1 of `rules.ts`). */
import type { Problem, Severity } from "./problem.ts";
import { rules } from "./rules.ts";

/** By code: what cadre.yaml says under `lint.rules`. */
export type Severities = Readonly<Partial<Record<string, Severity | "off">>>;

/** The problems as a project wants to see them. */
export function judge(problems: readonly Problem[], severities: Severities): Problem[] {
  return problems.flatMap((problem) => {
    const severity = rules[problem.code].settable ? (severities[problem.code] ?? problem.severity) : problem.severity;
    return severity === "off" ? [] : [{ ...problem, severity }];
  });
}
