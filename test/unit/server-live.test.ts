/** What is told to everyone who watches the control room, when the file cannot be looked at. */
import { expect, onTestFinished, test, vi } from "vitest";
import { openLive } from "../../src/server/live.ts";

test("L1 a look at the file that fails ends nothing: the next one tells what is new", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  let version = 1;
  let fault: Error | null = null;
  const feed = {
    version: () => {
      if (fault !== null) throw fault;
      return version;
    },
    newest: () => 0,
    after: () => [],
    close: () => undefined,
  };
  const live = openLive(feed, async () => 3);
  const gone = new AbortController();
  onTestFinished(() => {
    gone.abort();
    live.close();
    vi.useRealTimers();
  });
  const watching = live.watch(0, gone.signal);
  const changed = { name: "changed", data: { openAsks: 3 } };
  expect((await watching.next()).value).toEqual(changed);
  const next = watching.next();
  fault = new Error("disk I/O error");
  // From a timer, whatever it throws has nobody above it.
  expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
  fault = null;
  version = 2;
  vi.advanceTimersByTime(1000);
  expect((await next).value).toEqual(changed);
});
