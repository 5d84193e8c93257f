/** `cadre runs`: the runs, newest first. */
import type { AskRow, RunRow, RunStatus } from "../../store/ports.ts";
import { visible } from "../../views/escape.ts";
import type { Context } from "../context.ts";
import { choice, count, option, type Input } from "../input.ts";
import { showList, type ListColumn } from "../list.ts";
import { withReader } from "../open.ts";
import { statusStyle } from "../outcome.ts";
import { sinceWords } from "../words-of-time.ts";

const statuses = ["running", "waiting", "finished", "failed", "stopped"] as const satisfies readonly RunStatus[];

type Row = { readonly run: RunRow; readonly asks: readonly AskRow[] };

export function runs(context: Context, input: Input): Promise<number> {
  const status = option(input, "status") === undefined ? undefined : choice(input, "status", statuses, "running");
  const limit = count(input, "limit", "--limit");
  return withReader(context, async (store) => {
    const rows = await store.runs({ ...(status ? { status } : {}), ...(limit === undefined ? {} : { limit }) });
    const open = await store.asks({ state: "open" });
    const list = rows.map((run): Row => ({ run, asks: open.filter((ask) => ask.run === run.id) }));
    showList(context, {
      schema: "cadre.runs/1",
      key: "runs",
      rows: list,
      columns: columns(Date.now()),
      empty: `no runs here yet; start one: ${context.command("run briefs/<brief>.md")}`,
    });
    return 0;
  });
}

function columns(now: number): readonly ListColumn<Row>[] {
  return [
    { key: "id", title: "run", value: ({ run }) => run.id },
    { key: "status", title: "status", value: ({ run }) => run.status, style: ({ run }) => statusStyle[run.status] },
    {
      key: "brief",
      title: "brief",
      value: ({ run }) => run.title,
      text: ({ run }) => visible(run.title),
      flexible: true,
    },
    { key: "entry", title: "entry", value: ({ run }) => run.entry },
    {
      key: "startedAt",
      title: "started",
      value: ({ run }) => run.startedAt,
      brief: ({ run }) => sinceWords(run.startedAt, now),
    },
    {
      key: "waitingFor",
      title: "waits for",
      value: ({ asks }) => asks.map((ask) => ({ ask: ask.id, kind: ask.kind, role: ask.role, to: ask.to })),
      text: ({ asks }) => asks.map((ask) => `${ask.id} ${visible(ask.role)}: ${visible(ask.topic)}`).join(", "),
      style: () => "yellow",
    },
    {
      key: "rehearsal",
      title: "",
      value: ({ run }) => run.rehearsal,
      text: ({ run }) => (run.rehearsal ? "rehearsal" : "model"),
    },
  ];
}
