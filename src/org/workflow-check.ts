/** Checks a workflow, as loaded from `graphs/`, against the chart it is for: every name in it must exist. */
import type { z } from "zod";
import { didYouMean } from "../documents/nearest.ts";
import type { Problem } from "../documents/problem.ts";
import { toolGroups } from "../modes/tool-groups.ts";
import type { OrgChart } from "./chart.ts";
import { findLicence, licences as all } from "./licences.ts";
import { workflowSchema, type ApproverPolicy, type Workflow } from "./workflow.ts";

/** `where` starts with a top-level key of the workflow. */
type Fault = Omit<Problem, "file" | "line" | "column" | "severity"> & { readonly where: string };

/**
 * `workflow` is null when its shape is wrong. A workflow is code, so a place is known by top-level key at best: `places`
 * gives it, and the file's first line stands in.
 */
export function checkWorkflow(
  workflow: unknown,
  file: string,
  chart: OrgChart,
  rulesPacks: readonly { readonly name: string }[],
  places: Readonly<Record<string, { readonly line: number }>> = {},
  /** `<server>__<tool>`, of the MCP servers in cadre.yaml; null: it cannot be read, and no such name is judged. */
  served: readonly string[] | null = [],
): { readonly workflow: Workflow | null; readonly problems: Problem[] } {
  const parsed = workflowSchema.safeParse(workflow);
  const faults = parsed.success ? nameFaults(parsed.data, chart, rulesPacks, served) : shapeFaults(parsed.error.issues);
  const problems = faults.map(({ where, ...fault }): Problem => {
    const key = where.split(".")[0] ?? "";
    const place = Object.hasOwn(places, key) ? places[key] : places["workflow"];
    return { severity: "error", ...fault, file, line: place?.line ?? 1, column: 1 };
  });
  return { workflow: parsed.success ? parsed.data : null, problems };
}

const needed = "The file must export `workflow`, an object with at least `name` and `entry`.";

function shapeFaults(issues: readonly z.core.$ZodIssue[]): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const where = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") {
      const known = keysAt(workflowSchema, issue.path);
      return issue.keys.map((key) => ({
        code: "workflow-shape",
        where: where === "" ? key : where,
        message: `The workflow has no key "${where === "" ? key : `${where}.${key}`}".`,
        hint: didYouMean(key, known, `Known: ${known.join(", ")}.`),
      }));
    }
    const message = issue.message.replace("Invalid discriminator value. Expected", "expected");
    const top = where === "" || where === "name" || where === "entry";
    return [
      {
        code: "workflow-shape",
        where,
        message: `The workflow is not valid at ${where || "its top"}: ${message}.`,
        ...(top ? { hint: needed } : {}),
      },
    ];
  });
}

/** The keys that an object of this schema may have at `path`; of a union, those of all of its members. */
function keysAt(schema: unknown, [key, ...rest]: readonly PropertyKey[]): string[] {
  const { def } = schema as { readonly def: Record<string, unknown> };
  const inner = def["innerType"] ?? def["element"] ?? def["valueType"];
  if (def["type"] === "union")
    return [
      ...new Set(
        (def["options"] as unknown[]).flatMap((each) => keysAt(each, key === undefined ? [] : [key, ...rest])),
      ),
    ];
  if (def["type"] === "object") {
    const shape = def["shape"] as Readonly<Record<string, unknown>>;
    return key === undefined ? Object.keys(shape) : keysAt(shape[String(key)], rest);
  }
  if (inner === undefined) return [];
  const wraps = def["innerType"] !== undefined;
  return keysAt(inner, wraps && key !== undefined ? [key, ...rest] : rest);
}

