/** The feed: what is new in the file, whoever wrote it. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { systemClock } from "../../src/clock.ts";
import { briefOrThrow } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openFeed, type Feed } from "../../src/store/feed.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

let project: ProjectFolder;
let cadre: Cadre;
let feed: Feed;
beforeAll(() => {
  project = shippedProject();
  cadre = openCadre({ dir: project.dir });
  feed = openFeed({ file: join(cadre.data, "cadre.db"), clock: systemClock });
});
afterAll(() => {
  feed.close();
  cadre.close();
  project.remove();
});

test("F1 its version stands still while nothing is written, and moves with every commit", async () => {
  const before = feed.version();
  expect([feed.version(), feed.newest(), feed.after(0, 10)]).toEqual([before, 0, []]);
  const run = await cadre.start(briefOrThrow(readBrief("## What\n\nLook at the reviews.", null)), { by: "mai" });
  expect(feed.version()).not.toBe(before);
  await cadre.advance(run.id);
  const rested = feed.version();
  expect(feed.version()).toBe(rested);
});

test("F2 D5 gives every event of every run once and in arrival order, however it is cut into pieces", async () => {
  const second = await cadre.start(briefOrThrow(readBrief("## What\n\nSummarise the tickets.", null)), { by: "mai" });
  await cadre.advance(second.id);
  const runs = await cadre.store.runs();
  const all = (await Promise.all(runs.map(({ id }) => cadre.store.runEvents(id))))
    .flat()
    .toSorted((a, b) => a.seq - b.seq);
  for (const size of [1, 3, 1000]) {
    const seen = [];
    for (let cursor = 0; ;) {
      const piece = feed.after(cursor, size);
      if (piece.length === 0) break;
      seen.push(...piece);
      cursor = piece.at(-1)?.seq ?? cursor;
    }
    expect(seen.map(({ run: _run, ...event }) => event)).toEqual(all);
    expect(new Set(seen.map(({ run }) => run))).toEqual(new Set(runs.map(({ id }) => id)));
  }
  expect(feed.newest()).toBe(all.at(-1)?.seq);
});
