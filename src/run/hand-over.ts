/**
 * How work changes hands: a delegation, an escalation, a question back to the assigner.
 *
 * R1. A hand-over becomes an event only after `check` on the chart said yes; otherwise a `refused` event, with what is allowed.
 * H1. A declared route whose purpose has nothing in common with what is sent, while another one's has much, is questioned once; who insists
 *     has a person decide. Only a clear misfit counts: a text in a language that the purposes are not written in fits none of them, and goes.
 * H2. What words do not question is put before the decision model that the operator names, if any (`second-opinion.ts`); what it doubts goes
 *     the same way: questioned once, then a person. On who insists it is asked again, for the text may be another one.
 */
import { hashOf } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Desk } from "../events/desk.ts";
import type { Action, Call, Event, EventOf } from "../events/event.ts";
import { frameId } from "../ids.ts";
import { ruleOf, type Route, type Rule } from "../org/chart.ts";
import { fit } from "../org/who.ts";
import { routeLabel, routesOf } from "../models/route-question.ts";
import { isBelow, opinionText } from "../events/opinion.ts";
import { raiseAsk } from "./asks.ts";
import { inputsAreThere } from "./inputs-there.ts";
import { declaredRoute, parsed, refuse, type Turn } from "./refusal.ts";
import { seedOf } from "./seed.ts";
import { secondOpinion, type Wanted } from "./second-opinion.ts";
import { openReturned, readReturn, returnReport } from "./return-report.ts";
import { openChildren, severalTasks } from "./several-tasks.ts";
import { assignmentOf, escalateArgs, followupArgs, newTaskArgs } from "./verbs.ts";

type FrameContent = Pick<EventOf<"frame_opened">, "assignment" | "question" | "fit">;

/** What goes along a route that is declared: `sent` is held against its purpose. */
export type HandOver = { readonly route: Route; readonly sent: string };

/** What a call hands over, all of it checked; `open` makes the events. */
type Checked = { readonly handOvers: readonly HandOver[]; readonly open: () => void };

/** Two words in common and more: what makes another route the clearly better one. */
const clearFit = 0.75;

/** `log`: the line's, up to this turn. */
export async function handOver(turn: Turn, call: Call, log: readonly Event[]): Promise<void> {
  if (call.name === "return_report") return returnReport(turn, call);
  const wanted = await readHandOver(turn, call);
  if (!wanted) return;
  for (const [number, { route, sent }] of wanted.handOvers.entries()) {
    const doubt = byWords(turn, { route, sent }) ?? (await byModel(turn, { call, number, route, sent, log }));
    if (doubt === "halted") return;
    if (!doubt) continue;
    const asked = turn.desk.questioned.includes(`${turn.frame.id} ${route.to}`);
    return asked ? putToPerson(turn, call, route, doubt) : question(turn, call, route, doubt);
  }
  wanted.open();
}

/** Why a declared route may be the wrong one. */
type Doubt = {
  /** That it does not fit, for the role that wants to take it. */
  readonly says: string;
  /** The same for a person, to go on with after the role's name. */
  readonly tells: string;
  /** A route that seems closer; undefined where none is known. */
  readonly better?: Route | undefined;
};

/** The hand-over that a person let through: the very call that was shown (R3), checked again (R1). */
export async function openApproved(turn: Turn, call: Call, hash: string): Promise<void> {
  if (hashOf(actionOf(turn, call)) !== hash) {
    throw new CadreError("internal", `what would be handed over is not what was approved: nothing was`, {
      hint: "Run `cadre verify`.",
    });
  }
  const wanted = await readHandOver(turn, call);
  wanted?.open();
}

/** What was held until a limit was raised: checked again (R1), under the ceilings that hold from here on. */
export async function openWithin(turn: Turn, call: Call, raised: Desk["ceilings"]): Promise<void> {
  const desk = { ...turn.desk, ceilings: { ...turn.desk.ceilings, ...raised } };
  const wanted = await readHandOver({ ...turn, desk }, call);
  wanted?.open();
}

/** A question goes back along the edge that the assignment came by, so it cites that edge's rule and needs no other. */
export function followUp(turn: Turn, call: Call): void {
  const args = parsed(turn, call, followupArgs());
  if (!args) return;
  const { question: words, options } = args;
  const asked = { question: words, topic: "follow-up question", severity: "medium" as const, tried: "", options };
  openFrame(turn, call, "question", turn.frame.from, turn.frame.opened.rule, {
    assignment: null,
    question: asked,
    fit: null,
  });
}

