/**
 * `verify` over a whole file: what can be said against the file itself, every chart, and every run, one after another.
 *
 * A run that only a journal remembers is named. Journals travel with a project, so it may have been made on another machine: that is a
 * fault where the file is there and holds no run at all, and where the run's workspace lies beside the file, which says that it was made here.
 */
import type { RunId } from "../../ids.ts";
import type { Store } from "../../store/ports.ts";
import { breathe } from "../../tools/answer.ts";
import type { Anchor, FileVerification, Verification } from "../api.ts";
import { checkedCharts } from "./charts.ts";
import { verifyRun } from "./verify-run.ts";

export type VerifyAll = {
  /** Left out: every run in the file. */
  readonly runs?: readonly RunId[];
  readonly head?: string;
  /** What is remembered of a run outside the store. */
  readonly anchorsOf: (run: RunId) => Promise<readonly Anchor[]>;
  /** The runs of which something outside the store remembers anything at all. */
  readonly remembered: () => Promise<readonly RunId[]>;
  /** Whether a run's workspace lies beside the file. */
  readonly hasWorkspace: (run: RunId) => boolean;
  /** Each run as soon as it was checked; nothing of it is kept. */
  readonly onRun: (result: Verification) => void;
};

export async function verifyAll(store: Store, options: VerifyAll): Promise<FileVerification> {
  const { anchorsOf, onRun, head } = options;
  const problems = [...(await store.fileProblems())];
  const charts = checkedCharts(store);
  if (options.runs === undefined) {
    for (const hash of await store.chartHashes()) {
      const chart = await charts(hash);
      if ("wrong" in chart) problems.push({ row: `charts ${hash}`, what: chart.wrong });
    }
  }
  const runs = options.runs ?? (await store.runIds());
  const absent = options.runs === undefined ? await absentRuns(options, runs) : [];
  const isEmptied = runs.length === 0 && (await store.health()).bytes > 0;
  problems.push(...missedRuns(absent, isEmptied, options.hasWorkspace));
  let ok = problems.length === 0;
  let events = 0;
  for (const run of runs) {
    const result = await verifyRun(store, run, {
      charts,
      anchors: await anchorsOf(run),
      ...(head === undefined ? {} : { head }),
    });
    ok &&= result.ok;
    events += result.events;
    onRun(result);
    await breathe(); // Y3
  }
  return { ok, runs: runs.length, events, problems, absent };
}

/** Of the absent runs those that were made here. */
function missedRuns(
  absent: FileVerification["absent"],
  isEmptied: boolean,
  hasWorkspace: VerifyAll["hasWorkspace"],
): FileVerification["problems"] {
  return absent.flatMap(({ run, events, source }) => {
    const isHere = hasWorkspace(run);
    if (!isEmptied && !isHere) return [];
    const where = isHere ? ", and its workspace is here" : "";
    return [{ row: `runs ${run}`, what: `it is missing; ${source} remembers ${events} events of it${where} (D8)` }];
  });
}

async function absentRuns(
  { remembered, anchorsOf }: VerifyAll,
  runs: readonly RunId[],
): Promise<FileVerification["absent"]> {
  const here = new Set(runs);
  const absent: FileVerification["absent"][number][] = [];
  for (const run of await remembered()) {
    const anchors = here.has(run) ? [] : await anchorsOf(run);
    const [first] = anchors;
    const events = anchors.reduce((sum, { length }) => sum + length, 0);
    if (first) absent.push({ run, events, source: first.source });
  }
  return absent;
}
