/**
 * The event union: the only thing that the graph's nodes produce, and the only contract between the run and whoever shows it.
 *
 * E1. Events are immutable facts; the trace, the journal and the desk are folds of them and of nothing else.
 * E2. Every event that moves work cites the rule that allowed it.
 * E3. The schema is strict: an unknown key in a stored event is corruption, not an extension.
 */
import { z } from "zod";

const id = z.string().min(1);
const json: z.ZodType<unknown> = z.json();

export const ruleSchema = z.strictObject({ purpose: z.string(), file: z.string(), line: z.number().int() });

const criterionSchema = z.strictObject({ id: z.string(), text: z.string() });

/** What one role asks of another. */
export const assignmentSchema = z.strictObject({
  task: z.string(),
  criteria: z.array(criterionSchema),
  inputs: z.array(z.string()),
  constraints: z.array(z.string()),
});

export const severitySchema = z.enum(["low", "medium", "high", "critical"]);

/** What an escalation or a follow-up question asks. */
export const questionSchema = z.strictObject({
  question: z.string(),
  topic: z.string(),
  severity: severitySchema,
  tried: z.string(),
  options: z.array(z.string()),
});

/** A number that a report claims, citing the effect whose receipt holds it. */
export const measurementSchema = z.strictObject({
  name: z.string(),
  value: z.number(),
  unit: z.string(),
  effect: z.string(),
});

export const reportSchema = z.strictObject({
  summary: z.string(),
  criteria: z.array(
    z.strictObject({ id: z.string(), status: z.enum(["met", "not_met", "not_measured"]), evidence: z.string() }),
  ),
  artifacts: z.array(z.string()),
  measurements: z.array(measurementSchema),
  limitations: z.array(z.string()),
  resources: z.string(),
  /** The sections that the role's rules packs require, by name. */
  sections: z.record(z.string(), z.string()),
});

export const answerSchema = z.strictObject({ decision: z.string(), reason: z.string() });

const callSchema = z.strictObject({ id, name: z.string(), args: json });

/** Tokens as the server counted them; zero and `measured: false` where nothing was counted. */
export const usageSchema = z.strictObject({
  promptTokens: z.number(),
  completionTokens: z.number(),
  cachedTokens: z.number(),
  /** Wall time of the call in ms. */
  ms: z.number(),
  measured: z.boolean(),
});

const fileChangeSchema = z.strictObject({
  path: z.string(),
  /** sha256 of the content; null: the file is not there. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});

/** What proves that an effect happened; also kept in the ledger's outcome. */
export const receiptSchema = z.strictObject({
  files: z.array(fileChangeSchema),
  measurements: z.array(measurementSchema.omit({ effect: true })),
  /** Tool-specific facts, e.g. seed and split of an evaluation. */
  detail: z.record(z.string(), json),
});

export const toolResultSchema = z.strictObject({
  callId: id,
  tool: z.string(),
  ok: z.boolean(),
  /** What the model reads. */
  text: z.string(),
  receipt: receiptSchema.nullable(),
});

export const changeSetSchema = z.strictObject({
  files: z.array(fileChangeSchema),
  /** hashOf(files): what a sign-off approves and `apply` checks. */
  hash: z.string(),
});

/** Exactly what will happen if a person approves; its canonical JSON is hashed (R3). */
export const actionSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("tool"), role: z.string(), tool: z.string(), args: json }),
  z.strictObject({ type: z.literal("sign_off"), role: z.string(), changes: changeSetSchema, report: reportSchema }),
]);

export const askKindSchema = z.enum([
  "question",
  "escalation",
  "assignment",
  "approval",
  "sign_off",
  "limit",
  "doubt",
  "chart",
]);

export const decisionSchema = z.strictObject({
  verb: z.enum(["approve", "reject", "answer"]),
  /** The answer, the choice's id, or the reason. */
  text: z.string(),
  /** Edit-then-approve: the arguments to run instead (approval asks only). */
  args: json.optional(),
  by: z.string(),
  /** Where it was decided: `cli`, `api`, `answers-file`, … */
  face: z.string(),
  at: z.iso.datetime(),
});

const outcomeWord = z.enum(["executed", "replayed", "repeated"]);

const limitName = z.enum(["steps", "modelCalls", "tokens", "depth", "refusals", "repeats", "pingPong"]);

const at = { at: z.iso.datetime() };
const inFrame = { frame: id, role: z.string() };

