/**
 * The bound chart as a LangGraph machine: one node per role, `_gate`, `_act`, `_join`, and conditional edges whose path maps come from the chart.
 *
 * M1. A node returns events and nothing else; where the line goes next is read from the log (`nextOf`), so a resume goes where a run went.
 * M2. No `goto`, no `Send`, no static edge: only conditional edges with path maps, which throw on what they do not name. They are the
 *     second fence: R1 is the check before the event exists.
 * M3. One node in a superstep. LangGraph's own retry, timeout and cache stay off.
 * M4. Nothing is begun once the line was interrupted or its lease lost. A stop is another thing: the node itself makes the end of it.
 */
import { END, START, StateGraph, type BaseCheckpointSaver } from "@langchain/langgraph";
import { deskOf, nextOf, type DeskFrame } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import { USER } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { gate } from "./gate.ts";
import { acting, type RestingContext } from "./line-context.ts";
import { LineState, type LineUpdate } from "./state.ts";

type State = { eventLog: Event[] };

type Work = (context: RestingContext, log: readonly Event[]) => Promise<Event[]>;

// What a role needs to act (prompts, verbs, tools' schemas) is loaded when one does: taking up a person's decision needs none of it.
const turn: Work = async (context, log) => (await import("./turn.ts")).takeTurn(await acting(context), log);
const join: Work = async (context, log) => (await import("./join.ts")).join(await acting(context), log);
const act: Work = async (context, log) => (await import("./act.ts")).act(await acting(context), log);

export const GATE = "_gate";
export const ACT = "_act";
export const JOIN = "_join";
const OPEN = "_open";

/** Where the line goes, as a label of a path map. A line whose chart was just changed rests, to be compiled anew. */
export function whereNext(bound: Pick<BoundChart, "hash">, log: readonly Event[]): string {
  const desk = deskOf(log);
  if (desk.chart !== bound.hash) return "rest";
  const next = nextOf(desk);
  switch (next.at) {
    case "rest":
      return "rest";
    case "gate":
      return GATE;
    case "act":
      return ACT;
    case "join":
      return JOIN;
    case "role":
      return next.role;
  }
}

/** How a graph that is run by LangGraph's own tools gets its first events; a line of ours is given them as input. */
export type Opening = (log: readonly Event[], thread: string) => Promise<Event[]>;

/** The machine without a checkpointer: whoever compiles it decides where the log lies. */
export function lineGraph(
  bound: BoundChart,
  context: (log: readonly Event[]) => Promise<RestingContext>,
  options: { readonly opening?: Opening; readonly frames?: readonly DeskFrame[] } = {},
) {
  const { opening, frames = [] } = options;
  const graph = new StateGraph<typeof LineState, State, LineUpdate, string>(LineState);
  const roles = [...bound.chart.roles.map((role) => role.slug), USER];
  const node = (work: Work) => async (state: State) => {
    const here = await context(state.eventLog);
    if (here.stopRequested() === null) here.signal.throwIfAborted(); // M4
    return { eventLog: await work(here, state.eventLog) };
  };
  for (const role of roles) graph.addNode(role, node(turn));
  graph.addNode(GATE, node(gate));
  graph.addNode(ACT, node(act));
  graph.addNode(JOIN, node(join));
  // Whoever has children rests; it goes to `_join` when it is woken, and from there on only when none is left.
  const woken = (state: State): string => whereNext(bound, state.eventLog);
  const next = (state: State): string => (woken(state) === JOIN ? "rest" : woken(state));
  for (const role of roles) graph.addConditionalEdges(role, next, pathMap([role, ...neighbours(bound, role, frames)]));
  graph.addConditionalEdges(GATE, next, pathMap(roles));
  graph.addConditionalEdges(ACT, next, pathMap(roles));
  graph.addConditionalEdges(JOIN, next, pathMap(roles));
  if (opening) {
    graph.addNode(OPEN, async (state: State, runtime) => ({
      eventLog: await opening(state.eventLog, runtime.executionInfo?.threadId ?? ""),
    }));
    graph.addConditionalEdges(OPEN, next, pathMap(roles));
    const entry = (state: State): string => (state.eventLog.length === 0 ? OPEN : woken(state));
    graph.addConditionalEdges(START, entry, { ...pathMap(roles), [OPEN]: OPEN });
  } else {
    graph.addConditionalEdges(START, woken, pathMap(roles));
  }
  return graph;
}

/** `frames`: the line's stack as it stands. */
export function compileLine(
  bound: BoundChart,
  context: RestingContext,
  checkpointer: BaseCheckpointSaver,
  frames: readonly DeskFrame[],
) {
  return lineGraph(bound, async () => context, { frames }).compile({ checkpointer });
}

function pathMap(roles: readonly string[]): Record<string, string> {
  return {
    rest: END,
    [GATE]: GATE,
    [ACT]: ACT,
    [JOIN]: JOIN,
    ...Object.fromEntries(roles.map((role) => [role, role])),
  };
}

/**
 * Where a role's turn may lead: along its routes, and back along any route that leads to it. The start leads back to the user. A frame
 * that was opened under an older chart goes back the way it came, though the adopted chart may not declare that route any more.
 */
function neighbours(bound: BoundChart, role: string, frames: readonly DeskFrame[]): string[] {
  const { routes } = bound.chart;
  const out = routes.flatMap((route) => (route.from === role && route.kind !== "report" ? [route.to] : []));
  const back = routes.flatMap((route) => (route.to === role && route.kind !== "report" ? [route.from] : []));
  const open = frames.flatMap((frame) => (frame.role === role ? [frame.from] : []));
  return [...new Set([...out, ...back, ...open, USER])];
}
