/** A route as a mode declares it, with the role that it starts from. */
import type { RouteDeclaration } from "../modes/mode.ts";
import type { Route } from "./chart.ts";

/** Stands in for a purpose that no file gives; lint warns about each. */
export const noPurpose = "no purpose declared";

export function routeOf(from: string, route: RouteDeclaration): Route {
  const { kind, to, purpose, file, line, column } = route;
  return { kind, from, to, purpose: purpose ?? noPurpose, file, line, column };
}
