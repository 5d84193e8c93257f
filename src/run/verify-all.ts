/** `verify` over a whole file: what can be said against the file itself, every chart, and every run, one after another. */
import type { RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { Anchor, FileVerification, Verification } from "./api.ts";
import { checkedCharts } from "./verify-charts.ts";
import { verifyRun } from "./verify-run.ts";

export type VerifyAll = {
  /** Left out: every run in the file. */
  readonly runs?: readonly RunId[];
  readonly head?: string;
  /** What is remembered of a run outside the store. */
  readonly anchorsOf: (run: RunId) => Promise<readonly Anchor[]>;
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
  let ok = problems.length === 0;
  let events = 0;
  const runs = options.runs ?? (await store.runIds());
  for (const run of runs) {
    const result = await verifyRun(store, run, {
      charts,
      anchors: await anchorsOf(run),
      ...(head === undefined ? {} : { head }),
    });
    ok &&= result.ok;
    events += result.events;
    onRun(result);
  }
  return { ok, runs: runs.length, events, problems };
}
