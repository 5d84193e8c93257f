/**
 * RELIABILITY 13 and 7: one owner for each run, whatever the clocks say. Real processes, a real file. `CADRE_CRASH=large|full` holds the
 * zombie before each of its writes.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { mainLine } from "../../src/ids.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import { thisOwner } from "../../src/store/owner.ts";
import type { Store } from "../../src/store/ports.ts";
import type { LineRow } from "../../src/store/rows.ts";
import { atScale, scale } from "../crash/scale.ts";
import type { LineHarness } from "../fixtures/line-harness.ts";
import { Told } from "../fixtures/lines-of-processes.ts";
import { ownedLine } from "../fixtures/owned-line.ts";
import type { OwnerSettings } from "../fixtures/owner-child.ts";

const clean: (() => void)[] = [];

afterEach(() => {
  for (const each of clean.splice(0).toReversed()) each();
});

const hour = 3_600_000;
const now = { now: () => Date.now() };
const off = (ms: number) => ({ now: () => Date.now() + ms });
const atOnce = async (): Promise<void> => undefined;
/** For whoever takes over from one that does nothing any more. Whoever is to see a renewal watches as long as usual: an owner may get no core for a while. */
const short = { ttl: 400, renew: 50 };

type Place = { readonly store: Store; readonly database: string; readonly written: string };

function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), "cadre-owners-"));
  const database = join(folder, "cadre.db");
  const store = openStore({ file: database, clock: now });
  clean.push(
    () => rmSync(folder, { recursive: true, force: true }),
    () => store.close(),
  );
  return { store, database, written: join(folder, "written") };
}

/** Resolves once the owner is where it is held. */
async function owner({ database, written }: Place, settings: OwnerSettings): Promise<{ told: Told; where: string }> {
  const told = await Told.start("owner-child.ts", [database, written, JSON.stringify(settings)]);
  clean.push(() => told.kill());
  return { told, where: await told.heard() };
}

const lines = (file: string): string[] => readFileSync(file, "utf8").split("\n").filter(Boolean);

/** Takes the run over as soon as that is possible, and brings it to its end: what is in doubt ran. */
async function takenOver(line: LineHarness): Promise<readonly string[]> {
  const doubts: string[] = [];
  for (;;) {
    const status = await line.move({ clock: now, leaseTimes: short }).then(
      (result) => result.status,
      (error: { code?: string }) => error.code,
    );
    if (status === "finished") return doubts;
    if (status === "run-owned") continue;
    expect(status).toBe("waiting");
    const [ask] = await line.store.asks({ run: line.run, state: "open" });
    expect(ask).toMatchObject({ kind: "doubt" });
    doubts.push(ask!.topic);
    await line.decide("answer", "ran");
  }
}

const clocks = [
  ["right", "right", 0, 0],
  ["an hour fast", "right", 0, hour],
  ["right", "an hour slow", -hour, 0],
  ["an hour slow", "right", 0, -hour],
  ["right", "an hour fast", hour, 0],
  ["an hour fast", "an hour slow", -hour, hour],
] as const;

test.each(clocks.slice(0, atScale({ quick: 3, large: 6, full: 6 })))(
  "D4 L3 an owner that renews keeps its run: the challenger's clock is %s, its own is %s",
  async (_challenger, _owner, jump, challengerJump) => {
    const here = place();
    const { told } = await owner(here, { hold: "in the tool", jump });
    const before = await here.store.line(mainLine("r-000001" as never));
    const line = ownedLine(here.store, here.written, atOnce);
    await expect(line.move({ clock: off(challengerJump) })).rejects.toMatchObject({
      code: "run-owned",
      data: { owner: { pid: told.child.pid } },
    });
    expect(told.child.exitCode ?? told.child.signalCode).toBeNull();
    expect(lines(here.written)).toEqual(["once"]);
    expect((await here.store.line(mainLine(line.run)))?.epoch).toBe(before?.epoch);
  },
);

