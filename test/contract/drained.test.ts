/** A program that uses `openCadre` drains a run by one signal and interrupts it by another; both leave a run that goes on as if nothing had been. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { reply, scriptedModel, type Script } from "../../src/testing.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const workflow = `export const workflow = { name: "writing", entry: "technical-writer", signOff: false };\n`;
const clean: (() => unknown)[] = [];
afterEach(() => {
  for (const each of clean.splice(0).toReversed()) each();
});

function project(script: Script): { cadre: Cadre; dir: string; calls: () => number } {
  const folder = shippedProject({ "graphs/writing.ts": workflow });
  rmSync(join(folder.dir, "graphs", "feature-workflow.ts"));
  const model = scriptedModel(script, { tier: "endpoint" });
  const cadre = openCadre({ dir: folder.dir, model });
  clean.push(
    () => folder.remove(),
    () => cadre.close(),
  );
  return { cadre, dir: folder.dir, calls: () => model.calls() };
}

const brief = readBrief("Write a page.", null).brief as Brief;
const write = reply.call("write_to_file", { path: "page.md", content: "words\n" });
const done = reply.call("attempt_completion", { summary: "written", criteria: [], artifacts: [], limitations: [] });

test("D2 a drain ends after the step under way, and what was proposed waits for the next advance", async () => {
  const drain = new AbortController();
  const { cadre, calls } = project((_request, { turn }) => {
    if (turn === 0) drain.abort();
    return turn === 0 ? write : done;
  });
  const run = await cadre.start(brief, { by: "tester" });
  expect((await cadre.advance(run.id, { drain: drain.signal })).status).toBe("drained");
  expect(calls()).toBe(1);
  expect(existsSync(join(run.workspace, "page.md"))).toBe(false);
  expect((await cadre.store.lines(run.id))[0]?.owner).toBeNull();
  expect((await cadre.advance(run.id)).status).toBe("finished");
  expect(calls()).toBe(2);
  expect(readFileSync(join(run.workspace, "page.md"), "utf8")).toBe("words\n");
  const outcomes = (await cadre.store.runEvents(run.id)).flatMap(({ event }) =>
    event.type === "turn_taken" || event.type === "action_done" ? [event.outcome] : [],
  );
  expect(outcomes).toEqual(["executed", "executed", "executed"]);
  expect((await cadre.verify(run.id)).problems).toEqual([]);
});

test("D2 an interruption ends at once, and the call that it cut off is made again and shown as that", async () => {
  const now = new AbortController();
  const { cadre, calls } = project(async (_request, { n, turn }) => {
    if (n === 1) {
      now.abort();
      await new Promise(() => undefined); // a reply that never comes
    }
    return turn === 0 ? write : done;
  });
  const run = await cadre.start(brief, { by: "tester" });
  await expect(cadre.advance(run.id, { signal: now.signal })).rejects.toMatchObject({ code: "interrupted" });
  expect((await cadre.store.lines(run.id))[0]?.owner).toBeNull();
  expect((await cadre.store.run(run.id))?.status).toBe("running");
  expect((await cadre.advance(run.id)).status).toBe("finished");
  expect(calls()).toBe(3);
  const [turn] = (await cadre.store.runEvents(run.id)).flatMap(({ event }) =>
    event.type === "turn_taken" ? [event] : [],
  );
  expect(turn?.outcome).toBe("repeated");
  expect((await cadre.store.run(run.id))?.counters.modelCalls).toBe(3);
});

test("a signal that was given before the advance moves nothing", async () => {
  const { cadre, calls } = project(() => done);
  const run = await cadre.start(brief, { by: "tester" });
  expect((await cadre.advance(run.id, { drain: AbortSignal.abort() })).status).toBe("drained");
  await expect(cadre.advance(run.id, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "interrupted" });
  expect(calls()).toBe(0);
  expect((await cadre.advance(run.id)).status).toBe("finished");
});

test("a brief that is refused for an input that is not there leaves no workspace behind", async () => {
  const { cadre, dir } = project(() => done);
  mkdirSync(join(dir, "data"));
  writeFileSync(join(dir, "data/there.csv"), "a\n");
  const inputs = ["data/there.csv", "data/missing.csv"].map((path) => ({ path, description: "" }));
  await expect(cadre.start({ ...brief, inputs }, { by: "tester" })).rejects.toMatchObject({
    code: "brief-invalid",
    message: expect.stringContaining("data/missing.csv") as string,
  });
  const left = readdirSync(join(cadre.data, "workspaces")).filter((name) => name !== ".contents");
  expect(left).toEqual([]);
  expect(await cadre.store.runs()).toEqual([]);
  expect((await cadre.start({ ...brief, inputs: inputs.slice(0, 1) }, { by: "tester" })).status).toBe("running");
});
