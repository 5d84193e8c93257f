/**
 * `commit`: a checkpoint, the events that it stands for and the rows that follow from them, in one transaction.
 *
 * K1. The fence is checked first, inside the transaction (D4); then the head (D2). Whatever fails, nothing is written.
 * K2. A checkpoint's log length is exactly the line's length after it: there is no event without its checkpoint.
 * K3. It takes the place of the one before, whose pending writes go with it: they were taken up or are void (D7).
 */
import type { LineId } from "../ids.ts";
import { CadreError } from "../errors.ts";
import type { CheckpointStore, CommitUnit } from "./ports.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";
import { headWriter } from "./checkpoint-rows.ts";
import { eventWriter } from "./events.ts";
import { fencedLines } from "./lines.ts";
import type { FencedLine } from "./lines.ts";
import { rowProjector } from "./project-rows.ts";

function checkHead(unit: CommitUnit, line: FencedLine): void {
  const { logLength } = unit.checkpoint;
  if (line.head_checkpoint !== unit.expectHead)
    throw new CadreError("head-moved", `${line.id} has moved on since this step was begun; nothing was written.`, {
      hint: "Read the line again: `cadre resume` does.",
      data: { line: line.id, expected: unit.expectHead, head: line.head_checkpoint },
    });
  const length = line.length + unit.events.length;
  if (logLength !== length)
    throw bug(`a checkpoint of ${line.id} stands for ${logLength} events where there are ${length}`, { line: line.id });
}

export function committing(connection: Connection): Pick<CheckpointStore, "commit"> {
  const { db, reach, write } = connection;
  const fenced = fencedLines(connection);
  const append = eventWriter(connection);
  const projectRow = rowProjector(connection);
  const putHead = headWriter(connection);
  const moveHead = db.prepare<[number, Buffer, string, LineId]>(
    "UPDATE lines SET length = ?, head_hash = ?, head_checkpoint = ? WHERE id = ?",
  );

  return {
    commit: async (unit) => {
      const stored = write(() => {
        const line = fenced(unit.fence); // D4, K1
        checkHead(unit, line); // D2, K2
        reach("commit:fenced");
        putHead(line, unit.checkpoint); // K3
        reach("commit:checkpoint");
        const appended = append(line.id, { length: line.length, hash: line.head_hash }, unit.events); // D8
        moveHead.run(unit.checkpoint.logLength, appended.head, unit.checkpoint.id, line.id);
        reach("commit:head");
        for (const event of appended.stored) projectRow(event);
        reach("commit:projected");
        return appended.stored;
      });
      reach("commit:done");
      return stored;
    },
  };
}
