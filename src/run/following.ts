/** What follows from a person's decision where it does more than answer: what is run, opened, handed back or stopped. */
import { z } from "zod";
import { hashOf } from "../canonical.ts";
import type { DeskAsk as Ask } from "../events/desk.ts";
import type { Call, Decision, Event, EventOf, Report } from "../events/event.ts";
import { leastCeiling, stopsWithout } from "../events/raising.ts";
import { submit } from "./closing.ts";
import { stopRun } from "./ending.ts";
import { closeWithReport } from "./frame-closing.ts";
import { openApproved, openWithin } from "./hand-over.ts";
import { handOn, isHandingOn } from "./handed-on.ts";
import type { Turn } from "./refusal.ts";
import { bareCall } from "./taking-up.ts";
import { judgeAsPerson } from "./verification.ts";

/** What a decision leads to that is more than an answer (G2 of `gate.ts`). `log`: as it was when the gate was entered. */
export async function follow(turn: Turn, log: readonly Event[], ask: Ask, decision: Decision): Promise<void> {
  const { verb, text } = decision;
  if (turn.frame.kind === "verification" && ask.kind === "assignment" && (verb === "answer" || verb === "reject"))
    return judgeAsPerson(turn, log, { ok: verb === "answer", text });
  const held = heldCall(log, ask);
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

/** The call that the asking frame made last: what an approval without a proposed action is about. */
function heldCall(log: readonly Event[], ask: Ask): Call | undefined {
  const turn = log.findLast(
    (event): event is EventOf<"turn_taken"> => event.type === "turn_taken" && event.frame === ask.frame,
  );
  const [call] = turn?.calls ?? [];
  return call && bareCall(call);
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
