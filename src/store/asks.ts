/** Asks: what waits for a person. The content is the event that raised it; the row adds its state, who has seen it, votes and the decision. */
import { canonicalJson } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Acknowledgement, Decision, EventOf, Vote } from "../events/event.ts";
import type { AskId, LineId, RunId } from "../ids.ts";
import { clockMayDecide } from "./expiry.ts";
import type { NoticeStore } from "./outbox.ts";
import type { AskFilter, RunStore } from "./ports.ts";
import type { AskRow, AskState } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { decisionOfVotes, hashNow, voteOf } from "./votes.ts";

type AskRecord = {
  readonly id: AskId;
  readonly run: RunId;
  readonly line: LineId;
  readonly hash: string;
  readonly state: AskState;
  readonly decision: string | null;
  readonly acknowledged: string | null;
  readonly body: string;
};

/** Two ways to write a time differ after its seconds. */
const seconds = (time: string): string => `substr(${time}, 1, 19)`;

type VotesOf = (ask: AskId) => readonly Vote[];

/** With how its run ended: an ask of that needs no answer. */
type DecidableRecord = AskRecord & { readonly ended: string | null };

function askRow(record: AskRecord, votesOf: VotesOf): AskRow {
  const raised = JSON.parse(record.body) as EventOf<"ask_raised">;
  return {
    id: record.id,
    run: record.run,
    line: record.line,
    kind: raised.kind,
    role: raised.role,
    to: raised.to,
    topic: raised.topic,
    question: raised.question,
    options: raised.options,
    severity: raised.severity,
    action: raised.action,
    hash: record.hash,
    raisedAt: raised.at,
    deadline: raised.deadline,
    path: raised.path,
    rule: raised.rule,
    limit: raised.limit,
    chart: raised.chart,
    ...(raised.seat === undefined ? {} : { seat: raised.seat }),
    ...(raised.approvers === undefined ? {} : { approvers: raised.approvers, votes: votesOf(record.id) }),
    ...(record.acknowledged === null ? {} : { acknowledged: JSON.parse(record.acknowledged) as Acknowledgement }),
    state: record.state,
    decision: record.decision === null ? null : (JSON.parse(record.decision) as Decision),
  };
}

/** That its time is over goes for whatever it asks: a vote may have changed that since the clock was asked, or long before. */
function isOfClock({ verb }: Decision): boolean {
  return verb === "expire" || verb === "bump";
}

function checkDecidable(record: DecidableRecord, ask: AskRow, decision: Decision, expectHash: string): void {
  if (record.ended !== null)
    throw new CadreError("run-ended", `${record.run} has ended (${record.ended}); ${record.id} needs no answer.`, {
      data: { run: record.run, ask: record.id, status: record.ended },
    });
  const hash = hashNow(ask);
  if (record.state === "open" && !isOfClock(decision) && hash !== expectHash)
    throw new CadreError("hash-stale", `${record.id} does not ask what was shown: its hash is ${hash}.`, {
      hint: `Look at it again: cadre show ${record.id}`,
      data: { ask: record.id, expected: expectHash, hash },
    });
}

type Asks = Pick<RunStore, "ask" | "asks" | "decide" | "acknowledge"> & Pick<NoticeStore, "decidedByClock">;

