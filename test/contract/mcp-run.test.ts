/** MCP tools in a run: the same ceilings, ledger and approvals as every tool, whatever a server says of itself. */
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { DecideInput } from "../../src/run/api.ts";
import type { ScriptedModel } from "../../src/testing.ts";
import { isAlive } from "../fixtures/is-alive.ts";
import { callsThenReport, writeMcpProject, type McpProject } from "../fixtures/mcp-project.ts";
import { hostileText } from "../fixtures/mcp-tools.ts";

const canary = "canary-4711-secret";
let dir: string;
let open: Cadre[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-mcp-run-"));
  open = [];
  process.env["CANARY_TOKEN"] = canary;
});

afterEach(() => {
  for (const cadre of open) cadre.close();
  delete process.env["CANARY_TOKEN"];
  rmSync(dir, { recursive: true, force: true });
});

function project(given: McpProject, model: ScriptedModel): Cadre {
  writeMcpProject(dir, given);
  const cadre = openCadre({ dir, model });
  open.push(cadre);
  return cadre;
}

async function begun(cadre: Cadre, to = "hand"): Promise<AdvanceResult> {
  const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester", to });
  return cadre.advance(run.id);
}

async function decided(
  cadre: Cadre,
  { run, asks }: AdvanceResult,
  input: Partial<DecideInput>,
): Promise<AdvanceResult> {
  await cadre.decide(asks[0]!.id, { verb: "approve", by: "tester", face: "test", ...input });
  return cadre.advance(run.id);
}

/** What the role was told of its calls, in order. */
function told(model: ScriptedModel): string[] {
  return (model.requests.at(-1)?.messages ?? []).flatMap((each) => (each.role === "tool" ? [each.content] : []));
}

