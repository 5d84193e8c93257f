/**
 * The gate waits for a person. It reads the decision from the asks table; an interrupt's resume value is only a wake-up (R4).
 *
 * G1. Nothing but what the clock decides is written before the interrupt, and there is one interrupt in this node: a restart from its
 *     first line changes nothing. What the clock decided stands: the restart reads it.
 * G2. What a decision means is decided by the ask's kind, here and nowhere else.
 * G3. Who had seen the ask and who had voted is told before the decision, from the row, in the same commit: neither can change any more.
 */
import { interrupt } from "@langchain/langgraph";
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import { isoTime } from "../clock.ts";
import { deskOf, type DeskAsk } from "../events/desk.ts";
import type { Call, Decision, Event, EventOf, Report } from "../events/event.ts";
import { leastCeiling, stopsWithout } from "../events/raising.ts";
import type { AskId } from "../ids.ts";
import { clockDecides, decideByClock } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { submit } from "./closing.ts";
import { closeWithAnswer, closeWithReport } from "./frame-closing.ts";
import { endStopped, stopRun } from "./ending.ts";
import { handOn, isHandingOn } from "./handed-on.ts";
import { acting, Batch, type RestingContext } from "./line-context.ts";
import { openApproved, openWithin } from "./hand-over.ts";
import type { Turn } from "./refusal.ts";
import { bareCall } from "./taking-up.ts";
import { CadreError } from "../errors.ts";
import { judgeAsPerson } from "./verification.ts";

type Ask = DeskAsk;

export async function gate(context: RestingContext, log: readonly Event[]): Promise<Event[]> {
  const desk = deskOf(log);
  const batch = new Batch(log, context.clock);
  const ask = desk.ask;
  const frame = desk.frames.at(-1);
  if (!ask || !frame) return [];
  const stop = context.stopRequested();
  if (stop !== null) {
    endStopped(desk, batch, stop, `stopped by ${stop}`);
    return batch.events;
  }
  const decided =
    (await decidedRow(context, ask.ask as AskId)) ??
    (await recordWakeUp(
      context,
      ask,
      interrupt({ ask: ask.ask, kind: ask.kind, question: ask.question, hash: ask.hash }),
    ));
  const { decision } = decided;
  if (ask.type === "ask_raised") tellWhoSaw(ask.ask, decided, batch); // G3
  batch.add({ type: "ask_decided", at: batch.now(), ask: ask.ask, decision });
  if (isAnswer(ask, decision)) {
    closeWithAnswer({ frame, batch }, answerOf(ask, decision), "person");
    return batch.events;
  }
  const turn = { context: await acting(context), desk, frame, batch };
  const { verb, text } = decision;
  if (frame.kind === "verification" && ask.kind === "assignment" && (verb === "answer" || verb === "reject"))
    judgeAsPerson(turn, log, { ok: verb === "answer", text });
  else await follow(turn, ask, decision, heldCall(log, ask));
  return batch.events;
}

/** Of a question, and no task or question to somebody else: it closes the frame that asked. */
function isAnswer({ kind }: Ask, decision: Decision): boolean {
  return (kind === "question" || kind === "escalation") && !isHandingOn(decision);
}

/** An ask with the decision that stands on it. */
type Decided = Pick<AskRow, "acknowledged" | "votes"> & { readonly decision: Decision };

/** Null while it waits; where its time is over, the clock decides here, unless a face looked first. */
async function decidedRow({ store, clock }: RestingContext, id: AskId): Promise<Decided | null> {
  const found = await store.ask(id);
  if (!found) return null;
  const row = clockDecides(found, clock.now()) ? await decideByClock(store, found, clock) : found;
  return row.decision === null ? null : { ...row, decision: row.decision };
}

