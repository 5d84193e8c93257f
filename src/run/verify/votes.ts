/**
 * What the rows say of people who saw an ask or voted on it, against what the log tells: the log tells it with the decision, in one commit.
 *
 * R4. An approval that takes several people was given by that many, each of whom may, for the one hash; and the decision is what the
 *     votes make (`store/votes.ts`).
 */
import { canonicalJson, hashOf } from "../../canonical.ts";
import { isCadreError } from "../../errors.ts";
import {
  acknowledgementSchema,
  voteSchema,
  type Decision,
  type Event,
  type EventOf,
  type Vote,
} from "../../events/event.ts";
import type { AskRow } from "../../store/rows.ts";
import { decisionOfVotes, voteOf } from "../../store/votes.ts";

/** What a line has told of its open ask since it was raised. */
export type ToldOfAsk = { readonly seen: boolean; readonly votes: readonly Vote[] };

export const nothingTold: ToldOfAsk = { seen: false, votes: [] };

export function toldOfAsk(told: ToldOfAsk, event: Event): ToldOfAsk {
  if (event.type === "ask_raised" || event.type === "ask_awaited") return nothingTold;
  if (event.type === "ask_acknowledged") return { ...told, seen: true };
  return event.type === "vote_cast" ? { ...told, votes: [...told.votes, event.vote] } : told;
}

/** In words; null where nothing is wrong. Asked of an event about an ask, with the row as it stands now. */
export function votesProblem(event: Event, row: AskRow | undefined, told: ToldOfAsk): string | null {
  if (row === undefined) return null; // said where the ask is looked at
  if (event.type === "ask_acknowledged") return seenProblem(event, row, told);
  if (event.type === "vote_cast")
    return (row.votes ?? []).some((vote) => canonicalJson(vote) === canonicalJson(event.vote))
      ? null
      : "its row does not hold the vote (R4)";
  return event.type === "ask_decided" ? decidedProblem(event, row, told) : null;
}

function seenProblem({ seen }: EventOf<"ask_acknowledged">, row: AskRow, told: ToldOfAsk): string | null {
  if (told.seen || told.votes.length > 0) return "who had seen it is told once, before the votes (D2)";
  return canonicalJson(row.acknowledged ?? null) === canonicalJson(seen)
    ? null
    : "its row does not say who had seen it (D2)";
}

function decidedProblem({ decision }: EventOf<"ask_decided">, row: AskRow, told: ToldOfAsk): string | null {
  if (told.seen !== (row.acknowledged !== undefined))
    return "its row says that somebody had seen it, and the log does not (D2)";
  if (canonicalJson(told.votes) !== canonicalJson(row.votes ?? []))
    return "its row holds other votes than the log (R4)";
  return standingProblem({ ...row, decision });
}

/** Of a row whose votes the log has not told yet, or of a decision as it stands. */
export function standingProblem(ask: AskRow): string | null {
  if (ask.acknowledged !== undefined && !acknowledgementSchema().safeParse(ask.acknowledged).success)
    return "its row does not say who has seen it (D2)";
  const { approvers, votes = [], decision } = ask;
  if (approvers === undefined) return null;
  const wrong = votes
    .map((vote, index) => voteProblem({ ...ask, votes: votes.slice(0, index) }, vote))
    .find((each) => each !== null);
  if (wrong !== undefined) return wrong;
  const made = decisionOfVotes(ask, approvers);
  if (decision?.verb === "expire")
    return made === null ? null : "it was decided by votes, and says that it expired (R4)";
  return canonicalJson(made) === canonicalJson(decision) ? null : "its decision is not what its votes make (R4)";
}

/** Whether the vote could be cast where those before it stood. */
function voteProblem(before: AskRow, vote: Vote): string | null {
  if (!voteSchema().safeParse(vote).success) return "a vote in its row is none (R4)";
  const { hash, ...said } = vote;
  const decision: Decision = said;
  if (
    vote.args !== undefined &&
    before.action?.type === "tool" &&
    hash !== hashOf({ ...before.action, args: vote.args })
  )
    return "a vote in its row is for something else than it says (R3)";
  try {
    return before.approvers && voteOf(before, before.approvers, decision).hash === hash
      ? null
      : "a vote in its row is for something else than what stood then (R3)";
  } catch (error) {
    if (isCadreError(error)) return `a vote in its row does not count: ${error.message} (R4)`;
    throw error;
  }
}
