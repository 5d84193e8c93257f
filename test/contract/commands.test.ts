/** A role runs a command: proposed, seen by a person word for word, approved, edited or rejected, and told. R3, R7, R8, RELIABILITY 38. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { RunRow } from "../../src/store/rows.ts";
import { reply, scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { noSandbox, type Sandbox } from "../../src/tools/sandbox/sandbox.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const available = bubblewrap({ node: process.execPath }).available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: commands run end to end: ${missing}`);
const sandboxed = test.skipIf(missing !== null);

const report = { summary: "done", criteria: [], artifacts: [], limitations: [] };
const by = { by: "lead", face: "test" };

type Bench = { readonly cadre: Cadre; readonly run: RunRow; readonly model: ScriptedModel };

async function bench(command: unknown, commands = "", sandbox?: Sandbox): Promise<Bench> {
  const workflow = `export const workflow = { name: "w", entry: "technical-writer", signOff: false, grants: { "technical-writer": ["command"] }, ${commands} };\n`;
  const folder = shippedProject({ "graphs/w.ts": workflow });
  rmSync(join(folder.dir, "graphs", "feature-workflow.ts"));
  const model = scriptedModel({
    "technical-writer": [reply.call("execute_command", command), reply.call("attempt_completion", report)],
  });
  const cadre = openCadre({ dir: folder.dir, model, ...(sandbox ? { sandbox } : {}) });
  onTestFinished(() => {
    cadre.close();
    folder.remove();
  });
  return { cadre, model, run: await cadre.start(readBrief("Do it.", null).brief as Brief, { by: "lead" }) };
}

/** What the model was told of its first call. */
function told({ model }: Bench): string {
  return JSON.stringify(model.requests[1]?.messages.findLast((message) => message.role === "tool"));
}

sandboxed(
  "R3 R7 a person sees the exact argument list, and that is what runs; the receipt says what came of it",
  async () => {
    const command = ["sh", "-c", "echo out; echo err >&2; echo made > made.txt; exit 3"];
    const line = await bench({ command });
    const [ask] = (await line.cadre.advance(line.run.id)).asks;
    expect(ask).toMatchObject({
      kind: "approval",
      action: { tool: "execute_command", args: { command, network: false, timeout_seconds: 60 } },
      rule: { purpose: expect.stringContaining("commands.allow") },
    });
    expect(existsSync(join(line.run.workspace, "made.txt"))).toBe(false);
    await line.cadre.decide(ask!.id, { verb: "approve", ...by });
    expect((await line.cadre.advance(line.run.id)).status).toBe("finished");
    expect(told(line)).toContain("Exit code 3.");
    expect(told(line)).toContain("out\\nerr");
    const done = (await line.cadre.store.runEvents(line.run.id))
      .map(({ event }) => event)
      .find((event) => event.type === "action_done");
    const detail = done?.results[0]?.receipt?.detail as { output: { file: string; sha256: string } };
    expect(detail).toMatchObject({ command, exitCode: 3, ended: "by itself", outputBytes: 8 });
    const full = readFileSync(join(dirname(line.run.workspace), detail.output.file));
    expect(full.toString()).toBe("out\nerr\n");
    expect(detail.output.sha256).toBe(createHash("sha256").update(full).digest("hex"));
    expect((await line.cadre.changes(line.run.id)).set.files.map((file) => file.path)).toEqual(["made.txt"]);
    expect((await line.cadre.verify(line.run.id)).problems).toEqual([]);
  },
);

/** A sandbox in which every command writes so many bytes. */
function writing(bytes: number): Sandbox {
  return {
    available: () => ({ yes: true }),
    run: async (_command, _limits, { onOutput }) => {
      onOutput(Buffer.alloc(bytes, "x"));
      const enforced = { memory: "cgroup v2", processes: "cgroup v2" } as const;
      return { started: true, exitCode: 0, ended: "by itself", outOfMemory: false, ms: 1, enforced, removed: [] };
    },
  };
}

