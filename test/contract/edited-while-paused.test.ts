/** D9 with real files: what somebody does to modes and workflow while a run waits never traps the run. The shipped project, the rehearsal. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadBrief } from "../../src/briefs/load-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { DecideInput } from "../../src/run/api.ts";
import { shippedProject } from "../fixtures/project-folder.ts";

const clean: (() => void)[] = [];

afterEach(() => {
  for (const each of clean.splice(0).toReversed()) each();
});

async function waiting(): Promise<{ cadre: Cadre; dir: string; first: AdvanceResult }> {
  const folder = shippedProject();
  const { dir } = folder;
  const cadre = openCadre({ dir });
  clean.push(
    () => folder.remove(),
    () => cadre.close(),
  );
  const brief = await loadBrief(join(dir, "briefs/vietnamese-reviews.md"));
  const run = await cadre.start(brief, { by: "tester" });
  return { cadre, dir, first: await cadre.advance(run.id) };
}

const tester = { by: "tester", face: "test" };

async function decided(cadre: Cadre, { run, asks }: AdvanceResult, input: Pick<DecideInput, "verb" | "text">) {
  await cadre.decide(asks[0]!.id, { ...input, ...tester });
  return cadre.advance(run.id);
}

const trouble: Record<string, (dir: string) => void> = {
  "a route to a role that is not there": (dir) => {
    const file = join(dir, "modes/huggingface-specialist.md");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace(/^escalates_to:\n/m, "escalates_to:\n  - nobody-at-all # For nothing\n"));
  },
  "a workflow that does not load": (dir) => appendFileSync(join(dir, "graphs/feature-workflow.ts"), "\n}}} not code\n"),
  "no workflow": (dir) => rmSync(join(dir, "graphs"), { recursive: true }),
  "no modes": (dir) => rmSync(join(dir, "modes"), { recursive: true }),
};

test.each(Object.entries(trouble))("D9 with %s a person goes on under the stored chart", async (_name, break_) => {
  const { cadre, dir, first } = await waiting();
  break_(dir);
  const asked = await decided(cadre, first, { verb: "answer", text: "1" });
  expect(asked).toMatchObject({ status: "waiting", asks: [{ kind: "chart" }] });
  expect(asked.asks[0]!.options.map((option) => option.id)).toEqual(["keep", "stop"]);
  const signOff = await decided(cadre, asked, { verb: "answer", text: "keep" });
  expect(signOff).toMatchObject({ status: "waiting", asks: [{ kind: "sign_off" }] });
  expect((await decided(cadre, signOff, { verb: "approve" })).status).toBe("finished");
  expect((await cadre.verify(first.run.id)).problems).toEqual([]);
});

test("D9 a run is stopped although the modes are gone", async () => {
  const { cadre, dir, first } = await waiting();
  rmSync(join(dir, "modes"), { recursive: true });
  expect((await cadre.stop(first.run.id, "tester")).status).toBe("stopped");
});

test("D9 a process that stays notices that the workflow was edited", async () => {
  const { cadre, dir, first } = await waiting();
  const file = join(dir, "graphs/feature-workflow.ts");
  const text = readFileSync(file, "utf8");
  writeFileSync(
    file,
    text
      .replace("export const workflow", "const before")
      .concat("\nexport const workflow = { ...before, deadlineMinutes: 7 };\n"),
  );
  const asked = await decided(cadre, first, { verb: "answer", text: "1" });
  expect(asked).toMatchObject({ asks: [{ kind: "chart" }] });
  const signOff = await decided(cadre, asked, { verb: "answer", text: "adopt" });
  expect((await cadre.store.chart(signOff.run.chart))?.workflow.deadlineMinutes).toBe(7);
});
