/**
 * D1, RELIABILITY 9: the power goes at a random moment; what the process had acknowledged by then is on the disk, and the run goes on from
 * there and ends as an undisturbed one. The disk is `disk.c`: it keeps what was fsynced, and by chance some of what was not. A process is
 * stopped where it is, what the disk holds then is set aside, and the process goes on to the next loss.
 */
import type { ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openStore } from "../../src/store/open.ts";
import { parseStat } from "../../src/store/owner.ts";
import type { ChildSettings } from "./child-settings.ts";
import { afterPowerLoss, diskLibrary, hasGcc } from "./disk.ts";
import { child, divergences, finish, inLanes } from "./laboratory.ts";
import { random } from "./random.ts";
import { atScale } from "./scale.ts";
import { runId, storyFolder } from "./story.ts";

if (!hasGcc) console.warn("SKIPPED: no gcc here, so no power is lost");

type Loss = {
  /** A story's folder as it would be found when the power comes back. */
  readonly dir: string;
  readonly acks: readonly string[];
};

/** One run on the disk of this seed, with so many losses on the way. */
async function losePower(place: string, seed: number, count: number, settings: ChildSettings): Promise<Loss[]> {
  const next = random(seed);
  const { dir } = storyFolder(place); // which goes with it
  const shadow = mkdtempSync(join(place, "shadow-"));
  const data = join(dir, ".cadre");
  mkdirSync(data, { mode: 0o700 });
  const after = Array.from({ length: count }, () => 1 + Math.floor(next() * 56));
  const losses: Loss[] = [];
  const acks: string[] = [];
  await child(dir, {
    settings,
    env: {
      LD_PRELOAD: await diskLibrary(),
      DISK_ROOT: data,
      DISK_SHADOW: shadow,
      DISK_LEAK: String(seed % 2 === 0 ? 0 : Math.floor(next() * 100)),
      DISK_SEED: String(seed),
      // `sync -f` is another process, which this disk does not see: without it, files are synced one by one.
      PATH: "/nonexistent",
    },
    onLine: (line, running) => {
      if (!/^(started|event|decided)/.test(line)) return;
      acks.push(line);
      for (const _ of after.filter((each) => each === acks.length))
        setTimeout(() => {
          const lost = join(place, `loss-${seed}-${losses.length}`);
          if (whileStopped(running, () => setAside(dir, shadow, lost))) losses.push({ dir: lost, acks: [...acks] });
        }, next() * 5);
    },
  });
  return losses;
}

/** False where the process has ended already. */
function whileStopped(running: ChildProcess, work: () => void): boolean {
  if (running.exitCode !== null || !running.kill("SIGSTOP")) return false;
  for (let state = ""; state !== "T" && state !== "Z";)
    state = parseStat(readFileSync(`/proc/${running.pid}/stat`, "utf8")).state;
  try {
    work();
  } finally {
    running.kill("SIGCONT");
  }
  return true;
}

/** The project as it is, the world's mark too, with what the disk had kept of the data folder. */
function setAside(dir: string, shadow: string, to: string): void {
  cpSync(dir, to, { recursive: true, filter: (from) => !from.startsWith(join(dir, ".cadre")) });
  afterPowerLoss(shadow, join(to, ".cadre"));
}

async function missing(dir: string, acks: readonly string[]): Promise<string[]> {
  const store = openStore({ file: join(dir, ".cadre/cadre.db"), clock: systemClock });
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

async function withPlace(work: (place: string) => Promise<void>): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "cadre-power-"));
  try {
    await work(place);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

const perRun = 10;
const seeds = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test.skipIf(!hasGcc)(
  "D1 what was acknowledged is there after a power loss, and the run ends as an undisturbed one",
  { timeout: 3_600_000 },
  async () => {
    const told = { losses: 0, acknowledged: 0 };
    const one = (seed: number): Promise<void> =>
      withPlace(async (place) => {
        const settings = seed % 3 === 0 ? { logPages: 12 } : {};
        for (const [nth, { dir, acks }] of (await losePower(place, seed, perRun, settings)).entries()) {
          expect({ seed, nth, lost: await missing(dir, acks) }).toEqual({ seed, nth, lost: [] });
          told.losses += 1;
          told.acknowledged += acks.length;
          await finish(dir);
          expect({ seed, nth, found: (await divergences(dir)).found }).toEqual({ seed, nth, found: [] });
        }
      });
    const { runs, losses } = atScale({
      quick: { runs: 1, losses: 6 },
      large: { runs: 6, losses: 40 },
      full: { runs: 32, losses: 200 },
    });
    await inLanes(seeds(runs), 2, one);
    // On a fast machine a run may be over before the power went as often as it was to go.
    for (let seed = runs + 1; told.losses < losses && seed <= 3 * runs; seed += 1) await one(seed);
    console.info(`power lost ${told.losses} times, ${told.acknowledged} acknowledgements, 0 lost`);
    expect(told.losses).toBeGreaterThanOrEqual(losses);
  },
);

test.skipIf(!hasGcc)(
  "the control: with synchronous=NORMAL acknowledged commits are lost",
  { timeout: 3_600_000 },
  async () => {
    const told = { losses: 0, losing: 0 };
    await inLanes(seeds(atScale({ quick: 1, large: 1, full: 3 })), 2, (seed) =>
      withPlace(async (place) => {
        // On a disk that keeps nothing unasked.
        for (const { dir, acks } of await losePower(place, 2 * seed, perRun, { synchronous: "NORMAL" })) {
          told.losses += 1;
          if ((await missing(dir, acks)).length > 0) told.losing += 1;
        }
      }),
    );
    console.info(`the control lost acknowledged commits in ${told.losing} of ${told.losses} power losses`);
    expect(told.losing).toBeGreaterThan(told.losses / 2);
  },
);
