/**
 * What was done outside through a real MCP server, and what comes of it later: `verify` holds the log to the rule of approvals (R3), whoever did
 * it does not verify the report (V2 of `src/run/verification.ts`), and a fork lists it as what stays done.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { systemClock } from "../../src/clock.ts";
import type { Event } from "../../src/events/event.ts";
import type { RunId } from "../../src/ids.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import { openStore } from "../../src/store/open.ts";
import { reply, scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { commandSandbox, finish } from "../fixtures/forked-project.ts";
import { forgedStore } from "../fixtures/forged-store.ts";
import { fullReport, modeText } from "../fixtures/line-harness.ts";
import { callsThenReport, writeMcpProject, type McpProject } from "../fixtures/mcp-project.ts";

let dir: string;
let open: Cadre[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cadre-mcp-outside-"));
  open = [];
});

afterEach(() => {
  for (const cadre of open) cadre.close();
  rmSync(dir, { recursive: true, force: true });
});

function project(given: McpProject, model: ScriptedModel, modes: Readonly<Record<string, string>> = {}): Cadre {
  writeMcpProject(dir, given);
  for (const [slug, text] of Object.entries(modes)) writeFileSync(join(dir, "modes", `${slug}.md`), text);
  const cadre = openCadre({ dir, model, sandbox: commandSandbox });
  open.push(cadre);
  return cadre;
}

async function begun(cadre: Cadre): Promise<AdvanceResult> {
  const run = await cadre.start(readBrief("Do the thing.", null).brief as Brief, { by: "tester" });
  return cadre.advance(run.id);
}

function appended(): string {
  const file = join(dir, "state", "appended");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

const echo = ["box__echo", { text: "hello" }] as const;
const append = ["box__append", { line: "once" }] as const;
const free = { tool: "box__append", reason: "a list of notes" };

/** As if nobody had asked: the proposal says that it needs no approval, and the question about it is none. */
const unasked = (event: Event): Event =>
  event.type === "action_proposed" && event.access === "effect" ? { ...event, needsApproval: false } : event;

async function lies(cadre: Cadre, run: RunId, lie: (event: Event) => Event): Promise<string> {
  const store = openStore({ file: join(cadre.data, "cadre.db"), clock: systemClock, readOnly: true });
  const { problems } = await verifyRun(await forgedStore(store, run, lie), run);
  store.close();
  return problems.map(({ what }) => what).join("; ");
}

test.each([
  ["no exception in the workflow", {}, [append]],
  ["an exception, and the role had read something", { withoutApproval: [free] }, [echo, append]],
  ["an exception for another role", { withoutApproval: [{ ...free, roles: ["other"] }] }, [append]],
] as const)(
  "R3 verify finds an effect of a server's tool that no person was asked about: %s",
  async (_name, workflow, calls) => {
    const cadre = project({ workflow }, callsThenReport(...calls));
    const { run } = await begun(cadre);
    expect(await finish(cadre, run.id)).toBe("finished");
    expect(appended()).toBe("once\n");
    expect((await cadre.verify(run.id)).problems).toEqual([]);
    expect(await lies(cadre, run.id, unasked)).toContain(
      "box__append by hand was proposed without the approval that the workflow asks for (R3)",
    );
  },
);

test.each([
  ["before anything was read", { withoutApproval: [free] }, [append]],
  ["`afterReading`", { withoutApproval: [{ ...free, afterReading: true }] }, [echo, append]],
] as const)("R3 verify finds nothing where the workflow's exception holds: %s", async (_name, workflow, calls) => {
  const cadre = project({ workflow }, callsThenReport(...calls));
  const { run, status } = await begun(cadre);
  expect(status).toBe("finished");
  expect(appended()).toBe("once\n");
  expect((await cadre.verify(run.id)).problems).toEqual([]);
});

test("R2 verify finds a call of a server's tool by a role that the operator did not name", async () => {
  const cadre = project({ workflow: { withoutApproval: [free] } }, callsThenReport(append));
  const { run } = await begun(cadre);
  const renamed = (event: Event): Event =>
    event.type === "action_proposed"
      ? { ...event, calls: event.calls.map((each) => ({ ...each, name: "box__delete" })) }
      : event;
  expect(await lies(cadre, run.id, renamed)).toContain("hand has no tool box__delete");
});

