/**
 * Applies row changes (`projection.ts`) inside the commit that stores their events.
 *
 * P1. A decision made by a face stands: the event that takes it up must say the same, or the commit fails (S3, R4).
 * P2. Withdrawing an ask that was decided meanwhile keeps the decision readable.
 */
import { canonicalJson } from "../canonical.ts";
import { runOfLine } from "../ids.ts";
import type { LineId, RunId } from "../ids.ts";
import type { Decision } from "../events/event.ts";
import type { StoredEvent } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { project } from "./projection.ts";
import type { RowChange } from "./projection.ts";

type AskRecord = { readonly run: RunId; readonly state: string; readonly decision: string | null };

export function rowProjector({ db }: Connection): (stored: StoredEvent) => void {
  const openAsk = db.prepare<[string, RunId, LineId, number, string]>(
    "INSERT INTO asks (id, run, line, idx, hash, state) VALUES (?, ?, ?, ?, ?, 'open')",
  );
  const findAsk = db.prepare<[string], AskRecord>("SELECT run, state, decision FROM asks WHERE id = ?");
  const setDecided = db.prepare<[string, string]>("UPDATE asks SET state = 'decided', decision = ? WHERE id = ?");
  const setWithdrawn = db.prepare<[string]>("UPDATE asks SET state = 'withdrawn' WHERE id = ?");
  const limitsOf = db.prepare<[RunId], string>("SELECT limits FROM runs WHERE id = ?").pluck();
  const setLimits = db.prepare<[string, RunId]>("UPDATE runs SET limits = ? WHERE id = ?");
  const setChart = db.prepare<[string, RunId]>("UPDATE runs SET chart = ? WHERE id = ?");
  const setEnd = db.prepare<[string, string, string, RunId]>(
    "UPDATE runs SET ended = ?, ended_at = ?, reason = ? WHERE id = ? AND ended IS NULL",
  );

  const askOf = (ask: string, run: RunId): AskRecord => {
    const record = findAsk.get(ask);
    if (record === undefined || record.run !== run) throw bug(`${run} has no ask ${ask}`, { ask, run });
    return record;
  };

  const decide = (ask: string, run: RunId, decision: Decision): void => {
    const record = askOf(ask, run);
    const text = canonicalJson(decision);
    if (record.state === "open") setDecided.run(text, ask);
    else if (record.decision !== text) throw bug(`ask ${ask} was decided otherwise`, { ask, state: record.state }); // P1
  };

  const apply = (change: RowChange, at: StoredEvent): void => {
    const run = runOfLine(at.line);
    switch (change.type) {
      case "ask_opened":
        openAsk.run(change.ask, run, at.line, at.index, change.hash);
        return;
      case "ask_decided":
        decide(change.ask, run, change.decision);
        return;
      case "ask_withdrawn":
        askOf(change.ask, run);
        setWithdrawn.run(change.ask); // P2: the decision's column is left as it is
        return;
      case "limit_set": {
        const limits = JSON.parse(limitsOf.get(run) ?? "{}") as Record<string, number>;
        setLimits.run(canonicalJson({ ...limits, [change.limit]: change.ceiling }), run);
        return;
      }
      case "chart_set":
        setChart.run(change.chart, run);
        return;
      case "run_ended":
        if (setEnd.run(change.status, change.at, change.reason, run).changes !== 1)
          throw bug(`${run} has already ended`);
        return;
    }
  };

  return (stored) => {
    const change = project(stored.event);
    if (change !== undefined) apply(change, stored);
  };
}
