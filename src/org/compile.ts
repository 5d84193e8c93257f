/**
 * Compiles modes into the org chart and lints it. Pure; never throws for what the modes say.
 *
 * C1. Every declared route is in the chart or is the subject of a problem that cites it or its file.
 * C2. The result does not depend on the order of the files.
 * C3. A role that declares no escalation gets one to `user`, citing its own file: the top of the chart is a person.
 */
import { hashOf } from "../canonical.ts";
import { compareText, sortProblems } from "../documents/problem-order.ts";
import type { Problem } from "../documents/problem.ts";
import type { Mode } from "../modes/mode.ts";
import { USER, type OrgChart, type Role, type Route } from "./chart.ts";
import { routeOf } from "./declared.ts";
import type { CompileOptions } from "./lint/options.ts";
import { lintRoles } from "./lint/roles.ts";
import { lintRoutes } from "./lint/routes.ts";
import { lintShape } from "./lint/shape.ts";
import { lintWays } from "./lint/ways.ts";

export type Compiled = {
  readonly chart: OrgChart;
  /** Sorted by place. */
  readonly problems: Problem[];
  /** Every route of every mode as declared, also those whose target does not exist (lint's count). */
  readonly declared: readonly Route[];
};

export function compile(modes: readonly Mode[], options: CompileOptions = {}): Compiled {
  const ordered = modes.toSorted(
    (a, b) => compareText(a.slug, b.slug) || compareText(a.file, b.file) || compareText(a.body, b.body),
  );
  const { kept, problems } = lintRoles(ordered, options);
  const routed = lintRoutes(kept, ordered, options.unread);
  const roles = kept.map(roleOf);
  const byRole = Map.groupBy(routed.routes, (route) => route.from);
  const routes = kept.flatMap((mode) => {
    const own = byRole.get(mode.slug) ?? [];
    const declares = mode.routes.some((route) => route.kind === "escalation");
    return declares ? own : [...own, wayToUser(mode)];
  });
  const ways = lintWays({ modes: kept, routes, unresolved: routed.unresolved, dangling: routed.dangling }, options);
  return {
    chart: { hash: hashOf({ roles, routes }), roles, routes },
    problems: sortProblems([...problems, ...routed.problems, ...ways, ...lintShape(kept, routes)]),
    declared: routed.declared,
  };
}

/** C3. The place is where the mode could have said otherwise. */
function wayToUser(mode: Mode): Route {
  const { file, keyLines, slug } = mode;
  const line = keyLines["escalates_to"] ?? keyLines["slug"] ?? 1;
  const purpose = `top of the chart: ${slug} escalates to nobody else`;
  return routeOf(slug, { kind: "escalation", to: USER, purpose, file, line, column: 1 });
}

function roleOf(mode: Mode): Role {
  return {
    slug: mode.slug,
    name: mode.name,
    description: mode.description,
    level: mode.level?.text ?? "",
    rank: mode.level?.rank ?? "unranked",
    department: mode.level?.department ?? "",
    tags: mode.tags,
    stack: mode.stack,
    categories: mode.categories,
    model: mode.model,
    toolGroups: mode.toolGroups,
    knowledge: mode.knowledge,
    prompt: mode.body,
    file: mode.file,
  };
}
