/** What asks and decisions are made of: what is to happen, who is asked, who may say yes, what was said. */
import { z } from "zod";
import { json } from "./fields.ts";
import { once } from "./once.ts";
import { ruleSchema, reportSchema, changeSetSchema, findingSchema } from "./parts.ts";

/** Exactly what will happen if a person approves; its canonical JSON is hashed (R3). */
export const actionSchema = once(() =>
  z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("tool"),
      role: z.string(),
      tool: z.string(),
      args: json(),
      /** Left out: nothing was found. */
      findings: z.array(findingSchema()).min(1).optional(),
    }),
    z.strictObject({
      type: z.literal("sign_off"),
      role: z.string(),
      changes: changeSetSchema(),
      report: reportSchema(),
    }),
  ]),
);

export const askKindSchema = once(() =>
  z.enum(["question", "escalation", "assignment", "approval", "sign_off", "limit", "doubt", "chart"]),
);

/** What a person may say to an ask. */
export const verdictSchema = once(() => z.enum(["approve", "reject", "answer"]));

/** What may be said of an ask. The clock says two of them, in the name of whoever looks first after a deadline; they stand like any other. */
const decisionVerb = once(() =>
  z.enum([
    ...verdictSchema().options,
    /** Whoever staffs a role gives a task on, or hands the matter up, along one of that role's routes. */
    "delegate",
    "escalate",
    /** Nobody decided in time: an approval can no longer be given; a question goes up the next route. */
    "expire",
    "bump",
  ]),
);

export const decisionSchema = once(() =>
  z.strictObject({
    verb: decisionVerb(),
    /** The answer, the choice's id, the task, or the reason. */
    text: z.string(),
    /** `delegate`, `escalate`, `bump`: the role that gets it. */
    to: z.string().optional(),
    /** Edit-then-approve: the arguments to run instead. A doubt's `result`: `{result}`, what the effect gave. A limit: `{to}`. A delegation: `{criteria}`. */
    args: json().optional(),
    by: z.string(),
    /** Where it was decided: `cli`, `api`, `answers-file`, …; `clock` where nobody did. */
    face: z.string(),
    at: z.iso.datetime(),
  }),
);

/** One of several people's word on an approval. `hash`: of what exactly; with `args`, of what is to run instead, and earlier votes are void. */
export const voteSchema = once(() =>
  z.strictObject({
    verb: z.enum(["approve", "reject"]),
    text: z.string(),
    args: json().optional(),
    by: z.string(),
    face: z.string(),
    at: z.iso.datetime(),
    hash: z.string(),
  }),
);

/** Somebody has seen an ask, and sees to it. */
export const acknowledgementSchema = once(() =>
  z.strictObject({ by: z.string(), face: z.string(), at: z.iso.datetime() }),
);

/** Who may approve: these people, or anyone (null); how many of them it takes; and who may not. */
export const approversSchema = once(() =>
  z.strictObject({
    by: z.array(z.string()).nullable(),
    quorum: z.number().int().min(1),
    notBy: z.array(z.string()),
  }),
);

const openRouteSchema = once(() => z.strictObject({ to: z.string(), rule: ruleSchema() }));

/** The role that a person is asked for, what they may do besides answering, and to whom it goes if they do nothing in time; null: it waits. */
export const seatSchema = once(() =>
  z.strictObject({
    role: z.string(),
    delegations: z.array(openRouteSchema()),
    escalations: z.array(openRouteSchema()),
    bump: z.string().nullable(),
  }),
);

export const limitName = once(() =>
  z.enum([
    "steps",
    "modelCalls",
    "tokens",
    "depth",
    "breadth",
    "refusals",
    "repeats",
    "pingPong",
    "money",
    "gpuSeconds",
    "wallSeconds",
  ]),
);

/** Exactly what happens if a person approves: a tool's call, or the sign-off of a change set. */
export type Action = z.infer<ReturnType<typeof actionSchema>>;
/** What somebody is asked for. `limit`: to raise one; `doubt`: whether an effect ran; `chart`: whether to go by files that changed. */
export type AskKind = z.infer<ReturnType<typeof askKindSchema>>;
export type Verdict = z.infer<ReturnType<typeof verdictSchema>>;
export type Vote = z.infer<ReturnType<typeof voteSchema>>;
export type Acknowledgement = z.infer<ReturnType<typeof acknowledgementSchema>>;
export type Approvers = z.infer<ReturnType<typeof approversSchema>>;
export type Seat = z.infer<ReturnType<typeof seatSchema>>;
/** What was said to an ask, by whom, where and when (ISO 8601 in UTC). */
export type Decision = z.infer<ReturnType<typeof decisionSchema>>;
export type LimitName = z.infer<ReturnType<typeof limitName>>;