function tellWhoSaw(ask: string, { acknowledged, votes = [] }: Decided, batch: Batch): void {
  if (acknowledged) batch.add({ type: "ask_acknowledged", at: batch.now(), ask, seen: acknowledged });
  for (const vote of votes) batch.add({ type: "vote_cast", at: batch.now(), ask, vote });
}

const wakeUp = z.union([
  z.string(),
  z.object({ verb: z.enum(["approve", "reject", "answer"]), text: z.string().default(""), args: z.json().optional() }),
]);

/** A resume value from a tool that speaks LangGraph (Studio): recorded like any other decision, so that the first one still wins. */
async function recordWakeUp(context: RestingContext, ask: Ask, value: unknown): Promise<Decided> {
  const read = wakeUp.parse(value);
  const deciding = ask.kind === "approval" || ask.kind === "sign_off" || ask.kind === "limit";
  const said =
    typeof read === "string"
      ? {
          verb: deciding ? (read === "approve" ? ("approve" as const) : ("reject" as const)) : ("answer" as const),
          text: read,
        }
      : read;
  const decision: Decision = { ...said, by: "user", face: "langgraph", at: isoTime(context.clock) };
  const { ask: row } = await context.store.decide(ask.ask as AskId, decision, ask.hash);
  if (row.decision !== null) return { ...row, decision: row.decision };
  throw new CadreError(
    "decision-invalid",
    `${ask.ask} takes more than one person: ${decision.verb} was recorded as a vote`,
    {
      hint: `\`cadre show ${ask.ask}\` says who has voted. The run goes on with the last vote that it takes.`,
    },
  );
}

/** The call that the asking frame made last: what an approval without a proposed action is about. */
function heldCall(log: readonly Event[], ask: Ask): Call | undefined {
  const turn = log.findLast(
    (event): event is EventOf<"turn_taken"> => event.type === "turn_taken" && event.frame === ask.frame,
  );
  const [call] = turn?.calls ?? [];
  return call && bareCall(call);
}

async function follow(turn: Turn, ask: Ask, decision: Decision, held: Call | undefined): Promise<void> {
  switch (ask.kind) {
    case "approval":
      if (!turn.desk.action) return routeApproval(turn, ask, decision, held);
      return approval(turn, ask, decision);
    case "sign_off":
      if (decision.verb !== "approve" && turn.desk.submitted)
        handBack(turn, [turn.desk.submitted.callId], reasonOf(ask, decision, "Returned"));
      return;
    case "limit":
      return limit(turn, ask, decision, held);
    case "chart":
      return chart(turn, ask, decision);
    case "doubt":
      if (decision.text === "stop") await stop(turn, decision.by, "stopped over an effect in doubt");
      return;
    case "assignment":
      return isHandingOn(decision) ? handOn(turn, ask, decision) : assignment(turn, decision);
    case "question":
    case "escalation":
      return isHandingOn(decision) ? handOn(turn, ask, decision) : undefined; // an answer has closed it
  }
}

/** The chosen option's words where the answer is an option's number; a rejection is an answer too: none of the options. */
function answerOf(ask: Ask, decision: Decision): { decision: string; reason: string } {
  if (decision.verb === "reject") return { decision: "None of the options.", reason: decision.text };
  const option = ask.options.find((each) => each.id === decision.text.trim());
  return {
    decision: option?.text ?? decision.text,
    reason: option ? `chosen by ${decision.by}` : `answered by ${decision.by}`,
  };
}

function approval(turn: Turn, ask: Ask, decision: Decision): void {
  const proposed = turn.desk.action?.proposed;
  if (!proposed) return;
  if (decision.verb !== "approve") {
    const calls = proposed.calls.map((call) => call.id);
    handBack(turn, calls, reasonOf(ask, decision, "Rejected"));
    return;
  }
  if (decision.args === undefined || ask.action?.type !== "tool") return;
  const action = { ...ask.action, args: decision.args };
  turn.batch.add({
    type: "action_edited",
    at: turn.batch.now(),
    frame: proposed.frame,
    role: proposed.role,
    ask: ask.ask,
    args: decision.args,
    hash: hashOf(action),
    by: decision.by,
  });
}