/** `maker` turns to `hand`, who looks or acts outside, and then reports; `hand` is to verify. */
function verifiedBy(call: readonly [string, unknown]): ScriptedModel {
  return scriptedModel((request, { role, turn }) => {
    const question = {
      to: "hand",
      topic: "t",
      question: "which?",
      severity: "low",
      tried: "",
      options: ["this", "that"],
    };
    if (role === "maker")
      return turn === 0 ? reply.call("escalate", question) : reply.call("attempt_completion", fullReport([]));
    if (request.messages.some(({ content }) => content.startsWith("# The report to verify")))
      return reply.call("attempt_completion", { verdict: "accept", summary: "looked", criteria: [] });
    return turn === 0
      ? { calls: [{ name: call[0], args: call[1] }] }
      : reply.call("attempt_completion", { decision: "this", reason: "it is" });
  });
}

test.each([
  [
    "did something outside does not verify",
    append,
    "not_verified",
    "hand used box__append, so it cannot verify its own work.",
  ],
  ["only looked outside does", echo, "accept", "looked"],
] as const)("V2 whoever %s", async (_name, call, verdict, summary) => {
  const workflow = { entry: "maker", verify: { by: "hand" }, withoutApproval: [free] };
  const maker = modeText("maker", "030-worker", { escalates: ["hand"] });
  const cadre = project({ workflow }, verifiedBy(call), { maker });
  const { run, asks } = await begun(cadre);
  const events = (await cadre.store.runEvents(run.id)).map(({ event }) => event);
  expect(events.filter(({ type }) => type === "action_done")).toMatchObject([
    { results: [{ tool: call[0], ok: true }] },
  ]);
  expect(events.filter(({ type }) => type === "report_verified")).toMatchObject([{ role: "hand", verdict, summary }]);
  // Where nobody verified it, a person decides, although the workflow asks for no sign-off.
  expect(asks.map(({ kind }) => kind)).toEqual(verdict === "accept" ? [] : ["sign_off"]);
  expect(appended()).toBe(call === append ? "once\n" : "");
  expect(await finish(cadre, run.id)).toBe("finished");
  expect((await cadre.verify(run.id)).problems).toEqual([]);
});

test("a fork lists what was done outside before and after the step, and does none of it again: a server's tool, a command with network, a notice", async () => {
  const network = { command: ["any", "write", "got.txt", "got"], network: true };
  const model = callsThenReport(
    append,
    ["ask_followup_question", { question: "How long?", options: ["short"] }],
    ["execute_command", network],
    ["box__append", { line: "twice" }],
    echo,
  );
  const workflow = { withoutApproval: [free], grants: { hand: ["command"] }, commands: { network: true } };
  writeMcpProject(dir, { workflow });
  const config = JSON.parse(readFileSync(join(dir, "cadre.yaml"), "utf8")) as object;
  const notify = [{ command: ["/bin/sh", "-c", "cat > heard"] }];
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ ...config, notify }));
  const cadre = openCadre({ dir, model, sandbox: commandSandbox });
  open.push(cadre);
  const { run, asks } = await begun(cadre);
  await cadre.settled();
  const [asked] = asks;
  expect(asked?.kind).toBe("question");
  expect(await finish(cadre, run.id, "short")).toBe("finished");
  expect(appended()).toBe("once\ntwice\n");

  const plan = await cadre.planFork(run.id, { at: asked!.id, by: "other" });
  expect(plan.stays.map(({ when, role, what }) => [when, role, what])).toEqual([
    ["before", "hand", "box__append, of the MCP server box"],
    ["after", "hand", "a command with network: any write got.txt got"],
    ["after", "hand", "box__append, of the MCP server box"],
    ["before", "hand", `a notice of ${asked!.id} was sent`],
    // Of the question whether the command may run.
    ["after", "hand", expect.stringMatching(/^a notice of a-\S+ was sent$/)],
    ["after", "hand", expect.stringMatching(/^a notice of a-\S+ was sent$/)],
  ]);
  for (const { step } of plan.stays) expect(step).toBeGreaterThan(0);
  const fork = await cadre.fork(run.id, { at: asked!.id, by: "other" });
  expect(await finish(cadre, fork.id, "long")).toBe("finished");
  // What came before the step was not done again; what came after it was, for this is another run.
  expect(appended()).toBe("once\ntwice\ntwice\n");
  for (const id of [run.id, fork.id]) expect((await cadre.verify(id)).problems).toEqual([]);
});
