/** What events of work are made of: assignments, questions, reports, calls, receipts, verdicts of a verifier. What asks are made of: `ask-parts.ts`. */
import { z } from "zod";
import { id, json } from "./fields.ts";
import { once } from "./once.ts";

export const ruleSchema = once(() => z.strictObject({ purpose: z.string(), file: z.string(), line: z.number().int() }));

const criterionSchema = once(() => z.strictObject({ id: z.string(), text: z.string() }));

/** What one role asks of another. */
export const assignmentSchema = once(() =>
  z.strictObject({
    task: z.string(),
    criteria: z.array(criterionSchema()),
    inputs: z.array(z.string()),
    constraints: z.array(z.string()),
  }),
);

/** When a role that gave out several tasks goes on: once all have reported, or as soon as one has. */
export const waitSchema = once(() => z.enum(["all", "any"]));

/** What a frame works on: the edge that its answer travels back along. `verification`: the entry role's report, by someone else. */
export const frameKindSchema = once(() => z.enum(["start", "delegation", "escalation", "question", "verification"]));

export const severitySchema = once(() => z.enum(["low", "medium", "high", "critical"]));

/** What an escalation or a follow-up question asks. */
export const questionSchema = once(() =>
  z.strictObject({
    question: z.string(),
    topic: z.string(),
    severity: severitySchema(),
    tried: z.string(),
    options: z.array(z.string()),
  }),
);

/** A number that a report claims, citing the effect whose receipt holds it. */
export const measurementSchema = once(() =>
  z.strictObject({
    name: z.string(),
    value: z.number(),
    unit: z.string(),
    /** How many rows, calls or runs it rests on, where its receipt says so. */
    n: z.number().int().nonnegative().optional(),
    effect: z.string(),
  }),
);

export const reportSchema = once(() =>
  z.strictObject({
    summary: z.string(),
    criteria: z.array(
      z.strictObject({ id: z.string(), status: z.enum(["met", "not_met", "not_measured"]), evidence: z.string() }),
    ),
    artifacts: z.array(z.string()),
    measurements: z.array(measurementSchema()),
    limitations: z.array(z.string()),
    resources: z.string(),
    /** The sections that the role's rules packs require, by name. */
    sections: z.record(z.string(), z.string()),
  }),
);

export const answerSchema = once(() => z.strictObject({ decision: z.string(), reason: z.string() }));

export const callSchema = once(() => z.strictObject({ id, name: z.string(), args: json() }));

/** Tokens as the server counted them; zero and `measured: false` where nothing was counted. */
export const usageSchema = once(() =>
  z.strictObject({
    promptTokens: z.number(),
    completionTokens: z.number(),
    cachedTokens: z.number(),
    /** Wall time of the call in ms. */
    ms: z.number(),
    measured: z.boolean(),
    /** Part of the completion's; left out: the server does not tell. */
    reasoningTokens: z.number().optional(),
    /** Wall time with the server in ms, without what was waited here for its turn: by the server's own count where it sends one. */
    serverMs: z.number().optional(),
  }),
);

/** What the ledger charges for a call, with attempts that failed or are in doubt (C1 of `run/model-call.ts`). */
export const chargeSchema = once(() =>
  z.strictObject({
    attempts: z.number().int(),
    tokens: z.number().int(),
    /** Null: the model holds no GPUs that are counted. */
    gpuMs: z.number().int().nullable(),
    /** In millionths of the currency's unit, by which price; null: unpriced, which is not free. */
    money: z.strictObject({ micros: z.number().int(), currency: z.string(), price: z.string() }).nullable(),
  }),
);

const routeKind = once(() => z.enum(["delegation", "escalation"]));

/** What a decision model says of a route that a role wants to take. */
export const opinionSchema = once(() =>
  z.strictObject({
    /** The route that it finds likeliest; null: its answer was none of them. */
    choice: z.strictObject({ kind: routeKind(), to: z.string() }).nullable(),
    /** How likely it finds the route that is wanted, and the one that it chose; null: it does not say, which counts as 0. */
    likely: z.strictObject({ wanted: z.number(), chosen: z.number() }).nullable(),
    /** How likely the wanted one had to be at least. */
    threshold: z.number(),
  }),
);

const fileChangeSchema = once(() =>
  z.strictObject({
    path: z.string(),
    /** sha256 of the content; null: the file is not there. */
    before: z.string().nullable(),
    after: z.string().nullable(),
  }),
);

