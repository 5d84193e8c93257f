/** Lint of the chart's shape: purposes claimed twice, questions that can only go back, roles that everything goes through. */
import type { Problem } from "../../documents/problem.ts";
import type { Mode } from "../../modes/mode.ts";
import { USER, type Route } from "../chart.ts";
import { noPurpose } from "../declared.ts";
import { atKey } from "./roles.ts";

export function lintShape(modes: readonly Mode[], routes: readonly Route[]): Problem[] {
  return [...sharedPurposes(routes), ...deadEnds(routes), ...hubs(modes, routes)];
}

/** Two routes of one role and one kind for the same: nobody can tell which of them a task takes. */
function sharedPurposes(routes: readonly Route[]): Problem[] {
  const first = new Map<string, Route>();
  return routes.flatMap((route): Problem[] => {
    if (route.purpose === noPurpose || route.kind === "report") return [];
    const words = route.purpose.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const key = [route.from, route.kind, ...words].join(" ");
    const earlier = first.get(key);
    if (words.length === 0 || !earlier || earlier.to === route.to) {
      first.set(key, route);
      return [];
    }
    const { file, line, column } = route;
    return [
      {
        code: "purpose-shared",
        severity: "warning",
        message: `${route.from} has ${earlier.to} (line ${earlier.line}) and ${route.to} for the same: "${route.purpose.slice(0, 120)}".`,
        file,
        line,
        column,
        hint: "Say what sets the two apart, or keep one of them.",
      },
    ];
  });
}

/** Asked by one role, the other can hand the question up to that role alone: it comes back as it was. */
function deadEnds(routes: readonly Route[]): Problem[] {
  const up = Map.groupBy(
    routes.filter((route) => route.kind === "escalation"),
    (route) => route.from,
  );
  return [...up.values()].flat().flatMap((route): Problem[] => {
    const onward = up.get(route.to) ?? [];
    const stuck = route.to !== USER && onward.length > 0 && onward.every((next) => next.to === route.from);
    if (!stuck) return [];
    const { file, line, column } = route;
    return [
      {
        code: "escalation-dead-end",
        severity: "warning",
        message: `What ${route.from} escalates to ${route.to} can go nowhere from there but back: ${route.to} escalates to ${route.from} alone.`,
        file,
        line,
        column,
        hint: `Let ${route.to} escalate to somebody else as well, or to "user".`,
      },
    ];
  });
}

/** More than so many roles, and more than half of all. */
const many = 10;

function hubs(modes: readonly Mode[], routes: readonly Route[]): Problem[] {
  const into = Map.groupBy(
    routes.filter((route) => route.kind !== "report"),
    (route) => route.to,
  );
  return modes.flatMap((mode) => {
    const from = new Set((into.get(mode.slug) ?? []).map((route) => route.from));
    if (from.size <= many || from.size * 2 <= modes.length) return [];
    return atKey(mode, "slug", {
      code: "role-hub",
      severity: "info",
      message: `${from.size} of ${modes.length} roles turn to ${mode.slug}: whatever happens goes through it.`,
      hint: "Let some of them turn to each other, or to a role between.",
    });
  });
}
