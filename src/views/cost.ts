/**
 * What a run used: tokens by role and by route, money where a price is known, and the time of GPUs where some are counted. Charges are those
 * of the ledger, which the events repeat.
 *
 * M1. An unknown price is unpriced, never zero; a total with an unpriced call in it says how many.
 * M2. What no server counted is not counted here either: such calls are told apart from calls of zero tokens.
 * M3. Calls that tools paid for are told by the receipts of what they did (`paid-sum.ts`).
 * M4. What a run shares with the one that it goes on from was paid for there, and is not counted here (S1 in `shared-past.ts`).
 */
import type { EventOf } from "../events/event.ts";
import type { NumberedEvent } from "../events/numbered.ts";
import { amountText, unitsOf } from "../money.ts";
import { counted } from "./counted.ts";
import { paidSums } from "./paid-sum.ts";
import { ownEvents } from "./shared-past.ts";
import type { Money, UsageTotals } from "./usage-totals.ts";

export type RoleUsage = {
  readonly role: string;
  /** Every model that acted for it. */
  readonly models: readonly string[];
  readonly usage: UsageTotals;
};
export type RouteUsage = {
  readonly kind: EventOf<"frame_opened">["kind"];
  readonly from: string;
  readonly to: string;
  readonly usage: UsageTotals;
};

/** Calls of one role to one model, as totals. */
type Entry = { readonly frame: string; readonly role: string; readonly model: string; readonly usage: UsageTotals };

const nothing: UsageTotals = {
  calls: 0,
  rehearsed: 0,
  counted: 0,
  repeated: 0,
  promptTokens: 0,
  completionTokens: 0,
  cachedTokens: 0,
  reasoningTokens: 0,
  gpuMs: null,
  ms: 0,
  money: { sums: {}, unpriced: 0 },
};

export function usageOf(events: readonly NumberedEvent[]): UsageTotals {
  return ownEvents(events)
    .flatMap(entriesOf)
    .reduce((sum, { usage }) => plus(sum, usage), nothing);
}

/** In the order in which the roles first acted. */
export function usageByRole(events: readonly NumberedEvent[]): RoleUsage[] {
  const sums = new Map<string, RoleUsage>();
  for (const { role, model, usage } of ownEvents(events).flatMap(entriesOf)) {
    const before = sums.get(role);
    const models = [...new Set([...(before?.models ?? []), model])];
    sums.set(role, { role, models, usage: plus(before?.usage ?? nothing, usage) });
  }
  return [...sums.values()];
}

/** By the route along which the work came that the calls were made for. */
export function usageByRoute(events: readonly NumberedEvent[]): RouteUsage[] {
  const frames = new Map<string, EventOf<"frame_opened">>();
  const sums = new Map<string, RouteUsage>();
  const own = new Set(ownEvents(events));
  for (const numbered of events) {
    const { event } = numbered;
    if (event.type === "frame_opened") frames.set(event.frame, event);
    if (!own.has(numbered)) continue;
    for (const entry of entriesOf(numbered)) {
      const frame = frames.get(entry.frame);
      if (frame === undefined) continue;
      const { kind, from, to } = frame;
      const key = JSON.stringify([kind, from, to]);
      sums.set(key, { kind, from, to, usage: plus(sums.get(key)?.usage ?? nothing, entry.usage) });
    }
  }
  return [...sums.values()];
}

function entriesOf({ event }: NumberedEvent): Entry[] {
  if (event.type === "action_done") {
    const { frame, role } = event;
    return event.results.flatMap(({ receipt }) =>
      paidSums(receipt).map(({ model, usage }) => ({ frame, role, model, usage: { ...nothing, ...usage } })),
    );
  }
  if (event.type === "opinion_given") return event.key === null ? [] : [entryOf(event)];
  return event.type === "turn_taken" ? [entryOf(event)] : [];
}

type OwnCall = EventOf<"turn_taken" | "opinion_given">;

function entryOf(turn: OwnCall): Entry {
  const { frame, role, model, usage } = turn;
  const { promptTokens, completionTokens, cachedTokens, reasoningTokens = 0, ms, measured } = usage;
  return {
    frame,
    role,
    model,
    usage: {
      calls: 1,
      rehearsed: turn.tier === "rehearsal" ? 1 : 0,
      counted: measured ? 1 : 0,
      repeated: turn.outcome === "repeated" ? 1 : 0,
      promptTokens,
      completionTokens,
      cachedTokens,
      reasoningTokens,
      gpuMs: turn.charged?.gpuMs ?? null,
      ms,
      money: chargeOf(turn),
    },
  };
}

