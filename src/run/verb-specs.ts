/**
 * The verbs by which a role moves work, as they are offered to it. Their schemas are made from the chart, so that a model (and the
 * rehearsal) learns its routes from the same place as R1 checks them: the declared routes and nothing else.
 */
import type { OrgChart, Route } from "../org/chart.ts";
import type { ToolSpec } from "../models/model.ts";
import { jsonSchemaOf } from "../tools/json-schema.ts";
import {
  answerArgs,
  escalateArgs,
  followupArgs,
  newTaskArgs,
  newTasksArgs,
  reportArgs,
  returnReportArgs,
  verdictArgs,
} from "./verbs.ts";

/** `- slug: purpose`, a line each: what the descriptions and the system prompt show, and what can be read back from them. */
export function routeLines(routes: readonly Route[]): string {
  return routes.map((route) => `- ${route.to}: ${route.purpose}`).join("\n");
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

export type VerbOptions = {
  readonly answering: boolean;
  readonly mayAsk: boolean;
  /** Whether tasks can be given out at once. */
  readonly several: boolean;
  readonly reportSections: readonly string[];
  /** Reports that came back to this frame and were not taken yet. */
  readonly standing?: readonly { readonly of: string; readonly from: string }[];
  /** The frame verifies a report: it escalates or judges, and does nothing else. */
  readonly verifying?: boolean;
};

/** The verbs that a role has in a frame: `answering` frames end with a decision, the others with a report, or with a verdict on one. */
export function verbSpecs(chart: OrgChart, role: string, options: VerbOptions): ToolSpec[] {
  const of = (kind: Route["kind"]): Route[] =>
    chart.routes.filter((route) => route.from === role && route.kind === kind);
  const escalations = escalationSpecs(of("escalation"));
  if (options.verifying) return [...escalations, verdictSpec];
  const ask: ToolSpec = {
    name: "ask_followup_question",
    description: "Ask whoever gave you this for something that is missing.",
    schema: jsonSchemaOf(followupArgs()),
  };
  return [
    ...delegationSpecs(of("delegation"), options),
    ...escalations,
    ...(options.mayAsk ? [ask] : []),
    endSpec(of("report"), options),
    // Last: it comes and goes within a frame, and a server's prefix cache holds what stands before it.
    ...returnSpecs(options.standing ?? []),
  ];
}

function delegationSpecs(delegations: readonly Route[], { several }: VerbOptions): ToolSpec[] {
  if (delegations.length === 0) return [];
  const one: ToolSpec = {
    name: "new_task",
    description: "Delegate a task to a role below you. You get its report back.",
    schema: withTargets(
      jsonSchemaOf(newTaskArgs()),
      "mode",
      "The role that gets the task, each with what it is for:",
      delegations,
    ),
  };
  if (!several) return [one];
  return [
    one,
    {
      name: "new_tasks",
      description:
        "Delegate several tasks at once, which do not need each other's results: they are worked on at the same time. You get their reports back together.",
      schema: severalSpec(delegations),
    },
  ];
}

function escalationSpecs(escalations: readonly Route[]): ToolSpec[] {
  if (escalations.length === 0) return [];
  return [
    {
      name: "escalate",
      description: "Ask a role above you for a decision. You get the decision and its reason back.",
      schema: withTargets(
        jsonSchemaOf(escalateArgs()),
        "to",
        "The role that is to decide, each with what it is for:",
        escalations,
      ),
    },
  ];
}

const verdictSpec: ToolSpec = {
  name: "attempt_completion",
  description: "Give your verdict on the report that you verify: accept it, or return it.",
  schema: jsonSchemaOf(verdictArgs()),
};

function endSpec(reports: readonly Route[], { answering, reportSections }: VerbOptions): ToolSpec {
  return answering
    ? {
        name: "attempt_completion",
        description: "Answer the question that was put to you.",
        schema: jsonSchemaOf(answerArgs()),
      }
    : {
        name: "attempt_completion",
        description: "Report that your assignment is done.",
        schema: reportSpec(reports, reportSections),
      };
}

function returnSpecs(standing: readonly { readonly of: string; readonly from: string }[]): ToolSpec[] {
  if (standing.length === 0) return [];
  return [
    {
      name: "return_report",
      description:
        "Send a report back to the role that made it, with the reason for each criterion that it falls short of. To take it, go on: give out what comes next, or report.",
      schema: returnSpec(standing),
    },
  ];
}

function returnSpec(standing: readonly { readonly of: string; readonly from: string }[]): Record<string, unknown> {
  const schema = jsonSchemaOf(returnReportArgs());
  const properties = schema["properties"] as { report: object };
  const lines = standing.map(({ of, from }) => `- ${of}: the report of ${from}`).join("\n");
  const report = {
    ...properties.report,
    enum: standing.map(({ of }) => of),
    description: `Which report; needed only where several wait.\n${lines}`,
  };
  return { ...schema, properties: { ...properties, report } };
}

function severalSpec(delegations: readonly Route[]): Record<string, unknown> {
  const schema = jsonSchemaOf(newTasksArgs());
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
  const schema = jsonSchemaOf(reportArgs());
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
