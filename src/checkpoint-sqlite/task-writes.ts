/** What a task wrote in a step: one row for each task, however often it writes. */
import { WRITES_IDX_MAP } from "@langchain/langgraph-checkpoint";
import type { States } from "./states.ts";
import type { TaskWrite, Tables } from "./tables.ts";
import type { Fresh, Taken, Values } from "./values.ts";

export type TaskWrites = {
  readonly space: number;
  /** The checkpoint that the step began with. */
  readonly checkpoint: string;
  readonly task: string;
  readonly path: string;
  /** In the task's order, as they were when they were handed over. */
  readonly taken: readonly { readonly channel: string; readonly value: Taken }[];
  readonly fresh: Fresh;
};

/** Regular writes stand as they were first made, special ones (errors, interrupts) as they were last. */
function merged(before: readonly TaskWrite[], after: readonly TaskWrite[]): TaskWrite[] {
  const byIndex = new Map(before.map((write) => [write[0], write]));
  for (const write of after) if (write[0] < 0 || !byIndex.has(write[0])) byIndex.set(write[0], write);
  return [...byIndex.values()];
}

export function taskWriting(tables: Tables, states: States, values: Values) {
  return ({ space, checkpoint, task, path, taken, fresh }: TaskWrites): void => {
    const { numberOf } = states.names(space);
    const own = taken.map(({ channel, value }, index): TaskWrite => {
      const ref = values.putWrite(value, fresh);
      return [WRITES_IDX_MAP[channel] ?? index, numberOf(channel), ref];
    });
    if (tables.addWrites(space, checkpoint, { task, path: numberOf(path), writes: merged([], own) })) return;
    const before = tables.writesOfTask(space, checkpoint, task)!;
    tables.replaceWrites(space, checkpoint, { ...before, writes: merged(before.writes, own) });
  };
}