test("D4 L3 an owner is not taken for gone because the machine stood still: the time in which nobody could look does not count", async () => {
  const here = place();
  const { told } = await owner(here, { hold: "in the tool", jump: -hour });
  let ahead = 0;
  const nanoseconds = process.hrtime.bigint.bind(process.hrtime);
  const stopwatch = vi
    .spyOn(process.hrtime, "bigint")
    .mockImplementation(() => nanoseconds() + BigInt(ahead) * 1_000_000n);
  clean.push(() => stopwatch.mockRestore());
  let looks = 0;
  let before: LineRow | undefined;
  const store: Store = {
    ...here.store,
    line: async (id) => {
      const row = await here.store.line(id);
      before ??= row;
      looks += 1;
      if (looks === 2) ahead += 60_000; // after the first look of the watch
      return looks > 3 ? row : before; // nor could the owner renew meanwhile
    },
  };
  const line = ownedLine(store, here.written, atOnce);
  await expect(line.move({ clock: now })).rejects.toMatchObject({ code: "run-owned" });
  expect(looks).toBeGreaterThan(2);
  expect(told.child.exitCode ?? told.child.signalCode).toBeNull();
});

test("D4 L3 an owner that comes between a look at a free line and the taking of it keeps it, though its clock is an hour slow", async () => {
  const here = place();
  const line = ownedLine(here.store, here.written, atOnce);
  await line.create();
  const other = { ...thisOwner(), pid: process.ppid };
  let looked = false;
  const store: Store = {
    ...here.store,
    line: async (id) => {
      const row = await here.store.line(id);
      if (!looked && row) await here.store.acquire(id, other, Date.now() - hour, 30_000);
      looked ||= row !== undefined;
      return row;
    },
  };
  const second = ownedLine(store, here.written, atOnce);
  await expect(second.move({ clock: now, leaseTimes: short })).rejects.toMatchObject({ code: "run-owned" });
  expect((await here.store.line(mainLine(line.run)))?.owner).toEqual(other);
});

test("D4 L3 an owner elsewhere that renews keeps its run, though its lease has run out by the clock here", async () => {
  const here = place();
  await owner(here, { hold: "in the tool", elsewhere: true, jump: -hour });
  const line = ownedLine(here.store, here.written, atOnce);
  const { epoch } = (await here.store.line(mainLine(line.run)))!;
  await expect(line.move({ clock: now })).rejects.toMatchObject({ code: "run-owned" });
  expect((await here.store.line(mainLine(line.run)))?.epoch).toBe(epoch);
});

test("D4 a stopped owner whose lease ran out is ended before its run is taken over, and its effect is not done twice", async () => {
  const here = place();
  const { told } = await owner(here, { hold: "in the tool" });
  told.child.kill("SIGSTOP");
  const line = ownedLine(here.store, here.written, atOnce);
  expect(await takenOver(line)).toEqual(["in doubt: write_to_file"]);
  expect(await told.ended()).toBe("SIGKILL");
  expect(lines(here.written)).toEqual(["once"]);
  expect(await line.ofType("action_done")).toHaveLength(1);
});

test("D4 a dead owner's run is taken over at once, without waiting for its lease, though its clock was an hour fast", async () => {
  const here = place();
  const { told } = await owner(here, { hold: "in the tool", jump: hour });
  told.kill();
  await told.ended();
  const line = ownedLine(here.store, here.written, atOnce);
  expect((await line.move({ clock: now })).status).toBe("waiting");
});

