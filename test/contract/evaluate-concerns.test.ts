/** R2 what `evaluate_models` puts to a person before any of a sample leaves this machine. */
import { expect, test } from "vitest";
import { evaluatingTool } from "../../src/tools/evaluate/evaluation-concerns.ts";
import { noHub } from "../../src/tools/hub/source.ts";
import { modelsOf } from "../fixtures/evaluation-line.ts";
import { openWorkbench } from "../unit/tools-bench.ts";

async function found(url: string, more: Readonly<Record<string, unknown>>): Promise<{ id: string; text: string }[]> {
  const rows = Array.from({ length: 30 }, (_, row) => `write to ana${row}@example.com,${row}`);
  const bench = openWorkbench({ "s.csv": ["text,label", ...rows].join("\n") });
  const models = modelsOf(`models:\n  m: {tier: endpoint, url: "${url}", model: org/m, about: {licence: mit}}\n`);
  const tool = evaluatingTool(noHub);
  const shared = { dataset: "s.csv", candidates: ["m"], answers: "number", instruction: "Which number?" };
  const concerns = await tool.concerns?.({ ...bench.context, models }, tool.schema.parse({ ...shared, ...more }));
  if (!concerns || !("findings" in concerns)) throw new Error("refused");
  return [...concerns.findings];
}

test("R2 personal data in the rows that would be sent, masked; a model on this machine asks nobody", async () => {
  const [finding, ...others] = await found("https://models.example.com/v1", {});
  expect(others).toEqual([]);
  expect(finding?.text).toMatch(
    /^9 × e-mail address would go to https:\/\/models.example.com: s.csv, row 1 of the test part a\*\*\*@/,
  );
  expect(finding?.text).not.toMatch(/ana\d/);
  expect(await found("http://127.0.0.1:9/v1", {})).toEqual([]);
});

test("R2 the instruction leaves with every row, and is looked through as well: another one is another matter", async () => {
  const [plain] = await found("https://models.example.com/v1", {});
  const [own] = await found("https://models.example.com/v1", {
    instruction: "Answer to bo@example.org: which number?",
  });
  expect(own?.text).toContain("10 × e-mail address");
  expect(own?.id).not.toBe(plain?.id);
  expect((await found("https://models.example.com/v1", {}))[0]?.id).toBe(plain?.id);
});
