/**
 * Before a run closes, someone other than the author holds the entry role's report against what is there (`verify` in the workflow).
 *
 * V1. Deterministic checks come first (`verification-check.ts`): nobody can accept what they failed.
 * V2. Whoever verifies made no part of it: not the report nor a part of it, no file, no command that ran, no effect outside. Where the workflow's role took part, nothing is
 *     verified and that is said; a person decides then, whatever the workflow says of the sign-off.
 * V3. Whoever verifies only reads; it may escalate. So what is judged is what was submitted.
 * V4. Every criterion is judged once, with a reason: holds, fails, or open. What is open is named on the sign-off.
 * V5. The role returns a report as often as `returns` of the workflow says; a report that it does not accept after that is a person's to judge.
 */
import { hashOf } from "../canonical.ts";
import type { Call, Event, EventOf, Verification } from "../events/event.ts";
import { effectKey, frameId } from "../ids.ts";
import { mcpSeparator } from "../config/mcp-names.ts";
import { commandTool } from "../org/command-policy.ts";
import { raiseAsk, workflowRule } from "./asks.ts";
import { approvalPolicy } from "./granted.ts";
import { parsed, refuse, type Turn } from "./refusal.ts";
import { checkCall, checkCallId, checkOf, checkText } from "./verification-check.ts";
import { verdictArgs, type VerdictArgs } from "./verbs.ts";

type Submitted = EventOf<"report_submitted">;

/** Opens the frame in which the report is judged, or says why nobody can. */
export async function beginVerification(turn: Turn, submitted: Submitted): Promise<void> {
  const { context, batch, frame } = turn;
  const { verify } = context.bound.workflow;
  if (!verify) return;
  const part = await partTaken(turn, verify.by);
  if (part !== null) {
    batch.add({
      type: "report_verified",
      at: batch.now(),
      frame: frame.id,
      role: verify.by,
      of: frame.id,
      verdict: "not_verified",
      summary: `${verify.by} ${part}, so it cannot verify its own work.`,
      criteria: [],
      check: null,
      by: "runtime",
    });
    return;
  }
  const opened = frameId(context.line, batch.next);
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: opened,
    kind: "verification",
    from: submitted.role,
    to: verify.by,
    parent: frame.id,
    callId: null,
    rule: workflowRule(context.bound, "verify", "someone other than the author verifies before the run closes"),
    assignment: {
      task: `Verify the report of ${submitted.role} before the run closes: hold each criterion against what is in the workspace, not against what the report says of it.`,
      criteria: [
        ...(frame.opened.assignment?.criteria ?? []),
        ...(verify.criteria ?? []).map((text, index) => ({ id: `V${index + 1}`, text })),
      ],
      inputs: submitted.changes.files.map((file) => file.path),
      constraints: ["You only read: what falls short goes back, with the reason."],
    },
    question: null,
    seededBy: null,
    fit: null,
  });
  await proposeCheck(turn, opened, verify.by);
}

/** V1. */
async function proposeCheck(turn: Turn, frame: string, role: string): Promise<void> {
  const { context, batch, desk } = turn;
  const call = checkCall(context.bound.workflow, frame);
  if (!call) return;
  const not = context.tools.get(commandTool)?.available;
  if (not || !context.tools.has(commandTool)) {
    const reason = `The check was not run: ${not?.no ?? "no command can be run here."}`;
    batch.add({ type: "calls_returned", at: batch.now(), frame, role, callIds: [call.id], reason });
    return;
  }
  const action = { type: "tool" as const, role, tool: call.name, args: call.args };
  const policy = approvalPolicy(context.bound, role, call, () => true);
  batch.add({
    type: "action_proposed",
    at: batch.now(),
    frame,
    role,
    key: effectKey(context.line, batch.next),
    calls: [call],
    access: "effect",
    hash: hashOf(action),
    needsApproval: policy !== undefined,
  });
  const opened = batch.events.find((event) => event.type === "frame_opened" && event.frame === frame);
  if (!policy || opened?.type !== "frame_opened") return;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame: { id: frame, role, kind: "verification", from: opened.from, opened },
    role,
    topic: "check before the run closes",
    question: "Before the run closes, the workflow runs this check of the workspace. Approve exactly this?",
    action,
    minutes: policy.expiresMinutes ?? null,
    rule: workflowRule(context.bound, "verify", "deterministic checks come first"),
  });
}

/** V2. What the role did of the work, also of what the run shares with the one that it goes on from, in words; null where it did nothing. */
async function partTaken({ context, frame }: Turn, role: string): Promise<string | null> {
  if (frame.role === role) return "made the report";
  for (const { event } of await context.store.runEvents(context.run.id)) {
    const part = partIn(event, role);
    if (part !== null) return part;
  }
  return null;
}

function partIn(event: Event, role: string): string | null {
  if (event.type === "frame_closed") return event.from === role && event.report ? "reported on a part of it" : null;
  return event.type === "action_done" ? effectOf(event, role) : null;
}

