/** `run_inference` in a run: through the ledger, the approvals and the chart, like every effect. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { batchArgs, writeInferenceProject } from "../fixtures/inference-project.ts";
import {
  startInferenceServer,
  type InferenceReply,
  type InferenceRequest,
  type InferenceServer,
} from "../fixtures/inference-server.ts";
import { fullReport, modeText } from "../fixtures/line-harness.ts";
import { writeTinyModel } from "../fixtures/tiny-model.ts";
import { callsThenReport } from "../fixtures/mcp-project.ts";

let dir: string;
let open: Cadre[];
let server: InferenceServer;
let reply: (text: string, n: number) => InferenceReply | Promise<InferenceReply>;

const textOf = (request: InferenceRequest): string => (request.json as { inputs: string }).inputs;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "cadre-inference-run-"));
  open = [];
  reply = (text) => ({ json: [[{ label: text, score: 1 }]] });
  server = await startInferenceServer((request, n) => reply(textOf(request), n));
});

afterEach(async () => {
  for (const cadre of open) cadre.close();
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

function project(model: ScriptedModel): Cadre {
  const cadre = openCadre({ dir, model });
  open.push(cadre);
  return cadre;
}

const begin = (cadre: Cadre) => cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });

async function begun(cadre: Cadre): Promise<AdvanceResult> {
  return cadre.advance((await begin(cadre)).id);
}

function told(model: ScriptedModel): string[] {
  return (model.requests.at(-1)?.messages ?? []).flatMap((each) => (each.role === "tool" ? [each.content] : []));
}

test("the answers are a file of the workspace, with a receipt; what was paid for is in the ledger, and the run verifies", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 60 });
  const model = callsThenReport(["run_inference", batchArgs]);
  const cadre = project(model);
  const result = await begun(cadre);
  expect(result.status).toBe("finished");
  expect(told(model)[0]).toContain("60 of 60 items have an answer");
  const changed = await cadre.changes(result.run.id);
  expect(changed.files.map(({ path }) => path)).toEqual(["out.jsonl"]);
  expect(changed.files[0]?.after?.trimEnd().split("\n")).toHaveLength(60);
  // 60 items are 3 chunks, each a paid call.
  expect(result.run.counters.modelCalls).toBe(2 + 3);
  expect((await cadre.verify(result.run.id)).problems).toEqual([]);
});

test("a GGUF of this process answers chats, here and nowhere else, and is refused what it has no shape for", async () => {
  writeInferenceProject(dir, { url: server.url, items: 2 });
  writeTinyModel(join(dir, "tiny.gguf"), { chance: 4 });
  const tiny = { tier: "embedded", file: "tiny.gguf", gpu: false, threads: 1, about: { licence: "mit" } };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ models: { tiny } }));
  const model = callsThenReport(
    ["run_inference", { ...batchArgs, model: "tiny" }],
    ["run_inference", { ...batchArgs, model: "tiny", task: "chat", parameters: { max_tokens: 4 } }],
  );
  const cadre = project(model);
  const result = await begun(cadre);
  expect(result.status).toBe("finished");
  const said = told(model);
  expect(said[0]).toContain(
    "tiny.gguf runs in this process, where text-classification cannot be asked. Use the task `chat`",
  );
  expect(said[1]).toContain("chat by tiny.gguf at this process: 2 of 2 items have an answer");
  expect(said[1]).toContain("2 were cut off at the token limit");
  expect(server.requests).toEqual([]);
  const done = (await cadre.store.runEvents(result.run.id)).flatMap(({ event }) =>
    event.type === "action_done" ? event.results : [],
  );
  expect(done[1]?.receipt?.detail).toMatchObject({ tier: "embedded", origin: "this process", commit: null });
  expect(result.run.counters.tokens).toBeGreaterThan(0);
  expect((await cadre.verify(result.run.id)).problems).toEqual([]);
});

test("R3 a licence that nobody knows waits for a person; once let pass it is not asked again", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3, about: {} });
  const model = callsThenReport(
    ["run_inference", batchArgs],
    ["run_inference", { ...batchArgs, output_file: "two.jsonl" }],
  );
  const cadre = project(model);
  const waiting = await begun(cadre);
  expect(waiting.asks).toMatchObject([
    { kind: "approval", action: { tool: "run_inference", findings: [{ kind: "licence" }] } },
  ]);
  expect(waiting.asks[0]?.question).toContain("the licence of team/model is not known: cadre.yaml has no `hub`");
  expect(server.requests).toEqual([]);
  await cadre.decide(waiting.asks[0]!.id, { verb: "approve", by: "tester", face: "test" });
  const done = await cadre.advance(waiting.run.id);
  expect(done.status).toBe("finished");
  expect(server.requests).toHaveLength(6);
  expect((await cadre.verify(done.run.id)).problems).toEqual([]);
});

test("R3 the edited call is judged by the models of cadre.yaml, in a process that moved nothing before, and is what runs", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3, about: {} });
  const model = callsThenReport(["run_inference", batchArgs]);
  const waiting = await begun(project(model));
  const ask = waiting.asks[0]!;
  const later = project(model);
  const approve = (args: object) =>
    later.decide(ask.id, { verb: "approve", args: { ...batchArgs, ...args }, by: "tester", face: "test" });
  await expect(approve({ model: "n" })).rejects.toMatchObject({
    message: expect.stringContaining("no model of this name in cadre.yaml"),
    hint: `Try: cadre approve ${ask.id} --edit '<json>', with all of the arguments`,
  });
  await approve({ output_file: "edited.jsonl" });
  expect((await later.advance(waiting.run.id)).status).toBe("finished");
  expect((await later.changes(waiting.run.id)).files.map(({ path }) => path)).toContain("edited.jsonl");
});

test("R3 a model is not measured either before somebody let its licence pass", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3, about: {} });
  const rows = Array.from({ length: 40 }, (_, index) => `text ${index},${index % 2 === 0 ? "a" : "b"}`);
  writeFileSync(join(dir, "s.csv"), `text,label\n${rows.join("\n")}\n`);
  const evaluate = (candidates: string[]) => ["evaluate_models", { dataset: "s.csv", candidates }] as const;
  const waiting = await begun(project(callsThenReport(evaluate(["majority-class"]), evaluate(["m"]))));
  expect(waiting.asks).toMatchObject([
    {
      kind: "approval",
      action: { tool: "evaluate_models", args: { candidates: ["m"] }, findings: [{ kind: "licence" }] },
    },
  ]);
  expect(server.requests).toEqual([]);
});

test("a licence that the workflow denies is refused, and nobody is asked", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3, workflow: { licences: { deny: ["mit"] } } });
  const model = callsThenReport(["run_inference", batchArgs]);
  const result = await begun(project(model));
  expect(result.status).toBe("finished");
  expect(told(model)[0]).toContain("team/model is under MIT: the workflow's `licences.deny` names it");
  expect(server.requests).toEqual([]);
});

test("a licence that no table holds is found in the workflow", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3, workflow: { licences: { deny: ["gpl3"] } } });
  await expect(begun(project(callsThenReport()))).rejects.toMatchObject({
    message: expect.stringContaining('names the licence "gpl3" at licences.deny'),
  });
});

test("R2 a role names a model of cadre.yaml, never an address", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3 });
  const model = callsThenReport(
    ["run_inference", { ...batchArgs, model: "hf:team/model" }],
    ["run_inference", { ...batchArgs, model: `${server.url}#m` }],
  );
  await begun(project(model));
  expect(told(model)[0]).toContain("[model-unknown]");
  expect(told(model)[1]).toContain("[model-unknown]");
  expect(server.requests).toEqual([]);
});

test("a large batch asks before it spends more than the run may", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 200, workflow: { limits: { modelCalls: 5 } } });
  const result = await begun(project(callsThenReport(["run_inference", batchArgs])));
  expect(result.asks).toMatchObject([{ kind: "limit" }]);
  expect(server.requests).toEqual([]);
});

test("L2 two lines whose batches look at one moment stop together at the limit, and go on after it is raised without sending an item twice", async () => {
  // Each batch is 4 calls of 25 items; the lead's first call, and one of each worker, are 3 more.
  const limits = { modelCalls: 3 + 5, tokens: 10_000_000, steps: 1000 };
  const workflow = { entry: "lead", grants: { one: ["inference"], two: ["inference"] }, limits };
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 100, workflow });
  for (const [slug, mode] of [
    ["lead", modeText("lead", "020-lead", { delegates: ["one", "two"] })],
    ["one", modeText("one", "030-worker", { escalates: ["lead"] })],
    ["two", modeText("two", "030-worker", { escalates: ["lead"] })],
  ] as const)
    writeFileSync(join(dir, "modes", `${slug}.md`), mode);
  const tasks = ["one", "two"].map((mode) => ({ mode, task: `for ${mode} matters`, acceptance_criteria: ["done"] }));
  const writes = (mode: string): readonly string[] => [`${mode}.jsonl`];
  const model = scriptedModel((request, { role, turn }) => {
    const done = [{ name: "attempt_completion", args: fullReport(role === "lead" ? [] : ["A1"]) }];
    if (turn > 0 || request.messages.some((message) => message.role === "tool")) return { calls: done };
    if (role === "lead")
      return {
        calls: [{ name: "new_tasks", args: { tasks: tasks.map((task) => ({ ...task, writes: writes(task.mode) })) } }],
      };
    return { calls: [{ name: "run_inference", args: { ...batchArgs, output_file: `${role}.jsonl` } }] };
  });
  // No answer before both batches have sent something: then both have looked while nothing was spent.
  const both = Promise.withResolvers<void>();
  reply = async (text, n) => {
    if (n === 2) both.resolve();
    await both.promise;
    return { json: [[{ label: text, score: 1 }]] };
  };
  const cadre = project(model);
  const waiting = await begun(cadre);
  expect(waiting.asks).toMatchObject([{ kind: "limit", limit: { name: "modelCalls", ceiling: 8 } }]);
  expect(waiting.run.counters.modelCalls).toBe(8);
  expect(server.requests).toHaveLength(5 * 25);
  await cadre.decide(waiting.asks[0]!.id, { verb: "approve", args: { to: 30 }, by: "tester", face: "test" });
  const done = await cadre.advance(waiting.run.id);
  expect(done.status).toBe("finished");
  const sent = Map.groupBy(server.requests, textOf);
  expect(sent.size).toBe(100);
  expect([...sent.values()].every((requests) => requests.length === 2)).toBe(true);
  expect(done.run.counters.modelCalls).toBe(1 + 2 * 2 + 8 + 1);
  expect((await cadre.verify(done.run.id)).problems).toEqual([]);
});

test("D3 killed in the middle and resumed, no item is billed twice but those that were under way", async () => {
  const items = 120;
  writeInferenceProject(dir, { url: `${server.url}/x`, items });
  const model = callsThenReport(["run_inference", batchArgs]);
  const cadre = project(model);
  const run = await begin(cadre);
  const program = fileURLToPath(new URL("../fixtures/inference-run-child.ts", import.meta.url));
  const asked = new Map<string, number>();
  const killed = Promise.withResolvers<void>();
  let child: ReturnType<typeof spawn> | undefined;
  reply = (text, n) => {
    asked.set(text, (asked.get(text) ?? 0) + 1);
    if (n === 70) {
      child?.once("exit", () => killed.resolve());
      child?.kill("SIGKILL");
    }
    return { json: [[{ label: text, score: 1 }]] };
  };
  child = spawn(process.execPath, [program, dir, run.id], { stdio: ["ignore", "ignore", "inherit"] });
  await killed.promise;
  const answered = asked.size;
  expect(answered).toBeGreaterThanOrEqual(70);
  expect(answered).toBeLessThan(items);
  const result = await cadre.advance(run.id);
  expect(result.status).toBe("finished");
  const twice = [...asked.values()].filter((times) => times > 1);
  expect(Math.max(...asked.values())).toBeLessThanOrEqual(2);
  expect(twice.length).toBeLessThanOrEqual(16);
  expect(asked.size).toBe(items);
  const changed = await cadre.changes(run.id);
  const lines = (changed.files[0]?.after ?? "")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; output: { label: string }[] });
  expect(lines.map(({ line, output }) => [line, output[0]?.label])).toEqual(
    Array.from({ length: items }, (_, index) => [index + 1, `item ${index}`]),
  );
  // What was noted as sent and never reached the server is told too: only the server knows that.
  const repeated = Number(/(\d+) were sent again after an interruption/.exec(told(model)[0] ?? "")?.[1] ?? 0);
  expect(repeated).toBeGreaterThanOrEqual(twice.length);
  expect(repeated).toBeLessThanOrEqual(16);
  expect((await cadre.verify(run.id)).problems).toEqual([]);
});

test("a preview asks no model", async () => {
  writeInferenceProject(dir, { url: `${server.url}/x`, items: 3 });
  const cadre = project(callsThenReport(["run_inference", batchArgs]));
  await cadre.preview(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  expect(server.requests).toEqual([]);
  expect(existsSync(join(dir, "out.jsonl"))).toBe(false);
  expect(readFileSync(join(dir, "in.jsonl"), "utf8")).toContain("item 0");
});
