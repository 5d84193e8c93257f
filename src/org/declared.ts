/** A route as a mode declares it, with the role that it starts from. */
import type { RouteDeclaration } from "../modes/mode.ts";
import type { Route } from "./chart.ts";

/** Stands in for a purpose that no file gives; lint warns about each. */
export const noPurpose = "no purpose declared";

/** Its members in the order of canonical JSON: what is hashed by the thousand need not be put in order first. */
export function routeOf(from: string, route: Omit<RouteDeclaration, "origin">): Route {
  const { kind, to, purpose, file, line, column } = route;
  return { column, file, from, kind, line, purpose: purpose ?? noPurpose, to };
}
