/** Runs that go on from a cut in another one's log: what they share, what they ask, what verify finds. DESIGN §5 "Fork", D3, D7, D8, D9, R3, R4. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SQLite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { CadreError } from "../../src/errors.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { RunId } from "../../src/ids.ts";
import type { RunRow } from "../../src/store/rows.ts";
import { usageOf } from "../../src/views/cost.ts";
import { runOutcome } from "../../src/views/outcome.ts";
import { traceSteps, type TraceStep } from "../../src/views/trace/trace.ts";
import {
  brief,
  commandSandbox,
  finish,
  snapshot,
  teamModel,
  writeProject,
  type Deed,
} from "../fixtures/forked-project.ts";

const deeds: readonly Deed[] = [
  { do: "write", path: "notes/a.md", content: "one (end)\n" },
  { do: "command", argv: ["chmod", "notes/a.md"], free: true },
  { do: "escalate" },
  { do: "change", path: "notes/a.md", content: "two" },
  { do: "command", argv: ["remove", "docs"], free: false },
];

type Project = { readonly dir: string; readonly cadre: Cadre; readonly run: RunRow };

async function project(script: readonly Deed[] = deeds): Promise<Project> {
  const dir = mkdtempSync(join(tmpdir(), "cadre-fork-"));
  writeProject(dir);
  const cadre = openCadre({ dir, model: teamModel(script), sandbox: commandSandbox });
  onTestFinished(() => {
    cadre.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return { dir, cadre, run: await cadre.start(brief, { by: "tester" }) };
}

async function stepsOf(cadre: Cadre, run: RunId): Promise<TraceStep[]> {
  return traceSteps(await cadre.store.runEvents(run));
}

async function askOf(cadre: Cadre, run: RunId, kind: string): Promise<TraceStep> {
  const found = (await stepsOf(cadre, run)).find((step) => step.kind === "ask" && step.ask?.kind === kind);
  if (!found) throw new Error(`${run} asked no ${kind}`);
  return found;
}

test("R4 an ask at the cut is put again under an id of its own, and both runs are answered by themselves", async () => {
  const { cadre, run } = await project();
  const [asked] = (await cadre.advance(run.id)).asks;
  const fork = await cadre.fork(run.id, { at: asked!.id, by: "other" });
  const [again] = (await cadre.advance(fork.id)).asks;
  expect(again).toMatchObject({ question: asked!.question, kind: "escalation", state: "open", role: asked!.role });
  expect(again!.id).not.toBe(asked!.id);
  expect((await cadre.store.ask(asked!.id))?.state).toBe("open");
  expect(await finish(cadre, fork.id, "right")).toBe("finished");
  expect((await cadre.store.ask(asked!.id))?.state).toBe("open");
  expect(await finish(cadre, run.id, "left")).toBe("finished");
  for (const { id } of [run, fork]) expect((await cadre.verify(id)).problems).toEqual([]);
  const answers = async (id: RunId): Promise<string[]> =>
    (await stepsOf(cadre, id)).flatMap((step) => (step.ask?.kind === "escalation" && step.ask.by ? [step.text] : []));
  expect([await answers(run.id), await answers(fork.id)]).toEqual([["left"], ["right"]]);
});

test("R3 R4 an action that a person is asked about is proposed and asked about again; what the other run's person said is no leave here", async () => {
  const { cadre, run } = await project();
  await finish(cadre, run.id);
  const asked = await askOf(cadre, run.id, "approval");
  const fork = await cadre.fork(run.id, { at: asked.n, by: "other" });
  const [again] = (await cadre.advance(fork.id)).asks;
  expect(again).toMatchObject({ kind: "approval", state: "open" });
  expect(snapshot(fork.workspace)["notes/a.md"]).toBe("executable one (end)\n");
  await cadre.decide(again!.id, { verb: "reject", text: "not so", by: "other", face: "test" });
  expect(await finish(cadre, fork.id)).toBe("finished");
  expect(snapshot(fork.workspace)["notes/a.md"]).toBe("executable one (end)\n");
  expect(snapshot(run.workspace)["notes/a.md"]).toBe("executable one two\n(end)\n");
  expect((await cadre.verify(fork.id)).problems).toEqual([]);
});

test("D3 no step can be named that lies between a person's leave and the act", async () => {
  const { cadre, run } = await project();
  await finish(cadre, run.id);
  const steps = await stepsOf(cadre, run.id);
  const done = steps.find((step) => step.kind === "tool" && step.text.startsWith("apply_diff"));
  await expect(cadre.planFork(run.id, { at: done!.n, by: "other" })).rejects.toMatchObject({
    code: "fork-refused",
    message: expect.stringContaining("a person had approved an action that was not done yet") as string,
    hint: expect.stringMatching(
      /Nearest: `cadre fork r-\w+ --at \d+` .*; `cadre fork .* --at \d+` .*All steps that work: /,
    ) as string,
  });
  await expect(cadre.planFork(run.id, { at: 1, by: "other" })).rejects.toMatchObject({ hint: expect.stringContaining("begins anew") as string }); // prettier-ignore
  await expect(cadre.planFork(run.id, { at: "f999", by: "other" })).rejects.toMatchObject({ code: "fork-refused" });
});

test("D8 while tasks are worked on beside each other there is no cut; once they are closed, what they wrote is there", async () => {
  const { cadre, run } = await project([{ do: "together", folders: ["one", "two"] }, ...deeds]);
  await finish(cadre, run.id);
  const steps = await stepsOf(cadre, run.id);
  const inside = steps.find((step) => step.line !== `${run.id}.1` && step.kind === "tool");
  await expect(cadre.planFork(run.id, { at: inside!.n, by: "other" })).rejects.toMatchObject({
    code: "fork-refused",
    message: expect.stringContaining("worked on beside others") as string,
  });
  // What the refusal says to do can be done.
  const { hint = "" } = (await cadre
    .planFork(run.id, { at: inside!.n, by: "other" })
    .catch((error: CadreError) => error)) as CadreError;
  const named = [...hint.matchAll(/`cadre fork (\S+) --at (\d+)`/g)];
  expect(named.map(([, of]) => of)).toEqual([run.id, run.id]);
  for (const [, , at = ""] of named)
    expect(await cadre.planFork(run.id, { at, by: "other" })).toMatchObject({ of: run.id });
  const asked = await askOf(cadre, run.id, "escalation");
  const fork = await cadre.fork(run.id, { at: asked.n, by: "other" });
  expect(snapshot(fork.workspace)).toMatchObject({
    "one/own.md": "file one (end)\n",
    "two/made.txt": "executable made",
    "docs/link.md": "link input.md",
    "bin/tool.sh": "executable #!/bin/sh\necho tool\n",
  });
  expect(await finish(cadre, fork.id)).toBe("finished");
  expect((await cadre.verify(fork.id)).problems).toEqual([]);
  const lines = new Set((await cadre.store.runEvents(fork.id)).map(({ line }) => line));
  expect([...lines].some((line) => line.startsWith(`${run.id}.1.`))).toBe(true);
});

test("D7 what is shared is stored once, and its money is counted once", async () => {
  const { cadre, run } = await project();
  await finish(cadre, run.id);
  const events = (await cadre.store.runEvents(run.id)).length;
  const asked = await askOf(cadre, run.id, "escalation");
  const before = await cadre.store.counts();
  const fork = await cadre.fork(run.id, { at: asked.n, by: "other" });
  expect((await cadre.store.counts()).events).toBe(before.events);
  await finish(cadre, fork.id);
  const own = (await cadre.store.counts()).events - before.events;
  const all = await cadre.store.runEvents(fork.id);
  const plan = await cadre.planFork(run.id, { at: asked.n, by: "other" });
  expect(all.length).toBe(plan.length + own);
  const calls = (await cadre.store.effects(fork.id)).filter(({ kind }) => kind === "model").length;
  const outcome = runOutcome(all);
  expect([usageOf(all).calls, outcome.past?.usage.calls]).toEqual([calls, plan.sharedCalls + plan.sharedTurns]);
  expect(outcome).toMatchObject({ run: fork.id, past: { run: run.id, step: plan.after } });
  expect((await cadre.store.run(fork.id))?.counters.modelCalls).toBe(calls);
  expect(all.map(({ seq }) => seq)).toEqual(all.map(({ seq }) => seq).toSorted((a, b) => a - b));
  for (const after of [0, 3, events]) {
    const cursor = all[after]?.seq ?? 0;
    expect(await cadre.store.runEvents(fork.id, cursor)).toEqual(all.filter(({ seq }) => seq > cursor));
  }
});

test("D8 a run that goes on from one that went on from another is whole, and so is one from what those two share", async () => {
  const { cadre, run } = await project();
  await cadre.advance(run.id);
  const first = await cadre.fork(run.id, { by: "other" });
  await finish(cadre, first.id);
  const steps = await stepsOf(cadre, first.id);
  const late = steps.findLast((step) => step.kind === "ask" && step.ask?.kind === "approval");
  const early = steps.find((step) => step.kind === "tool");
  for (const at of [late!.n, early!.n]) {
    const second = await cadre.fork(first.id, { at, by: "third" });
    expect((await cadre.verify(second.id)).problems).toEqual([]);
    expect(await finish(cadre, second.id)).toBe("finished");
    expect((await cadre.verify(second.id)).problems).toEqual([]);
  }
  expect((await cadre.verifyAll()).ok).toBe(true);
});

test("D9 another chart is adopted only where the roles at work are in it", async () => {
  const { dir, cadre, run } = await project();
  const [asked] = (await cadre.advance(run.id)).asks;
  const mode = join(dir, "modes/lead.md");
  const text = readFileSync(mode, "utf8");
  writeFileSync(mode, text.replace("You are lead.", "You are the lead of another chart."));
  const adopted = await cadre.fork(run.id, { at: asked!.id, chart: "adopt", by: "other" });
  expect(adopted.chart).not.toBe(run.chart);
  expect(await finish(cadre, adopted.id)).toBe("finished");
  expect((await cadre.verify(adopted.id)).problems).toEqual([]);
  const kept = await cadre.fork(run.id, { at: asked!.id, by: "other" });
  expect(kept.chart).toBe(run.chart);
  const [first] = (await cadre.advance(kept.id)).asks;
  await cadre.decide(first!.id, { verb: "answer", text: "left", by: "other", face: "test" });
  expect((await cadre.advance(kept.id)).asks).toMatchObject([{ kind: "chart" }]);
  for (const [slug, line] of [["worker", /^ {2}- worker .*\n/m]] as const) {
    writeFileSync(mode, text.replace(line, ""));
    rmSync(join(dir, `modes/${slug}.md`));
  }
  await expect(cadre.planFork(run.id, { at: asked!.id, chart: "adopt", by: "other" })).rejects.toMatchObject({
    code: "fork-refused",
    message: expect.stringContaining("worker is at work and no longer in it") as string,
  });
});

test("a run that was stopped is retried from its last step; one that goes on, or is done, is not", async () => {
  const { cadre, run } = await project();
  await cadre.advance(run.id);
  await expect(cadre.retry(run.id, { by: "other" })).rejects.toMatchObject({
    code: "fork-refused",
    hint: expect.stringContaining(`cadre resume ${run.id}`) as string,
  });
  await cadre.stop(run.id, "tester");
  const again = await cadre.retry(run.id, { by: "other" });
  expect((await cadre.advance(again.id)).asks).toMatchObject([{ kind: "escalation", run: again.id }]);
  expect(await finish(cadre, again.id)).toBe("finished");
  expect((await cadre.verify(again.id)).problems).toEqual([]);
  await expect(cadre.retry(again.id, { by: "other" })).rejects.toMatchObject({ code: "fork-refused" });
});

test("a file whose content then is nowhere any more is named, and nothing is made", async () => {
  const { dir, cadre, run } = await project();
  await finish(cadre, run.id);
  const change = (await cadre.store.runEvents(run.id))
    .flatMap(({ event }) => (event.type === "action_done" ? event.results : []))
    .find(({ tool }) => tool === "write_to_file");
  const hash = change?.receipt?.files[0]?.after ?? "";
  const kept = join(dir, ".cadre/workspaces/.contents", hash.slice(0, 2), hash.slice(2));
  expect(statSync(kept).isFile()).toBe(true);
  rmSync(kept);
  const asked = await askOf(cadre, run.id, "approval");
  const runs = (await cadre.store.counts()).runs;
  await expect(cadre.fork(run.id, { at: asked.n, by: "other" })).rejects.toMatchObject({
    code: "fork-refused",
    message: expect.stringContaining("notes/a.md") as string,
  });
  expect((await cadre.store.counts()).runs).toBe(runs);
});

test("D8 a past that was changed or taken away is named by the run that goes on from it, and nothing goes on from it", async () => {
  const { dir, cadre, run } = await project();
  const [asked] = (await cadre.advance(run.id)).asks;
  const fork = await cadre.fork(run.id, { at: asked!.id, by: "other" });
  await cadre.advance(fork.id);
  const tampered = async (change: (db: SQLite.Database) => void): Promise<string[]> => {
    const db = new SQLite(join(dir, ".cadre/cadre.db"));
    db.pragma("foreign_keys = OFF");
    const copy = join(dir, "copy.db");
    rmSync(copy, { force: true });
    db.prepare("VACUUM INTO ?").run(copy);
    db.close();
    const broken = new SQLite(copy);
    broken.pragma("foreign_keys = OFF");
    change(broken);
    broken.close();
    const data = mkdtempSync(join(dir, "data-"));
    writeFileSync(join(data, "cadre.db"), readFileSync(copy));
    const other = openCadre({ dir, data, readOnly: true });
    try {
      const found = await other.verifyAll({ runs: [fork.id], onRun: ({ problems }) => void lines.push(...problems.map(({ what }) => what)) }); // prettier-ignore
      return [...found.problems.map(({ what }) => what), ...lines.splice(0)];
    } finally {
      other.close();
    }
  };
  const lines: string[] = [];
  const main = `${run.id}.1`;
  expect(await tampered(() => undefined)).toEqual([]);
  const changed = (db: SQLite.Database): void =>
    void db.prepare("UPDATE events SET body = replace(body, 'Which', 'What') WHERE line = ?").run(main);
  expect((await tampered(changed)).join()).toContain("does not match its hash");
  const gone = (db: SQLite.Database): void => {
    db.prepare("DELETE FROM events WHERE line = ?").run(main);
    db.prepare("DELETE FROM lines WHERE id = ?").run(main);
  };
  expect((await tampered(gone)).join()).toContain(`what ${fork.id}.1 goes on from is missing`);
  const moved = (db: SQLite.Database): void =>
    void db.prepare("UPDATE lines SET cut = cut - 1 WHERE id = ?").run(`${fork.id}.1`);
  expect((await tampered(moved)).join()).toMatch(/is missing|does not match/);
  const forged = (db: SQLite.Database): void =>
    void db.prepare("UPDATE lines SET origin = NULL, cut = 0 WHERE id = ?").run(`${fork.id}.1`);
  expect((await tampered(forged)).join()).toMatch(/is missing/);
});
