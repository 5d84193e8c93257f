/**
 * Runs that nobody moves and that wait for nobody: a process ended in the middle of them, or an approval expired. No ask names them, so
 * lists do, with the command that goes on.
 */
import type { ListedRun } from "../store/listings.ts";
import type { StoreReader } from "../store/open-reader.ts";
import { visible } from "../views/escape.ts";
import type { Context } from "./context.ts";
import { leftRuns } from "./find-run.ts";

/** So many are looked for. */
const most = 20;
/** So many are named to a person. */
const named = 3;

export type LeftRun = Pick<ListedRun, "id" | "title">;

/** Newest first. */
export async function findLeft(store: StoreReader, now: number): Promise<readonly LeftRun[]> {
  return leftRuns(store, await store.listRuns({ status: "running", limit: most }), now);
}

/** As a document has them. */
export function leftRecords({ command }: Context, left: readonly LeftRun[]): readonly Record<string, unknown>[] {
  return left.map(({ id, title }) => ({ run: id, brief: title, next: [{ command: command(`resume ${id}`) }] }));
}

export function noteLeft({ command, output }: Context, left: readonly LeftRun[]): void {
  for (const { id, title } of left.slice(0, named)) {
    output.note(`${id} was left in the middle: ${visible(title)}`);
    output.note(`  ${command(`resume ${id}`)}`);
  }
  if (left.length > named) output.note(`and others: ${command("runs --status running")}`);
}