/** A hand-over that its role insisted on. */
async function routeApproval(turn: Turn, ask: Ask, decision: Decision, held: Call | undefined): Promise<void> {
  if (!held) return;
  if (decision.verb === "approve") await openApproved(turn, held, ask.hash);
  else handBack(turn, [held.id], reasonOf(ask, decision, "Rejected"));
}

/** What the role reads about a call that was not let through. */
function reasonOf(ask: Ask, decision: Decision, word: "Rejected" | "Returned"): string {
  if (decision.verb !== "expire") return `${word} by ${decision.by}: ${decision.text}`;
  const what = ask.kind === "sign_off" ? "Report again" : "Propose it again";
  return `Nobody decided by ${ask.deadline ?? decision.at}: this expired, and nothing was run. ${what} if it is still right.`;
}

function handBack(turn: Turn, callIds: string[], reason: string): void {
  turn.batch.add({
    type: "calls_returned",
    at: turn.batch.now(),
    frame: turn.frame.id,
    role: turn.frame.role,
    callIds,
    reason,
  });
}

function stop({ context, desk, batch }: Turn, by: string, reason: string): Promise<void> {
  return stopRun(context, desk, batch, { by, reason });
}

async function limit(turn: Turn, ask: Ask, decision: Decision, held: Call | undefined): Promise<void> {
  if (!ask.limit) return;
  if (decision.verb !== "approve") {
    if (held && !stopsWithout(ask.limit)) return handBack(turn, [held.id], reasonOf(ask, decision, "Rejected"));
    const why = decision.text ? `: ${decision.text}` : "";
    return stop(turn, decision.by, `stopped at the limit of ${ask.limit.ceiling} for ${ask.limit.name}${why}`);
  }
  const original = turn.desk.started?.limits[ask.limit.name] ?? ask.limit.ceiling;
  const asked = z.object({ to: z.number() }).safeParse(decision.args);
  const least = leastCeiling(ask.limit);
  const to = Math.max(least, asked.success ? asked.data.to : ask.limit.ceiling + original);
  turn.batch.add({
    type: "limit_raised",
    at: turn.batch.now(),
    ask: ask.ask,
    limit: ask.limit.name,
    from: ask.limit.ceiling,
    to,
    by: decision.by,
  });
  if (held && !stopsWithout(ask.limit)) await openWithin(turn, held, { [ask.limit.name]: to });
}

async function chart(turn: Turn, ask: Ask, decision: Decision): Promise<void> {
  if (decision.text === "stop") await stop(turn, decision.by, "stopped because the chart changed");
  else if (decision.text === "adopt" && ask.chart && ask.options.some((option) => option.id === "adopt"))
    turn.batch.add({
      type: "chart_adopted",
      at: turn.batch.now(),
      ask: ask.ask,
      from: turn.desk.chart,
      to: ask.chart,
      by: decision.by,
    });
}

/** A person's word on an assignment is a report: nothing in it was measured by the runtime, and it says so. */
async function assignment(turn: Turn, decision: Decision): Promise<void> {
  const criteria = turn.frame.opened.assignment?.criteria ?? [];
  const rejected = decision.verb === "reject";
  const report: Report = {
    summary: rejected ? `Not taken on: ${decision.text}` : decision.text,
    criteria: criteria.map((criterion) => ({
      id: criterion.id,
      status: "not_measured",
      evidence: `as stated by ${decision.by}: ${decision.text}`,
    })),
    artifacts: [],
    measurements: [],
    limitations: [`Stated by ${decision.by}; not checked by the runtime.`],
    resources: "",
    sections: {},
  };
  if (turn.frame.kind === "start") await submit(turn, { id: turn.frame.id }, report);
  else closeWithReport(turn, report, "person");
}
