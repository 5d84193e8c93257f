/**
 * Runs that nobody moves and that wait for nobody: a process ended in the middle of them, or an approval expired. No ask names them, so
 * lists do, with what they were left at and the command that goes on.
 */
import { askId } from "../ids.ts";
import type { ListedRun } from "../store/listings.ts";
import type { StoreReader } from "../store/open-reader.ts";
import { mayExpire } from "../store/expiry.ts";
import type { AskRow } from "../store/rows.ts";
import { timeText } from "../views/escalations.ts";
import { visible } from "../views/escape.ts";
import type { Context } from "./context.ts";
import { leftRuns } from "./find-run.ts";

/** So many are looked for. */
const most = 20;
/** So many are named to a person. */
const named = 3;

export type LeftRun = Pick<ListedRun, "id" | "title"> & {
  /** What was decided and not taken up yet. */
  readonly decided: readonly AskRow[];
};

/** Newest first. */
export async function findLeft(store: StoreReader, now: number): Promise<readonly LeftRun[]> {
  const runs = await leftRuns(store, await store.listRuns({ status: "running", limit: most }), now);
  return Promise.all(runs.map(async ({ id, title }) => ({ id, title, decided: await notTakenUp(store, id) })));
}

/** Asks that are the last thing that their line tells of. */
async function notTakenUp(store: StoreReader, run: ListedRun["id"]): Promise<readonly AskRow[]> {
  const lines = await store.lines(run);
  const last = await Promise.all(lines.map(({ id, length }) => store.ask(askId(id, length - 1))));
  return last.filter((ask) => ask !== undefined).filter((ask) => ask.state === "decided");
}

function words({ kind, role, topic, deadline, decision }: AskRow): string {
  const what = `${kind.replace("_", "-")} (${visible(role)}: ${visible(topic)})`;
  if (decision?.face !== "clock") return `its ${what} was decided, and nothing has followed yet`;
  return mayExpire({ kind })
    ? `its ${what} expired ${timeText(deadline ?? "")}; the role is told once it goes on`
    : `its ${what} was not answered by ${timeText(deadline ?? "")}; it goes up once it goes on`;
}

/** As a document has them. */
export function leftRecords({ command }: Context, left: readonly LeftRun[]): readonly Record<string, unknown>[] {
  return left.map(({ id, title, decided }) => ({
    run: id,
    brief: title,
    decided: decided.map((ask) => ({ ask: ask.id, kind: ask.kind, verb: ask.decision?.verb, at: ask.decision?.at })),
    next: [{ command: command(`resume ${id}`) }],
  }));
}

export function noteLeft({ command, output }: Context, left: readonly LeftRun[]): void {
  for (const { id, title, decided } of left.slice(0, named)) {
    output.note(`${id} was left in the middle: ${visible(title)}`);
    for (const ask of decided) output.note(`  ${words(ask)}`);
    output.note(`  ${command(`resume ${id}`)}`);
  }
  if (left.length > named) output.note(`and others: ${command("runs --status running")}`);
}
