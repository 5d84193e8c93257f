/**
 * How work changes hands: a delegation, an escalation, a question back to the assigner.
 *
 * R1. A hand-over becomes an event only after `check` on the chart said yes; otherwise a `refused` event, with what is allowed.
 * H1. A declared route whose purpose has nothing in common with what is sent, while another one's has much, is questioned once; who insists
 *     has a person decide. Only a clear misfit counts: a text in a language that the purposes are not written in fits none of them, and goes.
 */
import { hashOf } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Action, Call, EventOf } from "../events/event.ts";
import { frameId } from "../ids.ts";
import { ruleOf, type Route, type Rule } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import { raiseAsk } from "./asks.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { escalateArgs, followupArgs, newTaskArgs } from "./verbs.ts";

type FrameContent = Pick<EventOf<"frame_opened">, "assignment" | "question" | "fit">;

/** A hand-over along a route that is declared. */
type HandOver = { readonly route: Route; readonly sent: string; readonly content: Omit<FrameContent, "fit"> };

/** Two words in common and more: what makes another route the clearly better one. */
const clearFit = 0.75;

export function handOver(turn: Turn, call: Call): void {
  const wanted = readHandOver(turn, call);
  if (!wanted) return;
  const better = betterRoute(turn, wanted);
  if (!better) return open(turn, call, wanted);
  const asked = turn.desk.questioned.includes(`${turn.frame.id} ${wanted.route.to}`);
  if (asked) putToPerson(turn, call, wanted.route, better);
  else question(turn, call, wanted.route, better);
}

/** The hand-over that a person let through: the very call that was shown (R3), checked again (R1). */
export function openApproved(turn: Turn, call: Call, hash: string): void {
  if (hashOf(actionOf(turn, call)) !== hash) {
    throw new CadreError("internal", `what would be handed over is not what was approved: nothing was`, {
      hint: "Run `cadre verify`.",
    });
  }
  const wanted = readHandOver(turn, call);
  if (wanted) open(turn, call, wanted);
}

/** A question goes back along the edge that the assignment came by, so it cites that edge's rule and needs no other. */
export function followUp(turn: Turn, call: Call): void {
  const args = parsed(turn, call, followupArgs);
  if (!args) return;
  const { question: words, options } = args;
  const asked = { question: words, topic: "follow-up question", severity: "medium" as const, tried: "", options };
  openFrame(turn, call, "question", turn.frame.from, turn.frame.opened.rule, {
    assignment: null,
    question: asked,
    fit: null,
  });
}

function readHandOver(turn: Turn, call: Call): HandOver | undefined {
  return call.name === "new_task" ? readTask(turn, call) : readEscalation(turn, call);
}

function readTask(turn: Turn, call: Call): HandOver | undefined {
  const args = parsed(turn, call, newTaskArgs);
  const route = args && declaredRoute(turn, call, "delegation", args.mode);
  if (!route) return undefined;
  const criteria = args.acceptance_criteria.map((text, index) => ({
    id: `A${index + 1}`,
    text: text.replace(/^\[A\d+\]\s*/, ""),
  }));
  const assignment = { task: args.task, criteria, inputs: args.inputs, constraints: args.constraints };
  return { route, sent: args.task, content: { assignment, question: null } };
}

function readEscalation(turn: Turn, call: Call): HandOver | undefined {
  const args = parsed(turn, call, escalateArgs);
  const route = args && declaredRoute(turn, call, "escalation", args.to);
  if (!route) return undefined;
  const { to: _to, ...asked } = args;
  return { route, sent: `${asked.topic} ${asked.question}`, content: { assignment: null, question: asked } };
}

/** H1: the declared route of the same kind that clearly fits, where the wanted one does not at all. */
function betterRoute(turn: Turn, { route, sent }: HandOver): Route | undefined {
  if (fit(route, sent) > 0) return undefined;
  const others = turn.context.bound.chart.routes.filter(
    (other) => other.kind === route.kind && other.from === route.from && other.to !== route.to,
  );
  const [best] = others.map((other) => ({ other, score: fit(other, sent) })).toSorted((a, b) => b.score - a.score);
  // A route to a person excludes nothing, so it fits everything and says nothing.
  return best && best.score >= clearFit && best.score < 1 ? best.other : undefined;
}

function question(turn: Turn, call: Call, route: Route, better: Route): void {
  refuse(turn, call, {
    code: "route-questioned",
    kind: route.kind,
    to: route.to,
    allowed: [better, route].map((each) => ({ to: each.to, rule: ruleOf(each) })),
    reason:
      `the route to ${route.to} is for “${route.purpose}”, and nothing of what you send speaks of that; ` +
      `${better.to} is for “${better.purpose}”. If you mean ${route.to}, send it again: a person will then decide.`,
  });
}

function putToPerson(turn: Turn, call: Call, route: Route, better: Route): void {
  const { context, desk, batch, frame } = turn;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame,
    role: frame.role,
    topic: `route to ${route.to}`,
    question:
      `${frame.role} insists on turning to ${route.to}, whose purpose has nothing in common with what is sent; ` +
      `${better.to} (“${better.purpose}”) seems closer. Let exactly this through?`,
    action: actionOf(turn, call),
    rule: ruleOf(route),
  });
}

function actionOf(turn: Turn, call: Call): Action {
  return { type: "tool", role: turn.frame.role, tool: call.name, args: call.args };
}

function open(turn: Turn, call: Call, { route, sent, content }: HandOver): void {
  const kind = route.kind === "delegation" ? "delegation" : "escalation";
  openFrame(turn, call, kind, route.to, ruleOf(route), { ...content, fit: fit(route, sent) });
}

function openFrame(
  turn: Turn,
  call: Call,
  kind: "delegation" | "escalation" | "question",
  to: string,
  rule: Rule,
  content: FrameContent,
): void {
  const { batch, frame, desk } = turn;
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: frameId(batch.next),
    kind,
    from: frame.role,
    to,
    parent: frame.id,
    callId: call.id,
    rule,
    seededBy: desk.frames.findLast((below) => below.role === to)?.id ?? null,
    ...content,
  });
}
