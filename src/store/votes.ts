/**
 * Votes: where a workflow has several people approve, each says so for what exactly, and the last one that it takes decides.
 *
 * V1. A vote counts for one hash. Whoever edits the arguments votes for what they then are: votes for what was there before are void.
 * V2. One rejection rejects; an approval takes the quorum, of different people. Both are the one decision of the ask (S3, R4).
 * V3. Who may vote follows from the ask alone. Names are what `--as` said: recorded, not proven.
 */
import { hashOf } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Approvers, Decision, Vote } from "../events/event.ts";
import type { AskRow } from "./rows.ts";

type Voted = Pick<AskRow, "id" | "hash" | "action" | "votes" | "approvers">;

/** The hash of what would be approved now (V1). */
export function hashNow({ hash, votes = [] }: Pick<AskRow, "hash" | "votes">): string {
  return editOf({ votes })?.hash ?? hash;
}

/** The vote that changed the arguments last; undefined where what was proposed stands. */
export function editOf({ votes = [] }: Pick<AskRow, "votes">): Vote | undefined {
  return votes.findLast((vote) => vote.args !== undefined);
}

/** Those that count: for what would run now. */
export function standingVotes(ask: Pick<AskRow, "hash" | "votes">): readonly Vote[] {
  const hash = hashNow(ask);
  return (ask.votes ?? []).filter((vote) => vote.hash === hash);
}

/** The vote that a decision is. Errors: not-approver, already-voted. */
export function voteOf(ask: Voted, approvers: Approvers, decision: Decision): Vote {
  const { verb, text, args, by, face, at } = decision;
  if (verb !== "approve" && verb !== "reject") throw new TypeError(`${verb} is no vote`);
  requireApprover(ask, approvers, { verb, by });
  const hash = args === undefined || ask.action?.type !== "tool" ? hashNow(ask) : hashOf({ ...ask.action, args });
  if (standingVotes(ask).some((vote) => vote.by === by && vote.hash === hash))
    throw new CadreError("already-voted", `${by} has voted on ${ask.id} already`, {
      hint: `It takes ${approvers.quorum} different people. \`cadre show ${ask.id}\` says who has voted.`,
      data: { ask: ask.id, by },
    });
  return { verb, text, ...(args === undefined ? {} : { args }), by, face, at, hash };
}

function requireApprover(ask: Voted, { by, notBy }: Approvers, voter: Pick<Vote, "verb" | "by">): void {
  if (by !== null && !by.includes(voter.by))
    throw new CadreError("not-approver", `${voter.by} is none of those who decide ${ask.id}: ${by.join(", ")}`, {
      hint: "The workflow names them (`approvals`, `signOff`). Say who you are with --as <name>.",
      data: { ask: ask.id, by: voter.by, approvers: by },
    });
  if (voter.verb === "approve" && notBy.includes(voter.by))
    throw new CadreError("not-approver", `${voter.by} started the run and may not approve ${ask.id}`, {
      hint: "The workflow says so (`notBy`). Somebody else has to; you may reject it.",
      data: { ask: ask.id, by: voter.by },
    });
}

/** The decision that the votes make; null while they make none (V2). */
export function decisionOfVotes(ask: Pick<AskRow, "hash" | "votes">, { quorum }: Approvers): Decision | null {
  const rejected = ask.votes?.find((vote) => vote.verb === "reject");
  if (rejected) {
    const { verb, text, by, face, at } = rejected;
    return { verb, text, by, face, at };
  }
  const standing = standingVotes(ask);
  const last = standing.at(-1);
  if (!last || new Set(standing.map((vote) => vote.by)).size < quorum) return null;
  const edit = editOf(ask);
  return {
    verb: "approve",
    text: standing
      .map((vote) => vote.text)
      .filter((text) => text !== "")
      .join("; "),
    ...(edit?.args === undefined ? {} : { args: edit.args }),
    by: standing.map((vote) => vote.by).join(", "),
    face: last.face,
    at: last.at,
  };
}
