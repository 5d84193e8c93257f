/** Six kinds of failure, injected into the real tools, take the routes that the shipped chart's purposes declare; the rehearsal chooses. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hashOf } from "../../src/canonical.ts";
import { CadreError, type ErrorCode } from "../../src/errors.ts";
import type { Brief } from "../../src/briefs/brief.ts";
import type { ModelSource } from "../../src/models/served-model.ts";
import { rehearse } from "../../src/models/rehearsal/rehearsal.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { toolCatalogue } from "../../src/tools/catalogue.ts";
import { commandFailure, dataFailure, modelFailure, type FailureClass } from "../../src/tools/failure.ts";
import { evaluateModelsTool } from "../../src/tools/evaluate/evaluate-models.ts";
import type { Sandbox, SandboxOutcome } from "../../src/tools/sandbox/sandbox.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness } from "../fixtures/line-harness.ts";

const root = join(import.meta.dirname, "../..");
const modes = readdirSync(join(root, "modes"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => readFileSync(join(root, "modes", name), "utf8"));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-faults-"));
  mkdirSync(join(folder, "workspace/data"), { recursive: true });
  cpSync(join(root, "briefs/data/vietnamese-reviews.csv"), join(folder, "workspace/data/reviews.csv"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Fault = {
  readonly code?: ErrorCode;
  readonly data?: string;
  readonly command?: { readonly exitCode: number; readonly output: string; readonly outOfMemory?: boolean };
};

/** A model that fails as it is told to, beside the candidates that were asked for. */
function failing(code: ErrorCode): { tool: Tool; models: ModelSource } {
  const models: ModelSource = {
    names: async () => [{ name: "faulty", id: "org/faulty", task: "chat" }],
    open: async () => ({
      name: "faulty",
      id: "org/faulty",
      model: "org/faulty",
      origin: "http://127.0.0.1:1",
      local: true,
      tier: "endpoint",
      task: "chat",
      about: {},
      price: null,
      terms: { price: null, source: "", gpus: null, longestMs: 1000 },
      how: () => "chat",
      tokens: () => 1,
      ask: async () => {
        throw new CadreError(code, "as injected.");
      },
    }),
  };
  const tool = evaluateModelsTool as Tool;
  const with_ = (args: unknown): unknown => ({ ...(args as object), candidates: ["majority-class", "faulty"] });
  return {
    models,
    tool: {
      ...tool,
      needs: async () => ({ modelCalls: 0, tokens: 0 }),
      run: (context, args, facts) => tool.run(context, with_(args), facts),
    },
  };
}

function sandboxOf(command: Fault["command"]): Sandbox {
  const outcome: SandboxOutcome = {
    started: true,
    exitCode: command?.exitCode ?? 0,
    ended: "by itself",
    outOfMemory: command?.outOfMemory ?? false,
    ms: 1,
    enforced: { memory: "cgroup v2", processes: "cgroup v2" },
    removed: [],
  };
  return {
    available: () => ({ yes: true }),
    run: async (_command, _limits, { onOutput }) => {
      onOutput(Buffer.from(command?.output ?? ""));
      return outcome;
    },
  };
}

async function walked(
  fault: Fault,
): Promise<{ line: LineHarness; escalated: { to: string; topic: string | undefined }[] }> {
  if (fault.data !== undefined) writeFileSync(join(folder, "workspace/data/reviews.csv"), fault.data);
  const { tool, models } = failing(fault.code ?? "model-busy");
  const all = new Map(toolCatalogue({ sandbox: sandboxOf(fault.command) }));
  // The harness has no project, and so no knowledge.
  for (const name of all.keys()) if (name.includes("knowledge")) all.delete(name);
  if (fault.code !== undefined) all.set("evaluate_models", tool);
  const brief: Partial<Brief> = {
    title: "Sorting reviews",
    task: "Sort customer reviews into three classes.",
    acceptance: [
      { id: "A1", text: "Candidates are compared by macro-F1." },
      ...(fault.command
        ? [{ id: "A2", text: "A Python module compiles and passes its tests, with exit code 0." }]
        : []),
    ],
    inputs: [{ path: "data/reviews.csv", description: "labelled sample, columns text and label" }],
  };
  const line = new LineHarness({
    modes,
    workflow: {
      entry: "huggingface-specialist",
      signOff: false,
      grants: { "huggingface-specialist": ["inference"] },
      commands: { allow: [["python3", "..."]] },
    },
    tools: [...all.values()],
    models,
    brief,
    takesUp: false,
    workspaces: {
      create: async () => ({ path: folder, baseline: { source: { kind: "empty" }, files: {}, skipped: [] } }),
      path: () => join(folder, "workspace"),
      changes: async () => ({ files: [], hash: hashOf([]) }),
      versions: async () => ({ before: null, after: "x" }),
      apply: async () => undefined,
      record: async () => null,
    },
    say: (request) => rehearse(request),
  });
  await line.start();
  expect((await verifyRun(line.store, line.run)).problems).toEqual([]);
  const escalated = (await line.ofType("frame_opened"))
    .filter((event) => event.kind === "escalation" && event.from === "huggingface-specialist")
    .map((event) => ({ to: event.to, topic: event.question?.topic }));
  return { line, escalated };
}