function nameFaults(
  workflow: Workflow,
  chart: OrgChart,
  rulesPacks: readonly { readonly name: string }[],
  served: readonly string[] | null,
): Fault[] {
  const roles = new Set(chart.roles.map((role) => role.slug));
  const packs = new Set(rulesPacks.map((pack) => pack.name));
  const groups = new Set(Object.keys(toolGroups));
  const tools = new Set([...Object.values(toolGroups).flat(), ...(served ?? [])]);
  const isUnjudged = (tool: string): boolean => served === null && tool.includes("__");
  const role = (where: string, name: string): Fault[] => unknownName("role", where, name, roles);
  return [
    ...role("entry", workflow.entry),
    ...(workflow.verify ? role("verify.by", workflow.verify.by) : []),
    ...verifierFaults(workflow),
    ...Object.keys(workflow.staffing).flatMap((name) => role("staffing", name)),
    ...Object.entries(workflow.grants).flatMap(([name, granted]) => [
      ...role("grants", name),
      ...granted.flatMap((group) => unknownName("tool group", `grants.${name}`, group, groups)),
    ]),
    ...workflow.rules.flatMap((rule, index) => [
      ...unknownName("rules pack", `rules.${index}`, rule.pack, packs),
      ...rule.roles.flatMap((name) => role(`rules.${index}.roles`, name)),
    ]),
    ...workflow.approvals.flatMap((approval, index) => [
      ...(isUnjudged(approval.tool) ? [] : unknownName("tool", `approvals.${index}`, approval.tool, tools)),
      ...(approval.roles ?? []).flatMap((name) => role(`approvals.${index}.roles`, name)),
      ...approverFaults(workflow, roles, `approvals.${index}`, approval),
    ]),
    ...(typeof workflow.signOff === "boolean" ? [] : approverFaults(workflow, roles, "signOff", workflow.signOff)),
    ...licenceFaults(workflow),
    ...(workflow.withoutApproval ?? []).flatMap((each, index) => [
      ...(isUnjudged(each.tool) ? [] : unknownName("MCP tool", `withoutApproval.${index}`, each.tool, new Set(served))),
      ...(each.roles ?? []).flatMap((name) => role(`withoutApproval.${index}.roles`, name)),
    ]),
  ];
}

/** A misspelled id would protect nobody. */
function licenceFaults({ licences = {} }: Workflow): Fault[] {
  const known = new Set(all.flatMap(({ id, ref }) => [id, ref]));
  return (["allow", "ask", "deny"] as const).flatMap((list) =>
    (licences[list] ?? [])
      .filter((name) => findLicence(name) === null)
      .map((name) => ({
        where: `licences.${list}`,
        code: "workflow-unknown-licence",
        message: `The workflow names the licence "${name}" at licences.${list}, which the table of licences does not hold.`,
        hint: didYouMean(
          name,
          known,
          "Licences are named as on the Hub (`cc-by-4.0`), by SPDX id, or by `LicenseRef-HF-…`.",
        ),
      })),
  );
}

/** An approval that nobody could ever give. A name that is no role is taken as a person's. */
function approverFaults(
  { staffing }: Workflow,
  roles: ReadonlySet<string>,
  where: string,
  { by, quorum = 1 }: ApproverPolicy,
): Fault[] {
  const played = (by ?? []).filter((name) => roles.has(name) && staffing[name]?.by !== "person");
  const people = new Set(by);
  return [
    ...played.map((name): Fault => ({
      where: `${where}.by`,
      code: "approver-is-no-person",
      message: `The workflow has ${name} approve at ${where}.by, and a model plays that role: only people approve.`,
      hint: `Name a person, or staff the role by one: staffing: {"${name}": person("<name>")}.`,
    })),
    ...(by !== undefined && quorum > people.size
      ? [
          {
            where: `${where}.quorum`,
            code: "quorum-out-of-reach" as const,
            message: `The workflow asks for ${quorum} approvals at ${where}, and lets ${people.size} approve.`,
            hint: "Lower `quorum`, or name more people at `by`.",
          },
        ]
      : []),
  ];
}

/** Nobody verifies the report that they made. Whether a role wrote a file of it shows only in the run (`run/verification.ts`). */
function verifierFaults({ entry, verify }: Workflow): Fault[] {
  if (verify?.by !== entry) return [];
  return [
    {
      where: "verify.by",
      code: "verifier-is-author",
      message: `The workflow lets ${entry} verify its own report: it is the entry role, which makes the report, and verify.by names it too.`,
      hint: "Name another role at `verify.by`, best one that changes no files in this workflow.",
    },
  ];
}

const unknownCodes = {
  role: "workflow-unknown-role",
  tool: "workflow-unknown-tool",
  "tool group": "workflow-unknown-tool-group",
  "rules pack": "workflow-unknown-rules-pack",
  "MCP tool": "workflow-unknown-mcp-tool",
} as const;

function unknownName(
  kind: keyof typeof unknownCodes,
  where: string,
  name: string,
  known: ReadonlySet<string>,
): Fault[] {
  if (known.has(name)) return [];
  const list = [...known].toSorted().join(", ");
  return [
    {
      where,
      code: unknownCodes[kind],
      message: `The workflow names the ${kind} "${name}" at ${where}, which does not exist.`,
      hint: didYouMean(name, known, list === "" ? `There is no ${kind} at all.` : `There are: ${list}.`),
    },
  ];
}
