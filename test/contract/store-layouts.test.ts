/** A file that an earlier program wrote is brought up to date, and its run goes on as if nothing had happened. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { expect, test } from "vitest";
import { z } from "zod";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openReader } from "../../src/store/open-reader.ts";
import { openStore } from "../../src/store/open.ts";
import { latestVersion } from "../../src/store/schema.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";
import { clock, tempFolder } from "./store-fixtures.ts";

function written(layout: number): string {
  const file = join(tempFolder(), "cadre.db");
  const db = new SQLite(file);
  db.exec(readFileSync(fileURLToPath(new URL(`../fixtures/layouts/layout-${layout}.sql`, import.meta.url)), "utf8"));
  db.close();
  return file;
}

/** `epoch`: how often its line had been taken. */
const layouts = [
  { layout: 1, epoch: 1 },
  { layout: 2, epoch: 2 },
  { layout: 5, epoch: 2 },
] as const;

test.each(layouts)(
  "D7 D8 a run that waits in a file of layout $layout is whole after the migration, and goes on to its end",
  async ({ layout, epoch }) => {
    const store = openStore({ file: written(layout), clock });
    try {
      expect((await store.health()).schema).toBe(latestVersion);
      let ran = 0;
      const line = new LineHarness({
        store,
        modes: [
          modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["user"] }),
          modeText("worker", "030-worker", { escalates: ["lead"], reports: ["lead"], groups: ["edit", "completion"] }),
        ],
        workflow: { entry: "lead", approvals: [{ tool: "write_to_file", reason: "looked at" }] },
        tools: [
          {
            name: "write_to_file",
            description: "writes",
            schema: z.strictObject({ path: z.string() }),
            access: "effect",
            run: async () => {
              ran += 1;
              return { ok: true, text: "written", receipt: null };
            },
          },
        ],
        say: () => [call("attempt_completion", fullReport())],
      });
      const [row] = await store.lines(line.run);
      expect(row).toMatchObject({ epoch, length: (await line.events()).length, owner: null });
      expect((await store.checkpoint(row!.id))?.id).toBe(row!.headCheckpoint);
      expect((await store.writes(row!.id, row!.headCheckpoint!)).map((one) => one.channel)).toEqual(["__interrupt__"]);
      expect((await verifyRun(store, line.run)).problems).toEqual([]);

      expect(await line.advance()).toBe("waiting");
      await line.decide("approve", "");
      expect(await line.advance()).toBe("waiting"); // the sign-off
      expect(ran).toBe(1);
      await line.decide("approve", "");
      expect(await line.advance()).toBe("ended");
      expect((await store.run(line.run))?.status).toBe("finished");
      expect((await verifyRun(store, line.run)).problems).toEqual([]);
    } finally {
      store.close();
    }
  },
);

test.each(layouts)(
  "D2 L1 what lists show of a run and its asks is there after the migration of layout $layout",
  async ({ layout }) => {
    const store = openReader({ file: written(layout), clock }); // a copy is migrated: the file itself stays as it is
    try {
      const [run] = await store.listRuns({});
      const open = await store.asks({ state: "open" });
      expect(open).toHaveLength(1);
      const [ask] = open;
      expect(await store.listAsks({})).toMatchObject(
        open.map(({ id, severity, raisedAt, deadline, question }) => {
          const [headline] = question.split("\n");
          return { id, severity, raisedAt, deadline, headline, seat: null, acknowledged: null };
        }),
      );
      expect(run?.asks).toEqual(open.map(({ id, kind, role, to, topic }) => ({ id, kind, role, to, topic })));
      expect(run).toMatchObject({ status: "waiting", title: "A thing", asks: [{ kind: "approval", role: "worker" }] });
      expect(ask?.topic).not.toBe("");
    } finally {
      store.close();
    }
  },
);

test("B1 a file of an older layout whose event is damaged opens, and the event is named", async () => {
  const file = written(2);
  const db = new SQLite(file);
  db.exec(
    "UPDATE events SET body = substr(body, 1, 40) WHERE (line, idx) IN (SELECT line, idx FROM asks WHERE state = 'open')",
  );
  db.close();
  const store = openStore({ file, clock });
  try {
    expect((await store.health()).schema).toBe(latestVersion);
    const { problems } = await verifyRun(store, (await store.runIds())[0]!);
    expect(problems.map(({ index }) => index)).toContain(11);
  } finally {
    store.close();
  }
});

test("D7 a line keeps one checkpoint in a new layout, however many an older one kept", () => {
  const file = written(1);
  const before = new SQLite(file);
  expect(before.prepare("SELECT count(*) FROM checkpoints").pluck().get()).toBeGreaterThan(1);
  before.close();
  openStore({ file, clock }).close();
  const after = new SQLite(file, { readonly: true });
  expect(after.prepare("SELECT count(*) FROM checkpoints").pluck().get()).toBe(1);
  expect(after.pragma("foreign_key_check")).toEqual([]);
  expect(after.pragma("integrity_check", { simple: true })).toBe("ok");
  after.close();
});
