/** Lint of routes one by one: targets, repetition, purposes, direction. */
import { askedFor, knownNames, type KnownNames } from "../../documents/nearest.ts";
import type { Problem } from "../../documents/problem.ts";
import type { Mode, Rank, RouteDeclaration } from "../../modes/mode.ts";
import { USER, type Route } from "../chart.ts";
import { routeOf } from "../declared.ts";

const order: readonly Rank[] = ["executive", "director", "lead", "worker", "assistant"];

const says: Readonly<Record<Route["kind"], string>> = {
  delegation: "delegates to",
  escalation: "escalates to",
  report: "reports to",
};

type Linted = {
  /** Routes whose target exists, each once; in file order within a role. */
  readonly routes: Route[];
  /** Every route of every mode. */
  readonly declared: Route[];
  readonly problems: Problem[];
  /** Roles with an escalation that leads nowhere: that is already an error, so no further one about their way up. */
  readonly unresolved: ReadonlySet<string>;
  /** True where some route names a role that is not there: what seems to be unreached may be what it meant. */
  readonly dangling: boolean;
};

/** `all` also holds the modes that are no roles of the chart (duplicates, malformed slugs): their routes are linted too. */
export function lintRoutes(kept: readonly Mode[], all: readonly Mode[], unread: readonly string[] = []): Linted {
  const known = new Map(kept.map((mode) => [mode.slug, mode]));
  const broken = new Map(unread.map((file) => [slugLike(file), file]));
  const targets = knownNames([...known.keys(), ...broken.keys(), USER]);
  const routes: Route[] = [];
  const declared: Route[] = [];
  const problems: Problem[] = [];
  const unresolved = new Set<string>();
  for (const mode of all) {
    const seen = new Map<string, RouteDeclaration>();
    for (const route of mode.routes) {
      const key = `${route.kind} ${route.to}`;
      const earlier = seen.get(key);
      const fault = targetFault(mode, route, { known, broken, targets }) ?? repeated(mode, route, earlier);
      if (fault) problems.push(fault);
      if (fault?.severity === "error" && route.kind === "escalation") unresolved.add(mode.slug);
      problems.push(...purposeOf(mode, route), ...directionOf(mode, route, known.get(route.to)));
      const made = routeOf(mode.slug, route);
      declared.push(made);
      if (!fault && known.get(mode.slug) === mode) routes.push(made);
      if (!earlier) seen.set(key, route);
    }
  }
  const dangling = problems.some((each) => each.code === "route-unknown-target");
  return { routes, declared, problems, unresolved, dangling };
}

/** `TODO`, `…`, `?`: a purpose that is still to be written. */
function isPlaceholder(purpose: string): boolean {
  return /^[\p{P}\p{S}\s]*(?:(?:to ?do|tbd|fixme|xxx|n\/?a)\b[\p{P}\p{S}\s]*)?$/iu.test(purpose);
}

function at(route: RouteDeclaration, problem: Omit<Problem, "file" | "line" | "column">): Problem {
  return { ...problem, file: route.file, line: route.line, column: route.column };
}

type Names = {
  readonly known: ReadonlyMap<string, Mode>;
  /** Files that cannot be read, by the slug that their names suggest. */
  readonly broken: ReadonlyMap<string, string>;
  readonly targets: KnownNames;
};

/** `modes/qa.md` and `agents/qa.agent.md` are probably qa. */
export function slugLike(file: string): string {
  return (file.split("/").at(-1) ?? file).replace(/\..*$/, "").toLowerCase();
}

function targetFault(mode: Mode, route: RouteDeclaration, { known, broken, targets }: Names): Problem | null {
  const toUser = route.to === USER;
  const exists = toUser ? route.kind !== "delegation" : known.has(route.to);
  if (exists && route.to !== mode.slug) return null;
  const what = `${mode.slug} ${says[route.kind]} "${route.to.slice(0, 80)}"`;
  if (route.to === mode.slug) {
    const hint = "Take the line out.";
    return at(route, { code: "route-to-self", severity: "error", message: `${what}: that is itself.`, hint });
  }
  if (toUser) {
    return at(route, {
      code: "route-delegates-to-user",
      severity: "error",
      message: `${what}: work cannot be delegated to the person who started the run.`,
      hint: "Escalate to user for a decision; a role can be staffed by a person in the workflow.",
    });
  }
  const unread = broken.get(route.to);
  if (unread !== undefined) {
    return at(route, {
      code: "route-unknown-target",
      severity: "error",
      message: `${what}, and ${unread}, whose name is that, cannot be read.`,
      hint: `Mend ${unread} first: what is wrong with it is told beside this.`,
    });
  }
  const likely = targets.likely(route.to, [mode.slug, ...(route.kind === "delegation" ? [USER] : [])]);
  return at(route, {
    code: "route-unknown-target",
    severity: "error",
    message: `${what}, which no mode here declares (${route.file}:${route.line}).`,
    hint: askedFor(likely, `Add a mode with the slug ${route.to}, or take the route out.`),
  });
}

function repeated(mode: Mode, route: RouteDeclaration, earlier: RouteDeclaration | undefined): Problem | null {
  if (!earlier) return null;
  return at(route, {
    code: "route-duplicate",
    severity: "warning",
    message: `${mode.slug} ${says[route.kind]} "${route.to}" twice; the purpose in line ${earlier.line} counts.`,
    hint: "Join the two purposes in one line.",
  });
}

function purposeOf(mode: Mode, route: RouteDeclaration): Problem[] {
  if (route.purpose !== null && !isPlaceholder(route.purpose)) return [];
  const missing = at(route, {
    code: "purpose-missing",
    severity: "warning",
    message: `${mode.slug} ${says[route.kind]} "${route.to}" without saying what for, so nobody can tell when to use it.`,
    hint: `Write it behind the name: - ${route.to} # For …`,
  });
  return [missing];
}

/**
 * Warnings, not errors: a lead may well ask an expert of lower rank for a decision, and R1 does not depend on ranks. What
 * would really break a run, an escalation that never reaches a person, is an error of its own (`ways.ts`).
 */
function directionOf(mode: Mode, route: RouteDeclaration, target: Mode | undefined): Problem[] {
  const from = rankOf(mode);
  const to = rankOf(target);
  const here = order.indexOf(from);
  const there = order.indexOf(to);
  if (here === there || here === -1 || there === -1) return [];
  const ranks = `${mode.slug} is ${from}, ${route.to} is ${to}`;
  if (route.kind === "escalation" && there > here) {
    const message = `${mode.slug} escalates downward to "${route.to}": ${ranks}.`;
    const hint = "Escalate to the same rank or a higher one, or delegate instead.";
    return [at(route, { code: "escalation-downward", severity: "warning", message, hint })];
  }
  if (route.kind === "delegation" && there < here) {
    const message = `${mode.slug} delegates upward to "${route.to}": ${ranks}.`;
    const hint = "Delegate to the same rank or a lower one, or escalate instead.";
    return [at(route, { code: "delegation-upward", severity: "warning", message, hint })];
  }
  return [];
}

function rankOf(mode: Mode | undefined): Rank {
  return mode?.level?.rank ?? "unranked";
}
