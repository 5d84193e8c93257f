/** RELIABILITY 39, D9: every kind of edit that could change how a run goes is seen while it is paused; one that could not is not asked about. */
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadBrief } from "../../src/briefs/load-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { AdvanceResult } from "../../src/run/api.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import type { BoundChart } from "../../src/org/bound-chart.ts";
import { bindProject, loadProject } from "../../src/project.ts";
import { driftFrom } from "../../src/run/drift.ts";
import { toolCatalogue, toolHash } from "../../src/tools/catalogue.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

let folder: ProjectFolder;
beforeEach(() => {
  folder = shippedProject();
});
afterEach(() => folder.remove());

const tools = [...toolCatalogue().values()];
const hashes = Object.fromEntries(tools.map((tool) => [tool.name, toolHash(tool)]));

async function bound(toolHashes = hashes): Promise<BoundChart> {
  return bindProject(await loadProject(folder.dir), toolHashes);
}

/** Changes one place of one file; what is to be changed must be there. */
const edit =
  (file: string, from: string | RegExp, to: string) =>
  (dir: string): void => {
    const path = join(dir, file);
    const text = readFileSync(path, "utf8");
    const after = text.replace(from, to);
    if (after === text) throw new Error(`${file} has no ${String(from)}`);
    writeFileSync(path, after);
  };

const writer = "modes/technical-writer.md";
const workflow = "graphs/feature-workflow.ts";

/** Every one of these is another chart. */
const seen: Record<string, (dir: string) => void> = {
  "a line of comment, for what is cited below it moves": edit(writer, "level: 034", "# a comment\nlevel: 034"),
  "a word of a prompt": edit(writer, "You write for a reader", "You write for two readers"),
  "a role's description": edit(writer, "Writes pages that let", "Writes pages which let"),
  "a role's level": edit(writer, "level: 034-worker", "level: 035-worker"),
  "the purpose of a route": edit(writer, "# Pages that are ready", "# Pages that are nearly ready"),
  "another target of a route": edit(writer, "  - project-manager # Readership", "  - technical-architect # Readership"),
  "one route less": edit(writer, /\n {2}- project-manager # Readership.*/, ""),
  "one route more": edit(writer, "reports_to:\n", "reports_to:\n  - project-manager # Dates that will not be kept\n"),
  "one tool group less": edit(writer, "  - code_analysis\n", ""),
  "one tool group more": edit(writer, "tool_groups:\n", "tool_groups:\n  - execution\n"),
  "a role's model": edit(writer, "model: gemini-2.5-pro", "model: gemini-2.5-flash"),
  "a sentence of a rules pack": (dir) =>
    appendFileSync(join(dir, "modes/rules/huggingface.md"), "\nAnd one rule more.\n"),
  "a role more": (dir) =>
    writeFileSync(
      join(dir, "modes/helper.md"),
      readFileSync(join(dir, writer), "utf8").replace("slug: technical-writer", "slug: helper"),
    ),
  "a role less": (dir) => rmSync(join(dir, "modes/database-specialist.md")),
  "the workflow's entry": edit(workflow, 'entry: "backend-lead"', 'entry: "ai-ml-lead"'),
  "the workflow's staffing": edit(workflow, "staffing: {}", 'staffing: { "project-manager": { by: "person" } }'),
  "the workflow's grants": edit(workflow, '["inference"] }', '["inference", "edit"] }'),
  "the workflow's approvals": edit(workflow, 'tool: "execute_command"', 'tool: "write_to_file"'),
  "when an approval expires": edit(
    workflow,
    '{ tool: "execute_command",',
    '{ tool: "execute_command", expiresMinutes: 30,',
  ),
  "the workflow's sign-off": edit(workflow, "signOff: true", "signOff: false"),
  "when the sign-off expires": edit(workflow, "signOff: true,", "signOff: true, signOffExpiresMinutes: 60,"),
  "the workflow's limits": edit(workflow, "steps: 200", "steps: 201"),
  "the workflow's deadline": edit(workflow, "deadlineMinutes: 24 * 60", "deadlineMinutes: 12 * 60"),
  "which roles a rules pack binds": edit(
    workflow,
    '"huggingface-specialist", "ai-ml-lead"]',
    '"huggingface-specialist"]',
  ),
};

test.each(Object.entries(seen))("D9 seen: %s", async (_what, change) => {
  const before = await bound();
  change(folder.dir);
  const drift = await driftFrom(before, () => bound());
  expect(drift?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(drift?.hash).not.toBe(before.hash);
});

/** None of these can change how a run goes. */
const unseen: Record<string, (dir: string) => void> = {
  "a comment at the end of a line of front matter": edit(
    writer,
    "level: 034-worker-documentation",
    "level: 034-worker-documentation # a comment",
  ),
  "a comment after a line of code in the workflow": edit(workflow, "signOff: true,", "signOff: true, // a comment"),
  "blanks at the end of a line of front matter": edit(
    writer,
    "level: 034-worker-documentation",
    "level: 034-worker-documentation   ",
  ),
  "a knowledge file": (dir) => appendFileSync(join(dir, "modes/context/README.md"), "\nmore\n"),
};

test("D9 seen: a tool's schema or description, one tool less, one tool more", async () => {
  const before = await bound();
  for (const tool of tools) {
    const other = toolHash({ ...tool, description: `${tool.description} Changed.` });
    expect((await driftFrom(before, () => bound({ ...hashes, [tool.name]: other })))?.hash).toBeTruthy();
  }
  const { write_to_file: _gone, ...fewer } = hashes;
  for (const others of [fewer, { ...hashes, another: "00" }])
    expect((await driftFrom(before, () => bound(others)))?.hash).toBeTruthy();
  expect(await driftFrom(before, () => bound())).toBeNull();
});

async function waiting(): Promise<{ cadre: Cadre; first: AdvanceResult }> {
  const cadre = openCadre({ dir: folder.dir });
  const run = await cadre.start(await loadBrief(join(folder.dir, "briefs/vietnamese-reviews.md")), { by: "tester" });
  return { cadre, first: await cadre.advance(run.id) };
}

test("D9 several edits while a run is paused are one ask, and another edit is another one", async () => {
  const { cadre, first } = await waiting();
  for (const what of ["a word of a prompt", "the workflow's limits", "the purpose of a route"]) seen[what]!(folder.dir);
  const decide = async (ask: AdvanceResult, text: string): Promise<AdvanceResult> => {
    await cadre.decide(ask.asks[0]!.id, { verb: "answer", text, by: "tester", face: "test" });
    return cadre.advance(ask.run.id);
  };
  const asked = await decide(first, "1");
  expect(asked.asks).toMatchObject([{ kind: "chart" }]);
  seen["the workflow's sign-off"]!(folder.dir);
  const again = await decide(asked, "keep");
  expect(again.asks).toMatchObject([{ kind: "chart" }]);
  expect((await decide(again, "keep")).asks).toMatchObject([{ kind: "sign_off" }]);
  cadre.close();
});

test.each(Object.entries(unseen))("D9 not asked about: %s", async (_what, change) => {
  const before = await bound();
  change(folder.dir);
  expect(await driftFrom(before, () => bound())).toBeNull();
});
