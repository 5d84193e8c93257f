/** The first two events of a line: a pure function of what it was opened with, so a killed start makes the same ones again. */
import type { Event, EventOf } from "../events/event.ts";
import { frameId, mainLine, type LineId } from "../ids.ts";
import { USER, type Rule } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { RunRow, StoredEvent } from "../store/rows.ts";
import { z } from "zod";
import { workflowRule } from "./asks.ts";
import type { Above } from "./line-context.ts";

export function openingEvents(run: RunRow, bound: BoundChart): Event[] {
  return [
    {
      type: "run_started",
      at: run.startedAt,
      run: run.id,
      title: run.title,
      brief: z.json().parse(JSON.parse(JSON.stringify(run.brief))),
      entry: run.entry,
      chart: run.chart,
      workflow: run.workflow,
      startedBy: run.startedBy,
      rehearsal: run.rehearsal,
      model: run.model,
      limits: run.limits,
      ...(run.currency === null ? {} : { currency: run.currency }),
    },
    {
      type: "frame_opened",
      at: run.startedAt,
      frame: frameId(mainLine(run.id), 1),
      kind: "start",
      from: USER,
      to: run.entry,
      parent: null,
      callId: null,
      rule: entryRule(run, bound),
      assignment: {
        task: run.brief.task,
        criteria: [...run.brief.acceptance],
        inputs: run.brief.inputs.map((input) => input.path),
        constraints: [...run.brief.constraints],
      },
      question: null,
      seededBy: null,
      fit: null,
    },
  ];
}

/** `opening`: the event of the parent that opened the line. */
export function childOpeningEvents(
  run: RunRow,
  line: LineId,
  opening: StoredEvent & { readonly event: EventOf<"child_opened"> },
  above: Above,
): Event[] {
  const { event: opened } = opening;
  return [
    {
      type: "child_started",
      at: opened.at,
      run: run.id,
      parent: opening.line,
      index: opening.index,
      opened: opening.hash,
      chart: run.chart,
      limits: run.limits,
      depth: above.frames.length,
      writes: opened.writes,
    },
    {
      type: "frame_opened",
      at: opened.at,
      frame: frameId(line, 1),
      kind: "delegation",
      from: opened.role,
      to: opened.to,
      parent: opened.frame,
      callId: opened.callId,
      rule: opened.rule,
      assignment: opened.assignment,
      question: null,
      seededBy: above.frames.findLast((frame) => frame.role === opened.to)?.id ?? null,
      fit: opened.fit,
    },
  ];
}

function entryRule(run: RunRow, bound: BoundChart): Rule {
  if (run.brief.to === run.entry && run.brief.file !== null)
    return { purpose: "the brief names this role", file: run.brief.file, line: 1 };
  if (run.entry === bound.workflow.entry)
    return workflowRule(bound, "entry", `entry role of the workflow ${bound.workflow.name}`);
  return workflowRule(
    bound,
    "entry",
    `named by ${run.startedBy} instead of the workflow's entry role ${bound.workflow.entry}`,
  );
}