const broken = `${readFileSync(join(root, "briefs/data/vietnamese-reviews.csv"), "utf8").trim()}
Nobody has labelled this one,
`;

test.each<[FailureClass, Fault, string]>([
  ["model-loading", { code: "model-unreachable" }, "devops-lead"],
  ["inference", { code: "model-malformed" }, "ai-ml-lead"],
  [
    "dependency",
    { command: { exitCode: 127, output: "bwrap: execvp python3: No such file or directory\n" } },
    "devops-lead",
  ],
  ["performance", { code: "model-timeout" }, "technical-architect"],
  ["data-format", { data: broken }, "backend-lead"],
  ["resource-exhaustion", { code: "model-busy" }, "project-manager"],
])("a failure of the kind %s goes to the role whose purpose names it", async (kind, fault, expected) => {
  const { line, escalated } = await walked(fault);
  const failures = (await line.ofType("action_done")).flatMap((event) =>
    event.results.flatMap((each) => each.failure ?? []),
  );
  expect(failures.map((each) => each.class)).toContain(kind);
  expect(failures[0]?.checks.some((check) => check.found === "wrong")).toBe(true);
  expect(escalated).toContainEqual({ to: expected, topic: kind.replaceAll("-", " ") });
});

test("where Python is not there, the report says that the module was not tried", async () => {
  const { line } = await walked({
    command: { exitCode: 127, output: "bwrap: execvp python3: No such file or directory\n" },
  });
  const report = (await line.ofType("run_ended"))[0]?.report;
  expect(report?.limitations).toContain("The Python module was not tried: The program is not there.");
});

describe("kinds are told from what was seen", () => {
  const ended = { ended: "by itself", outOfMemory: false, exitCode: 1, output: "" } as const;
  test.each<[string, ReturnType<typeof commandFailure>, FailureClass | undefined]>([
    [
      "a module that is missing",
      commandFailure({ ...ended, output: "ModuleNotFoundError: No module named 'torch'" }),
      "dependency",
    ],
    [
      "versions that clash",
      commandFailure({ ...ended, output: "pkg_resources.VersionConflict: (torch 1)" }),
      "dependency",
    ],
    ["memory", commandFailure({ ...ended, outOfMemory: true }), "resource-exhaustion"],
    [
      "memory of a GPU",
      commandFailure({ ...ended, output: "torch.OutOfMemoryError: CUDA out of memory." }),
      "resource-exhaustion",
    ],
    [
      "a full disk",
      commandFailure({ ...ended, output: "OSError: [Errno 28] No space left on device" }),
      "resource-exhaustion",
    ],
    ["a command that hangs", commandFailure({ ...ended, exitCode: null, ended: "timeout" }), "performance"],
    ["tests that fail are of no kind", commandFailure({ ...ended, output: "FAILED (failures=1)" }), undefined],
    ["a command that went well", commandFailure({ ...ended, exitCode: 0, output: "No module named 'x'" }), undefined],
    ["a token that is not accepted", modelFailure("model-auth", "x"), "model-loading"],
    ["an answer that was cut off", modelFailure("model-truncated", "x"), "inference"],
    ["a stopped run is of no kind", modelFailure("interrupted", "x"), undefined],
    ["a column that is not there", dataFailure('s.csv:1: there is no column "text"'), "data-format"],
  ])("%s", (_what, failure, kind) => {
    expect(failure?.class).toBe(kind);
    if (failure) expect(failure.checks.filter((check) => check.found === "wrong").length).toBeGreaterThan(0);
  });
});
