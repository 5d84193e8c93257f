/** The org chart: all roles and routes, compiled and checked, with a content hash. Pure data and the one route check. */
import type { KnowledgeReference, Rank, RouteKind } from "../modes/mode.ts";

/** The person who started the run: reserved slug, the top of every chart. */
export const USER = "user";

/** A mode once it is compiled; its name is its slug. */
export type Role = {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  /** As written, e.g. `037-worker-ai-ml`; empty where the mode has none. */
  readonly level: string;
  readonly rank: Rank;
  readonly department: string;
  readonly tags: readonly string[];
  readonly stack: readonly string[];
  readonly categories: readonly string[];
  readonly model: string | null;
  readonly toolGroups: readonly string[];
  readonly knowledge: readonly KnowledgeReference[];
  /** The mode's body. */
  readonly prompt: string;
  readonly file: string;
};

/** Why something was allowed: the purpose and the place that declares it. Embedded in every event that went by it. */
export type Rule = { readonly purpose: string; readonly file: string; readonly line: number };

/** A declared way from one role to another, with the place that declares it: 1-based line and column. */
export type Route = {
  readonly kind: RouteKind;
  readonly from: string;
  readonly to: string;
  readonly purpose: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
};

/** All roles and routes; compiled by `cadre lint` and at every start of a run. */
export type OrgChart = {
  /** sha256 in hex over roles and routes, canonical JSON. */
  readonly hash: string;
  /** Sorted by slug. */
  readonly roles: readonly Role[];
  /** In file order within a role. A role that declares no escalation has one to `user`, citing its own file. */
  readonly routes: readonly Route[];
};

/** What `check` answers. */
export type RouteCheck =
  | { readonly allowed: true; readonly route: Route }
  | {
      readonly allowed: false;
      readonly code: "role-unknown" | "route-undeclared" | "route-to-self";
      /** What the role could have done: its declared routes of this kind. */
      readonly declared: readonly Route[];
    };

/** R1: the one check of a transition. Names are compared exactly: no case folding, no trimming, no normalisation. */
export function check(chart: OrgChart, kind: RouteKind, from: string, to: string): RouteCheck {
  const declared = chart.routes.filter((route) => route.kind === kind && route.from === from);
  const route = declared.find((candidate) => candidate.to === to);
  if (route) return { allowed: true, route };
  if (from === to) return { allowed: false, code: "route-to-self", declared };
  const known = to === USER || chart.roles.some((role) => role.slug === to);
  return { allowed: false, code: known ? "route-undeclared" : "role-unknown", declared };
}

export function ruleOf(route: Route): Rule {
  return { purpose: route.purpose, file: route.file, line: route.line };
}

/** Undefined: the chart has no role of this slug. */
export function findRole(chart: OrgChart, slug: string): Role | undefined {
  return chart.roles.find((role) => role.slug === slug);
}
