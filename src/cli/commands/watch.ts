/** `cadre watch`: follows a run from what is stored, whoever moves it, until it ends or waits. */
import { setTimeout as sleep } from "node:timers/promises";
import type { RunId } from "../../ids.ts";
import type { StoreReader } from "../../store/open-reader.ts";
import type { AskRow, RunRow } from "../../store/rows.ts";
import type { Context } from "../context.ts";
import { pollMs } from "../poll.ts";
import { findRun } from "../find-run.ts";
import { flag, word, type Input } from "../input.ts";
import { leaseHolder } from "../../store/lease-holder.ts";
import { withReader } from "../open.ts";
import { showEnded, showUnowned, showWaiting } from "../outcome.ts";
import { openWalk, type Walk } from "../walk.ts";

/** A process that takes a run over needs a moment; so long may nobody move it before that is worth saying. */
const patienceMs = 3000;

export function watch(context: Context, input: Input): Promise<number> {
  const keep = flag(input, "keep");
  return withReader(context, async (store) => {
    const found = await findRun(store, word(input, 0));
    const walk = await openWalk(context, store, found, 0);
    try {
      return await followRun(context, store, walk, { run: found.id, keep });
    } finally {
      walk.rest();
    }
  });
}

type Following = { readonly run: RunId; readonly keep: boolean };

async function followRun(
  context: Context,
  store: StoreReader,
  walk: Walk,
  { run: id, keep }: Following,
): Promise<number> {
  let moved = Date.now();
  let shown = "";
  while (!context.output.closed) {
    // First how it stands, then the events: what it stands at has then been shown.
    const { run, asks, owned } = await standing(store, id);
    for (const event of await store.runEvents(id, walk.seq)) walk.add(event);
    if (run.endedAt !== null) return showEnded(context, store, run);
    const waiting = asks.map((ask) => ask.id).join(" ");
    if (owned || waiting !== "") moved = Date.now();
    if (run.status === "waiting" && waiting !== "" && waiting !== shown) {
      walk.rest();
      shown = waiting;
      const code = showWaiting(context, { status: "waiting", run, asks }, { fail: false, seen: false });
      if (!keep) return code;
    }
    if (Date.now() - moved > patienceMs) return showUnowned(context, run);
    await sleep(pollMs);
  }
  return 0;
}

async function standing(
  store: StoreReader,
  id: RunId,
): Promise<{ run: RunRow; asks: readonly AskRow[]; owned: boolean }> {
  const run = await findRun(store, id);
  return {
    run,
    asks: await store.asks({ run: id, state: "open" }),
    owned: (await leaseHolder(store, id, Date.now())) !== null,
  };
}
