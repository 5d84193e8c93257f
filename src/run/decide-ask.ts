/** A person's decision on an ask, checked before it is written: what it may be follows from the ask's kind. The first one wins (R4). */
import { CadreError, isCadreError } from "../errors.ts";
import type { DecideInput } from "./api.ts";
import { isoTime, type Clock } from "../clock.ts";
import type { AskKind, Decision } from "../events/event.ts";
import { ceilingWords, takesCeiling } from "../events/raising.ts";
import type { AskId } from "../ids.ts";
import { clockDecides, decideByClock } from "../store/expiry.ts";
import { hashNow } from "../store/votes.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow } from "../store/rows.ts";
import { resultArgs } from "./doubt.ts";
import { handing, handingCommand, handingNeeds, handingProblem, isHanding, targetOf } from "./handing-checks.ts";

/** Where a person fills a role, what they are asked can be handed on as well. */
const verbsOf: Readonly<Record<AskKind, readonly DecideInput["verb"][]>> = {
  question: ["answer", "reject"],
  escalation: ["answer", "reject"],
  assignment: ["answer", "reject"],
  approval: ["approve", "reject"],
  sign_off: ["approve", "reject"],
  limit: ["approve", "reject"],
  doubt: ["answer"],
  chart: ["answer"],
};

export type DecideDeps = {
  readonly store: Pick<Store, "ask" | "decide">;
  readonly clock: Clock;
  /** What is wrong with arguments put in place of those that this ask is about, in words; null where nothing is. */
  readonly argumentProblem: (ask: AskRow, args: unknown) => Promise<string | null>;
  /** Who may approve at all, as the operator says; none named, or left out: everyone. */
  readonly approvers?: () => Promise<readonly string[]>;
};

/** Errors: ask-unknown, ask-decided (data: by, face, at, verb), ask-expired, hash-stale, decision-invalid, not-approver. */
export async function decideAsk(deps: DecideDeps, id: AskId, input: DecideInput): Promise<AskRow> {
  const ask = await deps.store.ask(id);
  if (!ask) throw new CadreError("ask-unknown", `there is no ask ${id}`, { hint: "`cadre inbox` lists what is open." });
  if (ask.state !== "open") throw alreadyDecided(ask);
  if (clockDecides(ask, deps.clock.now())) throw alreadyDecided(await decideByClock(deps.store, ask, deps.clock));
  await requireApprover(deps, ask, input);
  const to = targetOf(ask, input);
  await checkDecision(deps, ask, to === undefined ? input : { ...input, to });
  const decision: Decision = {
    verb: input.verb,
    text: input.text?.trim() ?? "",
    ...(to === undefined ? {} : { to }),
    ...(input.args === undefined ? {} : { args: input.args as NonNullable<Decision["args"]> }),
    by: input.by,
    face: input.face,
    at: isoTime(deps.clock),
  };
  const { won, ask: row } = await deps.store.decide(id, decision, input.hash ?? hashNow(ask));
  if (!won) throw alreadyDecided(row);
  return row;
}

/** Says that somebody has seen an open ask and sees to it. Its deadline stays. Errors: ask-unknown, ask-decided, ask-expired. */
export async function acknowledgeAsk(
  { store, clock }: Pick<DecideDeps, "clock"> & { readonly store: Pick<Store, "ask" | "decide" | "acknowledge"> },
  id: AskId,
  { by, face }: { readonly by: string; readonly face: string },
): Promise<AskRow> {
  const ask = await store.ask(id);
  if (!ask) throw new CadreError("ask-unknown", `there is no ask ${id}`, { hint: "`cadre inbox` lists what is open." });
  if (ask.state === "open" && clockDecides(ask, clock.now()))
    throw alreadyDecided(await decideByClock(store, ask, clock));
  const { won, ask: row } = await store.acknowledge(id, { by, face, at: isoTime(clock) });
  if (won) return row;
  if (row.state !== "open") throw alreadyDecided(row);
  const seen = row.acknowledged;
  throw new CadreError("ask-decided", `${id} was acknowledged already by ${seen?.by} (${seen?.face}, ${seen?.at})`, {
    hint: "It still waits for its decision.",
    data: { ask: id, ...seen },
  });
}

/** The operator's list bounds whatever a workflow says of its approvals. */
async function requireApprover({ approvers }: DecideDeps, ask: AskRow, { by }: Pick<DecideInput, "by">): Promise<void> {
  if (!approvers || !verbsOf[ask.kind].includes("approve")) return;
  const named = await approvers();
  if (named.length === 0 || named.includes(by)) return;
  throw new CadreError("not-approver", `${by} is none of those who decide ${ask.id}: ${named.join(", ")}`, {
    hint: "cadre.yaml names them (`approvers`). Say who you are with --as <name>.",
    data: { ask: ask.id, by, approvers: named },
  });
}

async function checkDecision(deps: DecideDeps, ask: AskRow, input: DecideInput): Promise<void> {
  const text = input.text?.trim() ?? "";
  checkVerb(ask, input.verb, text);
  if (isHanding(input.verb)) checkHanding(ask, input);
  else if (ask.kind === "doubt" && text === "result") checkResult(ask, input.args);
  else if (input.args !== undefined) await checkArguments(deps, ask, input.args);
}

/**
 * What is wrong with a decision on this ask, as far as it can be told without the tools; null where nothing is. Whether edited arguments
 * fit their tool is asked where they are run.
 */
