/**
 * The second opinion on a route: before work goes along one, a decision model is asked where the text belongs (`routing` in cadre.yaml).
 *
 * O1. It can only doubt. What words question is questioned without asking it, and nothing that it says lets anything through that the chart
 *     does not declare (R1).
 * O2. (D3) It is asked through the ledger, as a role's own call is: within the run's limits, charged, replayed, and made again and marked where
 *     a process ended in the middle. Its key is the turn's, with the number of the hand-over. Words alone call nothing and have no row.
 * O3. Not known is 0: whoever tells of no probabilities, or answers with what is no route, is below every threshold.
 * O4. Not asked: about a role's only route; about one to a person, who reads what comes; and on behalf of a role that the rehearsal plays, for
 *     which nothing is sent (words are compared there too).
 */
import { canonicalJson, hashOf } from "../canonical.ts";
import type { Call, Event, EventOf } from "../events/event.ts";
import { opinionKey } from "../ids.ts";
import type { RoleModel } from "../models/model.ts";
import { routeQuestion, routesOf } from "../models/route-question.ts";
import type { RouteJudge } from "../models/route-judge.ts";
import { findRole, ruleOf, USER, type Route } from "../org/chart.ts";
import { callWithinLimits, isLimit, pricedBy } from "./call-within-limits.ts";
import { needOf } from "./charging.ts";
import { endStopped } from "./ending.ts";
import type { CallIntent } from "./model-call.ts";
import { toldOf } from "./opinion-told.ts";
import type { Turn } from "./refusal.ts";
import { askAboutLimit } from "./spending.ts";

/** What is asked about: the `number`th hand-over of a call, of which `sent` is what goes along. */
export type Wanted = {
  readonly call: Call;
  readonly number: number;
  readonly route: Route;
  readonly sent: string;
  /** The line's, up to this turn. */
  readonly log: readonly Event[];
};

type Given = EventOf<"opinion_given">;

/** What it says, as an event of the batch; null: nobody is asked. `halted`: the run stops, or a limit is put to a person. */
export async function secondOpinion(turn: Turn, wanted: Wanted): Promise<Given | null | "halted"> {
  const { context, desk, batch } = turn;
  const recorded = await context.store.effect(opinionKey(context.line, desk.turns, wanted.number));
  const judge = recorded && recorded.outcome !== null ? unasked : await judgeFor(turn, wanted.route);
  if (!judge) return null;
  const asked = askedOf(turn, wanted);
  const answered = judge.tier === "words" ? await byWords(judge, asked) : await byModel(turn, wanted, judge, asked);
  if (answered === "stopped") {
    endStopped(desk, batch, context.stopRequested() ?? USER, "stopped during a model call");
    return "halted";
  }
  if ("ceiling" in answered) {
    handBack(turn, wanted.call);
    await askAboutLimit(turn, answered, "A second opinion on a route would bring the run beyond its limit");
    return "halted";
  }
  const given = opinionEvent(turn, wanted, answered);
  batch.add(given);
  return given;
}

/** Stands for whoever gave an opinion that the ledger holds: that is told, whatever cadre.yaml says by now. */
const unasked: RouteJudge = {
  id: "",
  tier: "endpoint",
  threshold: 1,
  replyTokens: 0,
  judge: () => Promise.reject(new TypeError("an opinion that the ledger holds was asked for again")),
};

/** O4. */
async function judgeFor({ context, frame }: Turn, route: Route): Promise<RouteJudge | null> {
  const judge = (await context.routing?.()) ?? null;
  const { chart } = context.bound;
  if (judge === null || route.to === USER || routesOf(chart, route.from).length < 2) return null;
  const role = findRole(chart, frame.role);
  const rehearsed = role !== undefined && (await context.modelFor(role)).tier === "rehearsal";
  return rehearsed && judge.tier !== "words" ? null : judge;
}

type Asked = Parameters<RouteJudge["judge"]>[0];

