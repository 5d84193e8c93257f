/** Lint of the chart as a whole: ways up to a person, cycles, roles that nothing reaches. */
import type { Problem } from "../../documents/problem.ts";
import type { Mode } from "../../modes/mode.ts";
import { USER, type Route } from "../chart.ts";
import { circlesOf, graphOf, type Graph } from "./circles.ts";
import type { CompileOptions } from "./options.ts";
import { atKey } from "./roles.ts";

export type Ways = {
  readonly modes: readonly Mode[];
  readonly routes: readonly Route[];
  /** Roles whose escalation is already reported as leading nowhere. */
  readonly unresolved: ReadonlySet<string>;
  /** A route that leads nowhere is reported already; roles that it may have meant are not reported as unreached too. */
  readonly dangling: boolean;
};

/** The escalations as a graph, and what is asked about it more than once. */
type Up = { readonly onward: Graph; readonly back: Graph; readonly circle: (start: string) => string[] | null };

export function lintWays(ways: Ways, options: CompileOptions): Problem[] {
  const escalations = ways.routes.filter((route) => route.kind === "escalation");
  const onward = graphOf(escalations.map(({ from, to }) => [from, to]));
  const back = graphOf(escalations.map(({ from, to }) => [to, from]));
  const up = { onward, back, circle: circlesOf(onward) };
  return [...lintWayUp(ways, up, options), ...lintCycles(ways, up, options), ...lintReach(ways, options)];
}

/** All names that can be reached from these, themselves included. Iterative: a chart may be a long chain. */
function reachable(graph: Graph, starts: Iterable<string>): Set<string> {
  const seen = new Set(starts);
  const open = [...seen];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of graph.get(name) ?? []) {
      if (!seen.has(next)) {
        seen.add(next);
        open.push(next);
      }
    }
  }
  return seen;
}

function lintWayUp(ways: Ways, up: Up, options: CompileOptions): Problem[] {
  const people = [USER, ...(options.people ?? []), ...ways.unresolved];
  const safe = reachable(up.back, people);
  return ways.modes
    .filter((mode) => !safe.has(mode.slug))
    .map((mode) => {
      const circle = up.circle(mode.slug);
      const ends = (): string[] => [...reachable(up.onward, up.onward.get(mode.slug) ?? [])].toSorted();
      return atKey(mode, "escalates_to", {
        code: circle ? "escalation-cycle" : "no-way-up",
        severity: "error",
        message: circle
          ? `${mode.slug} escalates in a circle with no person in it: ${circle.join(" -> ")}.`
          : `From ${mode.slug} no escalation reaches a person: all of them end in ${ends().join(", ")}.`,
        hint: `Let one of them escalate to "user", or to a role that does.`,
      });
    });
}

/** A circle that has a way out is no fault: two leads may ask each other. It is worth knowing; limits end a ping-pong. */
function lintCycles(ways: Ways, up: Up, options: CompileOptions): Problem[] {
  const safe = reachable(up.back, [USER, ...(options.people ?? [])]);
  const told = new Set<string>();
  return ways.modes.flatMap((mode) => {
    if (!safe.has(mode.slug) || told.has(mode.slug)) return [];
    const path = up.circle(mode.slug);
    if (!path) return [];
    for (const name of path) told.add(name);
    return atKey(mode, "escalates_to", {
      code: "escalation-circle",
      severity: "info",
      message: `Escalations can go in a circle: ${path.join(" -> ")}. There is a way out to a person.`,
    });
  });
}

function lintReach(ways: Ways, options: CompileOptions): Problem[] {
  const entries = options.entries ?? [];
  // An entry that is no role is an error of the workflow's, and nothing is reached from it.
  const lost = entries.length > 0 && !ways.modes.some((mode) => entries.includes(mode.slug));
  if (ways.dangling || lost) return [];
  const routes = ways.routes.filter((route) => route.kind !== "report");
  const reached =
    entries.length > 0
      ? reachable(graphOf(routes.map(({ from, to }) => [from, to])), entries)
      : new Set(routes.map((route) => route.to));
  const from = entries.length > 0 ? `from ${entries.join(", ")}` : "from another role";
  return ways.modes
    .filter((mode) => !reached.has(mode.slug))
    .map((mode) =>
      atKey(mode, "slug", {
        code: "role-unreached",
        severity: "warning",
        message: `Nothing reaches ${mode.slug}: no delegation or escalation leads to it ${from}.`,
        hint: "Name it in another role's delegates_to or escalates_to, or make it a workflow's entry.",
      }),
    );
}
