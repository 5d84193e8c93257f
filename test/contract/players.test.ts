/** Who plays a run's roles, over its whole life (`src/run/player.ts`): nothing changes from a model to the rehearsal, or back, without a word. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { reply, scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { renderTrace, traceSteps } from "../../src/views/trace/trace.ts";
import { writeMcpProject } from "../fixtures/mcp-project.ts";

let dir: string;
const open: Cadre[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-players-"));
  writeMcpProject(dir);
  rmSync(join(dir, "cadre.yaml"));
});
afterEach(() => {
  for (const cadre of open.splice(0)) cadre.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Left out: what the files say. */
function project(model?: ScriptedModel): Cadre {
  const cadre = openCadre({ dir, ...(model ? { model } : {}) });
  open.push(cadre);
  return cadre;
}

const question = reply.call("ask_followup_question", { question: "How long?", options: ["short"] });
const report = reply.call("attempt_completion", {
  summary: "done",
  criteria: [],
  artifacts: [],
  measurements: [],
  limitations: [],
});
const own = (id: string, says = [question, report]) => scriptedModel(says, { id, tier: "endpoint" });

async function asked(cadre: Cadre) {
  const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  const { asks } = await cadre.advance(run.id);
  expect(asks).toHaveLength(1);
  return { run, ask: asks[0]! };
}

const answer = { verb: "answer", text: "short", by: "tester", face: "test" } as const;

test("Y1 a run that a program began with a model of its own does not go on as a rehearsal; it does with the program, and nothing was lost", async () => {
  const program = project(own("house/model"));
  const { run, ask } = await asked(program);
  expect(run.rehearsal).toBe(false);
  const elsewhere = project();
  await elsewhere.decide(ask.id, answer);
  await expect(elsewhere.advance(run.id)).rejects.toMatchObject({
    code: "model-unknown",
    message: `${run.id} was begun with a model (house/model) that nothing here names: it does not go on as a rehearsal`,
    hint: expect.stringContaining(`cadre fork ${run.id} --at <step> --model <model>`) as string,
  });
  // The answer was taken up all the same, and no turn was taken.
  const turns = async () =>
    (await program.store.runEvents(run.id)).flatMap(({ event }) => (event.type === "turn_taken" ? [event.model] : []));
  expect(await turns()).toEqual(["house/model"]);
  expect((await program.advance(run.id)).status).toBe("finished");
  expect(await turns()).toEqual(["house/model", "house/model"]);
  expect((await program.verify(run.id)).problems).toEqual([]);
});

test("Y1 with another model, or as a rehearsal, another run goes on from there and says so", async () => {
  const { run, ask } = await asked(project(own("house/model")));
  const elsewhere = project();
  const fork = await elsewhere.fork(run.id, { at: ask.id, by: "tester", model: "rehearsal" });
  expect([fork.rehearsal, fork.model]).toEqual([true, "rehearsal"]);
  const again = (await elsewhere.advance(fork.id)).asks[0]!;
  await elsewhere.decide(again.id, answer);
  await elsewhere.advance(fork.id);
  const steps = traceSteps(await elsewhere.store.runEvents(fork.id));
  expect(steps.filter(({ playedBefore }) => playedBefore !== null)).toMatchObject([
    { from: "hand", model: "rehearsal", playedBefore: "house/model (endpoint)" },
  ]);
  expect((await elsewhere.verify(fork.id)).problems).toEqual([]);
});

test("Y2 a rehearsal stays one, although cadre.yaml names a model by now", async () => {
  const rehearsed = project();
  const run = await rehearsed.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  expect([run.rehearsal, run.model]).toEqual([true, "rehearsal"]);
  const away = { tier: "endpoint", url: "http://127.0.0.1:9/v1", model: "m" };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ models: { away }, map: { default: "away" } }));
  const later = project();
  await later.advance(run.id);
  const tiers = (await later.store.runEvents(run.id)).flatMap(({ event }) =>
    event.type === "turn_taken" ? [event.tier] : [],
  );
  expect(new Set(tiers)).toEqual(new Set(["rehearsal"]));
});

test("a role that comes to be played by another model says so in the trace, without more being asked for, and in the journal", async () => {
  const { run, ask } = await asked(project(own("house/model")));
  const other = project(own("other/model", [report]));
  await other.decide(ask.id, answer);
  expect((await other.advance(run.id)).status).toBe("finished");
  const words = "played by other/model from here on, by house/model (endpoint) until now";
  const text = renderTrace(traceSteps(await other.store.runEvents(run.id)), {
    width: null,
    colour: false,
    verbose: false,
  });
  expect(text.split("\n").filter((line) => line.includes("played by"))).toEqual([expect.stringContaining(words)]);
  expect(readFileSync(join(dir, "journal", run.id, "README.md"), "utf8")).toContain(`| · | **hand** is ${words} |`);
});
