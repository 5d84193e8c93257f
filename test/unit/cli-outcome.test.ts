/** How an advance ended, as programs read it. */
import { expect, test } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { showWaiting } from "../../src/cli/outcome.ts";
import type { AskRow, RunRow } from "../../src/store/rows.ts";
import { LineHarness, call, modeText } from "../fixtures/line-harness.ts";

test("an ask is overdue in the outcome once its deadline has passed, as it is in the inbox", async () => {
  const line = new LineHarness({
    modes: [modeText("worker", "030-worker", { escalates: ["user"] })],
    workflow: { entry: "worker", deadlineMinutes: 60 },
    clock: { now: () => Date.parse("2016-01-01T09:00:00Z") },
    say: () => [
      call("escalate", { to: "user", topic: "t", question: "which?", severity: "low", tried: "", options: ["this"] }),
    ],
  });
  await line.start();
  const run = (await line.store.run(line.run)) as RunRow;
  const records: Record<string, unknown>[] = [];
  const output = { json: true, record: (record: Record<string, unknown>) => records.push(record) };
  const context = { output, command: (rest: string) => `cadre ${rest}` } as unknown as Context;
  const ask = (await line.store.asks({ run: line.run }))[0] as AskRow;
  expect(ask.deadline).toBe("2016-01-01T10:00:00.000Z");
  showWaiting(context, { status: "waiting", run, asks: [ask] }, { fail: false, seen: false });
  expect(records).toMatchObject([{ type: "outcome", asks: [{ id: ask.id, overdue: true }] }]);
});
