/** RELIABILITY 13: one owner for each run. Real processes, a real file; time is moved by the clock that is injected, never by waiting. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { mainLine } from "../../src/ids.ts";
import { openStore } from "../../src/store/open.ts";
import type { Store } from "../../src/store/ports.ts";
import { ownedLine } from "../fixtures/owned-line.ts";

const script = fileURLToPath(new URL("../fixtures/owner-child.ts", import.meta.url));
const clean: (() => void)[] = [];

afterEach(() => {
  for (const each of clean.splice(0)) each();
});

const now = { now: () => Date.now() };
const anHourLater = { now: () => Date.now() + 3_600_000 };
const atOnce = async (): Promise<void> => undefined;

function place(): { store: Store; database: string; written: string } {
  const folder = mkdtempSync(join(tmpdir(), "cadre-owners-"));
  const database = join(folder, "cadre.db");
  const store = openStore({ file: database, clock: now });
  clean.push(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { store, database, written: join(folder, "written") };
}

/** Resolves once the child is inside its tool, after the effect. */
async function ownerInTool(database: string, written: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, database, written], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  clean.push(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

function linesIn(file: string): string[] {
  return readFileSync(file, "utf8").split("\n").filter(Boolean);
}

test("D4 a run that a live process owns cannot be moved by another, and the owner is named", async () => {
  const { store, database, written } = place();
  const child = await ownerInTool(database, written);
  const line = ownedLine(store, written, atOnce);
  await expect(line.move({ clock: now })).rejects.toMatchObject({
    code: "run-owned",
    data: { owner: { pid: child.pid } },
  });
  expect(child.exitCode).toBeNull();
  expect(linesIn(written)).toEqual(["once"]);
});

test("D4 a stopped owner whose lease ran out is ended before its run is taken over, and its effect is not done twice", async () => {
  const { store, database, written } = place();
  const child = await ownerInTool(database, written);
  const ended = once(child, "exit");
  child.kill("SIGSTOP");
  const line = ownedLine(store, written, atOnce);
  expect((await line.move({ clock: anHourLater })).status).toBe("waiting");
  expect(await ended).toEqual([null, "SIGKILL"]);
  expect((await store.asks({ run: line.run, state: "open" }))[0]).toMatchObject({ kind: "doubt" });
  await line.decide("answer", "ran");
  expect((await line.move({ clock: anHourLater })).status).toBe("finished");
  expect(linesIn(written)).toEqual(["once"]);
  expect(await line.ofType("action_done")).toHaveLength(1);
});

test("D4 a dead owner's run is taken over at once, without waiting for its lease", async () => {
  const { store, database, written } = place();
  const child = await ownerInTool(database, written);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  const line = ownedLine(store, written, atOnce);
  expect((await line.move({ clock: now })).status).toBe("waiting");
});

test("D4 a zombie that wakes after its run was taken over is refused at its next write, and changes nothing", async () => {
  const { store, written } = place();
  let wake = (): void => undefined;
  let inTool = (): void => undefined;
  const entered = new Promise<void>((resolve) => (inTool = resolve));
  // An owner on another machine: nobody here can end it, so only its time can tell. It never renews, as if it were stopped.
  const far = { host: "far", boot: "b", pid: 1, start: "1" };
  const zombies: Store = {
    ...store,
    acquire: (line, _owner, at, ttl) => store.acquire(line, far, at, ttl),
    renew: async () => null,
  };
  const zombie = ownedLine(zombies, written, () => {
    inTool();
    return new Promise((resolve) => (wake = resolve));
  });
  await zombie.create();
  const id = mainLine(zombie.run);
  const outcome = zombie.move({ clock: now }).then(
    () => "moved",
    (error: { code?: string }) => error.code,
  );
  await entered;
  const next = ownedLine(store, written, atOnce);
  expect((await next.move({ clock: anHourLater })).status).toBe("waiting");
  await next.decide("answer", "ran");
  expect((await next.move({ clock: anHourLater })).status).toBe("finished");
  const before = await store.line(id);
  wake();
  expect(await outcome).toBe("lease-lost");
  expect(await store.line(id)).toEqual(before);
  expect(await next.ofType("action_done")).toHaveLength(1);
  expect(linesIn(written)).toEqual(["once"]);
  await expect(store.renew({ line: id, epoch: 1 }, Date.now(), 1)).rejects.toMatchObject({ code: "lease-lost" });
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
  await expect(line.move({ clock: anHourLater })).rejects.toMatchObject({ code: "run-owned" });
  wake();
  expect((await first).status).toBe("finished");
  expect(linesIn(written)).toEqual(["once"]);
});
