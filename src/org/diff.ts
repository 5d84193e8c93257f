/**
 * What changed between two charts: roles and routes, and what follows from them: who can reach whom, and who still reaches a person. Pure.
 *
 * F1. A role that only got another slug is one that was renamed: its routes are compared under the new one, and only real changes are told.
 * F2. Reaching is transitive, along delegations and escalations: what a pull request opens or closes is often several hops away.
 * F3. A way up is a way along escalations to a person.
 * F4. A person is the user, or whoever fills a role as the workflow of that side says. What a change lets reach them is told of every role, of new
 *     ones too.
 */
import { USER, type OrgChart, type Role, type Route } from "./chart.ts";
import type { WorkflowRoles } from "./workflow-literal.ts";
import type { Staffing } from "./workflow.ts";

export type RenamedRole = { readonly from: string; readonly to: string; readonly file: string };
/** `what`: the property; values as they are written. */
export type ChangedRole = {
  readonly slug: string;
  readonly what: "level" | "model" | "tool groups" | "granted" | "filled by";
  readonly before: string;
  readonly after: string;
};
export type ChangedRoute = { readonly route: Route; readonly before: string };
/** What `from` can reach, sorted. */
export type Reach = { readonly from: string; readonly to: readonly string[] };

/** Of the workflow: which roles people fill, and what else it says of roles. */
export type Seats = Pick<WorkflowRoles, "staffing" | "grants"> & { readonly entry: string | null };

export type ChartDiff = {
  /** Who gets briefs, where that changed. */
  readonly entry: { readonly before: string; readonly after: string } | null;
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

/** Where there is no workflow. */
export const noSeats: Seats = { entry: null, staffing: {}, grants: {} };

/** `seats`: what the workflow says, then and now. */
export function chartDiff(
  before: OrgChart,
  after: OrgChart,
  seats: { readonly before: Seats; readonly after: Seats } = { before: noSeats, after: noSeats },
): ChartDiff {
  const renamed = renamedRoles(before, after);
  const names = new Map(renamed.map(({ from, to }) => [from, to]));
  const old = underNewNames(before, names);
  const [had, has] = [seatsUnderNewNames(seats.before, names), seats.after];
  const was = new Map(old.roles.map((role) => [role.slug, role]));
  const is = new Map(after.roles.map((role) => [role.slug, role]));
  const both = after.roles.filter(({ slug }) => was.has(slug));
  const people = { before: peopleOf(had), after: peopleOf(has) };
  const moved = had.entry !== null && has.entry !== null && had.entry !== has.entry;
  return {
    entry: moved ? { before: had.entry ?? "", after: has.entry ?? "" } : null,
    roles: {
      added: after.roles.filter(({ slug }) => !was.has(slug)),
      removed: old.roles.filter(({ slug }) => !is.has(slug)),
      renamed,
      changed: both.flatMap((role) =>
        changesOf(factsOf(was.get(role.slug) as Role, had), factsOf(role, has), role.slug),
      ),
    },
    routes: routeChanges(old.routes, after.routes),
    reach: reachChanges(old, after, new Set(both.map(({ slug }) => slug))),
    wayUp: wayUpChanges(old, after, people),
    people: reachChanges(old, after, new Set(is.keys()), people),
  };
}

type Sides<T> = { readonly before: T; readonly after: T };

/** F4. */
function peopleOf({ staffing }: Seats): ReadonlySet<string> {
  return new Set([USER, ...Object.keys(staffing).filter((slug) => staffing[slug]?.by === "person")]);
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

function seatsUnderNewNames({ entry, staffing, grants }: Seats, names: ReadonlyMap<string, string>): Seats {
  const named = (slug: string): string => names.get(slug) ?? slug;
  const renamed = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).map(([slug, each]) => [named(slug), each]));
  return { entry: entry === null ? null : named(entry), staffing: renamed(staffing), grants: renamed(grants) };
}

type Facts = ReadonlyMap<ChangedRole["what"], string>;

function factsOf(role: Role, { staffing, grants }: Seats): Facts {
  return new Map([
    ["level", role.level],
    ["model", role.model ?? ""],
    ["tool groups", role.toolGroups.toSorted().join(", ")],
    ["granted", (grants[role.slug] ?? []).toSorted().join(", ")],
    ["filled by", filledBy(staffing[role.slug])],
  ]);
}

function filledBy(staffing: Staffing | undefined): string {
  if (staffing?.by === "person") return staffing.name === undefined ? "a person" : `a person, ${staffing.name}`;
  return staffing?.model === undefined ? "a model" : `the model ${staffing.model}`;
}

function changesOf(was: Facts, is: Facts, slug: string): ChangedRole[] {
  return [...is].flatMap(([what, after]) => {
    const before = was.get(what) ?? "";
    return before === after ? [] : [{ slug, what, before, after }];
  });
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
  ends?: Sides<ReadonlySet<string>>,
): ChartDiff["reach"] {
  const along = ["delegation", "escalation"] as const;
  const was = waysOf(before.routes, along);
  const is = waysOf(after.routes, along);
  const gained: Reach[] = [];
  const lost: Reach[] = [];
  for (const from of [...roles].toSorted()) {
    const then = new Set(within(reached(was, from), ends?.before));
    const now = new Set(within(reached(is, from), ends?.after));
    const more = [...now].filter((to) => !then.has(to)).toSorted();
    const less = [...then].filter((to) => !now.has(to)).toSorted();
    if (more.length > 0) gained.push({ from, to: more });
    if (less.length > 0) lost.push({ from, to: less });
  }
  return { gained, lost };
}

function within(names: ReadonlySet<string>, ends: ReadonlySet<string> | undefined): readonly string[] {
  return [...names].filter((name) => ends?.has(name) ?? true);
}

/** F3. A person who fills a role need not ask anybody. */
function wayUpChanges(before: OrgChart, after: OrgChart, people: Sides<ReadonlySet<string>>): ChartDiff["wayUp"] {
  const up = (chart: OrgChart, ends: ReadonlySet<string>): ReadonlyMap<string, boolean> => {
    const ways = waysOf(chart.routes, ["escalation"]);
    return new Map(
      chart.roles.map(({ slug }) => [slug, ends.has(slug) || within(reached(ways, slug), ends).length > 0]),
    );
  };
  const was = up(before, people.before);
  const is = [...up(after, people.after)];
  return {
    gained: is.filter(([slug, reaches]) => reaches && was.get(slug) === false).map(([slug]) => slug),
    lost: is.filter(([slug, reaches]) => !reaches && was.get(slug) !== false).map(([slug]) => slug),
  };
}

export function isUnchanged({ entry, roles, routes }: ChartDiff): boolean {
  return entry === null && [...Object.values(roles), ...Object.values(routes)].every((list) => list.length === 0);
}
