/**
 * `verify`: the chain of every line of a run (D8), and the guarantees that can be read from the log, the ledger and the rows beside them,
 * checked over all of it again; against what was noted outside the file, where something was.
 *
 * Y1. It reads the log once, a page at a time: memory does not grow with its length, but for the names of its effects.
 * Y2. Whatever the file holds, the answer is a list of problems: a damaged row is one of them, and hides no other.
 * Y3. It lets what else the process does go on, in between: a control room in which somebody verifies a large file still renews its leases.
 *
 * What cannot be found from the file alone: a tail that was cut off, or a history that was forged, by somebody who made every row fit.
 * That is what anchors are for: the heads that a journal keeps, or that a person wrote down. What follows the newest anchor is trusted.
 * Nor, of rows that no event repeats: who really made a decision that the line has not taken up yet (that the ask takes such a one is
 * checked), another folder that is shown as the workspace (nothing is read or written by that
 * row), how long the run was being moved, who asked for a stop, and another owner, time or higher epoch of a lease: those decide who may go on, never what is told.
 */
import type { Desk } from "../../events/desk.ts";
import type { LimitName } from "../../events/event.ts";
import type { RunId } from "../../ids.ts";
import type { Store } from "../../store/ports.ts";
import type { LineRow } from "../../store/rows.ts";
import type { Anchor, Verification } from "../api.ts";
import { checkedCharts, type Charts } from "./charts.ts";
import { recordProblem, untold } from "./effects.ts";
import { Findings } from "./findings.ts";
import { verifyOneLine, type LineVerdict } from "./line.ts";
import { runRowProblems } from "./rows.ts";
import { treeProblems } from "./tree.ts";

export type VerifyOptions = {
  readonly anchors?: readonly Anchor[];
  /** Hash of an event, or how it begins, that some line of the run must hold. */
  readonly head?: string;
  /** Read once for many runs. */
  readonly charts?: Charts;
};

type Problem = Verification["problems"][number];

const pageSize = 200;

export async function verifyRun(store: Store, run: RunId, options: VerifyOptions = {}): Promise<Verification> {
  const { anchors = [], head, charts = checkedCharts(store) } = options;
  const problems: Problem[] = [];
  const heads: Verification["heads"][number][] = [];
  const verdicts = new Map<string, LineVerdict>();
  let headFound = false;
  const ofRun = new Findings();
  const lines = (await ofRun.reading({ index: 0, row: `lines of ${run}` }, () => store.lines(run))) ?? [];
  for (const row of lines) {
    const findings = new Findings();
    const own = anchors.filter((anchor) => anchor.line === row.id);
    const onHash = (hash: string): void => void (headFound ||= head !== undefined && hash.startsWith(head));
    const verdict = await verifyOneLine({ store, charts, findings, anchors: own, onHash }, row);
    verdicts.set(row.id, verdict);
    const { length, head: last } = verdict.walked;
    heads.push({ line: row.id, length, head: last, remembered: Math.max(0, ...own.map((anchor) => anchor.length)) });
    problems.push(...findings.all().map((found) => ({ line: row.id, ...found })));
  }
  if (head !== undefined && !headFound) ofRun.add({ index: 0, what: `no event has the hash ${head} (D8)` });
  for (const { line, length, source } of anchors)
    if (!verdicts.has(line))
      ofRun.add({
        index: 0,
        row: `lines ${line}`,
        what: `it is missing; ${source} remembers ${length} events of it (D8)`,
      });
  for (const { line, ...found } of treeProblems(lines, verdicts)) problems.push({ line, ...found });
  await verifyLedger(store, run, verdicts, ofRun);
  await verifyAskRows(store, run, verdicts, ofRun);
  await verifyRunRow(store, run, lines, verdicts, ofRun);
  problems.push(...ofRun.all().map((found) => ({ line: lines[0]?.id ?? run, ...found })));
  const events = heads.reduce((sum, each) => sum + each.length, 0);
  return { run, ok: problems.length === 0, events, heads, anchors: anchors.length, problems };
}

/** D3: the ledger holds nothing that the log does not tell. Not asked of a line whose log could not be read to its end. */
async function verifyLedger(
  store: Store,
  run: RunId,
  verdicts: ReadonlyMap<string, LineVerdict>,
  findings: Findings,
): Promise<void> {
  const at = { index: 0, row: `effects of ${run}` };
  for (let after = 0; ;) {
    const page = (await findings.reading(at, () => store.ledger(run, after, pageSize))) ?? [];
    for (const record of page) {
      after = record.seq;
      const verdict = verdicts.get(record.line);
      const index = Math.max(0, (verdict?.walked.length ?? 0) - 1);
      const row = `effects ${record.key}`;
      const what = recordProblem(record);
      if (what !== null) findings.add({ index, row, what });
      else if (verdict?.walked.fault === null && untold(record, verdict))
        findings.add({ index, row, what: "the log does not tell of it (D3)" });
    }
    if (page.length < pageSize) return;
  }
}

async function verifyAskRows(
  store: Store,
  run: RunId,
  verdicts: ReadonlyMap<string, LineVerdict>,
  findings: Findings,
): Promise<void> {
  const all = [...verdicts.values()];
  if (all.some((verdict) => verdict.walked.fault !== null)) return;
  for (const ask of (await findings.reading({ index: 0, row: `asks of ${run}` }, () => store.askIds(run))) ?? [])
    if (!all.some((verdict) => verdict.toldAsks.has(ask)))
      findings.add({ index: 0, row: `asks ${ask}`, what: "the log does not tell of it (D2)" });
}

/** Any line may raise a limit, for all of them; none is ever lowered. */
function ceilingsOf(verdicts: readonly LineVerdict[]): Desk["ceilings"] {
  const ceilings: Partial<Record<LimitName, number>> = {};
  for (const { desk } of verdicts)
    for (const [name, value] of Object.entries(desk.ceilings) as [LimitName, number][])
      ceilings[name] = Math.max(ceilings[name] ?? 0, value);
  return ceilings;
}

async function verifyRunRow(
  store: Store,
  run: RunId,
  lines: readonly LineRow[],
  verdicts: ReadonlyMap<string, LineVerdict>,
  findings: Findings,
): Promise<void> {
  const at = { index: 0, row: `runs ${run}` };
  await findings.reading(at, async () => {
    const row = await store.run(run);
    const main = verdicts.get(lines[0]?.id ?? "");
    if (!row || !main) findings.add({ ...at, what: "the run has no row, or no line (D6)" });
    else if (main.walked.fault === null)
      for (const what of runRowProblems(row, main.started, main.desk, ceilingsOf([...verdicts.values()])))
        findings.add({ ...at, index: Math.max(0, main.walked.length - 1), what });
  });
}
