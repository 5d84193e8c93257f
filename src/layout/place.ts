/**
 * Where everything of a picture lies.
 *
 * L1. A layout that takes longer than the deadline is given up, and its thread with it: whoever asked draws a map instead.
 * L2. The same picture is laid out once; what was laid out last is kept.
 * L3. The thread keeps no process alive; it is started when somebody is about to draw, and a deadline is counted from when it is ready.
 * L4. A thread that could not start, or has ended, is another one's turn: nobody waits for it, and the next picture starts a new one.
 */
import type { Worker } from "node:worker_threads";
import { hashOf } from "../canonical.ts";
import type { Placed } from "../views/control-room/placed.ts";
import { elkGraph, placedFrom, type Plan } from "./elk-graph.ts";
import type { Done } from "./layout-thread.ts";

export interface Placer {
  /** Null: it would take longer than the deadline, or cannot be done. */
  place(plan: Plan): Promise<Placed | null>;
  /** Starts the thread now, for whoever will soon ask. */
  warm(): void;
  close(): Promise<void>;
}

export type PlacerOptions = {
  /** In ms; of one layout, from the moment at which it is begun. */
  readonly deadlineMs?: number;
  /** Layouts that are kept. */
  readonly keep?: number;
  /** Starts the thread; tests give one that ends. */
  readonly start?: () => Promise<Worker>;
};

export function openPlacer({ deadlineMs = 4000, keep = 100, start = startOwn }: PlacerOptions = {}): Placer {
  const known = new Map<string, Promise<Placed | null>>();
  let worker: Promise<Worker> | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let n = 0;

  const begin = (): Promise<Worker> => {
    if (worker !== null) return worker;
    const own = start().then(whenReady);
    worker = own;
    const forget = (): void => {
      if (worker === own) worker = null; // L4
    };
    own.then((thread) => thread.once("exit", forget), forget);
    return own;
  };
  const giveUp = async (): Promise<void> => {
    const old = worker;
    worker = null;
    await (await old?.catch(() => null))?.terminate();
  };

  const layOut = async (plan: Plan): Promise<Placed | null> => {
    const own = await begin();
    n += 1;
    const laidOut = await answerOf(own, { n, graph: elkGraph(plan) }, deadlineMs);
    if (laidOut === "late") {
      await giveUp(); // L1
      return null;
    }
    return laidOut === null ? null : placedFrom(plan, laidOut);
  };

  return {
    place: (plan) => {
      const key = hashOf(plan);
      const before = known.get(key);
      if (before) return before;
      // One after the other: a thread computes one layout at a time, and a deadline is for one.
      const placed = turn.then(() => layOut(plan));
      turn = placed.catch(() => undefined);
      known.set(key, placed);
      placed.catch(() => known.delete(key));
      if (known.size > keep) known.delete(known.keys().next().value as string); // L2
      return placed;
    },
    warm: () => void begin().catch(() => undefined),
    close: giveUp,
  };
}

async function startOwn(): Promise<Worker> {
  const { startLayoutThread } = await import("./layout-thread.ts");
  return startLayoutThread();
}

async function whenReady(worker: Worker): Promise<Worker> {
  await new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.on("error", reject); // for good: an error that nobody hears ends the process
    worker.once("exit", () => reject(threadEnded())); // L4
  });
  worker.unref(); // L3
  return worker;
}

function threadEnded(): Error {
  return new Error("the thread that lays pictures out has ended");
}

function answerOf(
  worker: Worker,
  job: { readonly n: number; readonly graph: unknown },
  deadlineMs: number,
): Promise<Done["graph"] | "late"> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void): void => {
      clearTimeout(timer);
      worker.off("message", onMessage);
      worker.off("error", onError);
      worker.off("exit", onExit);
      done();
    };
    const onMessage = (done: Done): void => {
      if (done.n === job.n) settle(() => resolve(done.graph));
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onExit = (): void => onError(threadEnded());
    const timer = setTimeout(() => settle(() => resolve("late")), deadlineMs);
    worker.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
    worker.postMessage(job);
  });
}
