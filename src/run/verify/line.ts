/**
 * One line of a run: its chain (D8), and while it is walked once, event by event, everything that the log, the ledger and the asks must
 * agree on. What is kept in mind is the desk and the names of rows that were told, never the log.
 */
import type { Call, Event, EventOf } from "../../events/event.ts";
import { emptyDesk, step, type Desk } from "../../events/desk.ts";
import { bringsForeign } from "../../events/foreign.ts";
import type { AskId, EffectKey, LineId } from "../../ids.ts";
import type { Store } from "../../store/ports.ts";
import type { AskRow, EffectRow, LineRow } from "../../store/rows.ts";
import { endFaults, walkLine, type Walked } from "../../store/verify-chain.ts";
import { breathe } from "../../tools/answer.ts";
import type { Anchor } from "../api.ts";
import { effectProblem, ledgerKey } from "./effects.ts";
import type { Charts } from "./charts.ts";
import { claimsOf, verifyEvidence } from "./evidence.ts";
import type { Findings } from "./findings.ts";
import { doubtedAfter } from "./opinions.ts";
import { orderProblem } from "./order.ts";
import { lineageOf, partAt, pastChildProblem, type Lineage } from "./past.ts";
import { routeProblem } from "./routes.ts";
import { Branch } from "./branch.ts";
import { nothingTold, toldOfAsk, votesProblem, type ToldOfAsk } from "./votes.ts";
import { askProblem, askStateProblem, checkpointProblem, writeProblem, type Begun } from "./rows.ts";

export type LineDeps = {
  readonly store: Store;
  readonly charts: Charts;
  readonly findings: Findings;
  /** What something outside the file remembers of this line. */
  readonly anchors: readonly Anchor[];
  /** Every event's hash, as it is reached. */
  readonly onHash: (hash: string) => void;
};

export type LineVerdict = {
  readonly walked: Walked;
  readonly desk: Desk;
  readonly started: Begun | null;
  /** Keys of the ledger and ids of asks that the log tells of. */
  readonly toldKeys: ReadonlySet<string>;
  readonly toldAsks: ReadonlySet<string>;
  /** Keys of every effect that was proposed. */
  readonly proposedKeys: ReadonlySet<string>;
  readonly tree: Branch;
};

/** Between two looks at what else there is to do. */
const eventsATime = 50;

/** What is remembered of a line while it is walked. */
class LineCheck {
  readonly toldKeys = new Set<string>();
  readonly toldAsks = new Set<string>();
  readonly proposedKeys = new Set<string>();
  readonly #deps: LineDeps;
  readonly #lineage: Lineage;
  /** How many events it shares. */
  readonly #shared: number;
  #hash = "";
  readonly #badCharts = new Set<string>();
  desk: Desk = emptyDesk;
  last: Event | null = null;
  started: Begun | null = null;
  readonly #calls = new Map<string, readonly Call[]>();
  #doubted: ReadonlySet<string> = new Set();
  readonly tree = new Branch();
  #submitted: string | null = null;
  #told: ToldOfAsk = nothingTold;
  #above: Promise<boolean> | undefined;

  constructor(deps: LineDeps, lineage: Lineage) {
    this.#deps = deps;
    this.#lineage = lineage;
    this.#shared = lineage.at(-1)?.past?.length ?? 0;
  }