function effectOf(event: EventOf<"action_done">, role: string): string | null {
  if (event.role !== role || event.hash === null) return null;
  const [result] = event.results;
  if (!result || result.callId === checkCallId(event.frame)) return null;
  const file = result.receipt?.files.find((each) => each.before !== each.after);
  if (file) return `changed ${file.path}`;
  if (result.tool.includes(mcpSeparator)) return `used ${result.tool}`;
  return result.tool === commandTool ? "ran a command that may have changed files" : null;
}

/** A role's last word in a verification. */
export function judge(turn: Turn, call: Call, log: readonly Event[]): void {
  const args = parsed(turn, call, verdictArgs());
  if (!args) return;
  const check = checkOf(turn.context.bound.workflow, log, turn.frame.id);
  const gaps = [...judgementGaps(turn, args), ...verdictGaps(args, check)];
  if (gaps.length > 0) {
    refuse(turn, call, { code: "report-incomplete", reason: `the verdict does not hold: ${gaps.join("; ")}.` });
    return;
  }
  closeVerification(turn, { ...args, check, by: "model" });
}

/** A person's: accepted in words, or sent back with the reason. What the check failed goes back, whatever they said (V1). */
export function judgeAsPerson(
  turn: Turn,
  log: readonly Event[],
  said: { readonly ok: boolean; readonly text: string },
): void {
  const check = checkOf(turn.context.bound.workflow, log, turn.frame.id);
  const failed = check?.state === "failed";
  const verdict = said.ok && !failed ? "accept" : "return";
  const summary = said.ok && failed ? `${said.text} (accepted in words; the check failed, so it goes back)` : said.text;
  closeVerification(turn, { verdict, summary, criteria: [], check, by: "person" });
}

/** V4. */
function judgementGaps({ frame, desk }: Turn, { criteria }: VerdictArgs): string[] {
  const asked = frame.opened.assignment?.criteria ?? [];
  const judged = criteria.map((each) => each.id);
  const missed = new Set(
    desk.submitted?.report.criteria.flatMap((each) => (each.status === "not_met" ? [each.id] : [])) ?? [],
  );
  return [
    ...asked
      .filter(({ id }) => !judged.includes(id))
      .map(({ id, text }) => `criterion [${id}] "${text}" is not judged`),
    ...judged.filter((id) => !asked.some((each) => each.id === id)).map((id) => `there is no criterion [${id}]`),
    ...judged.filter((id, at) => judged.indexOf(id) !== at).map((id) => `criterion [${id}] is judged twice`),
    ...criteria
      .filter((each) => each.verdict === "holds" && missed.has(each.id))
      .map(({ id }) => `the report itself says that criterion [${id}] is not met`),
  ];
}

/** V1. */
function verdictGaps({ verdict, criteria }: VerdictArgs, check: Verification["check"]): string[] {
  const fails = criteria.filter((each) => each.verdict === "fails").map((each) => `[${each.id}]`);
  const failed = check?.state === "failed";
  if (verdict === "return")
    return fails.length > 0 || failed
      ? []
      : ["nothing fails: judge a criterion as `fails`, with the reason, or accept"];
  return [
    ...(failed ? [`the check failed, so it cannot be accepted: ${checkText(check)}. Return it`] : []),
    ...(fails.length > 0 ? [`it is accepted although ${fails.join(", ")} fails. Return it`] : []),
  ];
}

function closeVerification(turn: Turn, verification: Verification): void {
  const { batch, frame } = turn;
  const { parent } = frame.opened;
  batch.add({
    type: "report_verified",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    of: parent as string,
    ...verification,
  });
  batch.add({
    type: "frame_closed",
    at: batch.now(),
    frame: frame.id,
    from: frame.role,
    to: frame.from,
    kind: frame.kind,
    rule: frame.opened.rule,
    report: null,
    answer: null, // the verdict is an event of its own, and the author is told by what becomes of the report
    by: verification.by === "person" ? "person" : "model",
  });
}

/** What the author reads about a report that was not accepted; begins like a person's return, which it is worked off like. */
export function returnedText({ role, summary, criteria, check }: EventOf<"report_verified">): string {
  const fails = criteria.filter((each) => each.verdict === "fails").map((each) => `\n- [${each.id}] ${each.reason}`);
  return `Returned by ${role}: ${summary}${fails.join("")}${check ? `\nThe check: ${checkText(check)}` : ""}`;
}

/** What was verified, by whom, and what was not: for the sign-off. */
export function verifiedText({ role, verdict, summary, criteria, check }: EventOf<"report_verified">): string {
  const of = (word: "holds" | "fails" | "open"): string =>
    criteria
      .filter((each) => each.verdict === word)
      .map((each) => (word === "holds" ? each.id : `${each.id} (${each.reason})`))
      .join(", ");
  const lists = [
    ["Holds", of("holds")],
    ["Fails", of("fails")],
    ["Not verified", of("open")],
  ].flatMap(([word, list]) => (list === "" ? [] : [`${word}: ${list}.`]));
  const head = {
    accept: `Verified by ${role}, who accepts it: ${summary}`,
    return: `${role} does not accept it, and the rounds are over: ${summary}`,
    not_verified: `Not verified: ${summary}`,
  }[verdict];
  return [head, ...lists, ...(check ? [`Check: ${checkText(check)}.`] : [])].join("\n");
}
