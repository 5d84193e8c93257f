/** docs/lint.md is the page of every rule: each has a bad example that the rule finds, and a good one in which it finds nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openOutput } from "../../src/cli/output.ts";
import { openContext } from "../../src/cli/context.ts";
import { readChart } from "../../src/cli/read-chart.ts";
import type { Problem } from "../../src/documents/problem.ts";
import { rules, type RuleCode } from "../../src/documents/rules.ts";

const page = readFileSync(new URL("../../docs/lint.md", import.meta.url), "utf8");

type Example = { readonly kind: string; readonly path: string; readonly text: string };

function examplesIn(text: string): Example[] {
  const blocks = text.matchAll(/^(`{3,})(?:md|yaml|ts|json) (bad|good|base) (\S+)\n([^]*?)^\1$/gm);
  return [...blocks].map(([, , kind = "", path = "", content = ""]) => ({ kind, path, text: content }));
}

const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")) as RuleCode, section]),
);
const base = examplesIn(page.slice(0, page.indexOf("## Files and front matter")));

/** Told in the page as what no text can show; `file`, `load` and `config` tests make such files. */
const withoutExample = [
  ...(/These have no example in text: ([^]*?)\. Each says/.exec(page)?.[1] ?? "").matchAll(/`([a-z0-9-]+)`/g),
].map((found) => found[1] as RuleCode);

async function lint(examples: readonly Example[]): Promise<readonly Problem[]> {
  const dir = mkdtempSync(join(tmpdir(), "cadre-lint-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const workflow = { path: "graphs/w.ts", text: 'export const workflow = { name: "w", entry: "lead" };\n' };
  for (const { path, text } of [workflow, ...base, ...examples]) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const output = openOutput({ json: false, quiet: true, verbose: false, fields: null }, process.stdout, process.stderr);
  return (
    await readChart(
      openContext({ dir }, {}, output, () => process.stdin),
      [],
    )
  ).problems;
}

test("every rule is on the page, and the page has no other", () => {
  expect([...sections.keys(), ...withoutExample].toSorted()).toEqual(Object.keys(rules).toSorted());
  expect(withoutExample.length).toBeGreaterThan(5);
});

describe.each([...sections])("%s", (code, section) => {
  const examples = examplesIn(section);
  const [said = ""] = /(?<=\n\n)(Error|Warning|Info)\b[^.]*/.exec(section) ?? [];

  test("the bad example is found, as severe as the page says and with its place", async () => {
    const found = (await lint(examples.filter(({ kind }) => kind === "bad"))).filter(
      (problem) => problem.code === code,
    );
    const severities = found.map(({ severity }) => severity);
    expect(severities.length).toBeGreaterThan(0);
    for (const severity of severities) expect(said.toLowerCase()).toContain(severity);
    for (const { file, line, column } of found)
      expect([typeof file, line > 0, column > 0]).toEqual(["string", true, true]);
    expect(said.includes("fixed")).toBe(!rules[code].settable);
  });

  test("in the good example the rule finds nothing, and nothing is an error", async () => {
    const problems = await lint(examples.filter(({ kind }) => kind === "good"));
    expect(problems.filter((problem) => problem.code === code || problem.severity === "error")).toEqual([]);
  });
});
