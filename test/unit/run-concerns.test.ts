/** What a tool finds out about a call is put to a person, is part of what they approve, and is looked for again before it runs (R3). */
import { expect, test } from "vitest";
import { z } from "zod";
import { hashOf } from "../../src/canonical.ts";
import { emptyDesk } from "../../src/events/desk.ts";
import type { EventOf, Finding } from "../../src/events/event.ts";
import { effectProblem } from "../../src/run/verify/effects.ts";
import type { Concerns, Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";

const modes = [modeText("worker", "030-worker", { groups: ["edit", "communication", "completion"] })];
const personal = (id: string): Finding => ({ kind: "personal-data", id, text: `3 e-mail addresses in ${id}` });

type Bench = { line: LineHarness; ran: string[]; found: (path: string) => Concerns };

function bench(found: Bench["found"], paths: readonly string[] = ["a"]): Bench {
  const schema = z.strictObject({ path: z.string() });
  const made: Bench = { ran: [], found, line: undefined as unknown as LineHarness };
  const tool: Tool = {
    name: "write_to_file",
    description: "writes",
    schema,
    access: "effect",
    concerns: (_context, args) => Promise.resolve(made.found(schema.parse(args).path)),
    run: (_context, args) => {
      made.ran.push(schema.parse(args).path);
      return Promise.resolve({ ok: true, text: "written", receipt: { files: [], measurements: [], detail: {} } });
    },
  };
  made.line = new LineHarness({
    modes,
    workflow: { entry: "worker", signOff: false },
    tools: [tool],
    say: (_request, _role, turn) => {
      const path = paths[turn - 1];
      return path === undefined
        ? [call("attempt_completion", fullReport())]
        : [call("write_to_file", { path }, `c${turn}`)];
    },
  });
  return made;
}

const openAsk = async ({ line }: Bench) => (await line.store.asks({ run: line.run, state: "open" }))[0];

test("R3 what was found waits for a person, stands in the question and in the hash, and then runs", async () => {
  const made = bench((path) => ({ findings: [personal(path)] }));
  expect(await made.line.start()).toBe("waiting");
  const ask = await openAsk(made);
  const action = {
    type: "tool",
    role: "worker",
    tool: "write_to_file",
    args: { path: "a" },
    findings: [personal("a")],
  };
  expect(ask).toMatchObject({ kind: "approval", action, hash: hashOf(action) });
  expect(ask?.question).toContain("It needs a person because of what was found:\n- 3 e-mail addresses in a");
  expect(made.ran).toEqual([]);
  await made.line.decide("approve", "");
  expect(await made.line.advance()).toBe("ended");
  expect(made.ran).toEqual(["a"]);
});

test("R3 rejected, it does not run and nothing is let pass", async () => {
  const made = bench((path) => ({ findings: [personal(path)] }), ["a", "a"]);
  await made.line.start();
  await made.line.decide("reject", "no");
  expect(await made.line.advance()).toBe("waiting");
  expect((await made.line.desk()).accepted).toEqual([]);
  expect(made.ran).toEqual([]);
});

test("what a person let pass is not asked again in the line; what is new is, alone", async () => {
  const made = bench(
    (path) => ({ findings: path === "b" ? [personal("a"), personal("b")] : [personal("a")] }),
    ["a", "a", "b"],
  );
  await made.line.start();
  await made.line.decide("approve", "");
  expect(await made.line.advance()).toBe("waiting");
  expect(made.ran).toEqual(["a", "a"]);
  expect(await openAsk(made)).toMatchObject({ action: { findings: [personal("b")] } });
  await made.line.decide("approve", "");
  expect(await made.line.advance()).toBe("ended");
  expect(made.ran).toEqual(["a", "a", "b"]);
});

test("R3 what is found only after the approval keeps it from running", async () => {
  const made = bench((path) => ({ findings: [personal(path)] }));
  await made.line.start();
  made.found = (path) => ({ findings: [personal(path), personal("more")] });
  await made.line.decide("approve", "");
  expect(await made.line.advance()).toBe("ended");
  expect(made.ran).toEqual([]);
  expect((await made.line.ofType("refused"))[0]?.reason).toContain(
    "nobody was asked about this: 3 e-mail addresses in more",
  );
});

test("R3 an edit that brings something else along does not run", async () => {
  const made = bench((path) => ({ findings: [personal(path)] }));
  await made.line.start();
  await made.line.decide("approve", "", { path: "b" });
  expect(await made.line.advance()).toBe("ended");
  expect(made.ran).toEqual([]);
  expect((await made.line.ofType("refused"))[0]?.reason).toContain("in b");
});

test("what may not be done at all is refused, and nobody is asked", async () => {
  const made = bench(() => ({ refused: "the licence of a/b is denied" }));
  expect(await made.line.start()).toBe("ended");
  expect(made.ran).toEqual([]);
  expect((await made.line.ofType("refused"))[0]).toMatchObject({
    code: "tool-not-granted",
    reason: "write_to_file was not run: the licence of a/b is denied.",
  });
  expect(await made.line.ofType("ask_raised")).toEqual([]);
});

test("a call about which nothing is found runs at once", async () => {
  const made = bench(() => ({ findings: [] }));
  expect(await made.line.start()).toBe("ended");
  expect(made.ran).toEqual(["a"]);
  expect(Object.keys((await made.line.ofType("action_proposed"))[0]!)).not.toContain("findings");
});

test("more than an approval can hold is refused", async () => {
  const made = bench(() => ({ findings: Array.from({ length: 60 }, (_, index) => personal(`p${index}`)) }));
  expect(await made.line.start()).toBe("ended");
  expect((await made.line.ofType("refused"))[0]?.reason).toContain("10 more things");
});

test("R3 a log that takes a finding out, or lets one pass without a person, is found", async () => {
  const made = bench((path) => ({ findings: [personal(path)] }));
  await made.line.start();
  const [proposed] = await made.line.ofType("action_proposed");
  const met = { before: emptyDesk, bound: made.line.bound, row: undefined, submitted: null, ledFromAbove: false };
  const problem = (event: EventOf<"action_proposed">): string | null => effectProblem(event, met);
  expect(problem(proposed!)).toBeNull();
  expect(problem({ ...proposed!, needsApproval: false })).toContain(
    "without the approval that what was found asks for",
  );
  const { findings: _gone, ...without } = proposed!;
  expect(problem(without)).toContain("does not match its own hash");
});