/** What proves that an effect happened; also kept in the ledger's outcome. */
export const receiptSchema = once(() =>
  z.strictObject({
    files: z.array(fileChangeSchema()),
    measurements: z.array(measurementSchema().omit({ effect: true })),
    /** Tool-specific facts, e.g. seed and split of an evaluation. */
    detail: z.record(z.string(), json()),
  }),
);

/** Why something with models or their data came to nothing, of one of six kinds, each with what was looked at. */
export const failureSchema = once(() =>
  z.strictObject({
    class: z.enum(["model-loading", "inference", "dependency", "performance", "data-format", "resource-exhaustion"]),
    what: z.string(),
    checks: z.array(
      z.strictObject({ name: z.string(), found: z.enum(["right", "wrong", "not checked"]), detail: z.string() }),
    ),
  }),
);

export const toolResultSchema = once(() =>
  z.strictObject({
    callId: id,
    tool: z.string(),
    ok: z.boolean(),
    /** What the model reads. */
    text: z.string(),
    receipt: receiptSchema().nullable(),
    /** What the workspace held afterwards, by the hash of its record (`tools/workspace/record.ts`); set where the receipt does not name every file. */
    tree: z.string().optional(),
    /** Left out: nothing failed of which a kind is known. */
    failure: failureSchema().optional(),
  }),
);

export const changeSetSchema = once(() =>
  z.strictObject({
    files: z.array(fileChangeSchema()),
    /** hashOf(files): what a sign-off approves and `apply` checks. */
    hash: z.string(),
  }),
);

/** The workspace's own check, as the runtime ran it: an exit code in a receipt, or the reason why there is none. */
export const workspaceCheckSchema = once(() =>
  z.strictObject({
    command: z.array(z.string()),
    state: z.enum(["passed", "failed", "not_run"]),
    /** The ledger's key of the receipt; null where it was not run. */
    effect: z.string().nullable(),
    reason: z.string(),
  }),
);

/** What became of verifying a report. `not_verified`: the role that should have done it could not. */
export const verificationSchema = once(() =>
  z.strictObject({
    verdict: z.enum(["accept", "return", "not_verified"]),
    summary: z.string(),
    /** `open`: it could not be told. */
    criteria: z.array(
      z.strictObject({ id: z.string(), verdict: z.enum(["holds", "fails", "open"]), reason: z.string() }),
    ),
    /** Null where the workflow names no command. */
    check: workspaceCheckSchema().nullable(),
    by: z.enum(["model", "person", "runtime"]),
  }),
);

/**
 * Something that a tool found out about a call and that a person has to let pass first. `id` changes with what it is about: the same id is
 * the same matter, found again. `text` says what was found and where, never the data itself.
 */
export const findingSchema = once(() =>
  z.strictObject({
    kind: z.enum(["licence", "personal-data", "unscreened", "revision", "training"]),
    id: z.string().min(1),
    text: z.string(),
  }),
);

export type Assignment = z.infer<ReturnType<typeof assignmentSchema>>;
export type Wait = z.infer<ReturnType<typeof waitSchema>>;
export type Question = z.infer<ReturnType<typeof questionSchema>>;
/** How a role closes its task: what it did, each criterion with its evidence, and measurements that name the effect which made them. */
export type Report = z.infer<ReturnType<typeof reportSchema>>;
export type WorkspaceCheck = z.infer<ReturnType<typeof workspaceCheckSchema>>;
export type Verification = z.infer<ReturnType<typeof verificationSchema>>;
export type Answer = z.infer<ReturnType<typeof answerSchema>>;
export type Measurement = z.infer<ReturnType<typeof measurementSchema>>;
export type Receipt = z.infer<ReturnType<typeof receiptSchema>>;
export type ToolResult = z.infer<ReturnType<typeof toolResultSchema>>;
export type Failure = z.infer<ReturnType<typeof failureSchema>>;
/** What a run's workspace has beside the project: paths with the sha256 before and after, null where there is no file. */
export type ChangeSet = z.infer<ReturnType<typeof changeSetSchema>>;
export type FileChange = z.infer<ReturnType<typeof fileChangeSchema>>;
export type Finding = z.infer<ReturnType<typeof findingSchema>>;
export type Charge = z.infer<ReturnType<typeof chargeSchema>>;
export type Usage = z.infer<ReturnType<typeof usageSchema>>;
export type Severity = z.infer<ReturnType<typeof severitySchema>>;
export type Call = z.infer<ReturnType<typeof callSchema>>;
