/**
 * D5, RELIABILITY 7: the clock of the process is off by another amount at every look, by an hour or by some milliseconds. Order is by
 * number and time is display only, so the run ends as an undisturbed one; and a wrong clock never makes two owners.
 */
import { expect, test } from "vitest";
import type { ClockJumps } from "./child-settings.ts";
import { child, divergences, inLanes } from "./laboratory.ts";
import { random } from "./random.ts";
import { atScale } from "./scale.ts";
import { storyFolder } from "./story.ts";

const hour = 3_600_000;
const timeout = 1_800_000;
const jumps: readonly { readonly words: string; readonly by: readonly number[] }[] = [
  { words: "an hour", by: [-hour, 0, hour] },
  { words: "50 ms", by: [-50, 0, 50] },
];

/** How often a step says that it came before the one before it: the clock did jump. */
function jumpsBack(stdout: string): number {
  const times = [...stdout.matchAll(/"at":"([^"]+)"/g)].map(([, at]) => Date.parse(at ?? ""));
  return times.filter((at, index) => at < (times[index - 1] ?? at)).length;
}

async function same(dir: string): Promise<void> {
  expect((await divergences(dir)).found).toEqual([]);
}

test.each(atScale({ quick: [], large: jumps, full: jumps }))(
  "D5 a clock that jumps by $words at every look changes nothing",
  { timeout },
  async ({ by }) => {
    const seeds = Array.from({ length: atScale({ quick: 0, large: 5, full: 50 }) }, (_, index) => index + 1);
    await inLanes(seeds, 2, async (seed) => {
      const folder = storyFolder();
      try {
        const ended = await child(folder.dir, { settings: { clock: { seed, by } } });
        expect(ended).toMatchObject({ code: 0 });
        expect(jumpsBack(ended.stdout)).toBeGreaterThan(0);
        await same(folder.dir);
      } finally {
        folder.remove();
      }
    });
  },
);

test(
  "D3 D5 killed under a jumping clock and resumed under another, a run ends as an undisturbed one",
  { timeout },
  async () => {
    const seeds = Array.from({ length: atScale({ quick: 1, large: 8, full: 100 }) }, (_, index) => index + 1);
    await inLanes(seeds, 2, async (seed) => {
      const folder = storyFolder();
      try {
        const next = random(seed);
        const by = jumps[seed % 2]?.by ?? [];
        const signalAt = { ack: `event ${Math.floor(next() * 50)}`, signal: "SIGKILL", afterMs: 0 } as const;
        const killed = await child(folder.dir, { settings: { clock: { seed, by }, signalAt } });
        expect(killed.signal).toBe("SIGKILL");
        const again = await child(folder.dir, { settings: { clock: { seed: seed + 1000, by } } });
        expect(again).toMatchObject({ code: 0 });
        await same(folder.dir);
      } finally {
        folder.remove();
      }
    });
  },
);

const owners: readonly { readonly words: string; readonly clock: ClockJumps }[] = [
  { words: "jumps an hour back and forth", clock: { seed: 7, by: [-hour, hour] } },
  { words: "is an hour behind", clock: { seed: 7, by: [-hour] } },
  { words: "is an hour ahead", clock: { seed: 7, by: [hour] } },
];

// Not in CI. With a clock that is off by more than a lease's time, an owner is known to be at work by its renewals alone; one that gets no core
// for three seconds in which the watcher does get one looks like one that hangs, and is ended (`lease.ts`, L3). A machine that stands still for
// both is told apart: `two-owners.test.ts`.
test.each(atScale({ quick: [], large: [], full: owners }))(
  "D4 D5 an owner whose clock $words keeps its run while it is at work; another process follows it",
  { timeout },
  async ({ clock }) => {
    const folder = storyFolder();
    try {
      let other: ReturnType<typeof child> | undefined;
      // Longer than the heartbeat's second: the other one sees a lease that has run out by its clock, and that is renewed all the same.
      const owner = await child(folder.dir, {
        settings: { clock, holdAt: 4, holdMs: 2500 },
        onLine: (line) => {
          if (line.includes('"held"')) other ??= child(folder.dir);
        },
      });
      const follower = await other;
      expect(owner).toMatchObject({ code: 0, signal: null });
      expect(follower).toMatchObject({ code: 0, signal: null });
      const made = (acks: readonly string[]): string[] => acks.filter((ack) => ack.startsWith("event "));
      // Whoever takes the run on after the owner rested may make events; none is made twice.
      const all = [...made(owner.acks), ...made(follower?.acks ?? [])];
      expect(all).toHaveLength(new Set(all).size);
      await same(folder.dir);
    } finally {
      folder.remove();
    }
  },
);
