/**
 * The verbs by which a role moves work, under the names that mode texts use. Their schemas are made from the chart, so that a
 * model (and the rehearsal) learns its routes from the same place as R1 checks them: the declared routes and nothing else.
 */
import { z } from "zod";
import type { OrgChart, Route } from "../org/chart.ts";
import type { ToolSpec } from "../models/model.ts";
import { reportSchema, severitySchema, waitSchema, type Assignment } from "../events/event.ts";

export const newTaskArgs = z.strictObject({
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
});

export const newTasksArgs = z.strictObject({
  tasks: z
    .array(
      newTaskArgs.extend({
        writes: z
          .array(z.string())
          .default([])
          .describe(
            "Files and folders of the workspace that this task may write, apart from those of the others; none: it only reads.",
          ),
      }),
    )
    .min(2),
  wait: waitSchema
    .default("all")
    .describe("`all`: you go on when all have reported. `any`: with the first report; the others are stopped."),
});

type NewTask = z.infer<typeof newTaskArgs>;

/** The assignment that a task's arguments make; its criteria are numbered. */
export function assignmentOf({ task, acceptance_criteria, inputs, constraints }: NewTask): Assignment {
  const criteria = acceptance_criteria.map((text, index) => ({
    id: `A${index + 1}`,
    text: text.replace(/^\[A\d+\]\s*/, ""),
  }));
  return { task, criteria, inputs, constraints };
}

export const escalateArgs = z.strictObject({
  to: z.string().describe("The role that is to decide."),
  question: z.string().min(1).describe("One question that can be decided."),
  topic: z.string().min(1).describe("A few words, e.g. `model licence`."),
  severity: severitySchema,
  tried: z.string().describe("What you did so far, and what you found."),
  options: z.array(z.string().min(1)).min(1).describe("The choices you see, the one you advise first."),
});

export const followupArgs = z.strictObject({
  question: z.string().min(1),
  options: z.array(z.string().min(1)).default([]),
});

const evidence = z.strictObject({
  id: z.string().describe("The criterion's id, e.g. `A1`."),
  status: z.enum(["met", "not_met", "not_measured"]),
  evidence: z.string().min(1).describe("What shows it: a file, a measurement, a decision."),
});

export const reportArgs = z.strictObject({
  summary: z.string().min(1),
  criteria: z.array(evidence),
  artifacts: z.array(z.string()).default([]).describe("Workspace paths of what you made."),
  measurements: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        value: z.number(),
        unit: z.string(),
        effect: z.string().min(1).describe("The receipt id of the tool call that measured it."),
      }),
    )
    .default([])
    .describe("Numbers you state as fact; each is checked against its receipt."),
  limitations: z.array(z.string()).default([]),
  resources: z.string().default(""),
  sections: reportSchema.shape.sections.default({}),
  report_to: z.array(z.string()).optional().describe("Who gets a copy; left out: everyone you report to."),
});

export const answerArgs = z.strictObject({
  decision: z.string().min(1).describe("The decision, as an instruction to the one who asked."),
  reason: z.string().min(1),
});

export type ReportArgs = z.infer<typeof reportArgs>;

/** `- slug: purpose`, a line each: what the descriptions and the system prompt show, and what can be read back from them. */
export function routeLines(routes: readonly Route[]): string {
  return routes.map((route) => `- ${route.to}: ${route.purpose}`).join("\n");
}

function jsonSchema(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: "input" }) as Record<string, unknown>;
  return rest;
}

function withTargets(
  schema: Record<string, unknown>,
  property: string,
  description: string,
  routes: readonly Route[],
  purposes = true,
): Record<string, unknown> {
  const properties = schema["properties"] as Record<string, unknown>;
  return {
    ...schema,
    properties: {
      ...properties,
      [property]: {
        type: "string",
        enum: routes.map((route) => route.to),
        description: purposes ? `${description}\n${routeLines(routes)}` : description,
      },
    },
  };
}

/** The verbs that a role has in a frame: `answering` frames end with a decision, the others with a report. */
export function verbSpecs(
  chart: OrgChart,
  role: string,
  options: {
    readonly answering: boolean;
    readonly mayAsk: boolean;
    /** Whether tasks can be given out at once. */
    readonly several: boolean;
    readonly reportSections: readonly string[];
  },
): ToolSpec[] {
  const of = (kind: Route["kind"]): Route[] =>
    chart.routes.filter((route) => route.from === role && route.kind === kind);
  const specs: ToolSpec[] = [];
  const delegations = of("delegation");
  if (delegations.length > 0) {
    specs.push({
      name: "new_task",
      description: "Delegate a task to a role below you. You get its report back.",
      schema: withTargets(
        jsonSchema(newTaskArgs),
        "mode",
        "The role that gets the task, each with what it is for:",
        delegations,
      ),
    });
  }
  if (delegations.length > 0 && options.several) {
    specs.push({
      name: "new_tasks",
      description:
        "Delegate several tasks at once, which do not need each other's results: they are worked on at the same time. You get their reports back together.",
      schema: severalSpec(delegations),
    });
  }
  const escalations = of("escalation");
  if (escalations.length > 0) {
    specs.push({
      name: "escalate",
      description: "Ask a role above you for a decision. You get the decision and its reason back.",
      schema: withTargets(
        jsonSchema(escalateArgs),
        "to",
        "The role that is to decide, each with what it is for:",
        escalations,
      ),
    });
  }
  if (options.mayAsk) {
    specs.push({
      name: "ask_followup_question",
      description: "Ask whoever gave you this for something that is missing.",
      schema: jsonSchema(followupArgs),
    });
  }
  specs.push(
    options.answering
      ? {
          name: "attempt_completion",
          description: "Answer the question that was put to you.",
          schema: jsonSchema(answerArgs),
        }
      : {
          name: "attempt_completion",
          description: "Report that your assignment is done.",
          schema: reportSpec(of("report"), options.reportSections),
        },
  );
  return specs;
}

function severalSpec(delegations: readonly Route[]): Record<string, unknown> {
  const schema = jsonSchema(newTasksArgs);
  const properties = schema["properties"] as { tasks: { items: Record<string, unknown> } };
  const { tasks } = properties;
  // The purposes stand in `new_task`, which every role that may give out several has too.
  const items = withTargets(
    tasks.items,
    "mode",
    "The role that gets the task, as with `new_task`.",
    delegations,
    false,
  );
  return { ...schema, properties: { ...properties, tasks: { ...tasks, items } } };
}

function reportSpec(reports: readonly Route[], sections: readonly string[]): Record<string, unknown> {
  const schema = jsonSchema(reportArgs);
  const { report_to: reportTo, sections: _free, ...properties } = schema["properties"] as Record<string, unknown>;
  const required = (schema["required"] as string[]).filter((name) => name !== "sections");
  const withCopies =
    reports.length === 0
      ? properties
      : {
          ...properties,
          report_to: { ...(reportTo as object), items: { type: "string", enum: reports.map((r) => r.to) } },
        };
  if (sections.length === 0) return { ...schema, properties: withCopies, required };
  return {
    ...schema,
    required: [...required, "sections"],
    properties: {
      ...withCopies,
      sections: {
        type: "object",
        description: "What your rules require every report to say; `not measured` with a reason is an answer.",
        properties: Object.fromEntries(sections.map((name) => [name, { type: "string" }])),
        required: sections,
        additionalProperties: false,
      },
    },
  };
}
