/**
 * What changed between two charts: roles and routes, and what follows from them: who can reach whom, and who still reaches a person. Pure.
 *
 * F1. A role that only got another slug is one that was renamed: its routes are compared under the new one, and only real changes are told.
 * F2. Reaching is transitive, along delegations and escalations: what a pull request opens or closes is often several hops away.
 * F3. A way up is a way along escalations to the user.
 * F4. A person is the user, or whoever fills a role as the workflow says now: its file is code, and that of another revision is not run. What
 *     a change lets reach them is told of every role, of new ones too.
 */
import { USER, type OrgChart, type Role, type Route } from "./chart.ts";

export type RenamedRole = { readonly from: string; readonly to: string; readonly file: string };
/** `what`: the property; values as they are written. */
export type ChangedRole = {
  readonly slug: string;
  readonly what: "level" | "model" | "tool groups";
  readonly before: string;
  readonly after: string;
};
export type ChangedRoute = { readonly route: Route; readonly before: string };
/** What `from` can reach, sorted. */
export type Reach = { readonly from: string; readonly to: readonly string[] };

export type ChartDiff = {
  readonly roles: {
    readonly added: readonly Role[];
    readonly removed: readonly Role[];
    readonly renamed: readonly RenamedRole[];
    readonly changed: readonly ChangedRole[];
  };
  readonly routes: {
    readonly added: readonly Route[];
    readonly lost: readonly Route[];
    /** Same ends, another purpose. */
    readonly changed: readonly ChangedRoute[];
  };
  /** Of roles that are in both charts. */
  readonly reach: { readonly gained: readonly Reach[]; readonly lost: readonly Reach[] };
  /** Roles that are in the new chart, and reach a person now, or no longer. New roles that reach none are among the lost. */
  readonly wayUp: { readonly gained: readonly string[]; readonly lost: readonly string[] };
  /** Which people a role can reach now and could not before, or no longer; of roles that are in the new chart. */
  readonly people: { readonly gained: readonly Reach[]; readonly lost: readonly Reach[] };
};

/** `staffed`: the roles that people fill. */
export function chartDiff(before: OrgChart, after: OrgChart, staffed: readonly string[] = []): ChartDiff {
  const renamed = renamedRoles(before, after);
  const old = underNewNames(before, new Map(renamed.map(({ from, to }) => [from, to])));
  const was = new Map(old.roles.map((role) => [role.slug, role]));
  const is = new Map(after.roles.map((role) => [role.slug, role]));
  const both = after.roles.filter(({ slug }) => was.has(slug));
  return {
    roles: {
      added: after.roles.filter(({ slug }) => !was.has(slug)),
      removed: old.roles.filter(({ slug }) => !is.has(slug)),
      renamed,
      changed: both.flatMap((role) => changesOf(was.get(role.slug) as Role, role)),
    },
    routes: routeChanges(old.routes, after.routes),
    reach: reachChanges(old, after, new Set(both.map(({ slug }) => slug))),
    wayUp: wayUpChanges(old, after),
    people: reachChanges(old, after, new Set(is.keys()), new Set([USER, ...staffed])),
  };
}

/** F1: among what went and what came, the pairs that are most alike, each role once. */
function renamedRoles(before: OrgChart, after: OrgChart): RenamedRole[] {
  const had = new Set(before.roles.map(({ slug }) => slug));
  const has = new Set(after.roles.map(({ slug }) => slug));
  const came = after.roles.filter(({ slug }) => !had.has(slug));
  const pairs = before.roles
    .filter(({ slug }) => !has.has(slug))
    .flatMap((from) => came.map((to) => ({ from, to, score: likeness(from, to) })))
    .filter(({ score }) => score >= 2)
    .toSorted((a, b) => b.score - a.score);
  const taken = new Set<Role>();
  return pairs.flatMap(({ from, to }) => {
    if (taken.has(from) || taken.has(to)) return [];
    taken.add(from).add(to);
    return [{ from: from.slug, to: to.slug, file: to.file }];
  });
}

/** Two of these in common make one role of two; the prompt alone does, where it says anything. */
function likeness(from: Role, to: Role): number {
  const same = (key: "name" | "description"): number => (from[key] !== "" && from[key] === to[key] ? 1 : 0);
  const prompt = from.prompt.trim() !== "" && from.prompt.replaceAll(from.slug, to.slug) === to.prompt ? 2 : 0;
  return same("name") + same("description") + prompt;
}

