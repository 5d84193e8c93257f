/**
 * Second opinions on routes: what the ledger holds of each, and what may not follow one that doubts.
 *
 * R1. What an opinion found less likely than was asked for is handed over only after a person let exactly that through.
 * D3. Log and ledger agree on every opinion that a model was asked for.
 */
import { z } from "zod";
import { canonicalJson } from "../../canonical.ts";
import type { Desk } from "../../events/desk.ts";
import { chargeSchema, type Event, type EventOf } from "../../events/event.ts";
import { isBelow } from "../../events/opinion.ts";
import { opinionKey, type LineId } from "../../ids.ts";
import type { EffectRow } from "../../store/rows.ts";
import { toldOf } from "../opinion-told.ts";
import { chargedOtherwise, isChargedAs } from "./charge.ts";

type Given = EventOf<"opinion_given">;

const opinionRow = z.object({
  kind: z.literal("model"),
  intent: z.object({
    model: z.string(),
    tier: z.string(),
    prompt: z.string(),
    log: z.number().int(),
    threshold: z.number(),
  }),
  outcome: z.object({
    reply: z.looseObject({ text: z.string(), usage: z.looseObject({}) }),
    ms: z.number(),
    charged: chargeSchema().optional(),
  }),
});

/** D3; in words, null where nothing is wrong. */
export function opinionRowProblem(event: Given, before: Desk, row: EffectRow | undefined): string | null {
  const { key } = event;
  if (key === null) return event.charged === undefined ? null : "an opinion without a call was charged (D3)";
  const held = opinionRow.safeParse(row).data;
  if (!held) return `the ledger holds no opinion for ${key} (D3)`;
  const { intent, outcome } = held;
  const opinion = toldOf(outcome.reply.text, event);
  const told = [event.model, event.tier, event.asked, event.threshold, event.choice, event.likely];
  const kept = [intent.model, intent.tier, intent.prompt, intent.threshold, opinion?.choice, opinion?.likely];
  const used = { ...outcome.reply.usage, ms: outcome.ms };
  if (!opinion || intent.log >= before.length || canonicalJson([told, event.usage]) !== canonicalJson([kept, used]))
    return `the ledger holds another opinion for ${key} (D3)`;
  return isChargedAs(event.charged, outcome.charged, row) ? null : chargedOtherwise(key);
}

/** Hand-overs that an opinion doubted, as `frame call`, until their role acts again or a person has decided. */
export function doubtedAfter(doubted: ReadonlySet<string>, event: Event): ReadonlySet<string> {
  if (event.type === "opinion_given" && isBelow(event)) return new Set([...doubted, `${event.frame} ${event.callId}`]);
  const approved = event.type === "ask_decided" && event.decision.verb === "approve";
  return event.type === "turn_taken" || approved ? new Set() : doubted;
}

/** R1, and that an opinion stands where its key says; in words, null where nothing is wrong. */
export function opinionOrderProblem(
  event: Event,
  { line, before, doubted }: { readonly line: LineId; readonly before: Desk; readonly doubted: ReadonlySet<string> },
): string | null {
  if (event.type === "opinion_given") {
    const due = opinionKey(line, before.turns - 1, event.number);
    return event.key === null || event.key === due ? null : `is called ${event.key}, and stands where ${due} belongs`;
  }
  const frame = event.type === "child_opened" ? event.frame : event.type === "frame_opened" ? event.parent : null;
  if (frame === null || !("callId" in event) || !doubted.has(`${frame} ${event.callId}`)) return null;
  return "was handed over although an opinion doubted it, and no person let it through (R1)";
}