/** The rehearsal is no model and has no price to know. */
function chargeOf({ tier, charged }: OwnCall): Money {
  if (tier === "rehearsal") return nothing.money;
  if (charged?.money == null) return { sums: {}, unpriced: 1 };
  return { sums: { [charged.money.currency]: unitsOf(charged.money.micros) }, unpriced: 0 };
}

function plus(sum: UsageTotals, more: UsageTotals): UsageTotals {
  return {
    calls: sum.calls + more.calls,
    rehearsed: sum.rehearsed + more.rehearsed,
    counted: sum.counted + more.counted,
    repeated: sum.repeated + more.repeated,
    promptTokens: sum.promptTokens + more.promptTokens,
    completionTokens: sum.completionTokens + more.completionTokens,
    cachedTokens: sum.cachedTokens + more.cachedTokens,
    reasoningTokens: sum.reasoningTokens + more.reasoningTokens,
    gpuMs: more.gpuMs === null ? sum.gpuMs : (sum.gpuMs ?? 0) + more.gpuMs,
    ms: sum.ms + more.ms,
    money: { sums: added(sum.money.sums, more.money.sums), unpriced: sum.money.unpriced + more.money.unpriced },
  };
}

/** In whole millionths, so that the order of the calls makes no difference. */
function added(left: Money["sums"], right: Money["sums"]): Money["sums"] {
  const sums: Record<string, number> = { ...left };
  for (const [currency, amount] of Object.entries(right))
    sums[currency] = unitsOf(Math.round((sums[currency] ?? 0) * 1e6) + Math.round(amount * 1e6));
  return sums;
}

/** `0.0123 EUR, 2 calls unpriced`; `unpriced` where no call has a price; empty where nothing is charged at all. */
export function moneyText(money: Money): string {
  const sums = Object.keys(money.sums)
    .toSorted()
    .map((currency) => `${amountText(money.sums[currency] ?? 0)} ${currency}`);
  if (sums.length === 0) return money.unpriced === 0 ? "" : "unpriced";
  if (money.unpriced === 0) return sums.join(" + ");
  return `${sums.join(" + ")}, ${counted(money.unpriced, "call")} unpriced`;
}

/** Whether something was done and no model was called for it. */
export function isAllRehearsed({ calls, rehearsed }: Pick<UsageTotals, "calls" | "rehearsed">): boolean {
  return calls > 0 && calls === rehearsed;
}

/** `12 model calls`, `15 turns of the rehearsal`, or both. */
export function callsText({ calls, rehearsed }: Pick<UsageTotals, "calls" | "rehearsed">): string {
  const made = calls - rehearsed;
  return [
    ...(made === 0 && rehearsed > 0 ? [] : [counted(made, "model call")]),
    ...(rehearsed === 0 ? [] : [`${counted(rehearsed, "turn")} of the rehearsal`]),
  ].join(" and ");
}

/** `1234 + 56 (1000 cached, 20 of reasoning)`, or `not counted`; `unit` stands behind the figures. */
export function tokensText(usage: UsageTotals, unit = ""): string {
  if (usage.counted === 0) return "not counted";
  const parts = [
    ...(usage.cachedTokens === 0 ? [] : [`${usage.cachedTokens} cached`]),
    ...(usage.reasoningTokens === 0 ? [] : [`${usage.reasoningTokens} of reasoning`]),
  ];
  const among = parts.length === 0 ? "" : ` (${parts.join(", ")})`;
  const missing = Math.max(0, usage.calls - usage.rehearsed - usage.counted);
  return `${usage.promptTokens} + ${usage.completionTokens}${among}${unit}${missing === 0 ? "" : `, ${counted(missing, "call")} not counted`}`;
}

/** `12.3 s`; empty where no GPUs are counted. */
export function gpuText({ gpuMs }: Pick<UsageTotals, "gpuMs">): string {
  return gpuMs === null ? "" : `${(gpuMs / 1000).toFixed(1)} s`;
}
