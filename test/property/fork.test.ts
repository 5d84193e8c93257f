/** From any point of any history: a run that goes on from there, or a reason why none can. DESIGN §5 "Fork", D3, D7, D8. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { isCadreError } from "../../src/errors.ts";
import { mainLine, type RunId } from "../../src/ids.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import {
  brief,
  commandSandbox,
  decideAll,
  finish,
  snapshot,
  teamModel,
  writeProject,
  type Deed,
} from "../fixtures/forked-project.ts";

const histories = Number(process.env["CADRE_FORKS"] ?? 2);

const path = fc.constantFrom("notes/a.md", "notes/b.md", "docs/input.md", "bin/tool.sh");
const content = fc.constantFrom("one (end)\n", "two\n(end)\n", "");
const argv = fc.oneof(
  fc.tuple(fc.constant("write"), path, fc.constantFrom("by command", "(end)")),
  fc.tuple(fc.constantFrom("remove", "chmod"), fc.constantFrom("notes", "notes/a.md", "docs/link.md")),
  fc.tuple(fc.constant("link"), fc.constant("notes/link"), fc.constant("a.md")),
  fc.tuple(fc.constant("folder"), fc.constant("empty/inside")),
);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ do: fc.constant("write" as const), path, content }),
  fc.record({ do: fc.constant("change" as const), path, content }),
  fc.record({ do: fc.constant("command" as const), argv, free: fc.boolean() }),
  fc.record({ do: fc.constant("read" as const), path }),
  fc.record({ do: fc.constantFrom("escalate" as const, "ask" as const, "stray" as const) }),
  fc.record({ do: fc.constant("together" as const), folders: fc.constantFrom(["one"], ["one", "two"]) }),
);

type History = {
  readonly cadre: Cadre;
  readonly run: RunId;
  /** By how many events of the main line there were: what the workspace held right then. */
  readonly held: ReadonlyMap<number, unknown>;
};

async function withHistory(deeds: readonly Deed[], stopAt: number, body: (history: History) => Promise<void>) {
  const dir = mkdtempSync(join(tmpdir(), "cadre-fork-"));
  writeProject(dir);
  const cadre = openCadre({ dir, model: teamModel(deeds), sandbox: commandSandbox });
  try {
    const { id: run, workspace } = await cadre.start(brief, { by: "tester" });
    const held = new Map<number, unknown>();
    const advance = cadre.advance.bind(cadre);
    const watched: Cadre = {
      ...cadre,
      advance: (which) =>
        advance(which, {
          onEvent: ({ line, index }) => {
            if (line === mainLine(run)) held.set(index + 1, snapshot(workspace));
          },
        }),
    };
    for (let waits = 0; ; waits += 1) {
      const { status, asks } = await watched.advance(run);
      if (status !== "waiting") break;
      if (waits === stopAt) await cadre.stop(run, "tester");
      else await decideAll(cadre, asks);
    }
    await body({ cadre, run, held });
  } finally {
    cadre.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

test(
  "D8 every step of any history is done anew by a run that is whole, starts from the same files and ends, or is refused with a reason",
  async () => {
    let made = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { minLength: 1, maxLength: 6 }),
        fc.nat({ max: 6 }),
        fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
        async (deeds, stopAt, picks) =>
          withHistory(deeds, stopAt, async ({ cadre, run, held }) => {
            const steps = traceSteps(await cadre.store.runEvents(run));
            const before = (await cadre.store.runEvents(run)).map(({ hash }) => hash);
            const chosen = new Set(picks.map((pick) => steps[pick % steps.length]?.n ?? 1));
            const works = new Set<unknown>();
            const named = new Set<unknown>();
            for (const { n } of steps) {
              let plan;
              try {
                plan = await cadre.planFork(run, { at: n, by: "other" });
              } catch (error) {
                if (!isCadreError(error, "fork-refused")) throw error;
                expect(error.hint).toMatch(/Nearest: |begins anew/);
                for (const [, at] of (error.hint ?? "").matchAll(/`cadre fork \S+ --at (\d+)`/g)) named.add(Number(at));
                for (const at of error.data["steps"] as number[]) named.add(at);
                refused += 1;
                continue;
              }
              works.add(n);
              if (!chosen.has(n)) continue;
              made += 1;
              const fork = await cadre.fork(run, { at: n, by: "other" });
              expect(snapshot(fork.workspace)).toEqual(held.get(plan.length));
              expect((await cadre.verify(fork.id)).problems).toEqual([]);
              expect(await finish(cadre, fork.id)).toBe("finished");
              expect((await cadre.verify(fork.id)).problems).toEqual([]);
              const keys = (await cadre.store.effects(fork.id)).map(({ key }) => key);
              expect(keys.filter((key) => !key.startsWith(fork.id))).toEqual([]);
            }
            // What a refusal says to do can be done.
            expect([...named].filter((at) => !works.has(at))).toEqual([]);
            expect((await cadre.store.runEvents(run)).map(({ hash }) => hash)).toEqual(before);
            expect((await cadre.verify(run)).problems).toEqual([]);
          }),
      ),
      { numRuns: histories },
    );
    expect(made).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  },
  30_000 + histories * 30_000,
);
