/** The first two events of a run: a pure function of its row and its chart, so a killed start makes the same ones again. */
import type { Event } from "../events/event.ts";
import { frameId } from "../ids.ts";
import { USER, type Rule } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { RunRow } from "../store/ports.ts";
import { z } from "zod";
import { workflowRule } from "./asks.ts";

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
      limits: run.limits,
    },
    {
      type: "frame_opened",
      at: run.startedAt,
      frame: frameId(1),
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