async function readHandOver(turn: Turn, call: Call): Promise<Checked | undefined> {
  switch (call.name) {
    case "new_task":
      return readTask(turn, call);
    case "new_tasks":
      return readTasks(turn, call);
    case "return_report": {
      const wanted = readReturn(turn, call);
      return wanted && { handOvers: [], open: () => openReturned(turn, call, wanted) };
    }
    default:
      return readEscalation(turn, call);
  }
}

function readTask(turn: Turn, call: Call): Checked | undefined {
  const args = parsed(turn, call, newTaskArgs());
  const route = args && declaredRoute(turn, call, "delegation", args.mode);
  if (!route || !inputsAreThere(turn, call, args.inputs)) return undefined;
  return along(turn, call, { route, sent: args.task }, { assignment: assignmentOf(args), question: null });
}

async function readTasks(turn: Turn, call: Call): Promise<Checked | undefined> {
  const tasks = await severalTasks(turn, call);
  return (
    tasks && {
      handOvers: tasks.map(({ route, assignment }) => ({ route, sent: assignment.task })),
      open: () => openChildren(turn, call, tasks),
    }
  );
}

function readEscalation(turn: Turn, call: Call): Checked | undefined {
  const args = parsed(turn, call, escalateArgs());
  const route = args && declaredRoute(turn, call, "escalation", args.to);
  if (!route) return undefined;
  const { to: _to, ...asked } = args;
  return along(turn, call, { route, sent: `${asked.topic} ${asked.question}` }, { assignment: null, question: asked });
}

/** One frame of this line. */
function along(turn: Turn, call: Call, handedOver: HandOver, content: Omit<FrameContent, "fit">): Checked {
  const { route, sent } = handedOver;
  const kind = route.kind === "delegation" ? "delegation" : "escalation";
  return {
    handOvers: [handedOver],
    open: () => openFrame(turn, call, kind, route.to, ruleOf(route), { ...content, fit: fit(route, sent) }),
  };
}

/** H1 */
function byWords(turn: Turn, handedOver: HandOver): Doubt | undefined {
  const { route } = handedOver;
  const better = betterRoute(turn, handedOver);
  return (
    better && {
      better,
      says:
        `the route to ${route.to} is for “${route.purpose}”, and nothing of what you send speaks of that; ` +
        `${better.to} is for “${better.purpose}”`,
      tells:
        `insists on turning to ${route.to}, whose purpose has nothing in common with what is sent; ` +
        `${better.to} (“${better.purpose}”) seems closer`,
    }
  );
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

/** H2 */
async function byModel(turn: Turn, wanted: Wanted): Promise<Doubt | undefined | "halted"> {
  const given = await secondOpinion(turn, wanted);
  if (given === "halted") return given;
  if (given === null || !isBelow(given)) return undefined;
  const { route } = wanted;
  const chosen = routesOf(turn.context.bound.chart, route.from).find(
    ({ kind, to }) => kind === given.choice?.kind && to === given.choice.to,
  );
  const better = chosen && routeLabel(chosen) !== routeLabel(route) ? chosen : undefined;
  const why = `${opinionText(given)}${better ? `. ${better.to} is for “${better.purpose}”` : ""}`;
  return {
    better,
    says: `the route to ${route.to} is for “${route.purpose}”, and ${given.model} ${why}`,
    tells: `insists on turning to ${route.to} (“${route.purpose}”), and ${given.model} ${why}`,
  };
}

function question(turn: Turn, call: Call, route: Route, { says, better }: Doubt): void {
  refuse(turn, call, {
    code: "route-questioned",
    kind: route.kind,
    to: route.to,
    allowed: [...(better ? [better] : []), route].map((each) => ({ to: each.to, rule: ruleOf(each) })),
    reason: `${says}. If you mean ${route.to}, send it again: a person will then decide.`,
  });
}

function putToPerson(turn: Turn, call: Call, route: Route, { tells }: Doubt): void {
  const { context, desk, batch, frame } = turn;
  raiseAsk(context, desk, batch, {
    kind: "approval",
    frame,
    role: frame.role,
    topic: `route to ${route.to}`,
    question: `${frame.role} ${tells}. Let exactly this through?`,
    action: actionOf(turn, call),
    rule: ruleOf(route),
  });
}

function actionOf(turn: Turn, call: Call): Action {
  return { type: "tool", role: turn.frame.role, tool: call.name, args: call.args };
}

function openFrame(
  turn: Turn,
  call: Call,
  kind: "delegation" | "escalation" | "question",
  to: string,
  rule: Rule,
  content: FrameContent,
): void {
  const { batch, context, frame } = turn;
  batch.add({
    type: "frame_opened",
    at: batch.now(),
    frame: frameId(context.line, batch.next),
    kind,
    from: frame.role,
    to,
    parent: frame.id,
    callId: call.id,
    rule,
    seededBy: seedOf(turn, to),
    ...content,
  });
}
