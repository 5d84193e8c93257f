/** Events about asks. */
import { z } from "zod";
import { at, id } from "./fields.ts";
import { once } from "./once.ts";
import {
  acknowledgementSchema,
  actionSchema,
  approversSchema,
  askKindSchema,
  decisionSchema,
  limitName,
  seatSchema,
  voteSchema,
} from "./ask-parts.ts";
import { ruleSchema, severitySchema } from "./parts.ts";

/** What a person is asked. */
const asked = once(() => ({
  ask: id,
  kind: askKindSchema(),
  frame: id,
  /** The role on whose behalf it is asked. */
  role: z.string(),
  /** The name of the person it waits for; `user` where anyone may answer. */
  to: z.string(),
  topic: z.string(),
  question: z.string(),
  options: z.array(z.strictObject({ id: z.string(), text: z.string() })),
  severity: severitySchema(),
  /** What will happen, for approvals; and its hash, which the decision must carry. */
  action: actionSchema().nullable(),
  hash: z.string(),
  /** Approvals and sign-offs expire, what a role's person does not see to goes up, the rest is overdue (`store/expiry.ts`). Null: for ever. */
  deadline: z.iso.datetime().nullable(),
  /** Roles from the start to the one that asks. */
  path: z.array(z.string()),
  rule: ruleSchema(),
  /** Set for `limit` asks. */
  limit: z.strictObject({ name: limitName(), value: z.number(), ceiling: z.number() }).nullable(),
  /** Set for `chart` asks: the hash of the chart that the files hold now. */
  chart: z.string().nullable(),
  /** Set where a person fills a role. */
  seat: seatSchema().optional(),
  /** Set where the workflow says who may approve, or how many it takes. */
  approvers: approversSchema().optional(),
}));

export const askEvents = {
  ask_raised: () => z.strictObject({ type: z.literal("ask_raised"), ...at, ...asked() }),
  /** What this line would ask, another line of the run has asked already: it waits for that decision (one ask for all of them). */
  ask_awaited: () => z.strictObject({ type: z.literal("ask_awaited"), ...at, ...asked() }),
  /** Told when the line moves next: who had seen the ask and when, and each vote in the order in which they were cast. */
  ask_acknowledged: () =>
    z.strictObject({ type: z.literal("ask_acknowledged"), ...at, ask: id, seen: acknowledgementSchema() }),
  vote_cast: () => z.strictObject({ type: z.literal("vote_cast"), ...at, ask: id, vote: voteSchema() }),
  ask_decided: () => z.strictObject({ type: z.literal("ask_decided"), ...at, ask: id, decision: decisionSchema() }),
  ask_withdrawn: () => z.strictObject({ type: z.literal("ask_withdrawn"), ...at, ask: id, reason: z.string() }),
};
