/**
 * Several tasks at once: a lead gives out five of them, each a role whose one model call takes a second, as child lines and, for comparison, one
 * after the other on one line. Real files, a real store at FULL; the models are scripted, so what remains is what cadre itself takes.
 *
 * Not measured: real models, tools, more lines than cores can serve, several processes.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openCadre, readBrief } from "../../src/index.ts";
import { reply, scriptedModel, type ScriptedModel } from "../../src/testing.ts";
import { printTable, spread } from "./statistics.ts";

const taskMs = 1000;

function mode(slug: string, level: string, routes: string): string {
  return `---\nslug: ${slug}\nname: ${slug}\ndescription: The ${slug}.\nlevel: ${level}\n${routes}tool_groups: [completion]\n---\n\nYou are ${slug}.\n`;
}

function project(tasks: number): string {
  const dir = mkdtempSync(join(tmpdir(), "cadre-bench-children-"));
  for (const folder of ["modes", "graphs"]) mkdirSync(join(dir, folder));
  const workers = Array.from({ length: tasks }, (_, at) => `worker-${at}`);
  const routes = workers.map((slug) => `  - ${slug} # for ${slug} matters\n`).join("");
  writeFileSync(
    join(dir, "modes/lead.md"),
    mode("lead", "020-lead", `delegates_to:\n${routes}escalates_to:\n  - user # what is unclear\n`),
  );
  for (const slug of workers)
    writeFileSync(
      join(dir, `modes/${slug}.md`),
      mode(slug, "030-worker", "escalates_to:\n  - lead # what is unclear\n"),
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

/** `together`: all in one decision; otherwise one after the other. */
function models(tasks: number, together: boolean): ScriptedModel {
  const task = (at: number) => ({
    mode: `worker-${at}`,
    task: `for worker-${at} matters`,
    acceptance_criteria: ["it is done"],
  });
  return scriptedModel(async (_request, { role, turn }) => {
    if (role !== "lead") {
      await new Promise((later) => setTimeout(later, taskMs));
      return reply.call("attempt_completion", report);
    }
    const given = together ? 1 : tasks;
    if (turn === given) return reply.call("attempt_completion", { ...report, criteria: [] });
    return together
      ? reply.call("new_tasks", { tasks: Array.from({ length: tasks }, (_, at) => task(at)) })
      : reply.call("new_task", task(turn));
  });
}

async function runMs(tasks: number, together: boolean): Promise<number> {
  const dir = project(tasks);
  const cadre = openCadre({ dir, model: models(tasks, together) });
  try {
    const { brief } = readBrief("Task: several things", null);
    if (!brief) throw new Error("no brief");
    const started = performance.now();
    const run = await cadre.start(brief, { by: "bench" });
    const { status } = await cadre.advance(run.id);
    const ms = performance.now() - started;
    if (status !== "finished") throw new Error(`the run is ${status}`);
    return ms;
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
  await runMs(tasks, true); // loads the engine
  const together: number[] = [];
  const inTurn: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    together.push(await runMs(tasks, true));
    inTurn.push(await runMs(tasks, false));
  }
  console.log(
    `node ${process.versions.node}; ${tasks} tasks of ${taskMs} ms each, ${rounds} interleaved rounds; ms, smallest to largest`,
  );
  printTable(
    ["", "whole run", "beyond the tasks themselves"],
    [
      [
        "together",
        spread(together, 0),
        spread(
          together.map((ms) => ms - taskMs),
          0,
        ),
      ],
      [
        "one after the other",
        spread(inTurn, 0),
        spread(
          inTurn.map((ms) => ms - tasks * taskMs),
          0,
        ),
      ],
    ],
  );
  console.log("Not measured: real models, tools, more lines than cores can serve, several processes.");
}
