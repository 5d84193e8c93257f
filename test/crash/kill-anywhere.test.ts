/**
 * D1 D2 D3: kill -9 at a random moment, resume, and the run ends as if nothing had happened. Kills fall anywhere between the first
 * line of output and the last, in `run`, in `answer` and in `approve`. `CADRE_CRASH_SEEDS` sets how many seeds (default 50).
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { cadre, type Ended } from "../fixtures/cli.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const seeds = Number(process.env["CADRE_CRASH_SEEDS"] ?? 50);
const brief = "briefs/vietnamese-reviews.md";
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function project(): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-crash-"));
  folders.push(folder);
  for (const part of ["modes", "graphs", "briefs"])
    cpSync(join(repository, part), join(folder, part), { recursive: true });
  return folder;
}

/** A small generator of our own, so that a seed names a kill: mulberry32, 0 <= x < 1. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
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

async function openAsk(cwd: string): Promise<{ id: string; kind: string } | undefined> {
  const { stdout } = await cadre(["inbox", "--json"], { cwd });
  return (JSON.parse(stdout) as { asks: { id: string; kind: string }[] }).asks[0];
}

/** `resume` until nobody was killed any more: it must reach the ask, or the end. */
async function settled(cwd: string): Promise<Ended> {
  const ended = await cadre(["resume", "@latest", "--json"], { cwd });
  expect(ended.stderr).not.toContain("internal");
  return ended;
}

type Step = { kind: string; from: string; to: string | null; text: string; rule: unknown };

/** Everything that must be the same: the trace and the files, without ids, times and durations. */
async function story(cwd: string): Promise<unknown> {
  const trace = JSON.parse((await cadre(["trace", "@latest", "--json"], { cwd })).stdout) as {
    run: string;
    steps: Step[];
  };
  const plain = (text: string): string =>
    text
      .replaceAll(trace.run, "RUN")
      .replaceAll(/\ba-[0-9a-f]{6}-/g, "a-RUN-")
      .replaceAll(/\d+(\.\d+)? ms\b/g, "MS")
      .replaceAll(/(latency[^|\n]*?[|=] *)\d+(\.\d+)?/g, "$1MS");
  const steps = trace.steps.map((step) => [step.kind, step.from, step.to, plain(step.text), step.rule]);
  const root = join(cwd, ".cadre", "workspaces", trace.run, "tree", "deliverables");
  const files = readdirSync(root, { recursive: true }).map(String).toSorted();
  return {
    steps,
    files: files.map((file) => [file, plain(readFileSync(join(root, file), "utf8")).replaceAll(/\d+\.\d+/g, "N")]),
  };
}

/** The ledger: no completed effect may have been attempted again. */
async function verified(cwd: string): Promise<void> {
  const { code, stdout } = await cadre(["verify", "--json"], { cwd });
  expect({ code, stdout }).toMatchObject({ code: 0 });
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

let undisturbed: Promise<unknown> | undefined;

async function reference(): Promise<unknown> {
  undisturbed ??= (async () => {
    const cwd = project();
    await drive(cwd, null);
    return story(cwd);
  })();
  return undisturbed;
}

test.concurrent.each(Array.from({ length: seeds }, (_, seed) => seed + 1))(
  "D3 seed %i: killed and resumed, the run ends as an undisturbed one",
  { timeout: 120_000 },
  async (seed) => {
    const next = random(seed);
    const cwd = project();
    let kills = 0;
    await drive(cwd, async (phase, args) => {
      // Two of three seeds are killed in `run`, the others later; some twice.
      if (next() < (phase === 0 ? 0.34 : 0.4) && !(phase === 2 && kills === 0)) return cadre(args, { cwd });
      kills += 1;
      // Line 1 names the run: before it there is nothing yet that could be resumed.
      return killed(args, cwd, 1 + Math.floor(next() * 18), Math.floor(next() * 25));
    });
    await verified(cwd);
    expect(await story(cwd)).toEqual(await reference());
  },
);
