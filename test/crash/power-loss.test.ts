/**
 * D1, RELIABILITY 9: the power goes at a random moment; what the process had acknowledged by then is on the disk, and the run goes on from
 * there and ends as an undisturbed one. The disk is `disk.c`: it keeps what was fsynced, and by chance some of what was not.
 */
import { mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import type { ChildSettings } from "./child-settings.ts";
import { afterPowerLoss, diskLibrary, hasGcc } from "./disk.ts";
import { child, divergences, finish, inLanes } from "./laboratory.ts";
import { random } from "./random.ts";
import { atScale } from "./scale.ts";
import { runId, storyFolder } from "./story.ts";

if (!hasGcc) console.warn("SKIPPED: no gcc here, so no power is lost");

type Loss = {
  /** Acknowledgements that are not on the disk. */
  readonly lost: readonly string[];
  readonly acknowledged: number;
};

/** Kills a run after a few acknowledgements and some moments, and puts what the disk had kept in the place of its data folder. */
async function losePower(dir: string, shadow: string, seed: number, settings: ChildSettings): Promise<Loss> {
  const next = random(seed);
  const [after, moments, leak] = [
    1 + Math.floor(next() * 57),
    Math.floor(next() * 6),
    next() < 0.5 ? 0 : Math.floor(next() * 100),
  ];
  const data = join(dir, ".cadre");
  mkdirSync(data, { mode: 0o700 });
  let seen = 0;
  const ended = await child(dir, {
    settings,
    env: {
      LD_PRELOAD: await diskLibrary(),
      DISK_ROOT: data,
      DISK_SHADOW: shadow,
      DISK_LEAK: String(leak),
      DISK_SEED: String(seed),
      // `sync -f` is another process, which this disk does not see: without it, files are synced one by one.
      PATH: "/nonexistent",
    },
    onLine: (line, running) => {
      if (!/^(started|event|decided)/.test(line)) return;
      seen += 1;
      if (seen === after) setTimeout(() => running.kill("SIGKILL"), moments);
    },
  });
  renameSync(data, join(dir, "before"));
  afterPowerLoss(shadow, data);
  return { lost: await missing(data, ended.acks), acknowledged: ended.acks.length };
}

async function missing(data: string, acks: readonly string[]): Promise<string[]> {
  const store = openStore({ file: join(data, "cadre.db"), clock: systemClock });
  try {
    const events = new Set((await store.runEvents(runId)).map((event) => `event ${event.index}`));
    const decided = (await store.asks()).filter((ask) => ask.state === "decided").map((ask) => `decided ${ask.id}`);
    const run = await store.run(runId);
    const kept = new Set([...events, ...decided, ...(run ? ["started"] : [])]);
    return acks.filter((ack) => !kept.has(ack));
  } finally {
    store.close();
  }
}

async function withPlaces(work: (dir: string, shadow: string) => Promise<void>): Promise<void> {
  const folder = storyFolder();
  const shadow = mkdtempSync(join(tmpdir(), "cadre-shadow-"));
  try {
    await work(folder.dir, shadow);
  } finally {
    folder.remove();
    rmSync(shadow, { recursive: true, force: true });
  }
}

const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test.skipIf(!hasGcc)(
  "D1 what was acknowledged is there after a power loss, and the run ends as an undisturbed one",
  { timeout: 3_600_000 },
  async () => {
    let acknowledged = 0;
    const losses = seeds(atScale({ quick: 4, large: 40, full: 200 }));
    await inLanes(losses, 2, (seed) =>
      withPlaces(async (dir, shadow) => {
        const loss = await losePower(dir, shadow, seed, {});
        expect({ seed, lost: loss.lost }).toEqual({ seed, lost: [] });
        acknowledged += loss.acknowledged;
        await finish(dir);
        const { found } = await divergences(dir);
        expect({ seed, found }).toEqual({ seed, found: [] });
      }),
    );
    console.info(`power lost ${losses.length} times, ${acknowledged} acknowledgements, 0 lost`);
  },
);

test.skipIf(!hasGcc)(
  "the control: with synchronous=NORMAL acknowledged commits are lost",
  { timeout: 3_600_000 },
  async () => {
    let runs = 0;
    const losses = seeds(atScale({ quick: 1, large: 5, full: 25 }));
    await inLanes(losses, 2, (seed) =>
      withPlaces(async (dir, shadow) => {
        if ((await losePower(dir, shadow, seed, { synchronous: "NORMAL" })).lost.length > 0) runs += 1;
      }),
    );
    console.info(`the control lost acknowledged commits in ${runs} of ${losses.length} runs`);
    expect(runs).toBeGreaterThan(losses.length / 2);
  },
);
