/**
 * D2 D3 R4, DESIGN §5: runs of eight children each, every one of which changes the world, asks a person a question of its own, and changes
 * the world again; processes that die at random moments, people who answer at random ones. Nothing is lost, nothing is done twice, and no
 * answer reaches another child than the one that asked. `CADRE_CRASH_CHILDREN` sets how many runs; it defaults by size (`scale.ts`).
 */
import { expect, test } from "vitest";
import { z } from "zod";
import type { AskId, RunId } from "../../src/ids.ts";
import type { ModelRequest } from "../../src/models/model.ts";
import { verifyRun } from "../../src/run/verify/verify-run.ts";
import type { AskRow } from "../../src/store/rows.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { LineHarness, call, fullReport, modeText } from "../fixtures/line-harness.ts";
import { mortalFile, type MortalFile, type Process } from "../fixtures/mortal-store.ts";
import { random } from "./random.ts";
import { atScale } from "./scale.ts";

const run = "r-00000c" as RunId;
const children = 8;
const runs = Number(process.env["CADRE_CRASH_CHILDREN"] ?? atScale({ quick: 10, large: 60, full: 200 }));

const modes = [
  modeText("lead", "020-lead", { delegates: ["worker"], escalates: ["user"] }),
  modeText("worker", "030-worker", { escalates: ["user"], groups: ["edit", "communication", "completion"] }),
];

/** Every effect on the world, as it happened: `child/part`. */
type World = string[];

const args = z.strictObject({ path: z.string() });

/** Changes the world, unless its process has died; half of the effects can be asked afterwards whether they happened. */
function writing(world: World, { isAlive }: Process): Tool {
  const happened = (path: string): boolean => world.includes(path);
  return {
    name: "write_to_file",
    description: "writes",
    schema: args,
    access: "effect",
    probe: async (_context, given) => {
      const { path } = args.parse(given);
      if (path.endsWith("/second")) return { state: "unknown" };
      return happened(path)
        ? { state: "done", outcome: { ok: true, text: "written", receipt: null } }
        : { state: "not-done" };
    },
    run: async (_context, given) => {
      if (!isAlive()) throw new Error("a dead process does nothing");
      world.push(args.parse(given).path);
      await new Promise((later) => setImmediate(later)); // the others go on meanwhile, and may take the process with them
      return { ok: true, text: "written", receipt: null };
    },
  };
}

/** Follows from the transcript alone, so that a call that is made again is the same call. */
function say(request: ModelRequest, role: string) {
  const transcript = request.messages.map((message) => message.content).join("\n");
  if (role === "lead") return [transcript.includes("# Report from") ? report("all of them") : several()];
  const child = /task of child (\d)/.exec(transcript)?.[1] ?? "none";
  const results = request.messages.filter((message) => message.role === "tool");
  const decision = results
    .map((message) => /Decision: (.*)/.exec(message.content)?.[1])
    .find((text) => text !== undefined);
  if (results.length === 0) return [call("write_to_file", { path: `${child}/first` }, "first")];
  if (results.length === 1)
    return [
      call(
        "escalate",
        {
          to: "user",
          topic: `of ${child}`,
          question: `question of ${child}?`,
          severity: "low",
          tried: "",
          options: ["x"],
        },
        "ask",
      ),
    ];
  if (results.length === 2) return [call("write_to_file", { path: `${child}/second` }, "second")];
  return [report(`child ${child} was told: ${decision}`)];
}

function report(summary: string) {
  return call("attempt_completion", { ...fullReport(), summary }, "report");
}

function several() {
  const tasks = Array.from({ length: children }, (_, at) => ({
    mode: "worker",
    task: `The task of child ${at}, for worker matters.`,
    acceptance_criteria: ["it is done"],
    writes: [String(at)],
  }));
  return call("new_tasks", { tasks, wait: "all" }, "several");
}

/** What a person says: the answer to that very question; about an effect in doubt, what the world shows. */
function wordOn(ask: AskRow, world: World) {
  if (ask.kind !== "doubt") return { verb: "answer" as const, text: `answer to ${ask.topic}` };
  const { path } = z.object({ args }).parse(ask.action).args;
  return { verb: "answer" as const, text: world.includes(path) ? "ran" : "again" };
}

async function answerSome(file: MortalFile, world: World, next: () => number): Promise<void> {
  for (const ask of await file.store.asks({ run, state: "open" })) {
    if (next() < 0.5) continue;
    const decision = { ...wordOn(ask, world), by: "linh", face: "test", at: "2026-01-01T00:00:00.000Z" };
    await file.store.decide(ask.id as AskId, decision, ask.hash);
  }
}

let deaths = 0;

test.each(Array.from({ length: runs }, (_, seed) => seed + 1))(
  "seed %i: 8 children, killed and answered at random: nothing lost, nothing doubled, no answer crossed",
  async (seed) => {
    const next = random(seed);
    const world: World = [];
    const clock = { now: () => Date.parse("2026-01-01T00:00:00Z") };
    const file = mortalFile(clock);
    for (let life = 0; ; life += 1) {
      if (life === 200) throw new Error("the run does not end");
      const process = file.process(life < 12 && next() < 0.8 ? 1 + Math.floor(next() * 400) : null);
      const line = new LineHarness({
        modes,
        workflow: { entry: "lead", signOff: false },
        tools: [writing(world, process)],
        store: process.store,
        run,
        clock,
        say,
      });
      if (life === 0)
        await new LineHarness({
          modes,
          clock,
          run,
          say,
          workflow: { entry: "lead", signOff: false },
          store: file.store,
        }).create();
      const moved = line.move().then(
        (result) => result.status,
        () => "died",
      );
      const people = (async () => {
        for (let looks = 0; looks < 3; looks += 1) {
          await new Promise((later) => setImmediate(later));
          await answerSome(file, world, next);
        }
      })();
      const [status] = await Promise.all([moved, people]);
      if (!process.isAlive()) deaths += 1;
      else expect(["waiting", "finished"]).toContain(status);
      await file.bury(run);
      if (status === "finished" && (await file.store.run(run))?.endedAt !== null) break;
      await answerSome(file, world, next);
    }
    expect(world.toSorted()).toEqual(
      Array.from({ length: children }, (_, at) => [`${at}/first`, `${at}/second`]).flat(), // each of them once
    );
    const events = (await file.store.runEvents(run)).map(({ event }) => event);
    const reports = events.flatMap((event) => (event.type === "child_closed" ? [event.report?.summary] : []));
    expect(new Set(reports)).toEqual(
      new Set(Array.from({ length: children }, (_, at) => `child ${at} was told: answer to of ${at}`)),
    );
    expect(reports).toHaveLength(children);
    expect((await verifyRun(file.store, run)).problems).toEqual([]);
  },
);

test("the processes did die", () => {
  expect(deaths).toBeGreaterThan(runs);
});
