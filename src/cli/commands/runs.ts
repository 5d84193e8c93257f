/** `cadre runs`: the runs, newest first. */
import type { ListedRun } from "../../store/listings.ts";
import type { RunStatus } from "../../store/rows.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { choice, count, option, type Input } from "../input.ts";
import { findLeft, leftRecords, noteLeft } from "../left-runs.ts";
import { pageOf, showList, type ListColumn } from "../list.ts";
import { withReader } from "../open.ts";
import { statusStyle } from "../outcome.ts";
import { sinceWords } from "../words-of-time.ts";

const statuses = ["running", "waiting", "finished", "failed", "stopped"] as const satisfies readonly RunStatus[];

export function runs(context: Context, input: Input): Promise<number> {
  const status = option(input, "status") === undefined ? undefined : choice(input, "status", statuses, "running");
  const limit = count(input, "limit", "--limit");
  return withReader(context, async (store) => {
    const page = limit ?? pageOf(context);
    // One more than is shown tells whether there are more.
    const found = await store.listRuns({
      ...(status ? { status } : {}),
      ...(page === undefined ? {} : { limit: page + 1 }),
    });
    const left = status === undefined || status === "running" ? await findLeft(store, Date.now()) : [];
    showList(context, {
      schema: "cadre.runs/1",
      key: "runs",
      rows: found.slice(0, page),
      columns: columns(Date.now()),
      more: left.length === 0 ? {} : { left: leftRecords(context, left) },
      empty: `no runs here yet; start one: ${context.command("run briefs/<brief>.md")}`,
    });
    if (limit === undefined && page !== undefined && found.length > page)
      context.output.note(`the newest ${page} are shown; more with ${context.command("runs --limit <n>")}`);
    noteLeft(context, left);
    return 0;
  });
}

function columns(now: number): readonly ListColumn<ListedRun>[] {
  return [
    { key: "id", title: "run", value: (run) => run.id },
    { key: "status", title: "status", value: (run) => run.status, style: (run) => statusStyle[run.status] },
    {
      key: "brief",
      title: "brief",
      value: (run) => run.title,
      text: (run) => visible(run.title),
      flexible: true,
    },
    { key: "entry", title: "entry", value: (run) => run.entry },
    {
      key: "startedAt",
      title: "started",
      value: (run) => run.startedAt,
      brief: (run) => sinceWords(run.startedAt, now),
    },
    {
      key: "waitingFor",
      title: "waits for",
      value: ({ asks }) => asks.map((ask) => ({ ask: ask.id, kind: ask.kind, role: ask.role, to: ask.to })),
      text: ({ asks }) => asks.map((ask) => `${ask.id} ${visible(ask.role)}: ${visible(ask.topic)}`).join(", "),
      flexible: true,
      style: () => "yellow",
    },
    {
      key: "rehearsal",
      title: "",
      value: (run) => run.rehearsal,
      text: (run) => (run.rehearsal ? "rehearsal" : "model"),
    },
  ];
}