test.each([
  [
    100,
    /Output, 100 bytes:/,
    /^measured exit code \(dump\) 0$/,
    /^100 bytes, in workspaces\/r-\w+\/output\/r-\S+\.txt in the data folder$/,
  ],
  [
    500_000,
    /Output, 500,000 bytes, of which beginning and end stand here\. To read more, .*read that in parts\.\\n/,
    /^measured exit code \(dump\) 0$/,
    /^500,000 bytes, in /,
  ],
  [
    3_000_000,
    /Output, 3,000,000 bytes, .* Its file, .*first 1 MB: more needs a larger `outputMb` under `commands` in the workflow/,
    /^measured exit code \(dump\) 0; output cut after 1,048,576 of 3,000,000 bytes$/,
    /^3,000,000 bytes, of which the first 1,048,576 are in .*the rest was let go more is kept with a larger `outputMb`/,
  ],
])(
  "row 38 of %d bytes the role, the trace and the journal say what was kept, where, and how to keep more",
  async (bytes, role, line, details) => {
    const made = await bench({ command: ["dump"] }, 'commands: { allow: [["dump"]], outputMb: 1 }', writing(bytes));
    expect((await made.cadre.advance(made.run.id)).status).toBe("finished");
    expect(told(made)).toMatch(role);
    const steps = traceSteps(await made.cadre.store.runEvents(made.run.id));
    const step = steps.find(({ kind }) => kind === "tool");
    expect(step?.text.replace("execute_command dump: ", "")).toMatch(line);
    const { lines = [] } = step?.details.find(({ label }) => label === "output") ?? {};
    expect(lines.join(" ")).toMatch(details);
    const [, file = ""] = /in (workspaces\/\S+)/.exec(lines.join(" ")) ?? [];
    expect(statSync(join(made.cadre.data, file)).size).toBe(Math.min(bytes, 1_048_576));
    const page = readFileSync(join(made.cadre.journalDir, made.run.id, "README.md"), "utf8");
    expect(page.includes("output cut after")).toBe(bytes > 1_048_576);
  },
);

sandboxed("R3 an edited argument list runs as it was edited, and the role is told so", async () => {
  const line = await bench({ command: ["touch", "first.txt"] });
  const [ask] = (await line.cadre.advance(line.run.id)).asks;
  await line.cadre.decide(ask!.id, { verb: "approve", args: { command: ["touch", "second.txt"] }, ...by });
  await line.cadre.advance(line.run.id);
  expect(existsSync(join(line.run.workspace, "first.txt"))).toBe(false);
  expect(existsSync(join(line.run.workspace, "second.txt"))).toBe(true);
  expect(told(line)).toContain("edited by lead");
  expect((await line.cadre.verify(line.run.id)).problems).toEqual([]);
});

sandboxed("R3 what a person rejects does not run, and the role reads why", async () => {
  const line = await bench({ command: ["touch", "first.txt"] });
  const [ask] = (await line.cadre.advance(line.run.id)).asks;
  await line.cadre.decide(ask!.id, { verb: "reject", text: "not today", ...by });
  await line.cadre.advance(line.run.id);
  expect(existsSync(join(line.run.workspace, "first.txt"))).toBe(false);
  expect(told(line)).toContain("not today");
});

sandboxed("R3 only what the workflow allows runs without a person, and never with the network", async () => {
  const policy = 'commands: { allow: [["touch", "a.txt"], ["echo", "..."]], network: true }';
  const asks = async (args: unknown): Promise<number> => {
    const line = await bench(args, policy);
    return (await line.cadre.advance(line.run.id)).asks.length;
  };
  expect(await asks({ command: ["touch", "a.txt"] })).toBe(0);
  expect(await asks({ command: ["echo", "anything", "else"] })).toBe(0);
  expect(await asks({ command: ["touch", "a.txt", "b.txt"] })).toBe(1);
  expect(await asks({ command: ["echo", "x"], network: true })).toBe(1);
});

sandboxed("R7 the network is refused where the workflow does not permit it, before a person is asked", async () => {
  const line = await bench({ command: ["true"], network: true });
  expect((await line.cadre.advance(line.run.id)).asks).toEqual([]);
  expect(told(line)).toContain("commands.network");
});

test("R7 without a sandbox the tool is not offered, and calling it is refused with the reason", async () => {
  const without = { ...noSandbox, available: () => ({ no: "bubblewrap (bwrap) is not installed: install it" }) };
  const line = await bench({ command: ["touch", "a.txt"] }, "", without);
  expect((await line.cadre.advance(line.run.id)).asks).toEqual([]);
  expect(line.model.requests[0]?.tools.map((tool) => tool.name)).not.toContain("execute_command");
  expect(told(line)).toContain("bubblewrap (bwrap) is not installed");
  expect(existsSync(join(line.run.workspace, "a.txt"))).toBe(false);
});
