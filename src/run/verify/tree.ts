/**
 * D8: the lines of a run are one tree of chains. A child line begins with the hash of the event that opened it, its parent closes it with
 * the hash of its last one, and what both say of its task and of its report is the same.
 */
import { canonicalJson } from "../../canonical.ts";
import type { EventOf } from "../../events/event.ts";
import { openerOf } from "../../ids.ts";
import type { LineRow } from "../../store/rows.ts";
import type { Verification } from "../api.ts";
import type { LineVerdict } from "./line.ts";

type Problem = Verification["problems"][number];
/** Not asked about lines whose log could not be read to its end: that is a problem of its own. */
export function treeProblems(
  lines: readonly LineRow[],
  verdicts: ReadonlyMap<string, LineVerdict>,
): (Problem & { readonly line: string })[] {
  const whole = (line: string | null): LineVerdict | undefined => {
    const verdict = verdicts.get(line ?? "");
    return verdict?.walked.fault === null ? verdict : undefined;
  };
  return lines.flatMap((row) => {
    const own = whole(row.id);
    if (!own) return [];
    const missing = [...own.tree.opened].filter(([child]) => !verdicts.has(child));
    return [
      ...rowProblems(row, own),
      ...missing.map(([child, { index }]) => ({ line: row.id, index, what: `opened ${child}, which is missing (D8)` })),
      ...linkProblems(row, own, whole(row.parent)),
    ];
  });
}

function rowProblems(row: LineRow, { tree, walked }: LineVerdict): Problem[] {
  const at = { line: row.id, index: Math.max(0, walked.length - 1), row: `lines ${row.id}` };
  const opener = openerOf(row.id) ?? { parent: null, openedAt: null };
  const checks: readonly (readonly [holds: boolean, what: string])[] = [
    [row.parent === opener.parent && row.openedAt === opener.openedAt, "which event opened it (D8)"],
    [opener.parent !== null || !row.closed, "that a parent has closed it, and it has none (D8)"],
    [row.ended === (tree.ended?.status ?? null), "how it ended (D6)"],
    [row.steps === tree.steps && row.refusals === tree.refusals, "how many steps and refusals it has"],
  ];
  return checks.flatMap(([holds, what]) =>
    holds ? [] : [{ ...at, what: `its row says otherwise than the log: ${what}` }],
  );
}

function linkProblems(row: LineRow, own: LineVerdict, above: LineVerdict | undefined): Problem[] {
  if (!above) return [];
  const last = { line: row.id, index: Math.max(0, own.walked.length - 1) };
  const what = linkProblem(row, own, above);
  const closing = above.tree.closed.get(row.id);
  const problems: Problem[] = what === null ? [] : [{ line: row.id, index: 0, what }];
  if (closing && !isClosedAs(closing, own))
    problems.push({ ...last, what: `is not how ${row.parent} says that this line ended (D8)` });
  if (row.closed !== (closing !== undefined))
    problems.push({ ...last, row: `lines ${row.id}`, what: "its row says otherwise whether its parent has closed it" });
  return problems;
}

function linkProblem(row: LineRow, { tree, walked }: LineVerdict, above: LineVerdict): string | null {
  const opening = above.tree.opened.get(row.id);
  if (!opening || opening.index !== row.openedAt)
    return `was not opened by event ${row.openedAt} of ${row.parent} (D8)`;
  if (row.signal !== null && !above.tree.stopped.has(row.id)) return `is to stop, and ${row.parent} did not say so`;
  if (walked.length === 0) return null; // opened, and not begun
  const { started, frame } = tree;
  const linked = started?.parent === row.parent && started.index === opening.index && started.opened === opening.hash;
  if (!linked) return `does not begin with the event that opened it (D8)`;
  const { event } = opening;
  const told = frame && [
    frame.parent,
    frame.callId,
    frame.from,
    frame.to,
    frame.rule,
    frame.assignment,
    started.writes,
  ];
  const given = [event.frame, event.callId, event.role, event.to, event.rule, event.assignment, event.writes];
  return canonicalJson(told) === canonicalJson(given) ? null : "works on another task than it was given (R1)";
}

function isClosedAs(closing: EventOf<"child_closed">, { tree, walked }: LineVerdict): boolean {
  const { ended } = tree;
  if (!ended || closing.head !== walked.head || closing.length !== walked.length) return false;
  return closing.status === ended.status && canonicalJson(closing.report) === canonicalJson(ended.report);
}
