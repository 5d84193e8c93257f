/** What the control room sees to by itself, by a timer: deadlines that have passed, and notices. */
import { writeFileSync } from "node:fs";
import { Server } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre, Notified } from "../../src/cadre/api.ts";
import { systemClock } from "../../src/clock.ts";
import { serveControlRoom, type ControlRoom } from "../../src/server/serve.ts";
import { temporaryFolder } from "../../src/testing.ts";

const told: Notified = { told: 0, failed: 0, resumed: [], stuck: [] };

/** With timers that the test moves. */
async function served(): Promise<{ readonly cadre: Cadre; readonly room: ControlRoom; readonly faults: unknown[] }> {
  const folder = await temporaryFolder();
  const cadre = openCadre({ dir: folder.path });
  writeFileSync(join(folder.path, "manifest.json"), "{}");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const faults: unknown[] = [];
  const room = await serveControlRoom({
    cadre,
    clock: systemClock,
    project: {
      files: () => Promise.reject(new Error("not asked for")),
      servers: () => [],
      choices: () => ({ workflows: [], models: [] }),
      cleaned: () => (text) => text,
      checks: () => Promise.resolve([]),
    },
    web: folder.path,
    host: "127.0.0.1",
    port: 0,
    base: "",
    publicOrigin: null,
    owner: "mai",
    version: "0.0.0",
    command: "npx cadre",
    onFault: (error) => faults.push(error),
    onLink: () => undefined,
  });
  onTestFinished(async () => {
    vi.useRealTimers();
    await room.close();
    cadre.close();
    await folder.remove();
  });
  return { cadre, room, faults };
}

const aTurn = (): Promise<void> => new Promise((done) => setImmediate(done));

test("a look at deadlines that takes long is not joined by a further one", async () => {
  const { cadre, faults } = await served();
  const slow = Promise.withResolvers<Notified>();
  const notify = vi.spyOn(cadre, "notify").mockReturnValueOnce(slow.promise).mockRejectedValueOnce(new Error("busy"));
  notify.mockResolvedValue(told);
  const aMinute = async (): Promise<void> => {
    for (let looks = 0; looks < 3; looks += 1) {
      vi.advanceTimersByTime(20_000);
      await aTurn();
    }
  };
  await aMinute();
  expect(notify).toHaveBeenCalledTimes(1);
  slow.resolve(told);
  await aTurn();
  await aMinute();
  expect(notify).toHaveBeenCalledTimes(4); // one that fails ends none of those that follow
  expect(faults).toEqual([new Error("busy")]);
});

test("it closes once the look that is under way has ended: the project that it works with is closed next", async () => {
  const { cadre, room } = await served();
  const slow = Promise.withResolvers<Notified>();
  vi.spyOn(cadre, "notify").mockReturnValue(slow.promise);
  const cutOff = vi.spyOn(Server.prototype, "closeAllConnections");
  vi.advanceTimersByTime(20_000);
  await aTurn();
  const closing = room.close();
  for (let turns = 0; turns < 50; turns += 1) await aTurn();
  expect(cutOff).not.toHaveBeenCalled();
  slow.resolve(told);
  await closing;
  expect(cutOff).toHaveBeenCalledOnce();
});
