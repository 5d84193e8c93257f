/** Lint of the chart as a whole: ways up to a person, cycles, roles that nothing reaches. */
import type { Problem } from "../../documents/problem.ts";
import type { Mode } from "../../modes/mode.ts";
import { USER, type Route } from "../chart.ts";
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

type Graph = ReadonlyMap<string, readonly string[]>;

export function lintWays(ways: Ways, options: CompileOptions): Problem[] {
  const up = graphOf(ways.routes.filter((route) => route.kind === "escalation"));
  return [...lintWayUp(ways, up, options), ...lintCycles(ways, up, options), ...lintReach(ways, options)];
}

function graphOf(routes: readonly Route[]): Graph {
  const graph = new Map<string, string[]>();
  for (const route of routes) {
    const targets = graph.get(route.from);
    if (targets) targets.push(route.to);
    else graph.set(route.from, [route.to]);
  }
  return graph;
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

function reversed(graph: Graph): Graph {
  const result = new Map<string, string[]>();
  for (const [from, targets] of graph) {
    for (const to of targets) result.set(to, [...(result.get(to) ?? []), from]);
  }
  return result;
}

function lintWayUp(ways: Ways, up: Graph, options: CompileOptions): Problem[] {
  const people = [USER, ...(options.people ?? []), ...ways.unresolved];
  const safe = reachable(reversed(up), people);
  return ways.modes
    .filter((mode) => !safe.has(mode.slug))
    .map((mode) => {
      const circle = [...reachable(up, up.get(mode.slug) ?? [])];
      const inCircle = circle.includes(mode.slug);
      return atKey(mode, "escalates_to", {
        code: inCircle ? "escalation-cycle" : "no-way-up",
        severity: "error",
        message: inCircle
          ? `${mode.slug} escalates in a circle with no person in it: ${circlePath(up, mode.slug).join(" -> ")}.`
          : `From ${mode.slug} no escalation reaches a person: all of them end in ${circle.toSorted().join(", ")}.`,
        hint: `Let one of them escalate to "user", or to a role that does.`,
      });
    });
}

/** The shortest way from a role back to itself. */
function circlePath(graph: Graph, start: string): string[] {
  const before = new Map<string, string>();
  let edge = [start];
  while (edge.length > 0) {
    const next: string[] = [];
    for (const name of edge) {
      for (const to of graph.get(name) ?? []) {
        if (to === start) return unwind(before, start, name);
        if (before.has(to)) continue;
        before.set(to, name);
        next.push(to);
      }
    }
    edge = next;
  }
  return [start];
}

function unwind(before: ReadonlyMap<string, string>, start: string, last: string): string[] {
  const path = [start];
  for (let name: string | undefined = last; name !== undefined && name !== start; name = before.get(name))
    path.unshift(name);
  return [start, ...path];
}

/** A circle that has a way out is no fault: two leads may ask each other. It is worth knowing; limits end a ping-pong. */
function lintCycles(ways: Ways, up: Graph, options: CompileOptions): Problem[] {
  const safe = reachable(reversed(up), [USER, ...(options.people ?? [])]);
  const told = new Set<string>();
  return ways.modes.flatMap((mode) => {
    if (!safe.has(mode.slug) || told.has(mode.slug)) return [];
    const path = circlePath(up, mode.slug);
    if (path.length === 1) return [];
    for (const name of path) told.add(name);
    return atKey(mode, "escalates_to", {
      code: "escalation-circle",
      severity: "info",
      message: `Escalations can go in a circle: ${path.join(" -> ")}. There is a way out to a person.`,
    });
  });
}

function lintReach(ways: Ways, options: CompileOptions): Problem[] {
  if (ways.dangling) return [];
  const routes = ways.routes.filter((route) => route.kind !== "report");
  const entries = options.entries ?? [];
  const reached = entries.length > 0 ? reachable(graphOf(routes), entries) : new Set(routes.map((route) => route.to));
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
