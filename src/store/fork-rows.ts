/**
 * The row of a line that goes on from a cut in another one.
 *
 * Q1. What is shared is stored once (D7): the new line names the other one and how many of its events come first.
 * Q2. Its chain goes on from the hash at the cut (D8), which is looked at in the transaction that makes the run: a run whose past is not
 *     there, or is another one, is never made.
 * Q3. It has a checkpoint from the start, which stands for the log up to the cut.
 */
import { CadreError } from "../errors.ts";
import type { LineId } from "../ids.ts";
import type { Connection } from "./connection.ts";
import { headWriter } from "./checkpoint-rows.ts";
import type { LineRecord } from "./lines.ts";
import { logParts } from "./log-parts.ts";
import type { NewFork } from "./ports.ts";

/** Only `createRun` calls it, inside its transaction, for a line that was just made. */
export function forkWriter(connection: Connection): (line: LineId, from: NewFork) => void {
  const { db } = connection;
  const partsOf = logParts(connection);
  const putHead = headWriter(connection);
  const find = db.prepare<[LineId], LineRecord>("SELECT * FROM lines WHERE id = ?");
  const hashAt = db.prepare<[LineId, number], Buffer>("SELECT hash FROM events WHERE line = ? AND idx = ?").pluck();
  const set = db.prepare<[LineId, number, number, Buffer, string, LineId]>(
    "UPDATE lines SET origin = ?, cut = ?, length = ?, head_hash = ?, head_checkpoint = ? WHERE id = ?",
  );
  return (line, from) => {
    const last = partsOf(from.line).find((part) => part.from < from.length && from.length <= part.to);
    const head = last && hashAt.get(last.line, from.length - 1);
    if (head?.toString("hex") !== from.head)
      throw new CadreError("chain-broken", `event ${from.length - 1} of ${from.line} is not the one that was read`, {
        hint: "`cadre verify` says what is wrong with it.",
        data: { line: from.line, index: from.length - 1 },
      });
    const record = find.get(line);
    if (record === undefined) return;
    putHead(record, from.checkpoint);
    set.run(from.line, from.length, from.length, head, from.checkpoint.id, line);
  };
}
