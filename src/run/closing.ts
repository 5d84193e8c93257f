/**
 * How a run closes: the entry role's report as it was submitted, verified where the workflow asks for that, signed off where it asks for that.
 *
 * C3. The report closes nothing by itself: a person signs off exactly the change set that it came with (R3).
 * C4. If the workspace changed since, all of it is done again with what is there now.
 */
import type { Call, Event, EventOf, Report } from "../events/event.ts";
import { returnsOf } from "../org/workflow-terms.ts";
import { raiseAsk, workflowRule } from "./asks.ts";
import { closeWithReport } from "./frame-closing.ts";
import type { Turn } from "./refusal.ts";
import { bareCall } from "./taking-up.ts";
import { reportArgs } from "./verbs.ts";
import { beginVerification, returnedText, verifiedText } from "./verification.ts";

type Submitted = EventOf<"report_submitted">;

/** The change set and the report as they stand now; put to a person at once where only a person judges them. */
export async function submit(turn: Turn, call: Pick<Call, "id">, report: Report): Promise<void> {
  const { batch, frame, context } = turn;
  const changes = await context.workspaces.changes(context.run.id);
  const submitted: Submitted = {
    type: "report_submitted",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    callId: call.id,
    report,
    changes,
  };
  batch.add(submitted);
  const { verify, signOff } = context.bound.workflow;
  if (signOff && !verify) askToSignOff(turn, submitted, null);
}

/** The next step on the way to the end. */
export async function settle(turn: Turn, submitted: Submitted, log: readonly Event[]): Promise<void> {
  const { context, batch, desk, frame } = turn;
  const { verify, signOff } = context.bound.workflow;
  const { verification } = desk;
  const changes = await context.workspaces.changes(context.run.id);
  if (changes.hash !== submitted.changes.hash) return submit(turn, { id: submitted.callId }, submitted.report); // C4
  if (verify && !verification) return beginVerification(turn, submitted);
  if (desk.signedOff) return finish(turn, submitted, log);
  if (verification?.verdict === "return" && desk.unverified <= returnsOf(context.bound.workflow)) {
    const { id, role } = frame;
    const reason = returnedText(verification);
    batch.add({ type: "calls_returned", at: batch.now(), frame: id, role, callIds: [submitted.callId], reason });
    return;
  }
  if (signOff || (verification && verification.verdict !== "accept")) askToSignOff(turn, submitted, verification);
  else finish(turn, submitted, log);
}

function askToSignOff(
  turn: Turn,
  { report, changes }: Submitted,
  verification: EventOf<"report_verified"> | null,
): void {
  const { context, batch, frame } = turn;
  raiseAsk(context, turn.desk, batch, {
    kind: "sign_off",
    frame,
    role: frame.role,
    topic: "sign-off",
    question: [
      `${frame.role} reports the work done: ${report.summary} ${whatToSign(changes.files.length)}`,
      ...(verification ? [verifiedText(verification)] : []),
    ].join("\n\n"),
    severity: "high",
    action: { type: "sign_off", role: frame.role, changes, report },
    minutes: context.bound.workflow.signOffExpiresMinutes ?? null,
    rule: context.bound.workflow.signOff
      ? workflowRule(context.bound, "signOff", "a run closes only after a person approved exactly its change set")
      : workflowRule(context.bound, "verify", "what was not verified, a person judges"),
  });
}

function whatToSign(files: number): string {
  if (files === 0) return "No file was changed. Sign off the report?";
  return `${files === 1 ? "1 file" : `${files} files`} changed. Sign off exactly this change set?`;
}

function finish(turn: Turn, submitted: Submitted, log: readonly Event[]): void {
  const { context, batch, desk, frame } = turn;
  const byPerson = submitted.callId === frame.id;
  closeWithReport(turn, submitted.report, byPerson ? "person" : "model", copiesAsked(log, submitted));
  batch.add({
    type: "run_ended",
    at: batch.now(),
    status: "finished",
    reason: endReason(desk.signedOff, desk.verification),
    report: submitted.report,
    changes: submitted.changes,
    by: context.run.startedBy,
  });
}

function endReason(signedOff: boolean, verification: EventOf<"report_verified"> | null): string {
  if (signedOff) return "signed off";
  return verification ? `verified by ${verification.role}` : "no sign-off asked by the workflow";
}

/** Whom the report named as readers, when it was made; undefined: everyone that the role reports to. */
function copiesAsked(log: readonly Event[], submitted: Submitted): readonly string[] | undefined {
  const turn = log.findLast(
    (event): event is EventOf<"turn_taken"> =>
      event.type === "turn_taken" &&
      event.frame === submitted.frame &&
      event.calls.some((call) => call.id === submitted.callId),
  );
  const call = turn?.calls.find((each) => each.id === submitted.callId);
  return reportArgs().safeParse(call && bareCall(call).args).data?.report_to;
}
