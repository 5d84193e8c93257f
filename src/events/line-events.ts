/** Events of runs and of their lines: how they begin, what binds them, how they end. */
import { z } from "zod";
import { at, id, inFrame, json } from "./fields.ts";
import { limitName } from "./ask-parts.ts";
import { assignmentSchema, changeSetSchema, reportSchema, ruleSchema, waitSchema } from "./parts.ts";

export const lineEvents = {
  /** First event of a run's main line. */
  run_started: () =>
    z.strictObject({
      type: z.literal("run_started"),
      ...at,
      run: id,
      title: z.string(),
      brief: json(),
      entry: z.string(),
      chart: z.string(),
      workflow: z.string(),
      startedBy: z.string(),
      rehearsal: z.boolean(),
      /** What `--model` said; null: nothing. Left out in logs of earlier versions. */
      model: z.string().nullable().optional(),
      limits: z.partialRecord(limitName(), z.number()),
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
      limits: z.partialRecord(limitName(), z.number()),
      currency: z.string().optional(),
      by: z.string(),
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
      wait: waitSchema(),
      rule: ruleSchema(),
      assignment: assignmentSchema(),
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
      limits: z.partialRecord(limitName(), z.number()),
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
      report: reportSchema().nullable(),
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
      report: reportSchema().nullable(),
      /** Copies of reports that were sent on the child's line: who gets them sees them here. */
      copies: z.array(z.strictObject({ from: z.string(), to: z.string(), rule: ruleSchema(), summary: z.string() })),
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
  limit_raised: () =>
    z.strictObject({
      type: z.literal("limit_raised"),
      ...at,
      ask: id,
      limit: limitName(),
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
      report: reportSchema().nullable(),
      changes: changeSetSchema().nullable(),
      by: z.string(),
    }),
};
