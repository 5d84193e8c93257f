/**
 * Applies row changes (`projection.ts`) inside the commit that stores their events.
 *
 * P1. A decision made by a face stands: the event that takes it up must say the same, or the commit fails (S3, R4).
 * P2. Withdrawing an ask that was decided meanwhile keeps the decision readable.
 * P3. A child is closed once, by its parent, and not before it has ended.
 * P4. What all lines of a run would ask is asked once: the second one is refused with `ask-exists`, looks again, and waits for the first.
 */
import { canonicalJson } from "../canonical.ts";
import { CadreError } from "../errors.ts";
import { runOfLine } from "../ids.ts";
import type { LineId, RunId } from "../ids.ts";
import type { Decision } from "../events/event.ts";
import type { StoredEvent } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { genesis } from "./lines.ts";
import { listedColumns, listedValues } from "./listed-columns.ts";
import { project } from "./projection.ts";
import type { RowChange } from "./projection.ts";

type AskRecord = { readonly run: RunId; readonly state: string; readonly decision: string | null };

/** A row that was written anew by hand, with its keys in another order, says what it said. */
function canonicalText(decision: string | null): string | null {
  return decision === null ? null : canonicalJson(JSON.parse(decision));
}

export function rowProjector({ db }: Connection): (stored: StoredEvent) => void {
  // Out of the bytes that were just stored, as the migration and `verify` take it.
  const openAsk = db.prepare<[string, RunId, string, LineId, number]>(
    `INSERT INTO asks (id, run, line, idx, hash, state, ${listedColumns})
     SELECT ?, ?, line, idx, ?, 'open', ${listedValues} FROM events WHERE line = ? AND idx = ?`,
  );
  const findAsk = db.prepare<[string], AskRecord>("SELECT run, state, decision FROM asks WHERE id = ?");
  const setDecided = db.prepare<[string, string]>("UPDATE asks SET state = 'decided', decision = ? WHERE id = ?");
  const setWithdrawn = db.prepare<[string]>("UPDATE asks SET state = 'withdrawn' WHERE id = ?");
  const limitsOf = db.prepare<[RunId], string>("SELECT limits FROM runs WHERE id = ?").pluck();
  const setLimits = db.prepare<[string, RunId]>("UPDATE runs SET limits = ? WHERE id = ?");
  const setChart = db.prepare<[string, RunId]>("UPDATE runs SET chart = ? WHERE id = ?");
  const openLine = db.prepare<[string, RunId, Buffer, LineId, number]>(
    "INSERT INTO lines (id, run, head_hash, parent, opened_at) VALUES (?, ?, ?, ?, ?)",
  );
  const endLine = db.prepare<[string, LineId]>("UPDATE lines SET ended = ? WHERE id = ? AND ended IS NULL");
  const closeLine = db.prepare<[string, LineId]>(
    "UPDATE lines SET closed = 1 WHERE id = ? AND parent = ? AND ended IS NOT NULL AND closed = 0",
  );
  const signalLine = db.prepare<[string, string, LineId]>(
    "UPDATE lines SET signal = 'stop', signal_by = ? WHERE id = ? AND parent = ? AND ended IS NULL",
  );
  const count = {
    steps: db.prepare<[LineId]>("UPDATE lines SET steps = steps + 1 WHERE id = ?"),
    refusals: db.prepare<[LineId]>("UPDATE lines SET refusals = refusals + 1 WHERE id = ?"),
  };
  const setEnd = db.prepare<[string, string, string, RunId]>(
    "UPDATE runs SET ended = ?, ended_at = ?, reason = ? WHERE id = ? AND ended IS NULL",
  );

  const sameOpen = db
    .prepare<[RunId, string | null, number | null, string | null], string>(
      `SELECT asks.id FROM asks JOIN events USING (line, idx) WHERE asks.run = ? AND asks.state = 'open'
       AND events.body ->> '$.limit.name' IS ? AND events.body ->> '$.limit.ceiling' IS ?
       AND events.body ->> '$.chart' IS ?`,
    )
    .pluck();
  const requireFirst = ({ event, line }: StoredEvent, run: RunId): void => {
    if (event.type !== "ask_raised" || (event.limit === null && event.chart === null)) return;
    const { limit, chart } = event;
    const first = sameOpen.get(run, limit?.name ?? null, limit?.ceiling ?? null, chart);
    if (first !== undefined)
      throw new CadreError("ask-exists", `${line} would ask what ${first} asks already; nothing was written.`, {
        hint: "Go on: it then waits for that decision.",
        data: { line, ask: first },
      });
  };

  const askOf = (ask: string, run: RunId): AskRecord => {
    const record = findAsk.get(ask);
    if (record === undefined || record.run !== run) throw bug(`${run} has no ask ${ask}`, { ask, run });
    return record;
  };

  const decide = (ask: string, run: RunId, decision: Decision): void => {
    const record = askOf(ask, run);
    const text = canonicalJson(decision);
    if (record.state === "open") setDecided.run(text, ask);
    else if (canonicalText(record.decision) !== text)
      throw new CadreError("internal", `ask ${ask} was decided otherwise`, {
        hint: `\`cadre verify ${run}\` says whether the file was changed outside cadre.`,
        data: { ask, state: record.state },
      }); // P1
  };

  const apply = (change: RowChange, at: StoredEvent): void => {
    const run = runOfLine(at.line);
    switch (change.type) {
      case "ask_opened":
        requireFirst(at, run); // P4
        openAsk.run(change.ask, run, change.hash, at.line, at.index);
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
        // A line may take a decision up after another has come to a later one: limits of a run are only raised.
        const ceiling = Math.max(limits[change.limit] ?? 0, change.ceiling);
        setLimits.run(canonicalJson({ ...limits, [change.limit]: ceiling }), run);
        return;
      }
      case "chart_set":
        setChart.run(change.chart, run);
        return;
      case "line_opened":
        openLine.run(change.line, run, genesis, at.line, at.index);
        return;
      case "line_ended":
        if (endLine.run(change.status, at.line).changes !== 1) throw bug(`${at.line} has already ended`);
        return;
      case "line_closed":
        if (closeLine.run(change.line, at.line).changes !== 1)
          throw bug(`${at.line} closes ${change.line}, which is no ended child of it`); // P3
        return;
      case "lines_signalled":
        for (const line of change.lines) signalLine.run(change.by, line, at.line);
        return;
      case "counted":
        count[change.what].run(at.line);
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
