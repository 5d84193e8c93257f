/** A training is started by nobody before a question about it was answered in the run (`src/tools/training.ts`). */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import type { Event } from "../../src/events/event.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { executeCommandTool } from "../../src/tools/command-tools.ts";
import type { Sandbox } from "../../src/tools/sandbox/sandbox.ts";
import { startsTraining } from "../../src/tools/training.ts";
import { LineHarness, call, fullReport, modeText, type Say } from "../fixtures/line-harness.ts";

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["user"], groups: ["command", "completion"] }),
  modeText("worker", "030-worker", { escalates: ["lead"], reports: ["lead"], groups: ["command", "completion"] }),
];
const train = ["python3", "scripts/run.py", "--config", "datasets/reviews/3fa2/training.yaml"];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-training-"));
  mkdirSync(join(folder, "workspace"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lineFor(worker: readonly ReturnType<Say>[], ran: string[][]): LineHarness {
  const sandbox: Sandbox = {
    available: () => ({ yes: true }),
    run: async ({ argv }) => {
      ran.push([...argv]);
      return {
        started: true,
        exitCode: 0,
        ended: "by itself",
        outOfMemory: false,
        ms: 1,
        enforced: { memory: "cgroup v2", processes: "cgroup v2" },
        removed: [],
      };
    },
  };
  const turns = new Map<string, number>();
  const lead = [
    [call("new_task", { mode: "worker", task: "for worker matters", acceptance_criteria: ["done"] }, "l1")],
    [call("attempt_completion", { decision: "Yes, once, on the GPU that we have", reason: "it is worth it" }, "l2")],
    [call("attempt_completion", fullReport(), "l3")],
    [call("attempt_completion", fullReport(), "l4")],
  ];
  return new LineHarness({
    modes,
    // Even a command that the workflow lets pass is put to a person where it trains.
    workflow: { entry: "lead", signOff: false, commands: { allow: [train] } },
    tools: [executeCommandTool(sandbox)],
    workspaces: {
      create: async () => ({ path: folder, baseline: { source: { kind: "empty" }, files: {}, skipped: [] } }),
      path: () => join(folder, "workspace"),
      record: async () => null,
      changes: async () => ({ files: [], hash: hashOf([]) }),
      versions: async () => ({ before: null, after: null }),
      apply: async () => undefined,
    },
    say: (request, role, all) => {
      const answering = request.tools.some((tool) => "decision" in ((tool.schema["properties"] as object) ?? {}));
      if (role === "lead") return answering ? lead[1]! : turnOf(turns, "lead") === 0 ? lead[0]! : lead[2]!;
      return worker[turnOf(turns, "worker")] ?? [call("attempt_completion", fullReport(), `w${all}`)];
    },
  });
  function turnOf(seen: Map<string, number>, role: string): number {
    const turn = seen.get(role) ?? 0;
    seen.set(role, turn + 1);
    return turn;
  }
}

const start = (id: string) => [call("execute_command", { command: train }, id)];
const ask = (topic: string) => [
  call(
    "escalate",
    {
      to: "lead",
      question: `May we go on with ${topic}?`,
      topic,
      severity: "high",
      tried: "measured",
      options: ["no", "yes"],
    },
    "ask",
  ),
];
const refusals = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.type === "refused" ? [event.reason] : []));

test("without an answered question it is refused, and nothing runs", async () => {
  const ran: string[][] = [];
  const line = lineFor([start("w1"), start("w2")], ran);
  expect(await line.start()).toBe("ended");
  expect(ran).toEqual([]);
  expect(refusals(await line.events())).toEqual([
    expect.stringContaining(
      "it would start a training (it reads datasets/reviews/3fa2/training.yaml), and nobody has decided that",
    ),
    expect.stringContaining("escalate whether to train"),
  ]);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test("an answer to something else decides nothing", async () => {
  const ran: string[][] = [];
  const line = lineFor([ask("the name of the folder"), start("w2")], ran);
  expect(await line.start()).toBe("ended");
  expect(ran).toEqual([]);
  expect(refusals(await line.events())).toHaveLength(1);
});

test("with an answer a person sees it in what they approve, although the workflow lets the command pass; then it runs", async () => {
  const ran: string[][] = [];
  const line = lineFor([ask("fine-tuning strategy"), start("w2")], ran);
  expect(await line.start()).toBe("waiting");
  expect(ran).toEqual([]);
  const [open] = await line.store.asks({ run: line.run, state: "open" });
  expect(open?.kind).toBe("approval");
  expect(open?.question).toContain("on “fine-tuning strategy” lead decided: Yes, once, on the GPU that we have");
  await line.decide("approve", "");
  expect(await line.advance()).toBe("ended");
  expect(ran).toEqual([train]);
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
});

test.each<[string[], boolean]>([
  [["python3", "run.py", "--config=conf/training.yml"], true],
  [["python3", "scripts/train_model.py"], true],
  [["python3", "-m", "finetune.main"], true],
  [["python3", "-m", "accelerate.commands.launch", "x.py"], true],
  [["accelerate", "launch", "run.py"], true],
  [["torchrun", "run.py"], true],
  [["bash", "fine-tune.sh"], true],
  [["bash", "-c", "cd work && python3 train.py"], true],
  [["sh", "-lc", "CUDA_VISIBLE_DEVICES=0 torchrun run.py"], true],
  [["sh", "-c", "sh -c 'python3 run.py < training.yaml'"], true],
  [["env", "HF_HOME=cache", "accelerate", "launch", "run.py"], true],
  [["timeout", "10m", "uv", "run", "trl", "sft"], true],
  [["python3", "-m", "torch.distributed.run", "run.py"], true],
  [["./train"], true],
  [["make", "train"], true],
  [["npm", "run", "fine-tune"], true],
  [["sh", "-c", "sh -c ".repeat(20_000)], false],
  [["bash", "-c", "pip show accelerate && grep -c trl requirements.txt"], false],
  [["env"], false],
  [["make", "test"], false],
  [["python3", "-m", "unittest", "discover"], false],
  [["python3", "restrain.py"], false],
  [["cat", "training.md"], false],
  [["python3", "constrained.py", "--strain", "1"], false],
])("%j trains: %s", (command, trains) => {
  expect(startsTraining(command) !== null).toBe(trains);
});