export function asks({ db, read, write }: Connection): Asks {
  const columns = "asks.id, asks.run, asks.line, asks.hash, asks.state, asks.decision, asks.acknowledged, events.body";
  const raised = "FROM asks JOIN events ON events.line = asks.line AND events.idx = asks.idx";
  const find = db.prepare<[string], DecidableRecord>(
    `SELECT ${columns}, runs.ended ${raised} JOIN runs ON runs.id = asks.run WHERE asks.id = ?`,
  );
  const ofRun = db.prepare<[RunId, AskState | null, number], AskRecord>(
    `SELECT ${columns} ${raised} WHERE asks.run = ? AND asks.state = coalesce(?, asks.state) ORDER BY asks.seq LIMIT ?`,
  );
  // Written out, so that the index over open asks serves it: decided ones are many more after a while.
  const open = db.prepare<[number], AskRecord>(
    `SELECT ${columns} ${raised} WHERE asks.state = 'open' ORDER BY asks.seq LIMIT ?`,
  );
  // Of the rest of the open ones nothing but the row is read.
  const due = db.prepare<[RunId | null, string, number], AskRecord>(
    `SELECT ${columns} ${raised} WHERE asks.state = 'open' AND asks.run = coalesce(?, asks.run)
       AND ${seconds("asks.deadline")} <= ${seconds("?")} AND ${clockMayDecide} ORDER BY asks.seq LIMIT ?`,
  );
  const all = db.prepare<[AskState | null, number], AskRecord>(
    `SELECT ${columns} ${raised} WHERE asks.state = coalesce(?, asks.state) ORDER BY asks.seq LIMIT ?`,
  );
  const byClock = `SELECT ${columns} ${raised} JOIN runs ON runs.id = asks.run
     WHERE asks.state = 'decided' AND asks.decision ->> '$.face' = 'clock'`;
  const byClockSince = db.prepare<[string], AskRecord>(
    `${byClock} AND coalesce(runs.ended_at >= ?, true) ORDER BY asks.seq`,
  );
  const byClockOfRun = db.prepare<[RunId], AskRecord>(`${byClock} AND asks.run = ? ORDER BY asks.seq`);
  const set = db.prepare<[string, string]>(
    "UPDATE asks SET state = 'decided', decision = ? WHERE id = ? AND state = 'open'",
  );
  const see = db.prepare<[string, string]>(
    "UPDATE asks SET acknowledged = ? WHERE id = ? AND state = 'open' AND acknowledged IS NULL",
  );
  const votesOn = db.prepare<[string], string>("SELECT body FROM votes WHERE ask = ? ORDER BY seq").pluck();
  const addVote = db.prepare<[string, string, string, string, string]>(
    "INSERT INTO votes (ask, voter, hash, verb, body) VALUES (?, ?, ?, ?, ?)",
  );

  const votesOf: VotesOf = (ask) => votesOn.all(ask).map((body) => JSON.parse(body) as Vote);
  const rowOf = (record: AskRecord): AskRow => askRow(record, votesOf);
  const known = (id: AskId): DecidableRecord => {
    const record = find.get(id);
    if (record !== undefined) return record;
    throw new CadreError("ask-unknown", `There is no ask ${id}.`, { hint: "cadre inbox lists them." });
  };

  /** What stands once this is said: a vote where several people decide, else the decision itself. */
  const settled = (ask: AskRow, decision: Decision): Decision | null => {
    const { approvers } = ask;
    if (approvers === undefined || (decision.verb !== "approve" && decision.verb !== "reject")) return decision;
    const vote = voteOf(ask, approvers, decision);
    addVote.run(ask.id, vote.by, vote.hash, vote.verb, canonicalJson(vote));
    return decisionOfVotes({ hash: ask.hash, votes: votesOf(ask.id) }, approvers);
  };

  const select = ({ run, state, dueBy, limit = -1 }: AskFilter): readonly AskRecord[] => {
    if (dueBy !== undefined) return due.all(run ?? null, dueBy, limit);
    if (run !== undefined) return ofRun.all(run, state ?? null, limit);
    return state === "open" ? open.all(limit) : all.all(state ?? null, limit);
  };

  return {
    ask: async (id) =>
      read(() => {
        const record = find.get(id);
        return record === undefined ? undefined : rowOf(record);
      }),
    asks: async (filter = {}) => read(() => select(filter).map(rowOf)),
    decidedByClock: async (of) =>
      read(() => ("run" in of ? byClockOfRun.all(of.run) : byClockSince.all(of.endedSince)).map(rowOf)),
    decide: async (id, decision, expectHash) =>
      write(() => {
        const record = known(id);
        const ask = rowOf(record);
        if (record.state === "decided") return { won: false, ask }; // S3: who was first is what the loser needs
        checkDecidable(record, ask, decision, expectHash);
        if (record.state !== "open") return { won: false, ask };
        const stands = settled(ask, decision);
        const won = stands === null || set.run(canonicalJson(stands), id).changes === 1;
        return { won, ask: rowOf(known(id)) };
      }),
    acknowledge: async (id, seen) =>
      write(() => {
        known(id);
        const won = see.run(canonicalJson(seen), id).changes === 1;
        return { won, ask: rowOf(known(id)) };
      }),
  };
}
