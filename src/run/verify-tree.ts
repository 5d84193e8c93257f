/**
 * D8: the lines of a run are one tree of chains. A child line begins with the hash of the event that opened it, its parent closes it with
 * the hash of its last one, and what both say of its task and of its report is the same.
 */
import { canonicalJson } from "../canonical.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { LineRow } from "../store/ports.ts";
import type { Verification } from "./api.ts";
import type { LineVerdict } from "./verify-line.ts";

type Problem = Verification["problems"][number];
type Opening = { readonly index: number; readonly hash: string; readonly event: EventOf<"child_opened"> };

/** What one line tells of its place in the tree. */
export class Branch {
  readonly opened = new Map<string, Opening>();
  readonly closed = new Map<string, EventOf<"child_closed">>();
  readonly stopped = new Set<string>();
  started: EventOf<"child_started"> | null = null;
  frame: EventOf<"frame_opened"> | null = null;
  ended: EventOf<"child_ended"> | null = null;
  steps = 0;
  refusals = 0;

  take(event: Event, index: number, hash: string): void {
    switch (event.type) {
      case "child_opened":
        this.opened.set(event.child, { index, hash, event });
        return;
      case "child_closed":
        this.closed.set(event.child, event);
        return;
      case "children_stopped":
        for (const child of event.children) this.stopped.add(child);
        return;
      case "child_started":
        this.started ??= event;
        return;
      case "frame_opened":
        this.frame ??= event;
        return;
      case "child_ended":
        this.ended = event;
        return;
      case "turn_taken":
      case "action_done":
        this.steps += 1;
        return;
      case "refused":
        this.refusals += 1;
        return;
      default:
    }
  }
}

/** Not asked about lines whose log could not be read to its end: that is a problem of its own. */
export function treeProblems(
  lines: readonly LineRow[],
  verdicts: ReadonlyMap<string, LineVerdict>,
): (Problem & { readonly line: string })[] {
  const problems: (Problem & { readonly line: string })[] = [];
  const whole = (line: string): LineVerdict | undefined => {
    const verdict = verdicts.get(line);
    return verdict?.walked.fault === null ? verdict : undefined;
  };
  for (const row of lines) {
    const own = whole(row.id);
    if (!own) continue;
    const last = Math.max(0, own.walked.length - 1);
    for (const what of rowProblems(row, own))
      problems.push({ line: row.id, index: last, row: `lines ${row.id}`, what });
    for (const [child, { index }] of own.tree.opened)
      if (!verdicts.has(child)) problems.push({ line: row.id, index, what: `opened ${child}, which is missing (D8)` });
    if (row.parent === null) continue;
    const above = whole(row.parent);
    const what = above ? linkProblem(row, own, above) : null;
    if (what !== null) problems.push({ line: row.id, index: 0, what });
    const closing = above?.tree.closed.get(row.id);
    if (closing && !isClosedAs(closing, own))
      problems.push({ line: row.id, index: last, what: `is not how ${row.parent} says that this line ended (D8)` });
    if (above && row.closed !== (closing !== undefined))
      problems.push({
        line: row.id,
        index: last,
        row: `lines ${row.id}`,
        what: "its row and the log of its parent disagree on whether it is closed",
      });
  }
  return problems;
}

function rowProblems(row: LineRow, { tree }: LineVerdict): string[] {
  return [
    ...(row.ended === (tree.ended?.status ?? null) ? [] : ["its row says otherwise how it ended (D6)"]),
    ...(row.steps === tree.steps && row.refusals === tree.refusals
      ? []
      : ["its row counts other steps or refusals than the log tells"]),
  ];
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