/** One that nobody here could end: stopped before its nth write until another has taken the run to its end. Null: it has no such write. */
async function zombie(nth: number): Promise<{ readonly where: string; readonly doubts: readonly string[] } | null> {
  const here = place();
  const { told, where } = await owner(here, { hold: nth, elsewhere: true, probe: "not-done" });
  if (where.startsWith("moved")) return null;
  told.child.kill("SIGSTOP");
  const line = ownedLine(here.store, here.written, atOnce, { probe: "not-done" });
  const doubts = await takenOver(line);
  const before = await here.store.line(mainLine(line.run));
  const events = await line.events();
  told.child.kill("SIGCONT");
  told.tell("wake up");
  expect([where, await told.heard()]).toEqual([where, "lease-lost"]);
  await told.ended();
  expect(await here.store.line(mainLine(line.run))).toEqual(before);
  expect(await line.events()).toEqual(events);
  expect(lines(here.written)).toEqual(["once"]);
  expect(await line.ofType("action_done")).toHaveLength(1);
  expect((await verifyRun(here.store, line.run)).problems).toEqual([]);
  return { where, doubts };
}

test("D4 a zombie that wakes after its run was taken over is refused at its next write, and forks nothing", async () => {
  const held: string[] = [];
  let doubts = 0;
  // The seventh write records the outcome of the tool: what it did is in doubt, although the probe says that nothing happened.
  for (let nth = scale === "quick" ? 7 : 1; ; nth += 1) {
    const found = await zombie(nth);
    if (!found) break;
    held.push(found.where);
    doubts += found.doubts.length;
    if (scale === "quick") break;
  }
  console.info(`zombies held: ${held.join(", ")}; ${doubts} in doubt`);
  expect(doubts).toBe(1);
  if (scale !== "quick") expect(held.length).toBeGreaterThan(10);
});

test("D4 four processes move one run, and its owner is stopped again and again: every effect happens once", async () => {
  const here = place();
  const effects = atScale({ quick: 6, large: 10, full: 14 });
  // In these an owner stays once they are done, so that it is stopped while it is one.
  const stays = atScale({ quick: [3], large: [2, 5], full: [2, 4, 7] });
  await ownedLine(here.store, here.written, atOnce, { effects }).create();
  const movers = await Promise.all(
    Array.from({ length: 4 }, () =>
      Told.start("mover-child.ts", [here.database, here.written, String(effects), JSON.stringify(stays)]),
    ),
  );
  for (const each of movers) clean.push(() => each.kill());
  await Promise.all(movers.map((each) => each.heard()));
  const id = mainLine("r-000001" as never);
  // Its owner is stopped for as long as it takes the others to notice.
  for (const at of stays) {
    await expect.poll(() => lines(here.written).length, { timeout: 20_000, interval: 5 }).toBeGreaterThan(at);
    const pid = (await here.store.line(id))?.owner?.pid;
    const mover = movers.find((each) => each.child.pid === pid);
    expect(mover?.child.kill("SIGSTOP")).toBe(true);
    await expect
      .poll(async () => (await here.store.line(id))?.owner?.pid, { timeout: 20_000, interval: 20 })
      .not.toBe(pid);
    mover?.child.kill("SIGCONT"); // it was ended: nothing wakes
    expect(await mover?.ended()).toBe("SIGKILL");
  }
  const ends = await Promise.all(movers.map((each) => each.ended()));
  expect(ends.filter((end) => end === "SIGKILL")).toHaveLength(stays.length);
  expect(ends.filter((end) => end === 0)).toHaveLength(4 - stays.length);
  expect(lines(here.written)).toEqual(Array.from({ length: effects }, (_, index) => String(index)));
  expect((await here.store.run("r-000001" as never))?.status).toBe("finished");
  expect((await verifyRun(here.store, "r-000001" as never)).problems).toEqual([]);
});

test("L1 a process never takes a run over from itself, however late its renewal", async () => {
  const { store, written } = place();
  let wake = (): void => undefined;
  let inTool = (): void => undefined;
  const entered = new Promise<void>((resolve) => (inTool = resolve));
  const line = ownedLine(store, written, () => {
    inTool();
    return new Promise((resolve) => (wake = resolve));
  });
  await line.create();
  const first = line.move({ clock: now });
  await entered;
  await expect(line.move({ clock: off(hour) })).rejects.toMatchObject({ code: "run-owned" });
  wake();
  expect((await first).status).toBe("finished");
  expect(lines(written)).toEqual(["once"]);
});