export const eventSchema = z.discriminatedUnion("type", [
  /** First event of a run's main line. */
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
    limits: z.record(limitName, z.number()),
  }),
  /** A role starts to work on something; the top frame acts. `kind` is the edge that the answer will travel back along. */
  z.strictObject({
    type: z.literal("frame_opened"),
    ...at,
    frame: id,
    kind: z.enum(["start", "delegation", "escalation", "question"]),
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
  /** One model call and its reply. `outcome: repeated`: a call in doubt was made again and may be billed twice (D3). */
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
    usage: usageSchema,
    outcome: outcomeWord,
    /** How many copies this role had seen when it acted. */
    copiesSeen: z.number().int(),
  }),
  /** One effect, or several reads in order. Approval, if any, is the ask that follows. */
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
  }),
  z.strictObject({
    type: z.literal("action_edited"),
    ...at,
    ...inFrame,
    ask: id,
    args: json,
    hash: z.string(),
    by: z.string(),
  }),
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
      "no-call",
    ]),
    /** What the model is told, with the allowed routes and their purposes. */
    reason: z.string(),
    /** What the role may do instead; the file:line of each. */
    allowed: z.array(z.strictObject({ to: z.string(), rule: ruleSchema })),
  }),
  /** Calls beyond the one decision of a reply: handed back unexecuted, not counted as refusals. */
  z.strictObject({ type: z.literal("calls_returned"), ...at, ...inFrame, callIds: z.array(id), reason: z.string() }),
  /** The entry role's report, waiting for the sign-off. */
  z.strictObject({
    type: z.literal("report_submitted"),
    ...at,
    ...inFrame,
    callId: z.string(),
    report: reportSchema,
    changes: changeSetSchema,
  }),
  /** The answer travels back along the edge it came by. Exactly one of `report` and `answer` is set, unless the frame was dropped. */
  z.strictObject({
    type: z.literal("frame_closed"),
    ...at,
    frame: id,
    from: z.string(),
    to: z.string(),
    kind: z.enum(["start", "delegation", "escalation", "question"]),
    rule: ruleSchema,
    report: reportSchema.nullable(),
    answer: answerSchema.nullable(),
    by: z.enum(["model", "person"]),
  }),
  /** A copy of a report to someone listed in `reports_to`. */
  z.strictObject({
    type: z.literal("copy_sent"),
    ...at,
    frame: id,
    from: z.string(),
    to: z.string(),
    rule: ruleSchema,
    summary: z.string(),
  }),
  z.strictObject({
    type: z.literal("ask_raised"),
    ...at,
    ask: id,
    kind: askKindSchema,
    frame: id,
    /** The role on whose behalf it is asked. */
    role: z.string(),
    /** The name of the person it waits for; `user` where anyone may answer. */
    to: z.string(),
    topic: z.string(),
    question: z.string(),
    options: z.array(z.strictObject({ id: z.string(), text: z.string() })),
    severity: severitySchema,
    /** What will happen, for approvals; and its hash, which the decision must carry. */
    action: actionSchema.nullable(),
    hash: z.string(),
    deadline: z.iso.datetime().nullable(),
    /** Roles from the start to the one that asks. */
    path: z.array(z.string()),
    rule: ruleSchema,
    /** Set for `limit` asks. */
    limit: z.strictObject({ name: limitName, value: z.number(), ceiling: z.number() }).nullable(),
    /** Set for `chart` asks: the hash of the chart that the files hold now. */
    chart: z.string().nullable(),
  }),
  z.strictObject({ type: z.literal("ask_decided"), ...at, ask: id, decision: decisionSchema }),
  z.strictObject({ type: z.literal("ask_withdrawn"), ...at, ask: id, reason: z.string() }),
  z.strictObject({
    type: z.literal("limit_raised"),
    ...at,
    ask: id,
    limit: limitName,
    from: z.number(),
    to: z.number(),
    by: z.string(),
  }),
  z.strictObject({
    type: z.literal("chart_adopted"),
    ...at,
    ask: id,
    from: z.string(),
    to: z.string(),
    by: z.string(),
  }),
  z.strictObject({
    type: z.literal("run_ended"),
    ...at,
    status: z.enum(["finished", "failed", "stopped"]),
    reason: z.string(),
    report: reportSchema.nullable(),
    changes: changeSetSchema.nullable(),
    by: z.string(),
  }),
]);

export type Event = z.infer<typeof eventSchema>;
export type EventType = Event["type"];
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;
export type Assignment = z.infer<typeof assignmentSchema>;
export type Question = z.infer<typeof questionSchema>;
export type Report = z.infer<typeof reportSchema>;
export type Answer = z.infer<typeof answerSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Receipt = z.infer<typeof receiptSchema>;
export type ToolResult = z.infer<typeof toolResultSchema>;
export type ChangeSet = z.infer<typeof changeSetSchema>;
export type FileChange = z.infer<typeof fileChangeSchema>;
export type Action = z.infer<typeof actionSchema>;
export type AskKind = z.infer<typeof askKindSchema>;
export type Decision = z.infer<typeof decisionSchema>;
export type Usage = z.infer<typeof usageSchema>;
export type Severity = z.infer<typeof severitySchema>;
export type LimitName = z.infer<typeof limitName>;
export type Call = z.infer<typeof callSchema>;
