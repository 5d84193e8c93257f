/**
 * A workflow: entry role, who staffs which role, approval policy, limits, rules packs. Plain data, cheap to load;
 * the file in `graphs/` that holds it is code of the team's own, so it is checked here like any other input.
 */
import { z } from "zod";
import { currencyPattern } from "../money.ts";

const slug = z.string().min(1);

const staffingSchema = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("person"), name: z.string().min(1).optional() }),
  z.strictObject({ by: z.literal("model"), model: z.string().min(1).optional() }),
]);

const limitsSchema = z.strictObject({
  steps: z.number().int().positive(),
  modelCalls: z.number().int().positive(),
  tokens: z.number().int().positive(),
  depth: z.number().int().positive(),
  breadth: z.number().int().positive(),
  refusals: z.number().int().positive(),
  repeats: z.number().int().min(2),
  pingPong: z.number().int().min(2),
  /** The run starts only where every model has a price in this currency. */
  money: z.strictObject({ amount: z.number().positive(), currency: z.string().regex(currencyPattern) }),
  /** Of models with `gpus` in cadre.yaml. */
  gpuSeconds: z.number().positive(),
  /** While the run is being moved. */
  wallSeconds: z.number().positive(),
});

/** Who may approve. `by`: names, or roles that people staff; left out: anyone. `quorum`: how many different people it takes; left out: one. */
const approversSchema = z.strictObject({
  by: z.array(z.string().min(1)).min(1).optional(),
  quorum: z.number().int().positive().optional(),
  /** Whoever started the run may not approve. */
  notBy: z.literal("requester").optional(),
});

const minutes = z.number().positive();

/** What a file in `graphs/` may export as `workflow`; parsing fills in the defaults. */
export const workflowSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(""),
  /** Gets the brief unless `--to` or the brief names another role. */
  entry: slug,
  staffing: z.record(slug, staffingSchema).default({}),
  /** Tool groups given to a role beyond its own mode; visible in `graph`, in the trace and in the chart's hash. */
  grants: z.record(slug, z.array(z.string().min(1))).default({}),
  /** Which rules packs (files in `modes/rules/`, without `.md`) bind which roles. */
  rules: z.array(z.strictObject({ pack: z.string().min(1), roles: z.array(slug).min(1) })).default([]),
  /** Calls that need a person's approval first. `roles` absent: every role. */
  approvals: z
    .array(
      z.strictObject({
        tool: z.string().min(1),
        roles: z.array(slug).min(1).optional(),
        reason: z.string().min(1),
        /** After so many minutes it can no longer be approved: the role is told, and may propose it again. Absent: never. */
        expiresMinutes: z.number().positive().optional(),
        ...approversSchema.shape,
      }),
    )
    .default([]),
  /**
   * Effects of MCP tools that need nobody's approval; every other effect of an MCP tool does. `roles` absent: for every role.
   * `afterReading`: also once a tool has brought text that nobody vouches for (a file, what a command or a server said), or where another
   * server's words stand in prompts of the run: that may be what asks for the effect. Otherwise a person approves it then. Charts of earlier versions say nothing of it: it stands as if true.
   */
  withoutApproval: z
    .array(
      z.strictObject({
        tool: z.string().min(1),
        roles: z.array(slug).min(1).optional(),
        reason: z.string().min(1),
        afterReading: z.boolean().default(false),
      }),
    )
    .optional(),
  /**
   * Commands: a person approves each, but for those that `allow` names: `["npm", "test"]` exactly, `["git", "log", "..."]` with anything
   * behind it. What a command can do is the sandbox's business, not this list's. `network`: whether one may ask for the network at all;
   * a person then approves it each time. Left out: the figures of `command-policy.ts`.
   */
  commands: z
    .strictObject({
      allow: z.array(z.array(z.string()).min(1)),
      network: z.boolean(),
      timeoutSeconds: z.number().int().positive().max(86_400),
      memoryMb: z.number().int().min(16),
      outputMb: z.number().int().positive().max(4096),
    })
    .partial()
    .optional(),
  /**
   * Licences of models and data sets, by the Hub's ids or SPDX's. `use`: what they are for. Left out: commercial use; what only asks for its
   * authors to be named is allowed, everything else is put to a person (`licence-policy.ts`).
   */
  licences: z
    .strictObject({
      use: z.enum(["commercial", "internal", "research"]),
      allow: z.array(z.string().min(1)),
      ask: z.array(z.string().min(1)),
      deny: z.array(z.string().min(1)),
    })
    .partial()
    .optional(),
  /** How often a task's report may be returned before the next return is put to a person. Left out: 2. */
  returns: z.number().int().min(0).max(20).optional(),
  /**
   * Before the run closes, someone other than the author holds the entry role's report against what is there. First the runtime runs
   * `command` (the workspace's own tests) in the sandbox, with the workspace read-only, under the same approvals as any command; then `by` judges every criterion,
   * the brief's and those named here. Left out: nobody verifies but the person who signs off.
   */
  verify: z
    .strictObject({
      by: slug,
      command: z.array(z.string().min(1)).min(1).optional(),
      criteria: z.array(z.string().min(1)).optional(),
    })
    .optional(),
  /** The run closes only after a person approved exactly its change set. */
  signOff: z.union([z.boolean(), approversSchema]).default(true),
  /** After so many minutes the sign-off goes back to the role that reported. Absent: never. */
  signOffExpiresMinutes: z.number().positive().optional(),
  limits: limitsSchema.partial().default({}),
  /**
   * Minutes that an escalation, a question or a task may wait for a person before it goes up the next route of the role that they staff,
   * or, at the top, is overdue; the same for all, or for each severity. Left out: a day.
   */
  deadlineMinutes: z
    .union([minutes, z.strictObject({ low: minutes, medium: minutes, high: minutes, critical: minutes }).partial()])
    .default(24 * 60),
});

/** A workflow as it is after parsing: with its defaults. */
export type Workflow = z.infer<typeof workflowSchema>;
/** A workflow as it is written down: what has a default may be left out. */
export type WorkflowInput = z.input<typeof workflowSchema>;
export type ApproverPolicy = z.infer<typeof approversSchema>;
/** Who fills a role: a person, or a model of `cadre.yaml`. */
export type Staffing = z.infer<typeof staffingSchema>;

/** A role staffed by a person; anyone may answer unless a name is given. */
export function person(name?: string): Staffing {
  return name === undefined ? { by: "person" } : { by: "person", name };
}

/** A role staffed by a model: a name from `cadre.yaml`, or what `--model` and the map there say. */
export function model(name?: string): Staffing {
  return name === undefined ? { by: "model" } : { by: "model", model: name };
}
