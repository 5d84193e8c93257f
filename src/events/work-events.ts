/** Events of the work on a line: who acts on what, what is called and done, and where it goes. */
import { z } from "zod";
import { at, id, inFrame, json } from "./fields.ts";
import { once } from "./once.ts";
import {
  answerSchema,
  assignmentSchema,
  callSchema,
  chargeSchema,
  changeSetSchema,
  findingSchema,
  frameKindSchema,
  opinionSchema,
  questionSchema,
  reportSchema,
  ruleSchema,
  toolResultSchema,
  usageSchema,
  verificationSchema,
} from "./parts.ts";

const outcomeWord = once(() => z.enum(["executed", "replayed", "repeated"]));

/** What a call to a model took; `charged` left out: nothing is charged for it. */
const callTook = once(() => ({ usage: usageSchema(), charged: chargeSchema().optional(), outcome: outcomeWord() }));

export const workEvents = {
  /** A role starts to work on something; the top frame acts. `kind` is the edge that the answer will travel back along. */
  frame_opened: () =>
    z.strictObject({
      type: z.literal("frame_opened"),
      ...at,
      frame: id,
      kind: frameKindSchema(),
      from: z.string(),
      to: z.string(),
      /** The opener's frame and the call that opened this one; null for the start. */
      parent: id.nullable(),
      callId: z.string().nullable(),
      rule: ruleSchema(),
      assignment: assignmentSchema().nullable(),
      question: questionSchema().nullable(),
      /** The frame of the same role further down the stack whose transcript seeds this one. */
      seededBy: id.nullable(),
      /** How the decision model scored the purpose against what is sent, 0..1; null where there was no choice to score. */
      fit: z.number().nullable(),
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
      calls: z.array(callSchema()),
      ...callTook(),
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
      rule: ruleSchema(),
      /** The call to the model in the ledger; null: words were compared, and nothing was called. */
      key: id.nullable(),
      model: z.string(),
      tier: z.string(),
      /** sha256 of what was asked. */
      asked: z.string(),
      ...opinionSchema().shape,
      ...callTook(),
    }),
  /** One effect, or several reads in order. Approval, if any, is the ask that follows. */
  action_proposed: () =>
    z.strictObject({
      type: z.literal("action_proposed"),
      ...at,
      ...inFrame,
      key: id,
      calls: z.array(callSchema()),
      access: z.enum(["read", "effect"]),
      /** hashOf(action) for an effect; null for reads. */
      hash: z.string().nullable(),
      needsApproval: z.boolean(),
      /** What a person has to let pass before it may run; left out: nothing. */
      findings: z.array(findingSchema()).min(1).optional(),
    }),
  action_edited: () =>
    z.strictObject({
      type: z.literal("action_edited"),
      ...at,
      ...inFrame,
      ask: id,
      args: json(),
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
      results: z.array(toolResultSchema()),
      outcome: outcomeWord(),
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
      allowed: z.array(z.strictObject({ to: z.string(), rule: ruleSchema() })),
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
    z.strictObject({ type: z.literal("report_verified"), ...at, ...inFrame, of: id, ...verificationSchema().shape }),
  /** The entry role's report, waiting for the verification and the sign-off, where the workflow asks for them. */
  report_submitted: () =>
    z.strictObject({
      type: z.literal("report_submitted"),
      ...at,
      ...inFrame,
      callId: z.string(),
      report: reportSchema(),
      changes: changeSetSchema(),
    }),
  /** The answer travels back along the edge it came by. Exactly one of `report` and `answer` is set, unless the frame was dropped, or verified a report. */
  frame_closed: () =>
    z.strictObject({
      type: z.literal("frame_closed"),
      ...at,
      frame: id,
      from: z.string(),
      to: z.string(),
      kind: frameKindSchema(),
      rule: ruleSchema(),
      report: reportSchema().nullable(),
      answer: answerSchema().nullable(),
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
      rule: ruleSchema(),
      summary: z.string(),
    }),
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
};
