/**
 * What becomes of an ask whose time is over. Nobody runs a timer: whoever looks first after a deadline decides for the clock, by the same
 * compare and set as a person (S3), so an answer and the clock can never both stand.
 *
 * E1. The clock decides only whether a deadline has passed, never an order (D5): of several that have, the earlier deadline comes first,
 *     and of equal ones what was raised first.
 * E2. An approval or a sign-off expires: it can no longer be given, and its role is told.
 * E3. What the person of a role does not see to goes up that role's next route, which the ask has named from the start. At the top, and
 *     where no route leads on, it stays open and is overdue.
 */
import { isoTime, type Clock } from "../clock.ts";
import type { Seat } from "../events/event.ts";
import type { RunId } from "../ids.ts";
import type { Store } from "./ports.ts";
import type { AskRow } from "./rows.ts";

type Timed = Pick<AskRow, "kind" | "state" | "deadline"> & { readonly seat?: Pick<Seat, "bump"> | null | undefined };

/** Whether an open ask's time is over, whatever follows from that. */
export function isOverdue({ state, deadline }: Pick<AskRow, "state" | "deadline">, now: number): boolean {
  return state === "open" && deadline !== null && now >= Date.parse(deadline);
}

/** True for an open approval or sign-off whose time is over. */
export function hasExpired(ask: Timed, now: number): boolean {
  return mayExpire(ask) && isOverdue(ask, now);
}

/** E2. */
export function mayExpire({ kind }: Pick<AskRow, "kind">): boolean {
  return kind === "approval" || kind === "sign_off";
}

/** SQL: true for every row of `asks` that the clock decides once its deadline is over. What it selects is looked at by `clockDecides`. */
export const clockMayDecide = "(asks.kind IN ('approval', 'sign_off') OR asks.bump IS NOT NULL)";

/** E3: the role that gets it after the deadline; null: it waits. */
export function bumpsTo({ kind, deadline, seat }: Omit<Timed, "state">): string | null {
  return deadline === null || mayExpire({ kind }) ? null : (seat?.bump ?? null);
}

/** True where the ask is no longer a person's to decide. */
export function clockDecides(ask: Timed, now: number): boolean {
  return isOverdue(ask, now) && (mayExpire(ask) || bumpsTo(ask) !== null);
}

/** The row as it stands then: somebody may have decided in time after all. */
export async function decideByClock(store: Pick<Store, "decide">, ask: AskRow, clock: Clock): Promise<AskRow> {
  const to = bumpsTo(ask);
  const decision = { text: "", by: "the clock", face: "clock", at: isoTime(clock) };
  const verdict = to === null ? ({ verb: "expire" } as const) : ({ verb: "bump", to } as const);
  return (await store.decide(ask.id, { ...decision, ...verdict }, ask.hash)).ask;
}

/** Decides for the clock whatever is due, of one run or of all, in order (E1). Returns the rows as they stand then. */
export async function passDeadlines(
  { store, clock }: { readonly store: Pick<Store, "asks" | "decide">; readonly clock: Clock },
  run?: RunId,
): Promise<readonly AskRow[]> {
  const due = await store.asks({ ...(run === undefined ? {} : { run }), dueBy: isoTime(clock) });
  const passed: AskRow[] = [];
  for (const ask of inOrderOfDeadlines(due.filter((each) => clockDecides(each, clock.now()))))
    passed.push(await decideByClock(store, ask, clock));
  return passed;
}

/** `asks` as the store gives them, oldest first: equal deadlines keep that order. */
export function inOrderOfDeadlines<Ask extends Pick<AskRow, "deadline">>(asks: readonly Ask[]): readonly Ask[] {
  const time = ({ deadline }: Ask): number => (deadline === null ? Number.POSITIVE_INFINITY : Date.parse(deadline));
  return asks.toSorted((one, other) => (time(one) === time(other) ? 0 : time(one) - time(other)));
}
