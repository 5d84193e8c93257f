/**
 * D1 D2 D3: kill -9 at a random moment, resume, and the run ends as if nothing had happened. Kills fall anywhere between the first
 * line of output and the last, in `run` (two of three seeds), in `answer` or in `approve`, and sometimes twice. `CADRE_CRASH_SEEDS` sets how many seeds (default 4),
 * `CADRE_CRASH_FIRST_SEED` the first of them (default 3, so that four hit each command): one seed can be looked at by itself.
 */
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { AskRow, RunRow } from "../../src/store/rows.ts";
import { cadre, type Ended } from "../fixtures/cli.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";
import type { EndState } from "./end-state.ts";
import { random } from "./random.ts";
import { reviewsEnd } from "./reviews-story.ts";

const seeds = Number(process.env["CADRE_CRASH_SEEDS"] ?? 4);
const firstSeed = Number(process.env["CADRE_CRASH_FIRST_SEED"] ?? 3);
const brief = "briefs/vietnamese-reviews.md";
const folders: ProjectFolder[] = [];

afterAll(() => {
  for (const folder of folders) folder.remove();
});

/** A run measures real latencies: with this ceiling even a machine that is busy with other things meets the criterion. */
const patient = readFileSync(new URL(`../../${brief}`, import.meta.url), "utf8").replace("200 ms", "200000 ms");

function project(): string {
  const folder = shippedProject({ [brief]: patient });
  folders.push(folder);
  return folder.dir;
}

/** Runs a command and kills it some moments after its nth line. */
function killed(args: readonly string[], cwd: string, afterLines: number, delayMs: number): Promise<Ended> {
  let lines = 0;
  return cadre(args, {
    cwd,
    onLine: (_line, child) => {
      lines += 1;
      if (lines === afterLines) setTimeout(() => child.kill("SIGKILL"), delayMs);
    },
  });
}

/** Looks into the store from here: a process more for each question would only cost time. */
async function look<Answer>(cwd: string, question: (cadre: Cadre) => Promise<Answer>): Promise<Answer> {
  const opened = openCadre({ dir: cwd });
  try {
    return await question(opened);
  } finally {
    opened.close();
  }
}

function openAsk(cwd: string): Promise<AskRow | undefined> {
  return look(cwd, async ({ store }) => (await store.asks({ state: "open" }))[0]);
}

async function onlyRun({ store }: Cadre): Promise<RunRow> {
  const runs = await store.runs();
  expect(runs).toHaveLength(1);
  return runs[0] as RunRow;
}

/** `resume` until nobody was killed any more: it must reach the ask, or the end. */
async function settled(cwd: string): Promise<Ended> {
  const ended = await cadre(["resume", "@latest", "--json"], { cwd });
  expect(ended.stderr).not.toContain("internal");
  return ended;
}

/** Everything that must be the same: events, trace, journal, workspace, ledger. */
function story(cwd: string): Promise<EndState> {
  return look(cwd, async (opened) => reviewsEnd(opened, await onlyRun(opened)));
}

/** The chain, the routes and the approvals hold; and no effect of a tool was tried twice. */
function verified(cwd: string): Promise<void> {
  return look(cwd, async (opened) => {
    const run = await onlyRun(opened);
    expect((await opened.verify(run.id)).problems).toEqual([]);
    const effects = await opened.store.effects(run.id);
    expect(effects.filter((effect) => effect.outcome === null)).toEqual([]);
    const done = (await opened.store.runEvents(run.id))
      .map((stored) => stored.event)
      .filter((event) => event.type === "action_done" && event.hash !== null);
    expect(done).toHaveLength(effects.filter((effect) => effect.kind === "tool").length);
  });
}

const commands: Record<string, (id: string) => string[]> = {
  escalation: (id) => ["answer", id, "1", "--as", "tester", "--json"],
  sign_off: (id) => ["approve", id, "--as", "tester", "--json"],
};

async function drive(
  cwd: string,
  kill: ((phase: number, args: readonly string[]) => Promise<Ended>) | null,
): Promise<void> {
  const run = ["run", brief, "--as", "tester", "--json"];
  let phase = 0;
  const go = (args: readonly string[]): Promise<Ended> => (kill ? kill(phase, args) : cadre(args, { cwd }));
  let ended = await go(run);
  for (let rounds = 0; rounds < 12; rounds += 1) {
    if (ended.signal === "SIGKILL") ended = await settled(cwd);
    if (ended.code === 0) return;
    expect(ended).toMatchObject({ code: 8 });
    const ask = await openAsk(cwd);
    // A killed `answer` may have decided already: then there is only the run to go on with.
    phase += 1;
    ended = ask ? await go(commands[ask.kind]!(ask.id)) : await settled(cwd);
  }
  throw new Error("the run does not end");
}

/** About how many lines `run`, `answer` and `approve` print. */
const linesOf = [18, 16, 3];
let reached = 0;

let undisturbed: Promise<EndState> | undefined;

async function reference(): Promise<EndState> {
  undisturbed ??= (async () => {
    const cwd = project();
    await drive(cwd, null);
    return story(cwd);
  })();
  return undisturbed;
}

test.concurrent.each(Array.from({ length: seeds }, (_, index) => firstSeed + index))(
  "D3 seed %i: killed and resumed, the run ends as an undisturbed one",
  { timeout: 600_000 },
  async (seed) => {
    const next = random(seed);
    const cwd = project();
    const first = seed % 3 === 0 ? 1 + ((seed / 3) % 2) : 0;
    let kills = 0;
    await drive(cwd, async (phase, args) => {
      if (phase !== first && next() > 0.2) return cadre(args, { cwd });
      // Line 1 names the run: before it there is nothing yet that could be resumed.
      const ended = await killed(args, cwd, 1 + Math.floor(next() * (linesOf[phase] ?? 2)), Math.floor(next() * 25));
      if (ended.signal === "SIGKILL") kills += 1;
      return ended;
    });
    reached += kills;
    await verified(cwd);
    expect(await story(cwd)).toEqual(await reference());
  },
);

test("most of the kills hit a process that was at work", () => {
  expect(reached).toBeGreaterThanOrEqual(Math.floor(seeds * 0.6));
});