function underNewNames(chart: OrgChart, names: ReadonlyMap<string, string>): OrgChart {
  const named = (slug: string): string => names.get(slug) ?? slug;
  return {
    hash: chart.hash,
    roles: chart.roles.map((role) => ({ ...role, slug: named(role.slug) })),
    routes: chart.routes.map((route) => ({ ...route, from: named(route.from), to: named(route.to) })),
  };
}

function changesOf(before: Role, after: Role): ChangedRole[] {
  const facts = (role: Role): readonly (readonly [ChangedRole["what"], string])[] => [
    ["level", role.level],
    ["model", role.model ?? ""],
    ["tool groups", role.toolGroups.toSorted().join(", ")],
  ];
  const was = new Map(facts(before));
  return facts(after).flatMap(([what, now]) =>
    was.get(what) === now ? [] : [{ slug: after.slug, what, before: was.get(what) ?? "", after: now }],
  );
}

function routeChanges(before: readonly Route[], after: readonly Route[]): ChartDiff["routes"] {
  const keyOf = ({ kind, from, to }: Route): string => JSON.stringify([kind, from, to]);
  const was = new Map(before.map((route) => [keyOf(route), route]));
  const is = new Set(after.map(keyOf));
  return {
    added: after.filter((route) => !was.has(keyOf(route))),
    lost: before.filter((route) => !is.has(keyOf(route))),
    changed: after.flatMap((route) => {
      const purpose = was.get(keyOf(route))?.purpose ?? route.purpose;
      return purpose === route.purpose ? [] : [{ route, before: purpose }];
    }),
  };
}

type Ways = ReadonlyMap<string, readonly string[]>;

function waysOf(routes: readonly Route[], kinds: readonly Route["kind"][]): Ways {
  const ways = new Map<string, string[]>();
  for (const { kind, from, to } of routes) if (kinds.includes(kind)) ways.set(from, [...(ways.get(from) ?? []), to]);
  return ways;
}

/** Without the start itself. Iterative: a chart may be a long chain. */
function reached(ways: Ways, start: string): ReadonlySet<string> {
  const seen = new Set([start]);
  const open = [start];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const next of ways.get(name) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  seen.delete(start);
  return seen;
}

/** F2, F4: of these roles; with `ends`, only where they come to one of those. */
function reachChanges(
  before: OrgChart,
  after: OrgChart,
  roles: ReadonlySet<string>,
  ends?: ReadonlySet<string>,
): ChartDiff["reach"] {
  const along = ["delegation", "escalation"] as const;
  const was = waysOf(before.routes, along);
  const is = waysOf(after.routes, along);
  const gained: Reach[] = [];
  const lost: Reach[] = [];
  const counts = (to: string): boolean => ends?.has(to) ?? true;
  for (const from of [...roles].toSorted()) {
    const then = reached(was, from);
    const now = reached(is, from);
    const more = [...now].filter((to) => !then.has(to) && counts(to)).toSorted();
    const less = [...then].filter((to) => !now.has(to) && counts(to)).toSorted();
    if (more.length > 0) gained.push({ from, to: more });
    if (less.length > 0) lost.push({ from, to: less });
  }
  return { gained, lost };
}

/** F3. */
function wayUpChanges(before: OrgChart, after: OrgChart): ChartDiff["wayUp"] {
  const up = (chart: OrgChart): ReadonlyMap<string, boolean> => {
    const ways = waysOf(chart.routes, ["escalation"]);
    return new Map(chart.roles.map(({ slug }) => [slug, reached(ways, slug).has(USER)]));
  };
  const was = up(before);
  const is = [...up(after)];
  return {
    gained: is.filter(([slug, reaches]) => reaches && was.get(slug) === false).map(([slug]) => slug),
    lost: is.filter(([slug, reaches]) => !reaches && was.get(slug) !== false).map(([slug]) => slug),
  };
}

export function isUnchanged({ roles, routes }: ChartDiff): boolean {
  return [...Object.values(roles), ...Object.values(routes)].every((list) => list.length === 0);
}
