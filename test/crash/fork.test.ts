/**
 * D1 D2 D3 D7: kill -9 before the nth call that changes a file while a run is forked and begins to move. Either there is no new run, or it
 * is whole, has its workspace as it was at the cut, and ends as an undisturbed one; the other run is as it was.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { RunId } from "../../src/ids.ts";
import {
  brief,
  commandSandbox,
  finish,
  snapshot,
  teamModel,
  writeProject,
  type Deed,
} from "../fixtures/forked-project.ts";
import { bundleOf } from "./child-bundle.ts";
import { atScale, scale, spread } from "./scale.ts";

const hasStrace = spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace) console.warn("SKIPPED: no strace here, so no fork is killed at chosen system calls");

const deeds: readonly Deed[] = [
  { do: "write", path: "notes/a.md", content: "one (end)\n" },
  { do: "command", argv: ["chmod", "notes/a.md"], free: true },
  { do: "escalate" },
  { do: "change", path: "notes/a.md", content: "two" },
];
const changing = ["write", "pwrite64", "fsync", "fdatasync", "rename", "mkdir", "symlink", "ftruncate"] as const;

/** How many kills of each kind the quick test does. */
const quick: Readonly<Partial<Record<(typeof changing)[number], number>>> = {
  pwrite64: 2,
  rename: 2,
  fsync: 1,
  mkdir: 1,
};

type Prepared = { readonly dir: string; readonly run: RunId; readonly ask: string; readonly held: unknown };

function opened(dir: string): Cadre {
  return openCadre({ dir, model: teamModel(deeds), sandbox: commandSandbox });
}

/** A run that waits for its escalation. */
async function prepared(): Promise<Prepared> {
  const dir = mkdtempSync(join(tmpdir(), "cadre-fork-crash-"));
  writeProject(dir);
  const cadre = opened(dir);
  const { id: run, workspace } = await cadre.start(brief, { by: "tester" });
  const [asked] = (await cadre.advance(run)).asks;
  cadre.close();
  return { dir, run, ask: asked!.id, held: snapshot(workspace) };
}

const strace = (call: string): string[] => ["-qq", "-e", "signal=none", "-e", `trace=${call}`];

/** True where the process was killed. */
function forkedUnder(path: string, { run, ask }: Prepared, dir: string, under: readonly string[]): boolean {
  const args = [...under, process.execPath, path, dir, run, ask, JSON.stringify(deeds)];
  const { signal, status, stderr } = spawnSync("strace", args, { encoding: "utf8" });
  if (signal === null && status !== 0 && status !== 137) throw new Error(stderr);
  return signal === "SIGKILL" || status === 137;
}

function copyOf({ dir }: Prepared): string {
  const copy = mkdtempSync(join(tmpdir(), "cadre-fork-crash-"));
  cpSync(dir, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

async function look(dir: string, { run, held }: Prepared): Promise<"no run" | "a run"> {
  const cadre = opened(dir);
  try {
    const [newest] = await cadre.store.runs({ limit: 1 });
    expect((await cadre.verifyAll()).ok).toBe(true);
    if (!newest || newest.id === run) return "no run";
    expect(newest.past).toMatchObject({ line: `${run}.1` });
    expect(snapshot(join(dir, ".cadre/workspaces", newest.id, "tree"))).toEqual(held);
    expect(await finish(cadre, newest.id)).toBe("finished");
    expect((await cadre.verifyAll()).ok).toBe(true);
    return "a run";
  } finally {
    cadre.close();
  }
}

test.skipIf(!hasStrace)(
  "D2 D8 a fork that is killed anywhere is no run at all, or a whole one that goes on to its end",
  { timeout: 3_600_000 },
  async () => {
    const path = await bundleOf("test/fixtures/forker-child.ts");
    const project = await prepared();
    const seen = { killed: 0, "no run": 0, "a run": 0 };
    try {
      const log = join(project.dir, "calls.log");
      const whole = copyOf(project);
      forkedUnder(path, project, whole, [...strace(changing.join(",")), "-o", log]);
      expect(await look(whole, project)).toBe("a run");
      rmSync(whole, { recursive: true, force: true });
      const names = readFileSync(log, "utf8").split("\n").map((line) => line.slice(0, line.indexOf("("))); // prettier-ignore
      for (const call of changing) {
        const last = names.filter((name) => name === call).length;
        const many = atScale({ quick: quick[call] ?? 0, large: 8, full: last });
        if (last === 0 || many === 0) continue;
        for (const n of spread(1, last, many)) {
          const dir = copyOf(project);
          const killed = forkedUnder(path, project, dir, [...strace(call), "-o", "/dev/null", "-e", `inject=${call}:signal=KILL:when=${n}`]); // prettier-ignore
          seen.killed += killed ? 1 : 0;
          seen[await look(dir, project)] += 1;
          rmSync(dir, { recursive: true, force: true });
        }
      }
    } finally {
      rmSync(project.dir, { recursive: true, force: true });
    }
    expect(seen.killed).toBeGreaterThan(4);
    expect(seen["no run"]).toBeGreaterThan(0);
    expect(seen["a run"]).toBeGreaterThan(0);
    if (scale !== "quick") console.log("forks killed:", seen);
  },
);
