/**
 * `verify`: the chain of every line (D8), and the guarantees that can be read from the log and the ledger alone, checked over all of it again.
 *
 * Each event is judged by the chart that its line worked under at that point. What a role may do: `verify-routes.ts` (R1, R2). What was done
 * and with whose leave: `verify-effects.ts` (R3, R4, D3). Here: the rows beside the log say what the log says (D2, D6).
 */
import { canonicalJson } from "../canonical.ts";
import { emptyDesk, step, type Desk } from "../events/desk.ts";
import type { Event, EventOf } from "../events/event.ts";
import type { RunId } from "../ids.ts";
import type { BoundChart } from "../org/bound-chart.ts";
import type { AskRow, EffectRow, RunRow, Store } from "../store/ports.ts";
import { verifyLine } from "../store/verify-chain.ts";
import type { Verification } from "./api.ts";
import { changeSetProblems, effectProblem, ledgerProblems, type Found } from "./verify-effects.ts";
import { routeProblem } from "./verify-routes.ts";

type Finding = Verification["problems"][number];

export async function verifyRun(store: Store, run: RunId): Promise<Verification> {
  const problems: Finding[] = [];
  let count = 0;
  const row = await store.run(run);
  const asks = await store.asks({ run });
  const effects = await store.effects(run);
  const charts = chartsOf(store);
  for (const line of await store.lines(run)) {
    const chain = await verifyLine(store, line.id);
    problems.push(...chain.map((each) => ({ line: line.id, index: each.index, what: each.what })));
    if (chain.length > 0) continue;
    const log = (await store.events(line.id)).map((stored) => stored.event);
    count += log.length;
    const own = effects.filter((effect) => effect.line === line.id);
    const { found, desk } = await guaranteeProblems(charts, log, own);
    const ownAsks = asks.filter((ask) => ask.line === line.id);
    found.push(...ledgerProblems(log, desk, own), ...changeSetProblems(log), ...askProblems(log, ownAsks));
    if (row) found.push(...rowProblems(row, desk, log.length));
    problems.push(...found.map((each) => ({ line: line.id, ...each })));
  }
  return { run, ok: problems.length === 0, events: count, problems };
}

type Charts = (hash: string) => Promise<BoundChart | undefined>;

/** Each chart is read once, however many events were made under it. */
function chartsOf(store: Pick<Store, "chart">): Charts {
  const read = new Map<string, Promise<BoundChart | undefined>>();
  return (hash) => {
    const known = read.get(hash) ?? store.chart(hash);
    read.set(hash, known);
    return known;
  };
}

async function guaranteeProblems(
  charts: Charts,
  log: readonly Event[],
  effects: readonly EffectRow[],
): Promise<{ found: Found[]; desk: Desk }> {
  const found: Found[] = [];
  const rows = new Map<string, EffectRow>(effects.map((row) => [row.key, row]));
  let desk = emptyDesk;
  for (const [index, event] of log.entries()) {
    const bound = await charts(index === 0 && event.type === "run_started" ? event.chart : desk.chart);
    const what = bound
      ? (routeProblem(event, desk, bound) ?? effectProblem(event, desk, bound, rows))
      : "works under a chart that the store does not hold";
    if (what !== null) found.push({ index, what });
    desk = step(desk, event);
  }
  return { found, desk };
}

/** The rows of asks follow from the events; a decision that is not in the log yet is one that the line has still to take up. */
function askProblems(log: readonly Event[], asks: readonly AskRow[]): Found[] {
  const rows = new Map<string, AskRow>(asks.map((ask) => [ask.id, ask]));
  const told = (index: number, ask: string, holds: (row: AskRow) => boolean): Found[] => {
    const row = rows.get(ask);
    return row && holds(row) ? [] : [{ index, what: `the row of ask ${ask} does not say what the log says (D2)` }];
  };
  return log.flatMap((event, index) => {
    if (event.type === "ask_raised") return told(index, event.ask, (row) => row.hash === event.hash);
    if (event.type === "ask_withdrawn") return told(index, event.ask, (row) => row.state === "withdrawn");
    if (event.type !== "ask_decided") return [];
    const decision = canonicalJson(event.decision);
    return told(index, event.ask, (row) => row.state === "decided" && canonicalJson(row.decision) === decision);
  });
}

/** D6: what is read from the run's row must be what its events say. */
function rowProblems(row: RunRow, desk: Desk, length: number): Found[] {
  if (length === 0) return [];
  const at = (what: string): Found => ({ index: length - 1, what: `${what} (D6)` });
  const ended: EventOf<"run_ended"> | null = desk.ended;
  return [
    ...((row.endedAt ?? null) === (ended?.at ?? null) && (!ended || row.status === ended.status)
      ? []
      : [at("the run's row and its events do not agree on how it ended")]),
    ...(row.chart === desk.chart ? [] : [at("the run's row names another chart than its events")]),
    ...(canonicalJson(row.limits) === canonicalJson(desk.ceilings)
      ? []
      : [at("the run's row names other limits than its events")]),
  ];
}
