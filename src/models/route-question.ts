/** The question that a role stands before, for whatever answers it: labels are its declared routes, criteria their purposes. Pure. */
import type { OrgChart, Route } from "../org/chart.ts";

export type RouteQuestion = {
  readonly type: "choice";
  readonly instructions: string;
  readonly criteria: Readonly<Record<string, string>>;
};

/** `delegation database-specialist`: kinds go apart, as one role may be reached both ways. */
export function routeLabel({ kind, to }: Pick<Route, "kind" | "to">): string {
  return `${kind} ${to}`;
}

/** What a role can do with something: its delegations and escalations, each with what it is for. */
export function routesOf(chart: OrgChart, from: string): readonly Route[] {
  return chart.routes.filter((route) => route.from === from && route.kind !== "report");
}

export function routeQuestion(chart: OrgChart, from: string): RouteQuestion {
  return {
    type: "choice",
    instructions: `${from} has this before it. Along which route does it go?`,
    criteria: Object.fromEntries(routesOf(chart, from).map((route) => [routeLabel(route), route.purpose])),
  };
}