  async take(event: Event, index: number, hash: string): Promise<void> {
    const { findings, anchors, onHash } = this.#deps;
    if (index % eventsATime === eventsATime - 1) await breathe(); // Y3
    onHash(hash);
    for (const anchor of anchors)
      if (anchor.length === index + 1 && anchor.head !== hash)
        findings.add({ index, what: `is not the one that ${anchor.source} remembers here (D8)` });
    const { line, past } = partAt(this.#lineage, index);
    const order = orderProblem(event, {
      line,
      index,
      cut: past && { ...past, head: this.#hash },
      before: this.desk,
      previous: this.last,
      calls: this.#calls,
      doubted: this.#doubted,
    });
    findings.add(order === null ? null : { index, what: order });
    await this.#underItsChart(event, index);
    await this.#askRow(event, index);
    await verifyEvidence(claimsOf(event), index, { ...this.#deps, lineage: this.#lineage, told: this.toldKeys });
    if (index >= this.#shared) this.tree.take(event, index, hash);
    else if (event.type === "child_closed") await this.#sharedChild(event, index);
    this.#remember(event);
    this.#hash = hash;
  }

  async #sharedChild(event: EventOf<"child_closed">, index: number): Promise<void> {
    const { findings, store } = this.#deps;
    await findings.reading({ index, row: `lines ${event.child}` }, async () => {
      const what = await pastChildProblem(store, event);
      findings.add(what === null ? null : { index, row: `lines ${event.child}`, what });
    });
  }

  /** R1, R2, R3, D3: under the chart that the line worked under at that point. */
  async #underItsChart(event: Event, index: number): Promise<void> {
    const { charts, findings } = this.#deps;
    const row = await this.#ledgerRow(event, index);
    const starts = event.type === "run_started" || event.type === "child_started" || event.type === "run_forked";
    const hash = starts ? event.chart : this.desk.chart;
    const chart = await charts(hash);
    if ("wrong" in chart) {
      if (!this.#badCharts.has(hash)) findings.add({ index, row: `charts ${hash}`, what: chart.wrong });
      this.#badCharts.add(hash);
      return;
    }
    const what =
      routeProblem(event, this.desk, chart.bound) ??
      effectProblem(event, {
        before: this.desk,
        bound: chart.bound,
        row,
        submitted: this.#submitted,
        ledFromAbove: await this.#ledFromAbove(event),
      });
    findings.add(what === null ? null : { index, what });
  }

  /** Read only where a rule may depend on it. */
  async #ledFromAbove({ type }: Event): Promise<boolean> {
    const started = this.desk.started;
    if (type !== "action_proposed" || started?.type !== "child_started") return false;
    this.#above ??= ledBefore(this.#deps.store, started);
    return this.#above;
  }

  async #ledgerRow(event: Event, index: number): Promise<EffectRow | undefined> {
    const key = ledgerKey(event);
    if (key === null) return undefined;
    if (this.toldKeys.has(key)) this.#deps.findings.add({ index, what: `${key} is told a second time (R4)` });
    this.toldKeys.add(key);
    const at = { index, row: `effects ${key}` };
    return this.#deps.findings.reading(at, () => this.#deps.store.effect(key as EffectKey));
  }

  async #askRow(event: Event, index: number): Promise<void> {
    if (!isAboutAsk(event)) return;
    const { findings, store } = this.#deps;
    const row = `asks ${event.ask}`;
    this.toldAsks.add(event.ask);
    await findings.reading({ index, row }, async () => {
      const stored = await store.ask(event.ask as AskId);
      const what = askEventProblem(event, stored) ?? votesProblem(event, stored, this.#told);
      findings.add(what === null ? null : { index, row, what });
    });
  }

  #remember(event: Event): void {
    this.#told = toldOfAsk(this.#told, event);
    this.#doubted = doubtedAfter(this.#doubted, event);
    if (event.type === "run_started") this.started ??= event;
    if (event.type === "run_forked" && this.started) {
      const { at, title, rehearsal, model, by: startedBy, currency } = event;
      this.started = { ...this.started, at, title, rehearsal, model, startedBy, currency };
    }
    if (event.type === "turn_taken") this.#calls.set(event.frame, event.calls);
    if (event.type === "frame_closed") this.#calls.delete(event.frame);
    if (event.type === "action_proposed") this.proposedKeys.add(event.key);
    if (event.type === "report_submitted") this.#submitted = event.changes.hash;
    this.desk = step(this.desk, event);
    this.last = event;
  }
}

/** Whether a tool had brought text to a line's parent, or further up, when it was opened. */
async function ledBefore(
  store: Pick<Store, "events">,
  { parent, index }: Pick<EventOf<"child_started">, "parent" | "index">,
): Promise<boolean> {
  const events = (await store.events(parent as LineId, 0, index)).map((stored) => stored.event);
  if (events.some(bringsForeign)) return true;
  const [first] = events;
  return first?.type === "child_started" && ledBefore(store, first);
}

type AskEvent = EventOf<"ask_raised" | "ask_acknowledged" | "vote_cast" | "ask_decided" | "ask_withdrawn">;

const aboutAsks: ReadonlySet<Event["type"]> = new Set<AskEvent["type"]>([
  "ask_raised",
  "ask_acknowledged",
  "vote_cast",
  "ask_decided",
  "ask_withdrawn",
]);

function isAboutAsk(event: Event): event is AskEvent {
  return aboutAsks.has(event.type);
}

function askEventProblem(event: AskEvent, row: AskRow | undefined): string | null {
  if (event.type === "ask_raised") return askProblem(event, row);
  return event.type === "ask_decided" || event.type === "ask_withdrawn" ? askStateProblem(event, row) : null;
}

export async function verifyOneLine(deps: LineDeps, row: LineRow): Promise<LineVerdict> {
  const { store, findings } = deps;
  const check = new LineCheck(deps, await lineageOf(store, row, findings));
  let walked: Walked = { length: 0, head: "", fault: null };
  const whole = await findings.reading({ index: 0, row: `lines ${row.id}` }, async () => {
    walked = await walkLine(store, row.id, (event, index, hash) => check.take(event, index, hash));
    return true;
  });
  const { desk, toldKeys, toldAsks, proposedKeys, tree } = check;
  const started = restsAtCut(row, walked) ? null : check.started;
  const verdict = { walked, desk, started, toldKeys, toldAsks, proposedKeys, tree };
  if (walked.fault !== null) findings.add({ index: walked.length, what: walked.fault });
  else if (whole) await verifyEnd(deps, row, check, walked);
  return verdict;
}

/** It goes on from a cut, and has not begun. */
function restsAtCut({ past }: LineRow, { length }: Walked): boolean {
  return past !== undefined && length === past.length;
}

/** What can be judged only where the log was read to its end. */
async function verifyEnd(deps: LineDeps, row: LineRow, { desk, last }: LineCheck, walked: Walked): Promise<void> {
  const { store, findings, anchors } = deps;
  const index = Math.max(0, walked.length - 1);
  for (const anchor of anchors)
    if (anchor.length > walked.length)
      findings.add({
        index: walked.length,
        what: `is missing: ${anchor.source} remembers ${anchor.length} events, and ${walked.length} are there (D8)`,
      });
  const atCheckpoint = { index, row: `checkpoints of line ${row.id}` };
  await findings.reading(atCheckpoint, async () => {
    for (const what of await endFaults(store, row, walked))
      findings.add({ index: Math.min(walked.length, row.length), what });
    const checkpoint = await store.checkpoint(row.id);
    if (!checkpoint) return;
    const what = checkpointProblem(checkpoint, restsAtCut(row, walked) ? emptyDesk : desk, last);
    findings.add(what === null ? null : { ...atCheckpoint, what });
    for (const write of await store.writes(row.id, checkpoint.id)) {
      const wrong = writeProblem(write, desk);
      findings.add(wrong === null ? null : { index, row: `writes of line ${row.id}`, what: wrong });
    }
  });
  if (!desk.ask || restsAtCut(row, walked)) return;
  const at = { index, row: `asks ${desk.ask.ask}` };
  const open = desk.ask.ask as AskId;
  await findings.reading(at, async () => {
    const what = askStateProblem(null, await store.ask(open));
    findings.add(what === null ? null : { ...at, what });
  });
}
