/** Finds the run or the ask that a word on the command line means: an id, the unique start of one, `@latest` or `@waiting`. */
import { CadreError, isCadreError } from "../errors.ts";
import { isAskId, isRunId, runOfAsk, type RunId } from "../ids.ts";
import type { Store } from "../store/ports.ts";
import type { AskRow, RunRow, RunStatus } from "../store/rows.ts";
import { visible } from "../views/escape.ts";
import { clip } from "../views/text-width.ts";
import { leaseHolder } from "../store/lease-holder.ts";

/** How many asks an error lists, to choose from. */
const named = 20;

export type RunReader = Pick<Store, "run" | "runs" | "ask" | "asks">;

/** Errors: run-unknown, ask-unknown, ask-ambiguous (several wait). `word` left out: the newest run. */
export async function findRun(store: RunReader, word: string | undefined): Promise<RunRow> {
  const name = word ?? "@latest";
  if (name === "@latest") {
    const [newest] = await store.runs({ limit: 1 });
    if (newest) return newest;
    throw noRuns();
  }
  if (name === "@waiting") return runOf(store, (await theWaiting(store)).run);
  if (isAskId(name)) {
    const ask = await store.ask(name);
    if (ask) return runOf(store, ask.run);
    throw unknownAsk(name);
  }
  return runOf(store, await wholeRunId(store, name));
}

/**
 * What `resume` goes on with when no run is named: the newest that was left in the middle, else the newest. `others`: more of them.
 * Errors: as findRun.
 */
export async function findLeftRun(
  store: RunReader & Pick<Store, "lines">,
  now: number,
): Promise<{ readonly run: RunRow; readonly others: readonly RunRow[] }> {
  const [newest, ...others] = await leftRuns(store, await store.runs({ status: "running", limit: named }), now);
  return newest === undefined ? { run: await findRun(store, undefined), others } : { run: newest, others };
}

/** Those of these runs that nobody moves: they neither wait nor have ended, and stay where they are until somebody resumes them. */
export async function leftRuns<Run extends { readonly id: RunId; readonly status: RunStatus }>(
  store: Pick<Store, "lines">,
  runs: readonly Run[],
  now: number,
): Promise<readonly Run[]> {
  const left: Run[] = [];
  for (const run of runs)
    if (run.status === "running" && (await leaseHolder(store, run.id, now)) === null) left.push(run);
  return left;
}

/** The one ask that a word means; decided ones are found by their own id only. Errors: as findRun, ask-ambiguous. */
export async function findAsk(store: RunReader, word: string): Promise<AskRow> {
  if (isAskId(word)) {
    const ask = await store.ask(word);
    if (ask) return ask;
    throw unknownAsk(word);
  }
  if (word === "@waiting") return theWaiting(store);
  const run = await findRun(store, word).catch((error: unknown) => {
    throw isCadreError(error, "run-unknown") && Object.hasOwn(error.data, "run") && !word.startsWith("@")
      ? unknownName(word)
      : error;
  });
  const open = await store.asks({ run: run.id, state: "open" });
  const [first] = open;
  if (first === undefined) {
    throw new CadreError("ask-unknown", `run ${run.id} is ${run.status} and asks nothing`, {
      hint: `\`npx cadre show ${run.id}\` says where it stands`,
      data: { run: run.id, status: run.status },
    });
  }
  if (open.length > 1) throw ambiguous(`run ${run.id} asks ${open.length} things`, open);
  return first;
}

async function theWaiting(store: RunReader): Promise<AskRow> {
  const open = await store.asks({ state: "open", limit: named + 1 });
  const [first] = open;
  if (first === undefined) {
    throw new CadreError("ask-unknown", "nothing waits for a person", { hint: "`npx cadre runs` lists the runs" });
  }
  if (open.length > named) throw ambiguous(`more than ${named} asks wait`, open.slice(0, named));
  if (open.length > 1) throw ambiguous(`${open.length} asks wait`, open);
  return first;
}

async function wholeRunId(store: RunReader, word: string): Promise<RunId> {
  const name = word.startsWith("r-") ? word : `r-${word}`;
  if (isRunId(name)) return name;
  if (!/^r-[0-9a-f]{2,5}$/.test(name)) throw unknownRun(word);
  const found = (await store.runs()).filter((run) => run.id.startsWith(name));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only.id;
  throw found.length === 0
    ? unknownRun(word)
    : new CadreError("run-unknown", `"${word}" is the start of ${found.length} runs`, {
        hint: `write one of them out: ${found.map((run) => run.id).join(", ")}`,
      });
}

async function runOf(store: RunReader, id: RunId): Promise<RunRow> {
  const run = await store.run(id);
  if (run) return run;
  throw unknownRun(id);
}

function unknownRun(word: string): CadreError {
  return new CadreError("run-unknown", `there is no run ${word} here`, {
    hint: word.startsWith("@")
      ? "@latest is the newest run, @waiting the one that waits; `npx cadre runs` lists them all"
      : "`npx cadre runs` lists them; --dir and --data say where to look",
    data: { run: word },
  });
}

function unknownName(word: string): CadreError {
  return new CadreError("ask-unknown", `neither a run nor an ask is called ${word} here`, {
    hint: "`npx cadre inbox` lists what waits, `npx cadre runs` the runs; --dir and --data say where to look",
    data: { ask: word },
  });
}

function unknownAsk(word: string): CadreError {
  const run = isAskId(word) ? runOfAsk(word) : "@latest";
  return new CadreError("ask-unknown", `there is no ask ${word} here`, {
    hint: `\`npx cadre inbox\` lists the open ones, \`npx cadre show ${run}\` those of its run`,
    data: { ask: word },
  });
}

function noRuns(): CadreError {
  return new CadreError("run-unknown", "there are no runs here yet", {
    hint: "start one: `npx cadre run briefs/<brief>.md`; --dir and --data say where to look",
  });
}

function ambiguous(what: string, open: readonly AskRow[]): CadreError {
  const list = open.map((ask) => `  ${ask.id}  ${ask.role}: ${clip(visible(ask.question), 70)}`);
  return new CadreError("ask-ambiguous", `${what}; say which one`, {
    hint: `name one of these instead:\n${list.join("\n")}`,
    data: { asks: open.map((ask) => ask.id) },
  });
}
