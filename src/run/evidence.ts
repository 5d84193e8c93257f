/**
 * The numbers of a report, held against the ledger. Prose is not checked; what stands in `measurements` is.
 *
 * N1. Each cites an effect of a tool in this run that has ended. A model's words, a paid call, a person's word are no receipt.
 * N2. The role did it, or was told of it in a report: nobody claims what they cannot have seen.
 * N3. Name and unit are the receipt's, letter for letter; the value is the receipt's, digit for digit: who rounds writes prose.
 * N4. Where the receipt says how many rows a number rests on, the report says so too, and the same.
 *
 * `verify` repeats N1, N3 and N4 over the whole log (`verify/evidence.ts`).
 */
import { didYouMean } from "../documents/nearest.ts";
import {
  toolResultSchema,
  type Event,
  type EventOf,
  type Measurement,
  type Receipt,
  type Report,
} from "../events/event.ts";
import { runOfLine, type EffectKey } from "../ids.ts";
import type { EffectRow } from "../store/rows.ts";
import type { Turn } from "./refusal.ts";

type Claim = Measurement;
type Held = Receipt["measurements"][number];

/** What keeps the numbers of a report from standing, each in words that say how to mend it. `log`: the line's, up to this turn. */
export async function evidenceGaps(turn: Turn, claims: readonly Claim[], log: readonly Event[]): Promise<string[]> {
  if (claims.length === 0) return [];
  const known = citable(turn, log);
  const gaps: string[] = [];
  for (const claim of claims) {
    const gap = await gapOf(turn, claim, known);
    if (gap !== null) gaps.push(`measurement "${claim.name}" ${gap}`);
  }
  return gaps;
}

async function gapOf({ context, frame }: Turn, claim: Claim, known: ReadonlySet<string>): Promise<string | null> {
  const { effect } = claim;
  const row = await context.store.effect(effect as EffectKey);
  // A run that goes on from another one may cite what it shares: N2 says what that is.
  const own = row !== undefined && (runOfLine(row.line) === context.run.id || context.run.past !== undefined);
  const cited = citationProblem(claim, own ? row : undefined);
  if (cited !== null) return cited;
  if (!known.has(effect)) return `cites ${effect}, which ${frame.role} neither did nor was told of in a report`; // N2
  return claimProblem(claim, measuredIn(row));
}

/** N1. `row`: what the run's ledger holds under the cited key. */
export function citationProblem({ effect }: Pick<Claim, "effect">, row: EffectRow | undefined): string | null {
  if (!row) return `cites ${effect}, which is no receipt of this run`;
  return row.kind === "tool" ? null : `cites ${effect}, which is a call to a model and proves no number`;
}

export function measuredIn(row: EffectRow | undefined): readonly Held[] {
  const outcome = toolResultSchema().safeParse(row?.outcome);
  return outcome.success ? (outcome.data.receipt?.measurements ?? []) : [];
}

/** N3, N4. */
export function claimProblem(claim: Claim, held: readonly Held[]): string | null {
  const { name, unit, value, effect, n } = claim;
  const named = held.filter((each) => each.name === name);
  const match = named.find((each) => each.unit === unit);
  if (named.length === 0) {
    const hint =
      held.length === 0
        ? "It holds none at all."
        : didYouMean(
            name,
            held.map((each) => each.name),
            "",
          );
    return `is not in receipt ${effect}. ${hint}`.trim().replace(/\.$/, "");
  }
  if (!match) return `is in "${unit}", its receipt ${effect} in "${named.map((each) => each.unit).join('" and "')}"`;
  if (match.value !== value) return `says ${value}, its receipt ${effect} says ${match.value}`;
  if (match.n === n) return null;
  if (match.n === undefined) return `says n ${n}, its receipt ${effect} says of no n`;
  return n === undefined
    ? `says no n; its receipt ${effect} says n ${match.n}`
    : `says n ${n}, its receipt ${effect} says n ${match.n}`;
}

/** N2: effects that the role did in this run, and those that reports cite which came to it, as their assigner or as a copy. */
function citable({ context, frame }: Turn, line: readonly Event[]): ReadonlySet<string> {
  const log = [...context.above.log, ...line];
  const roles = new Map(log.flatMap((event) => (event.type === "frame_opened" ? [[event.frame, event] as const] : [])));
  // A copy is told of before the report that it is a copy of.
  const reports = new Map(log.flatMap((event) => (event.type === "frame_closed" ? [[event.frame, event.report]] : [])));
  const roleOf = (frame: string | null): string | undefined => (frame === null ? undefined : roles.get(frame)?.to);
  const known = new Set<string>();
  const told = (report: Report | null | undefined): void => {
    for (const { effect } of report?.measurements ?? []) known.add(effect);
  };
  for (const event of log) {
    if (event.type === "action_done" && event.role === frame.role) known.add(event.key);
    else if (event.type === "frame_closed" && roleOf(roles.get(event.frame)?.parent ?? null) === frame.role)
      told(event.report);
    else if (event.type === "copy_sent" && event.to === frame.role) told(reports.get(event.frame));
    else if (event.type === "child_closed" && reaches(event, roleOf(event.frame), frame.role)) told(event.report);
  }
  return known;
}

function reaches({ copies }: EventOf<"child_closed">, assigner: string | undefined, role: string): boolean {
  return assigner === role || copies.some((copy) => copy.to === role);
}
