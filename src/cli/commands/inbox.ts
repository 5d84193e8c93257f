/** `cadre inbox`: everything that waits for a person, oldest first; and the runs that nobody moves, which nothing else would show. */
import { join } from "node:path";
import { systemClock } from "../../clock.ts";
import { isCadreError } from "../../errors.ts";
import { USER } from "../../org/chart.ts";
import { clockDecides, decideByClock, inOrderOfDeadlines, isOverdue, mayExpire } from "../../store/expiry.ts";
import type { ListedAsk } from "../../store/listings.ts";
import type { StoreReader } from "../../store/open-reader.ts";
import type { AskRow } from "../../store/rows.ts";
import { timeText } from "../../views/escalations.ts";
import { visible } from "../../views/escape.ts";
import { askRecord } from "../../store/ask-record.ts";
import { commandLines } from "../ask-card.ts";
import type { Context } from "../context.ts";
import { findRun } from "../find-run.ts";
import { count, word, type Input } from "../input.ts";
import { findLeft, leftRecords, noteLeft, type LeftRun } from "../left-runs.ts";
import { pageOf, showList, type ListColumn } from "../list.ts";
import { commandsForAsk } from "../next-commands.ts";
import { withReader } from "../open.ts";
import { sinceWords, untilWords } from "../words-of-time.ts";

export function inbox(context: Context, input: Input): Promise<number> {
  const limit = count(input, "limit", "--limit");
  return withReader(context, async (store) => {
    const name = word(input, 0);
    const page = limit ?? (name === undefined ? pageOf(context) : undefined);
    const open = await openAsks(context, store, name, page);
    const { late = [], waiting = [] } = Object.groupBy(open, (ask) =>
      clockDecides(ask, Date.now()) ? "late" : "waiting",
    );
    const over = await Promise.all(late.map((ask) => wholeAsk(store, ask)));
    if (over.length > 0) await decideAll(context, inOrderOfDeadlines(over));
    const resting = await findLeft(store, Date.now());
    const told = new Set<string>(over.map((ask) => ask.run));
    show(context, waiting, over, name === undefined ? resting.filter((run) => !told.has(run.id)) : []);
    if (limit === undefined && open.length === page) await tellMore(context, store, page);
    const [first] = waiting;
    if (first && context.output.terminal && context.output.fields === null)
      hint(context, await wholeAsk(store, first), waiting.length);
    return 0;
  });
}

/** Whole only where the whole is shown: ten thousand are listed several times as fast without what was asked. */
type Row = ListedAsk | AskRow;

/** Fields that a list has of every ask, by the names that they have in a document. */
const inList = [
  "id",
  "run",
  "kind",
  "role",
  "to",
  "severity",
  "raisedAt",
  "deadline",
  "acknowledged",
] as const satisfies readonly (keyof ListedAsk)[];

function isWhole(ask: Row): ask is AskRow {
  return "question" in ask;
}

async function openAsks(
  context: Context,
  store: StoreReader,
  name: string | undefined,
  limit: number | undefined,
): Promise<readonly Row[]> {
  const filter = {
    ...(name === undefined ? {} : { run: (await findRun(store, name)).id }),
    ...(limit === undefined ? {} : { limit }),
  };
  return showsWhole(context) ? store.asks({ ...filter, state: "open" }) : store.listAsks(filter);
}

function showsWhole({ output }: Context): boolean {
  if (output.fields === null) return !output.terminal;
  const listed: readonly string[] = output.terminal ? [...inList, "question"] : inList;
  return !output.fields.every((name) => listed.includes(name));
}

async function wholeAsk(store: Pick<StoreReader, "ask">, ask: Row): Promise<AskRow> {
  return isWhole(ask) ? ask : ((await store.ask(ask.id)) as AskRow);
}

function show(context: Context, waiting: readonly Row[], over: readonly AskRow[], left: readonly LeftRun[]): void {
  showList(context, {
    schema: "cadre.inbox/1",
    key: "asks",
    rows: waiting,
    columns: columns(Date.now()),
    record: (ask) =>
      isWhole(ask) ? askRecord(ask, systemClock) : Object.fromEntries(inList.map((name) => [name, ask[name]])),
    empty: "nothing waits for you",
    more: {
      ...(over.length === 0 ? {} : { expired: over.map((ask) => expiredRecord(context, ask)) }),
      ...(left.length === 0 ? {} : { left: leftRecords(context, left) }),
    },
  });
  for (const ask of over) {
    const what = mayExpire(ask)
      ? `expired ${timeText(ask.deadline ?? "")}; its role is told and may propose it again`
      : `was not answered by ${timeText(ask.deadline ?? "")}; it goes up to ${visible(ask.seat?.bump ?? "")}`;
    context.output.note(`${ask.id} (${visible(ask.role)}: ${visible(ask.topic)}) ${what}`);
    context.output.note(`  ${context.command(`resume ${ask.run}`)}`);
  }
  noteLeft(context, left);
}

