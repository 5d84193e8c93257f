/** Many who wait for one signal: each is told once, or not at all, and the signal has one listener for all of them. */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort } from "../../src/models/on-abort.ts";

test("whoever waits when the signal aborts is told once, in order; whoever left is not", () => {
  const controller = new AbortController();
  const told: string[] = [];
  onAbort(controller.signal, () => told.push("first"));
  const leave = onAbort(controller.signal, () => told.push("left"));
  onAbort(controller.signal, () => told.push("last"));
  leave();
  controller.abort();
  controller.abort();
  expect(told).toEqual(["first", "last"]);
});

test("a signal that has aborted tells at once", () => {
  const told: string[] = [];
  onAbort(AbortSignal.abort(), () => told.push("at once"))();
  expect(told).toEqual(["at once"]);
});

test("one callback that waits twice is two who wait", () => {
  const controller = new AbortController();
  let told = 0;
  const callback = (): void => void (told += 1);
  onAbort(controller.signal, callback)();
  onAbort(controller.signal, callback);
  controller.abort();
  expect(told).toBe(1);
});

test("who is told may make others leave, and they are not told", () => {
  const controller = new AbortController();
  const told: string[] = [];
  let leave = (): void => {};
  onAbort(controller.signal, () => {
    told.push("first");
    leave();
  });
  leave = onAbort(controller.signal, () => told.push("second"));
  controller.abort();
  expect(told).toEqual(["first"]);
});

test("however many wait, the signal has one listener", () => {
  const { signal } = new AbortController();
  for (let each = 0; each < 100; each += 1) onAbort(signal, () => {});
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
});
