/** The arguments of the verbs by which a role moves work, under the names that mode texts use; `verb-specs.ts` makes of them what a role is offered. */
import { z } from "zod";
import { reportSchema, severitySchema, waitSchema, type Assignment } from "../events/event.ts";
import { once } from "../events/once.ts";

export const newTaskArgs = once(() =>
  z.strictObject({
    mode: z.string().describe("The role that gets the task."),
    task: z
      .string()
      .min(1)
      .describe("What is to be done, complete in itself: the role sees the brief, but not your conversation."),
    acceptance_criteria: z
      .array(z.string().min(1))
      .min(1)
      .describe("What must be true when it is done; every one will be reported on with evidence."),
    inputs: z.array(z.string()).default([]).describe("Workspace paths that it needs."),
    constraints: z.array(z.string()).default([]).describe("Bounds of the work."),
  }),
);

export const newTasksArgs = once(() =>
  z.strictObject({
    tasks: z
      .array(
        newTaskArgs().extend({
          writes: z
            .array(z.string())
            .default([])
            .describe(
              "Files and folders of the workspace that this task may write, apart from those of the others; none: it only reads.",
            ),
        }),
      )
      .min(2),
    wait: waitSchema()
      .default("all")
      .describe("`all`: you go on when all have reported. `any`: with the first report; the others are stopped."),
  }),
);

type NewTask = z.infer<ReturnType<typeof newTaskArgs>>;

/** The assignment that a task's arguments make; its criteria are numbered. */
export function assignmentOf({ task, acceptance_criteria, inputs, constraints }: NewTask): Assignment {
  const criteria = acceptance_criteria.map((text, index) => ({
    id: `A${index + 1}`,
    text: text.replace(/^\[A\d+\]\s*/, ""),
  }));
  return { task, criteria, inputs, constraints };
}

export const escalateArgs = once(() =>
  z.strictObject({
    to: z.string().describe("The role that is to decide."),
    question: z.string().min(1).describe("One question that can be decided."),
    topic: z.string().min(1).describe("A few words, e.g. `model licence`."),
    severity: severitySchema(),
    tried: z.string().describe("What you did so far, and what you found."),
    options: z.array(z.string().min(1)).min(1).describe("The choices you see, the one you advise first."),
  }),
);

export const followupArgs = once(() =>
  z.strictObject({
    question: z.string().min(1),
    options: z.array(z.string().min(1)).default([]),
  }),
);

const evidence = once(() =>
  z.strictObject({
    id: z.string().describe("The criterion's id, e.g. `A1`."),
    status: z.enum(["met", "not_met", "not_measured"]),
    evidence: z.string().min(1).describe("What shows it: a file, a measurement, a decision."),
  }),
);

export const reportArgs = once(() =>
  z.strictObject({
    summary: z.string().min(1),
    criteria: z.array(evidence()),
    artifacts: z.array(z.string()).default([]).describe("Workspace paths of what you made."),
    measurements: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          value: z.number(),
          unit: z.string(),
          n: z.int().min(0).optional().describe("How many rows or calls it rests on, where the receipt says so."),
          effect: z.string().min(1).describe("The receipt id of the tool call that measured it."),
        }),
      )
      .default([])
      .describe("Numbers you state as fact; each is checked against its receipt."),
    limitations: z.array(z.string()).default([]),
    resources: z.string().default(""),
    sections: reportSchema().shape.sections.default({}),
    report_to: z.array(z.string()).optional().describe("Who gets a copy; left out: everyone you report to."),
  }),
);

export const answerArgs = once(() =>
  z.strictObject({
    decision: z.string().min(1).describe("The decision, as an instruction to the one who asked."),
    reason: z.string().min(1),
  }),
);

export const returnReportArgs = once(() =>
  z.strictObject({
    report: z.string().optional().describe("Which report; needed only where several wait."),
    reasons: z
      .array(
        z.strictObject({
          criterion: z.string().describe("The criterion's id, e.g. `A1`."),
          reason: z.string().min(1).describe("What is missing or wrong, so that it can be mended."),
        }),
      )
      .min(1),
  }),
);

export const verdictArgs = once(() =>
  z.strictObject({
    verdict: z
      .enum(["accept", "return"])
      .describe(
        "`return`: a criterion fails, or the check does. What is merely open does not keep it from being accepted.",
      ),
    summary: z.string().min(1).describe("What you looked at, and what you found."),
    criteria: z.array(
      z.strictObject({
        id: z.string().describe("The criterion's id, e.g. `A1`."),
        verdict: z.enum(["holds", "fails", "open"]).describe("`open`: it cannot be told from what is there."),
        reason: z.string().min(1).describe("What you saw; where it fails, what is to be mended."),
      }),
    ),
  }),
);

export type ReturnReportArgs = z.infer<ReturnType<typeof returnReportArgs>>;
export type VerdictArgs = z.infer<ReturnType<typeof verdictArgs>>;
export type ReportArgs = z.infer<ReturnType<typeof reportArgs>>;
