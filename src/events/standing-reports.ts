/** Reports that came back to whoever gave the task out, and can still be returned. */
import type { Rule } from "../org/chart.ts";
import type { Assignment, EventOf, Report } from "./event.ts";

/** A report that came back to whoever gave the task out, until it is taken: by giving out something else, or by reporting. */
export type StandingReport = {
  /** The frame, or the child line, that reported. */
  readonly of: string;
  readonly from: string;
  /** The frame that gave the task out. */
  readonly frame: string;
  readonly assignment: Assignment | null;
  readonly rule: Rule;
  readonly report: Report;
  /** How often the task was sent back before. */
  readonly round: number;
  /** Whether the frame that reported is on this line, so that its transcript can be gone on with. */
  readonly here: boolean;
};

type Child = { readonly line: string; readonly opened: EventOf<"child_opened"> };
type Frames = {
  readonly frames: readonly { readonly id: string; readonly opened: EventOf<"frame_opened"> }[];
  readonly rounds: Readonly<Record<string, number>>;
};

export function taken(reports: readonly StandingReport[], frame: string): readonly StandingReport[] {
  return reports.some((each) => each.frame === frame) ? reports.filter((each) => each.frame !== frame) : reports;
}

/** Of a task that was given out on this line; how a child line's own report is judged is its parent's to say. */
export function reportOfFrame(
  { frames, rounds }: Frames,
  { frame, report }: EventOf<"frame_closed">,
): readonly StandingReport[] {
  const opened = frames.find((each) => each.id === frame)?.opened;
  if (!report || opened?.kind !== "delegation" || !frames.some((each) => each.id === opened.parent)) return [];
  const { to: from, parent, assignment, rule } = opened;
  return [
    { of: frame, from, frame: parent as string, assignment, rule, report, round: rounds[frame] ?? 0, here: true },
  ];
}

export function reportOfChild(
  children: readonly Child[],
  { child, frame, from, report }: EventOf<"child_closed">,
): readonly StandingReport[] {
  const opened = children.find((each) => each.line === child)?.opened;
  if (!report || !opened) return [];
  const { assignment, rule } = opened;
  return [{ of: child, from, frame, assignment, rule, report, round: 0, here: false }];
}
