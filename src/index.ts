/**
 * The public API. Importing it is light: nothing here reaches LangGraph through static imports, so that a workflow file
 * may import `cadre` and still be read by `cadre lint`.
 */
import type { WorkflowInput } from "./org/workflow.ts";

export { CadreError, errorTable, isCadreError, type ErrorCode, type Place } from "./errors.ts";
export {
  isAskId,
  isRunId,
  type AskId,
  type EffectKey,
  type FrameId,
  type IdSource,
  type LineId,
  type RunId,
} from "./ids.ts";
export type { Clock } from "./clock.ts";
export type { Problem } from "./documents/problem.ts";
export type { Mode, RouteDeclaration, RouteKind } from "./modes/mode.ts";
export {
  check,
  findRole,
  USER,
  type OrgChart,
  type Role,
  type Route,
  type RouteCheck,
  type Rule,
} from "./org/chart.ts";
export { model, person, workflowSchema, type Staffing, type Workflow, type WorkflowInput } from "./org/workflow.ts";
export type { BoundChart, RulesPack } from "./org/bound-chart.ts";
export type { Brief, BriefInput, Criterion, Limits } from "./briefs/brief.ts";
export { eventSchema } from "./events/event-schema.ts";
export {
  type Action,
  type AskKind,
  type ChangeSet,
  type Decision,
  type Event,
  type EventOf,
  type EventType,
  type Report,
} from "./events/event.ts";
export { readBrief } from "./briefs/read-brief.ts";
export type { NumberedEvent } from "./events/numbered.ts";
export type { Message, ModelCall, ModelReply, ModelRequest, RoleModel, Tier, ToolSpec } from "./models/model.ts";
export type { Terms } from "./models/terms.ts";
export type { ModelUsage } from "./models/usage.ts";
export type { Availability, Sandbox, SandboxCommand, SandboxLimits, SandboxOutcome } from "./tools/sandbox/sandbox.ts";
export type { StoreReads } from "./store/ports.ts";
export type { AskRow, RunRow, RunStatus, StoredEvent } from "./store/rows.ts";
export type {
  AdvanceOptions,
  AdvanceResult,
  ChangedFile,
  Changes,
  DecideInput,
  FileVerification,
  ForkOptions,
  ForkPlan,
  StandingEffect,
  Rehearsed,
  StartOptions,
  Verification,
} from "./run/api.ts";
export { openCadre } from "./cadre/cadre.ts";
export type { Activity } from "./cadre/activity.ts";
export type { Cadre, CadreOptions, Notified, VerifyAllOptions } from "./cadre/api.ts";

/** The compiled LangGraph of a workflow, for LangGraph's own tools: a labelled rehearsal that never opens project data. */
export async function rehearsalGraph(workflow: WorkflowInput, from: string): Promise<unknown> {
  const studio = await import("./run/studio.ts");
  return studio.rehearsalGraph(workflow, from);
}
