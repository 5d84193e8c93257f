/**
 * Several tasks at once: a lead gives out five of them, each a role whose one model call takes a second, as child lines and, for comparison, one
 * after the other on one line; and all at once beside a sixth that waits for a person. Real files, a real store at FULL; the models are scripted, so what remains is what cadre itself takes.
 *
 * Not measured: real models, tools, more lines than cores can serve, several processes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCadre, readBrief } from "../../src/index.ts";
import { reply, scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { printTable, ratios, spread } from "./statistics.ts";

const taskMs = 1000;
/** What is promised: this much at the most, beside the slowest task. */
const boundMs = 1500;
/** How the tasks are given out; `beside one that waits`: together, and one more whose role puts a question to a person. */
type Way = "together" | "one after the other" | "beside one that waits";

function mode(slug: string, level: string, routes: string): string {
  return `---\nslug: ${slug}\nname: ${slug}\ndescription: The ${slug}.\nlevel: ${level}\n${routes}tool_groups: [completion]\n---\n\nYou are ${slug}.\n`;
}

function project(tasks: number): string {
  const dir = mkdtempSync(join(tmpdir(), "cadre-bench-children-"));
  for (const folder of ["modes", "graphs"]) mkdirSync(join(dir, folder));
  const workers = Array.from({ length: tasks + 1 }, (_, at) => `worker-${at}`);
  const routes = workers.map((slug) => `  - ${slug} # for ${slug} matters\n`).join("");
  writeFileSync(
    join(dir, "modes/lead.md"),
    mode("lead", "020-lead", `delegates_to:\n${routes}escalates_to:\n  - user # what is unclear\n`),
  );
  for (const slug of workers)
    writeFileSync(
      join(dir, `modes/${slug}.md`),
      mode(slug, "030-worker", "escalates_to:\n  - user # what is unclear\n"),
    );
  writeFileSync(
    join(dir, "graphs/bench.ts"),
    `export const workflow = { name: "bench", entry: "lead", signOff: false };\n`,
  );
  return dir;
}

const report = {
  summary: "done",
  criteria: [{ id: "A1", status: "not_measured", evidence: "scripted" }],
};

function models(tasks: number, way: Way): ScriptedModel {
  const task = (at: number) => ({
    mode: `worker-${at}`,
    task: `for worker-${at} matters`,
    acceptance_criteria: ["it is done"],
  });
  const given = way === "beside one that waits" ? tasks + 1 : tasks;
  return scriptedModel(async (_request, { role, turn }) => {
    if (role === `worker-${tasks}` && turn === 0)
      return reply.call("escalate", {
        to: "user",
        question: "What is unclear: which one?",
        severity: "low",
        topic: "which",
        tried: "looked",
        options: ["this one"],
      });
    if (role !== "lead") {
      await new Promise((later) => setTimeout(later, taskMs));
      return reply.call("attempt_completion", report);
    }
    if (way === "one after the other" && turn < tasks) return reply.call("new_task", task(turn));
    if (way !== "one after the other" && turn === 0)
      return reply.call("new_tasks", { tasks: Array.from({ length: given }, (_, at) => task(at)) });
    return reply.call("attempt_completion", { ...report, criteria: [] });
  });
}

/** Up to where nothing is left to do: the end, or, beside one that waits, that all others have reported. */
async function runMs(tasks: number, way: Way): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const dir = project(tasks);
  const cadre = openCadre({ dir, model: models(tasks, way) });
  try {
    const { brief } = readBrief("Task: several things", null);
    if (!brief) throw new Error("no brief");
    const started = performance.now();
    const before = process.cpuUsage();
    const run = await cadre.start(brief, { by: "bench" });
    const { status } = await cadre.advance(run.id);
    const ms = performance.now() - started;
    const { user, system } = process.cpuUsage(before);
    if (status !== (way === "beside one that waits" ? "waiting" : "finished")) throw new Error(`the run is ${status}`);
    return { ms, cpuMs: (user + system) / 1000 };
  } finally {
    cadre.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** `--tasks N`, `--rounds N`. */
export async function childrenBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { tasks: { type: "string" }, rounds: { type: "string" } } });
  const tasks = Number(values.tasks ?? 5);
  const rounds = Number(values.rounds ?? 5);
  if (![tasks, rounds].every((count) => Number.isSafeInteger(count) && count > 1))
    throw new Error("--tasks and --rounds take whole numbers above 1");
  await runMs(tasks, "together"); // loads the engine
  const ways: readonly Way[] = ["together", "beside one that waits", "one after the other"];
  const took: Record<Way, number[]> = { together: [], "beside one that waits": [], "one after the other": [] };
  const cpu: Record<Way, number[]> = { together: [], "beside one that waits": [], "one after the other": [] };
  for (let round = 0; round < rounds; round += 1)
    for (const way of ways) {
      const { ms, cpuMs } = await runMs(tasks, way);
      took[way].push(ms);
      cpu[way].push(cpuMs);
    }
  console.log(
    `node ${process.versions.node}; ${tasks} tasks of ${taskMs} ms each, ${rounds} interleaved rounds; ms, smallest to largest`,
  );
  const beyond = (way: Way): number[] =>
    took[way].map((ms) => ms - (way === "one after the other" ? tasks * taskMs : taskMs));
  printTable(
    ["", "whole run", "beyond the tasks themselves", "CPU", "to one after the other"],
    ways.map((way) => [
      way,
      spread(took[way], 0),
      spread(beyond(way), 0),
      spread(cpu[way], 0),
      spread(ratios(took[way], took["one after the other"]), 2),
    ]),
  );
  const kept = beyond("together").filter((ms) => ms < boundMs).length;
  console.log(
    `Promised: together, less than ${boundMs} ms beyond the slowest task. Kept in ${kept} of ${rounds} rounds.`,
  );
  const [load = 0] = loadavg();
  if (load > availableParallelism())
    console.log(
      `The machine is busy (a load of ${load.toFixed(0)} on ${availableParallelism()} cores): trust the CPU column and the ratios.`,
    );
  console.log("Not measured: real models, tools, more lines than cores can serve, several processes.");
}