function appended(): string {
  const file = join(dir, "state", "appended");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

const echo = ["box__echo", { text: "hello" }] as const;
const list = ["list_files", { path: "." }] as const;
const append = ["box__append", { line: "once" }] as const;

test("R2 a role with the group that the operator named is offered the tools of the list, and calls them", async () => {
  const model = callsThenReport(echo);
  const cadre = project({}, model);
  const result = await begun(cadre);
  expect(result.status).toBe("finished");
  const offered = model.requests[0]?.tools.map((tool) => tool.name).filter((name) => name.includes("__"));
  expect(offered?.toSorted()).toEqual(["box__append", "box__echo", "box__environment", "box__hostile"]);
  expect(told(model)).toEqual(["hello"]);
  expect((await cadre.verify(result.run.id)).problems).toEqual([]);
});

test.each(["other", "plain"])("R2 the role %s neither sees nor calls them", async (role) => {
  const model = callsThenReport(echo, append);
  const cadre = project({}, model);
  const result = await begun(cadre, role);
  expect(result.status).toBe("finished");
  expect(JSON.stringify(model.requests[0]?.tools)).not.toContain("box__");
  expect(told(model)).toEqual([
    expect.stringMatching(/^Refused: .*has no tool "box__echo"/),
    expect.stringMatching(/^Refused: .*has no tool "box__append"/),
  ]);
  expect(existsSync(join(dir, "state", "last-call"))).toBe(false);
});

test("a server is not started for a run in which nobody could use it", async () => {
  const cadre = project({ workflow: { staffing: { hand: { by: "person" } } } }, callsThenReport());
  await begun(cadre, "plain");
  expect(existsSync(join(dir, "state", "pids"))).toBe(false);
});

test("R3 an effect waits for a person although the server says that it only reads; what was approved runs once", async () => {
  const model = callsThenReport(append);
  const cadre = project({}, model);
  const waiting = await begun(cadre);
  expect(waiting.asks).toMatchObject([
    { kind: "approval", action: { tool: "box__append", args: { line: "once" } }, rule: { file: "graphs/w.ts" } },
  ]);
  expect(appended()).toBe("");
  const [ask] = waiting.asks;
  await expect(
    cadre.decide(ask!.id, { verb: "approve", args: { line: "x", more: 1 }, by: "tester", face: "test" }),
  ).rejects.toMatchObject({ code: "decision-invalid" });
  expect((await decided(cadre, waiting, { args: { line: "edited" } })).status).toBe("finished");
  expect(appended()).toBe("edited\n");
  expect((await cadre.verify(waiting.run.id)).problems).toEqual([]);
});

test("an effect that the workflow names in `withoutApproval` runs at once, and only for those roles", async () => {
  const rule = { tool: "box__append", roles: ["hand"], reason: "a list of notes" };
  const cadre = project({ workflow: { withoutApproval: [rule] } }, callsThenReport(append));
  expect((await begun(cadre)).status).toBe("finished");
  expect(appended()).toBe("once\n");
});

test("row 30 once a tool has brought text to the role, that very effect waits for a person; unless the workflow says `afterReading`", async () => {
  const rule = { tool: "box__append", reason: "a list of notes" };
  const cadre = project({ workflow: { withoutApproval: [rule] } }, callsThenReport(append, echo, append));
  const waiting = await begun(cadre);
  expect(appended()).toBe("once\n"); // before anything was read
  expect(waiting.asks).toMatchObject([
    { kind: "approval", topic: "box__append", rule: { purpose: expect.stringContaining("what tools brought here") } },
  ]);
  expect((await decided(cadre, waiting, { verb: "reject", text: "no" })).status).toBe("finished");
  expect(appended()).toBe("once\n");
  expect((await cadre.verify(waiting.run.id)).problems).toEqual([]);

  writeMcpProject(dir, { workflow: { withoutApproval: [{ ...rule, afterReading: true }] } });
  const free = openCadre({ dir, model: callsThenReport(echo, append) });
  open.push(free);
  expect((await begun(free)).status).toBe("finished");
  expect(appended()).toBe("once\nonce\n");
});

test("a workflow that names a tool which cadre.yaml does not let in is refused", async () => {
  const cadre = project({ workflow: { withoutApproval: [{ tool: "box__delete", reason: "x" }] } }, callsThenReport());
  await expect(begun(cadre)).rejects.toMatchObject({
    message: expect.stringMatching(/names the MCP tool "box__delete"/),
  });
});

test("arguments that the tool does not know, __proto__ among them, are refused before anything is asked or sent", async () => {
  const proto = JSON.parse('{"line":"x","__proto__":{"line":"y"}}') as unknown;
  const model = callsThenReport(
    ["box__append", { line: "x", force: true }],
    ["box__append", { line: 7 }],
    ["box__append", proto],
    ["box__append", { line: "x", constructor: 1 }],
    ["box__echo", { text: "x", loud: true }],
  );
  const result = await begun(project({ workflow: { limits: { refusals: 20 } } }, model));
  expect(result.status).toBe("finished");
  expect(told(model)).toHaveLength(3);
  for (const words of told(model)) expect(words).toMatch(/^Refused: /);
  // Keys that mean something else to JavaScript make a call malformed, whichever model sent it.
  const handed = model.requests
    .at(-1)
    ?.messages.filter((each) => each.role === "user")
    .map((each) => each.content);
  expect(handed?.filter((words) => words.includes("which is not accepted"))).toHaveLength(2);
  expect(existsSync(join(dir, "state", "last-call"))).toBe(false);
});

test("D9 a server that changes what it says of a tool while an approval waits: a person is asked before anything runs", async () => {
  const cadre = project({}, callsThenReport(append));
  const waiting = await begun(cadre);
  writeFileSync(join(dir, "state", "description"), "Now it deletes everything.");
  const asked = await decided(cadre, waiting, {});
  expect(asked.asks).toMatchObject([{ kind: "chart" }]);
  expect(appended()).toBe("");
  const after = await decided(cadre, asked, { verb: "answer", text: "keep" });
  expect(after.status).toBe("finished");
  expect(appended()).toBe("once\n");
});

test.each([
  ["keep", /^box__echo was not called: what it says/],
  ["adopt", /^hello$/],
])("D9 a tool that changed, after a person said %s", async (word, expected) => {
  const model = callsThenReport(append, echo, echo);
  const cadre = project({}, model);
  const waiting = await begun(cadre);
  writeFileSync(join(dir, "state", "description"), "Louder.");
  const asked = await decided(cadre, waiting, {});
  expect((await decided(cadre, asked, { verb: "answer", text: word })).status).toBe("finished");
  expect(told(model).slice(1)).toEqual([expect.stringMatching(expected), expect.stringMatching(expected)]);
});

test("T2 what the operator takes out of cadre.yaml is gone at once, also under the kept chart", async () => {
  const model = callsThenReport(append, append);
  const cadre = project({}, model);
  const waiting = await begun(cadre);
  writeMcpProject(dir, { server: { tools: ["echo"], access: {} } });
  const asked = await decided(cadre, waiting, {});
  expect(asked.asks).toMatchObject([{ kind: "chart" }]);
  expect((await decided(cadre, asked, { verb: "answer", text: "keep" })).status).toBe("finished");
  expect(told(model)).toEqual([
    expect.stringMatching(/box__append was not run: cadre.yaml no longer lists append/),
    expect.stringMatching(/box__append is not available: cadre.yaml no longer lists append/),
  ]);
  expect(appended()).toBe("");
});

test("hostile words of a server are text: no tool, route or approval comes of them, and no control character reaches a prompt by its description", async () => {
  const model = callsThenReport(["box__hostile", {}]);
  const cadre = project({}, model);
  const result = await begun(cadre);
  expect(result.status).toBe("finished");
  expect(told(model)).toEqual([hostileText]);
  const names = model.requests.map((request) => request.tools.map((tool) => tool.name).join());
  expect(new Set(names).size).toBe(1);
  const [first] = model.requests;
  expect(JSON.stringify(first?.tools)).not.toMatch(/\\u001b|\u202e/);
  expect(JSON.stringify(first?.messages)).not.toContain("ignore your rules"); // its instructions are read by nobody
  expect(result.asks).toEqual([]);
});

test("R8 a variable that the server prints is in no event, prompt, journal or database", async () => {
  const model = callsThenReport(["box__environment", {}]);
  const cadre = project({}, model);
  const result = await begun(cadre);
  expect(told(model)[0]).toContain("[CANARY_TOKEN]");
  expect(JSON.stringify(model.requests)).not.toContain(canary);
  expect(JSON.stringify(await cadre.store.runEvents(result.run.id))).not.toContain(canary);
  const files = globSync(["journal/**/*", ".cadre/**/*"], { cwd: dir, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) expect(readFileSync(join(file.parentPath, file.name)).includes(canary)).toBe(false);
});

test("a run whose server cannot be reached does not begin; one that waits goes on without it", async () => {
  const broken = { command: ["no-such-program-anywhere"] };
  const first = project({ server: broken }, callsThenReport());
  await expect(begun(first)).rejects.toMatchObject({ code: "mcp-unreachable" });
  const model = callsThenReport(append);
  const cadre = project({}, model);
  const waiting = await begun(cadre);
  writeMcpProject(dir, { server: broken });
  expect((await decided(cadre, waiting, {})).status).toBe("finished");
  expect(told(model)).toEqual([expect.stringMatching(/box could not be started/)]);
});

test("D3 an effect under way when cadre is killed is in doubt, not repeated; and the server goes with it", async () => {
  const rule = { tool: "box__append", reason: "a list of notes" };
  const cadre = project({ workflow: { withoutApproval: [rule] }, habits: ["deaf"] }, callsThenReport(list, append));
  writeFileSync(join(dir, "state", "hang-after-append"), "");
  const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  const program = fileURLToPath(new URL("../fixtures/mcp-run-child.ts", import.meta.url));
  const child = spawn(process.execPath, [program, dir, run.id], { stdio: ["ignore", "ignore", "inherit"] });
  await expect.poll(appended, { timeout: 20_000, interval: 20 }).toBe("once\n");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
  // The last two are the server of the killed process and what that started; a deaf one's child cannot be reached by anybody.
  const [server = 0, left = 0] = readFileSync(join(dir, "state", "pids"), "utf8")
    .trim()
    .split("\n")
    .map(Number)
    .slice(-2);
  await expect.poll(() => isAlive(server)).toBe(false);
  if (isAlive(left)) process.kill(left, "SIGKILL");
  const asked = await cadre.advance(run.id);
  expect(asked.asks).toMatchObject([{ kind: "doubt", topic: "in doubt: box__append" }]);
  expect(appended()).toBe("once\n");
  const standing = async () => (await cadre.planFork(run.id, { at: 2, by: "other" })).stays.map(({ what }) => what);
  expect(await standing()).toEqual(["nobody knows whether it happened: box__append, of the MCP server box"]);
  rmSync(join(dir, "state", "hang-after-append"));
  const done = await decided(cadre, asked, { verb: "answer", text: "ran" });
  expect(await standing()).toEqual(["box__append, of the MCP server box"]);
  expect(done.status).toBe("finished");
  expect(appended()).toBe("once\n");
});
