/** Asks: what waits for a person. The content is the event that raised it; the row adds its state and the decision. */
import { canonicalJson } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import type { Decision, EventOf } from "../events/event.ts";
import type { AskId, LineId, RunId } from "../ids.ts";
import type { AskFilter, AskRow, AskState, RunStore } from "./ports.ts";
import type { Connection } from "./connection.ts";

type AskRecord = {
  readonly id: AskId;
  readonly run: RunId;
  readonly line: LineId;
  readonly hash: string;
  readonly state: AskState;
  readonly decision: string | null;
  readonly body: string;
};

/** With how its run ended: an ask of that needs no answer. */
type DecidableRecord = AskRecord & { readonly ended: string | null };

function askRow(record: AskRecord): AskRow {
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
    state: record.state,
    decision: record.decision === null ? null : (JSON.parse(record.decision) as Decision),
  };
}

function checkDecidable(record: DecidableRecord, expectHash: string): void {
  if (record.ended !== null)
    throw new CadreError("run-ended", `${record.run} has ended (${record.ended}); ${record.id} needs no answer.`, {
      data: { run: record.run, ask: record.id, status: record.ended },
    });
  if (record.state === "open" && record.hash !== expectHash)
    throw new CadreError("hash-stale", `${record.id} does not ask what was shown: its hash is ${record.hash}.`, {
      hint: `Look at it again: cadre inbox ${record.run}`,
      data: { ask: record.id, expected: expectHash, hash: record.hash },
    });
}

export function asks({ db, read, write }: Connection): Pick<RunStore, "ask" | "asks" | "decide"> {
  const columns = "asks.id, asks.run, asks.line, asks.hash, asks.state, asks.decision, events.body";
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
  const all = db.prepare<[AskState | null, number], AskRecord>(
    `SELECT ${columns} ${raised} WHERE asks.state = coalesce(?, asks.state) ORDER BY asks.seq LIMIT ?`,
  );
  const set = db.prepare<[string, string]>(
    "UPDATE asks SET state = 'decided', decision = ? WHERE id = ? AND state = 'open'",
  );

  const select = ({ run, state, limit = -1 }: AskFilter): readonly AskRecord[] => {
    if (run !== undefined) return ofRun.all(run, state ?? null, limit);
    return state === "open" ? open.all(limit) : all.all(state ?? null, limit);
  };

  return {
    ask: async (id) =>
      read(() => {
        const record = find.get(id);
        return record === undefined ? undefined : askRow(record);
      }),
    asks: async (filter = {}) => read(() => select(filter).map(askRow)),
    decide: async (id, decision, expectHash) =>
      write(() => {
        const record = find.get(id);
        if (record === undefined)
          throw new CadreError("ask-unknown", `There is no ask ${id}.`, { hint: "cadre inbox lists them." });
        if (record.state === "decided") return { won: false, ask: askRow(record) }; // S3: who was first is what the loser needs
        checkDecidable(record, expectHash);
        const won = set.run(canonicalJson(decision), id).changes === 1;
        return { won, ask: askRow(find.get(id) ?? record) };
      }),
  };
}
