/**
 * The event union: the only thing that the graph's nodes produce, and the only contract between the run and whoever shows it.
 *
 * E1. Events are immutable facts; the trace, the journal and the desk are folds of them and of nothing else.
 * E2. Every event that moves work cites the rule that allowed it.
 * E3. Every schema is strict: an unknown key in a stored event is corruption, not an extension.
 */
import { z } from "zod";
import { askEvents } from "./ask-events.ts";
import {
  answerSchema,
  assignmentSchema,
  callSchema,
  chargeSchema,
  changeSetSchema,
  findingSchema,
  frameKindSchema,
  limitName,
  opinionSchema,
  questionSchema,
  reportSchema,
  ruleSchema,
  toolResultSchema,
  usageSchema,
  verificationSchema,
  waitSchema,
} from "./parts.ts";

export * from "./parts.ts";

const id = z.string().min(1);
const json: z.ZodType<unknown> = z.json();

const outcomeWord = z.enum(["executed", "replayed", "repeated"]);

const at = { at: z.iso.datetime() };
/** What a call to a model took; `charged` left out: nothing is charged for it. */
const callTook = { usage: usageSchema, charged: chargeSchema.optional(), outcome: outcomeWord };
const inFrame = { frame: id, role: z.string() };

/** By type. Made when the first event of the type is looked at: a process writes a few of them, and all together take as long as opening the file. */
export const eventSchemas = {
  /** First event of a run's main line. */
  run_started: () =>
    z.strictObject({
      type: z.literal("run_started"),
      ...at,
      run: id,
      title: z.string(),
      brief: json,
      entry: z.string(),
      chart: z.string(),
      workflow: z.string(),
      startedBy: z.string(),
      rehearsal: z.boolean(),
      /** What `--model` said; null: nothing. Left out in logs of earlier versions. */
      model: z.string().nullable().optional(),
      limits: z.partialRecord(limitName, z.number()),
      /** Of the run's money; left out: its models have no price, or several currencies. */
      currency: z.string().optional(),
    }),
  /**
   * First event of its own of a run that goes on from a cut in another one's log: the `length` events before it are that one's, and its
   * hash follows from `head`, the hash of the last of them (D8). What was asked or proposed at the cut stays there; what this run asks
   * and does instead follows.
   */
  run_forked: () =>
    z.strictObject({
      type: z.literal("run_forked"),
      ...at,
      run: id,
      of: id,
      line: id,
      length: z.number().int(),
      head: z.string(),
      title: z.string(),
      chart: z.string(),
      model: z.string().nullable(),
      rehearsal: z.boolean(),
      limits: z.partialRecord(limitName, z.number()),
      currency: z.string().optional(),
      by: z.string(),
    }),
  /** A role starts to work on something; the top frame acts. `kind` is the edge that the answer will travel back along. */
  frame_opened: () =>
    z.strictObject({
      type: z.literal("frame_opened"),
      ...at,
      frame: id,
      kind: frameKindSchema,
      from: z.string(),
      to: z.string(),
      /** The opener's frame and the call that opened this one; null for the start. */
      parent: id.nullable(),
      callId: z.string().nullable(),
      rule: ruleSchema,
      assignment: assignmentSchema.nullable(),
      question: questionSchema.nullable(),
      /** The frame of the same role further down the stack whose transcript seeds this one. */
      seededBy: id.nullable(),
      /** How the decision model scored the purpose against what is sent, 0..1; null where there was no choice to score. */
      fit: z.number().nullable(),
    }),
  /**
   * A task given out together with others: `child` is a line of its own, made in the same commit, which works on it beside them. The
   * answer to the call is made of all their reports.
   */
  child_opened: () =>
    z.strictObject({
      type: z.literal("child_opened"),
      ...at,
      ...inFrame,
      callId: z.string(),
      child: id,
      to: z.string(),
      wait: waitSchema,
      rule: ruleSchema,
      assignment: assignmentSchema,
      /** Files and folders of the workspace that the child may write; none: it only reads. */
      writes: z.array(z.string()),
      fit: z.number().nullable(),
    }),
  /** First event of a child line. */
  child_started: () =>
    z.strictObject({
      type: z.literal("child_started"),
      ...at,
      run: id,
      parent: id,
      /** The event of the parent that opened this line, and its hash in the parent's chain (D8). */
      index: z.number().int(),
      opened: z.string(),
      chart: z.string(),
      limits: z.partialRecord(limitName, z.number()),
      /** Frames on the stacks above. */
      depth: z.number().int(),
      writes: z.array(z.string()),
    }),
  /** Last event of a child line. */
  child_ended: () =>
    z.strictObject({
      type: z.literal("child_ended"),
      ...at,
      status: z.enum(["reported", "stopped"]),
      reason: z.string(),
      report: reportSchema.nullable(),
      by: z.string(),
    }),
  /** The parent has taken up how a child ended: `head` is the hash of the last of its `length` events, so the run is one tree of chains (D8). */
  child_closed: () =>
    z.strictObject({
      type: z.literal("child_closed"),
      ...at,
      ...inFrame,
      child: id,
      from: z.string(),
      status: z.enum(["reported", "stopped"]),
      reason: z.string(),
      report: reportSchema.nullable(),
      /** Copies of reports that were sent on the child's line: who gets them sees them here. */
      copies: z.array(z.strictObject({ from: z.string(), to: z.string(), rule: ruleSchema, summary: z.string() })),
      length: z.number().int(),
      head: z.string(),
    }),
  /** One report was enough: the others are told to stop, and are waited for. */
  children_stopped: () =>
    z.strictObject({
      type: z.literal("children_stopped"),
      ...at,
      ...inFrame,
      children: z.array(id),
      reason: z.string(),
    }),
  /** One model call and its reply. `outcome: repeated`: a call in doubt was made again and may be billed twice (D3). */
  turn_taken: () =>
    z.strictObject({
      type: z.literal("turn_taken"),
      ...at,
      ...inFrame,
      turn: z.number().int(),
      key: id,
      model: z.string(),
      tier: z.string(),
      /** sha256 of the prompt; the prompt itself is a pure function of what the intent pins. */
      prompt: z.string(),
      text: z.string(),
      calls: z.array(callSchema),
      ...callTook,
      /** How many copies this role had seen when it acted. */
      copiesSeen: z.number().int(),
    }),
  /**
   * What a decision model says of a hand-over before it becomes one. Below `threshold` the route is questioned, and then a person decides; an
   * opinion moves nothing by itself. `rule`: of the route that it is about.
   */
  opinion_given: () =>
    z.strictObject({
      type: z.literal("opinion_given"),
      ...at,
      ...inFrame,
      callId: z.string(),
      /** Which of the call's hand-overs, from 0. */
      number: z.number().int().nonnegative(),
      kind: z.enum(["delegation", "escalation"]),
      to: z.string(),
      rule: ruleSchema,
      /** The call to the model in the ledger; null: words were compared, and nothing was called. */
      key: id.nullable(),
      model: z.string(),
      tier: z.string(),
      /** sha256 of what was asked. */
      asked: z.string(),
      ...opinionSchema.shape,
      ...callTook,
    }),
  /** One effect, or several reads in order. Approval, if any, is the ask that follows. */
  action_proposed: () =>
    z.strictObject({
      type: z.literal("action_proposed"),
      ...at,
      ...inFrame,
      key: id,
      calls: z.array(callSchema),
      access: z.enum(["read", "effect"]),
      /** hashOf(action) for an effect; null for reads. */
      hash: z.string().nullable(),
      needsApproval: z.boolean(),
      /** What a person has to let pass before it may run; left out: nothing. */
      findings: z.array(findingSchema).min(1).optional(),
    }),
  action_edited: () =>
    z.strictObject({
      type: z.literal("action_edited"),
      ...at,
      ...inFrame,
      ask: id,
      args: json,
      hash: z.string(),
      by: z.string(),
    }),
  action_done: () =>
    z.strictObject({
      type: z.literal("action_done"),
      ...at,
      ...inFrame,
      key: id,
      hash: z.string().nullable(),
      results: z.array(toolResultSchema),
      outcome: outcomeWord,
    }),
  /** Nothing was executed: an undeclared route, a tool outside the groups, a malformed call, a report that does not hold. */
  refused: () =>
    z.strictObject({
      type: z.literal("refused"),
      ...at,
      ...inFrame,
      callId: z.string().nullable(),
      verb: z.string(),
      kind: z.enum(["delegation", "escalation", "report"]).nullable(),
      to: z.string().nullable(),
      code: z.enum([
        "role-unknown",
        "route-undeclared",
        "route-to-self",
        "route-questioned",
        "tool-not-granted",
        "call-malformed",
        "report-incomplete",
        "inputs-missing",
        "breadth-exceeded",
        "writes-overlap",
        "no-call",
        "decision-not-taken-up",
      ]),
      /** What the model is told, with the allowed routes and their purposes. */
      reason: z.string(),
      /** What the role may do instead; the file:line of each. */
      allowed: z.array(z.strictObject({ to: z.string(), rule: ruleSchema })),
    }),
  /** Calls beyond the one decision of a reply: handed back unexecuted, not counted as refusals. */
  calls_returned: () =>
    z.strictObject({ type: z.literal("calls_returned"), ...at, ...inFrame, callIds: z.array(id), reason: z.string() }),
  /**
   * A report was not taken: who gave the task out sends it back, and the frame that follows, `reopened`, works on it again. `of` names
   * the frame, or the child line, that reported.
   */
  report_returned: () =>
    z.strictObject({
      type: z.literal("report_returned"),
      ...at,
      ...inFrame,
      callId: z.string(),
      of: id,
      to: z.string(),
      /** 1 for the first return of a task. */
      round: z.number().int(),
      reopened: id,
      reasons: z.array(z.strictObject({ criterion: z.string(), reason: z.string() })),
    }),
  /** Someone other than the author held the entry role's report against what is there; `frame` judged, `of` reported. */
  report_verified: () =>
    z.strictObject({ type: z.literal("report_verified"), ...at, ...inFrame, of: id, ...verificationSchema.shape }),
  /** The entry role's report, waiting for the verification and the sign-off, where the workflow asks for them. */
  report_submitted: () =>
    z.strictObject({
      type: z.literal("report_submitted"),
      ...at,
      ...inFrame,
      callId: z.string(),
      report: reportSchema,
      changes: changeSetSchema,
    }),
  /** The answer travels back along the edge it came by. Exactly one of `report` and `answer` is set, unless the frame was dropped, or verified a report. */
  frame_closed: () =>
    z.strictObject({
      type: z.literal("frame_closed"),
      ...at,
      frame: id,
      from: z.string(),
      to: z.string(),
      kind: frameKindSchema,
      rule: ruleSchema,
      report: reportSchema.nullable(),
      answer: answerSchema.nullable(),
      by: z.enum(["model", "person"]),
    }),
  /** A copy of a report to someone listed in `reports_to`. */
  copy_sent: () =>
    z.strictObject({
      type: z.literal("copy_sent"),
      ...at,
      frame: id,
      from: z.string(),
      to: z.string(),
      rule: ruleSchema,
      summary: z.string(),
    }),
  ...askEvents,
  /** The asker's first step after an answer says how it takes it up. `answer`: the frame that gave it. */
  decision_taken_up: () =>
    z.strictObject({
      type: z.literal("decision_taken_up"),
      ...at,
      ...inFrame,
      answer: id,
      chosen: z.string(),
      how: z.string(),
    }),
  limit_raised: () =>
    z.strictObject({
      type: z.literal("limit_raised"),
      ...at,
      ask: id,
      limit: limitName,
      from: z.number(),
      to: z.number(),
      by: z.string(),
    }),
  chart_adopted: () =>
    z.strictObject({
      type: z.literal("chart_adopted"),
      ...at,
      ask: id,
      from: z.string(),
      to: z.string(),
      by: z.string(),
    }),
  run_ended: () =>
    z.strictObject({
      type: z.literal("run_ended"),
      ...at,
      status: z.enum(["finished", "failed", "stopped"]),
      reason: z.string(),
      report: reportSchema.nullable(),
      changes: changeSetSchema.nullable(),
      by: z.string(),
    }),
};

export type Event = z.infer<ReturnType<(typeof eventSchemas)[keyof typeof eventSchemas]>>;
export type EventType = Event["type"];
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;
