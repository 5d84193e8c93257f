/** A decision from the command line: it is recorded first (the first one wins), then the run goes on from its checkpoint. */
import { isAskId } from "../ids.ts";
import type { AskRow } from "../store/rows.ts";
import { hashNow, standingVotes } from "../store/votes.ts";
import { visible } from "../views/escape.ts";
import { personOf, type Context } from "./context.ts";
import { decisionFor, type Typed } from "./decision.ts";
import { drive } from "./drive.ts";
import { findAsk } from "./find-run.ts";
import { option, word, type Input } from "./input.ts";
import { onAskOf } from "./on-ask.ts";
import { withCadre } from "./open.ts";
import { tellStandIn } from "./stand-in.ts";

const past = {
  answer: "answered",
  approve: "approved",
  reject: "rejected",
  delegate: "gave on",
  escalate: "handed up",
} as const;

/** Errors: ask-unknown, ask-ambiguous, usage, hash-stale, ask-decided; those of advancing. */
export async function decideAndGo(context: Context, input: Input, typed: Typed): Promise<number> {
  const onAsk = onAskOf(context, input);
  const by = personOf(option(input, "as"));
  return withCadre(context, async (cadre) => {
    const name = word(input, 0) ?? "";
    const ask = await findAsk(cadre.store, name);
    const after = (await cadre.store.runEvents(ask.run)).at(-1)?.seq ?? 0;
    // A given hash must be the one that still stands; without it, what the ask shows now is what was meant.
    const hash = fullHash(option(input, "hash"), hashNow(ask));
    const decided = await cadre.decide(ask.id, { ...decisionFor(ask, typed, context.command), hash, by, face: "cli" });
    const named = isAskId(name) ? "" : ` (${visible(ask.role)}: ${visible(ask.topic)})`;
    if (!context.output.json) context.output.line(`${saidOf(decided, typed)} ${ask.id}${named} as ${visible(by)}`);
    tellStandIn(context, ask, { verb: typed.verb, by });
    const run = await cadre.store.run(ask.run);
    if (!run) return 1;
    return drive(context, cadre, run, { onAsk, answers: [], by, after });
  });
}

/** `approved`, or, where it takes several people, `voted to approve (1 of 2)`. */
function saidOf({ state, approvers, decision, ...ask }: AskRow, { verb }: Typed): string {
  if (approvers === undefined) return past[verb];
  const votes = standingVotes(ask).length;
  const outcome = state === "open" ? "" : `, which decides: ${decision?.verb === "approve" ? "approved" : "rejected"}`;
  return `voted to ${verb} (${votes} of ${approvers.quorum})${outcome}`;
}

/** The card shows the first 16 figures; as many of them as were typed must be the ask's. */
function fullHash(typed: string | undefined, present: string): string {
  if (typed === undefined) return present;
  return typed.length >= 8 && present.startsWith(typed.toLowerCase()) ? present : typed;
}