function askedOf({ context, frame }: Turn, { sent }: Wanted): Asked {
  const { chart } = context.bound;
  return { chart, from: frame.role, text: sent, question: routeQuestion(chart, frame.role) };
}

type Answer = Pick<Given, "key" | "model" | "tier" | "asked" | "threshold" | "charged" | "outcome"> & {
  /** The opinion as JSON, as the ledger keeps it. */
  readonly said: string;
  readonly usage: Given["usage"];
};

async function byWords(judge: RouteJudge, asked: Asked): Promise<Answer> {
  const { usage, choice, probabilities } = await judge.judge(asked);
  const said = canonicalJson({ choice, probabilities });
  const { id: model, tier, threshold } = judge;
  return {
    key: null,
    model,
    tier,
    threshold,
    said,
    asked: hashOfAsked(asked),
    outcome: "executed",
    usage: { ...usage, ms: 0 },
  };
}

/** O2. */
async function byModel(turn: Turn, { number, log }: Wanted, judge: RouteJudge, asked: Asked) {
  const { context, desk, frame } = turn;
  const key = opinionKey(context.line, desk.turns, number);
  const model = asRoleModel(judge, asked);
  const intent: CallIntent = {
    model: judge.id,
    tier: judge.tier,
    prompt: hashOfAsked(asked),
    log: log.length,
    copies: 0,
    chart: context.bound.hash,
    maxTokens: judge.replyTokens,
    temperature: 0,
    threshold: judge.threshold,
    ...pricedBy(judge),
  };
  const need = needOf(model, context.run.currency, { prompt: promptTokens(asked), reply: judge.replyTokens });
  const request = { messages: [], tools: [], maxTokens: judge.replyTokens, temperature: 0 };
  const called = await callWithinLimits(turn, log, { model, request, key, intent, need, role: frame.role });
  if (called === "stopped" || isLimit(called)) return called;
  const { reply, ms, charged, outcome, asked: pinned } = called;
  const answer: Answer = {
    key,
    model: pinned.model,
    tier: pinned.tier,
    asked: pinned.prompt,
    outcome,
    threshold: pinned.threshold ?? judge.threshold,
    said: reply.text,
    usage: { ...reply.usage, ms },
    ...(charged ? { charged } : {}),
  };
  return answer;
}

/** The ledger knows replies: an opinion is one whose text is the opinion. */
function asRoleModel(judge: RouteJudge, asked: Asked): RoleModel {
  const { id, tier, terms } = judge;
  if (tier === "words") throw new TypeError("a comparison of words is no call");
  return {
    id,
    tier,
    ...(terms ? { terms } : {}),
    call: async (_request, { signal }) => {
      const { usage, choice, probabilities } = await judge.judge(asked, signal);
      const text = canonicalJson({ choice, probabilities });
      return { text, calls: [], malformed: [], finish: "stop", usage };
    },
  };
}

function hashOfAsked({ from, text, question }: Asked): string {
  return hashOf({ from, text, question });
}

/** Four characters a token, with room for the words around the question. */
function promptTokens({ text, question }: Asked): number {
  return Math.ceil((JSON.stringify({ text, question }).length + 600) / 4);
}

function opinionEvent({ batch, frame }: Turn, { call, number, route }: Wanted, answer: Answer): Given {
  const { said, ...told } = answer;
  const kind = route.kind === "delegation" ? "delegation" : "escalation";
  const opinion = toldOf(said, { kind, to: route.to });
  if (!opinion) throw new TypeError(`${answer.key} holds no opinion`);
  return {
    type: "opinion_given",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    callId: call.id,
    number,
    kind,
    to: route.to,
    rule: ruleOf(route),
    ...told,
    ...opinion,
  };
}

/** What would have been asked about was not handed over. */
function handBack({ batch, frame }: Turn, call: Call): void {
  batch.add({
    type: "calls_returned",
    at: batch.now(),
    frame: frame.id,
    role: frame.role,
    callIds: [call.id],
    reason: "a second opinion on the route was due and a limit of the run stood before it. Send it again.",
  });
}
