/**
 * The bound chart as a LangGraph machine: one node per role, `_gate`, `_act`, and conditional edges whose path maps come from the chart.
 *
 * M1. A node returns events and nothing else; where the line goes next is read from the log (`nextOf`), so a resume goes where a run went.
 * M2. No `goto`, no `Send`, no static edge: only conditional edges with path maps, which throw on what they do not name. They are the
 *     second fence: R1 is the check before the event exists.
 * M3. One node in a superstep. LangGraph's own retry, timeout and cache stay off.
 */
import { END, START, StateGraph, type BaseCheckpointSaver } from "@langchain/langgraph";
import { deskOf, nextOf } from "../events/desk.ts";
import type { Event } from "../events/event.ts";
import { USER } from "../org/chart.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import { act } from "./act.ts";
import { gate } from "./gate.ts";
import type { LineContext } from "./line-context.ts";
import { LineState, type LineUpdate } from "./state.ts";
import { takeTurn } from "./turn.ts";

type State = { eventLog: Event[] };

export const GATE = "_gate";
export const ACT = "_act";
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
    case "role":
      return next.role;
  }
}

/** How a graph that is run by LangGraph's own tools gets its first events; a line of ours is given them as input. */
export type Opening = (log: readonly Event[], thread: string) => Promise<Event[]>;

/** The machine without a checkpointer: whoever compiles it decides where the log lies. */
export function lineGraph(
  bound: BoundChart,
  context: (log: readonly Event[]) => Promise<LineContext>,
  opening?: Opening,
) {
  const graph = new StateGraph<typeof LineState, State, LineUpdate, string>(LineState);
  const roles = [...bound.chart.roles.map((role) => role.slug), USER];
  type Work = (context: LineContext, log: readonly Event[]) => Promise<Event[]>;
  const node = (work: Work) => async (state: State) => ({
    eventLog: await work(await context(state.eventLog), state.eventLog),
  });
  for (const role of roles) graph.addNode(role, node(takeTurn));
  graph.addNode(GATE, node(gate));
  graph.addNode(ACT, node(act));
  const next = (state: State): string => whereNext(bound, state.eventLog);
  for (const role of roles) graph.addConditionalEdges(role, next, pathMap([role, ...neighbours(bound, role)]));
  graph.addConditionalEdges(GATE, next, pathMap(roles));
  graph.addConditionalEdges(ACT, next, pathMap(roles));
  if (opening) {
    graph.addNode(OPEN, async (state: State, runtime) => ({
      eventLog: await opening(state.eventLog, runtime.executionInfo?.threadId ?? ""),
    }));
    graph.addConditionalEdges(OPEN, next, pathMap(roles));
    const entry = (state: State): string => (state.eventLog.length === 0 ? OPEN : next(state));
    graph.addConditionalEdges(START, entry, { ...pathMap(roles), [OPEN]: OPEN });
  } else {
    graph.addConditionalEdges(START, next, pathMap(roles));
  }
  return graph;
}

export function compileLine(bound: BoundChart, context: LineContext, checkpointer: BaseCheckpointSaver) {
  return lineGraph(bound, async () => context).compile({ checkpointer });
}

function pathMap(roles: readonly string[]): Record<string, string> {
  return { rest: END, [GATE]: GATE, [ACT]: ACT, ...Object.fromEntries(roles.map((role) => [role, role])) };
}

/** Where a role's turn may lead: along its routes, and back along any route that leads to it. The start leads back to the user. */
function neighbours(bound: BoundChart, role: string): string[] {
  const { routes } = bound.chart;
  const out = routes.flatMap((route) => (route.from === role && route.kind !== "report" ? [route.to] : []));
  const back = routes.flatMap((route) => (route.to === role && route.kind !== "report" ? [route.from] : []));
  return [...new Set([...out, ...back, USER])];
}