export function decisionMisfit(
  ask: AskRow,
  { verb, text, args, to }: Pick<DecideInput, "verb" | "args" | "to"> & { readonly text: string },
): string | null {
  try {
    checkVerb(ask, verb, text);
    if (isHanding(verb)) checkHanding(ask, { verb, to, args });
    else if (ask.kind === "doubt" && text === "result") checkResult(ask, args);
    else if (args !== undefined) checkEditable(ask, args);
    return null;
  } catch (error) {
    if (isCadreError(error, "decision-invalid")) return error.message;
    throw error;
  }
}

function checkVerb(ask: AskRow, verb: DecideInput["verb"], text: string): void {
  const allowed = ask.seat === undefined ? verbsOf[ask.kind] : [...verbsOf[ask.kind], ...handing];
  if (!allowed.includes(verb)) {
    throw invalid(
      ask,
      `${ask.id} is ${article(ask.kind)}: it takes ${allowed.join(" or ")}, not ${verb}`,
      commandFor(ask),
    );
  }
  if (verb === "reject" && text === "")
    throw invalid(
      ask,
      "a rejection needs a reason: the role reads it and acts on it",
      `cadre reject ${ask.id} "<reason>"`,
    );
  if (isHanding(verb) && text === "") throw invalid(ask, `${handingNeeds[verb]} is missing`, handingCommand(ask, verb));
  if (verb === "answer" && text === "") throw invalid(ask, "the answer is empty", commandFor(ask));
  if ((ask.kind === "doubt" || ask.kind === "chart") && !ask.options.some((option) => option.id === text)) {
    throw invalid(
      ask,
      `the answer must be one of: ${ask.options.map((option) => option.id).join(", ")}`,
      commandFor(ask),
    );
  }
}

function checkHanding(ask: AskRow, input: Pick<DecideInput, "verb" | "to" | "args">): void {
  const problem = handingProblem(ask, input);
  if (problem) throw invalid(ask, problem.message, problem.command, problem.data);
}

function checkResult(ask: AskRow, args: unknown): void {
  if (resultArgs().safeParse(args).success) return;
  throw invalid(
    ask,
    "what came of it is missing, or longer than 64 KB: the role reads exactly that",
    `cadre answer ${ask.id} result "<what it gave>"`,
  );
}

function checkEditable(ask: AskRow, args: unknown): void {
  if (ask.kind === "limit") checkCeiling(ask, args);
  else if (ask.kind !== "approval" || ask.action?.type !== "tool")
    throw invalid(ask, "only the arguments of a tool call can be edited", commandFor(ask));
}

async function checkArguments(deps: DecideDeps, ask: AskRow, args: unknown): Promise<void> {
  checkEditable(ask, args);
  if (ask.kind !== "approval" || ask.action?.type !== "tool") return;
  const problem = await deps.argumentProblem(ask, args);
  if (problem !== null)
    throw invalid(
      ask,
      `the edited arguments do not fit ${ask.action.tool}: ${problem}`,
      `cadre approve ${ask.id} --edit '<json>', with all of the arguments`,
    );
}

function checkCeiling(ask: AskRow, args: unknown): void {
  const to = (args as { to?: unknown } | null)?.to;
  const limit = ask.limit ?? ({ name: "steps", value: 0 } as const);
  if (typeof to === "number" && takesCeiling(limit, to)) return;
  throw invalid(
    ask,
    `the limit can be raised to ${ceilingWords(limit)}`,
    `cadre approve ${ask.id} --raise-to <number>`,
  );
}

function invalid(ask: AskRow, message: string, command: string, data: Record<string, unknown> = {}): CadreError {
  return new CadreError("decision-invalid", message, {
    hint: `Try: ${command}`,
    data: { ask: ask.id, kind: ask.kind, ...data },
  });
}

const past = {
  approve: "approved",
  reject: "rejected",
  answer: "answered",
  delegate: "given on",
  escalate: "handed up",
} as const;

function alreadyDecided(ask: AskRow): CadreError {
  if (ask.state === "withdrawn")
    return new CadreError("ask-decided", `${ask.id} was withdrawn: what asked it was stopped`, {
      data: { ask: ask.id },
    });
  const decision: Decision = ask.decision ?? { verb: "answer", text: "", by: "somebody", face: "unknown", at: "" };
  const { verb, by, face, at } = decision;
  if (verb === "bump")
    return new CadreError(
      "ask-expired",
      `${ask.id} went up to ${decision.to} at ${at}: nobody had answered it by ${ask.deadline}`,
      {
        hint: `It is no longer yours to decide. The run goes on with: cadre resume ${ask.run}`,
        data: { ask: ask.id, run: ask.run, expired: ask.deadline, at, to: decision.to },
      },
    );
  if (verb === "expire")
    return new CadreError("ask-expired", `${ask.id} expired at ${ask.deadline ?? at}: nobody had decided it by then`, {
      hint: `Nothing was run. Its role is told and may propose it again: cadre resume ${ask.run}`,
      data: { ask: ask.id, run: ask.run, expired: ask.deadline, at },
    });
  return new CadreError("ask-decided", `${ask.id} was already ${past[verb]} by ${by} (${face}, ${at})`, {
    hint: `The first decision stands. \`cadre trace ${ask.run}\` shows what followed.`,
    data: { ask: ask.id, verb, by, face, at },
  });
}

function article(kind: AskKind): string {
  const word = kind.replace("_", "-");
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`;
}

/** The command that decides an ask of this kind. */
export function commandFor(ask: Pick<AskRow, "id" | "kind" | "options">): string {
  if (verbsOf[ask.kind].includes("approve")) return `cadre approve ${ask.id}`;
  const word =
    ask.kind === "doubt" || ask.kind === "chart" ? ask.options.map((option) => option.id).join("|") : '"<answer>"';
  return `cadre answer ${ask.id} ${word}`;
}