async function tellMore(context: Context, store: Pick<StoreReader, "countOpenAsks">, shown: number): Promise<void> {
  const more = (await store.countOpenAsks()) - shown;
  if (more > 0)
    context.output.note(`the oldest ${shown} are shown; ${more} more with ${context.command("inbox --limit <n>")}`);
}

/** Whoever looks first after the time makes the decision; where nothing can be written, the next one does. */
async function decideAll(context: Context, asks: readonly AskRow[]): Promise<void> {
  const { openStore } = await import("../../store/open.ts");
  try {
    const store = openStore({ file: join(context.data, "cadre.db"), clock: systemClock });
    try {
      for (const ask of asks) await decideByClock(store, ask, systemClock);
    } finally {
      store.close();
    }
  } catch (error) {
    if (!isCadreError(error)) throw error;
  }
}

function expiredRecord(context: Context, ask: AskRow): Record<string, unknown> {
  return {
    id: ask.id,
    run: ask.run,
    deadline: ask.deadline,
    bumpedTo: mayExpire(ask) ? null : (ask.seat?.bump ?? null),
    next: [{ command: context.command(`resume ${ask.run}`) }],
  };
}

function hint(context: Context, first: AskRow, many: number): void {
  context.output.note("");
  context.output.note(many === 1 ? "Decide with" : "The oldest is decided with");
  const [show, ...others] = [
    { command: context.command(`show ${first.id}`), what: "the whole ask" },
    ...commandsForAsk(first, context.command),
  ];
  for (const next of [show, ...others.slice(-1)]) {
    if (next) for (const line of commandLines(next, context.output)) context.output.note(line);
  }
}

function waitsWords({ raisedAt, acknowledged }: Row, now: number): string {
  const since = sinceWords(raisedAt, now);
  return !acknowledged ? since : `${since}, seen by ${visible(acknowledged.by)}`;
}

function questionOf(ask: Row): string {
  return isWhole(ask) ? ask.question : ask.headline;
}

function ruleOf(ask: Row): AskRow["rule"] | null {
  return isWhole(ask) ? ask.rule : null;
}

function columns(now: number): readonly ListColumn<Row>[] {
  return [
    { key: "id", title: "ask", value: (ask) => ask.id },
    { key: "run", title: "run", value: (ask) => ask.run, onlyPiped: true },
    { key: "kind", title: "kind", value: (ask) => ask.kind, text: (ask) => ask.kind.replace("_", "-") },
    { key: "role", title: "role", value: (ask) => ask.role },
    { key: "to", title: "for", value: (ask) => ask.to, onlyPiped: true },
    {
      key: "question",
      title: "question",
      value: questionOf,
      text: (ask) => visible(ask.to === USER ? questionOf(ask) : `(${ask.to}) ${questionOf(ask)}`),
      brief: (ask) => visible(questionOf(ask).split("\n")[0] ?? ""),
      flexible: true,
    },
    {
      key: "severity",
      title: "severity",
      value: (ask) => ask.severity,
      style: (ask) => (ask.severity === "high" || ask.severity === "critical" ? "red" : "yellow"),
    },
    { key: "raisedAt", title: "waits", value: (ask) => ask.raisedAt, brief: (ask) => waitsWords(ask, now) },
    {
      key: "deadline",
      title: "due",
      value: (ask) => ask.deadline,
      text: (ask) => ask.deadline ?? "",
      brief: (ask) => (ask.deadline === null ? "" : untilWords(ask.deadline, now)),
      style: (ask) => (isOverdue(ask, now) ? "red" : "dim"),
    },
    {
      key: "rule",
      title: "rule",
      value: ruleOf,
      text: (ask) => {
        const rule = ruleOf(ask);
        return rule === null ? "" : `${visible(rule.purpose)} (${visible(rule.file)}:${rule.line})`;
      },
      onlyPiped: true,
    },
    {
      key: "acknowledged",
      title: "seen by",
      value: (ask) => ask.acknowledged ?? null,
      text: (ask) => visible(ask.acknowledged?.by ?? ""),
      onlyPiped: true,
    },
  ];
}
