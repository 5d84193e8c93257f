import { describe, expect, test } from "vitest";
import { toolGroups } from "../../src/modes/tool-groups.ts";
import { knowledgeTools, parseToolArgs, toolCatalogue, toolHash, toolSpec } from "../../src/tools/catalogue.ts";
import { openWorkbench, toolNamed } from "./tools-bench.ts";

/** Verbs of the run, not tools. */
const verbs = ["ask_followup_question", "attempt_completion"];

describe("the catalogue", () => {
  test("has every tool that a group names, and nothing else but the knowledge tools", () => {
    const named = new Set([...Object.values(toolGroups).flat(), ...knowledgeTools]);
    expect([...toolCatalogue().keys()].toSorted()).toEqual(
      [...named].filter((name) => !verbs.includes(name)).toSorted(),
    );
  });

  test("every tool says what each argument is, and takes no others", () => {
    for (const tool of toolCatalogue().values()) {
      const spec = toolSpec(tool);
      expect(spec.schema, tool.name).toMatchObject({ type: "object", additionalProperties: false });
      expect(spec.schema).not.toHaveProperty("$schema");
      expect(spec.description.length).toBeGreaterThan(20);
    }
  });

  test("D9 a tool's hash is stable, and no two are alike", () => {
    const hashes = [...toolCatalogue().values()].map(toolHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect([...toolCatalogue().values()].map(toolHash)).toEqual(hashes);
  });

  test("tools that read have no part in the ledger; those that write can be probed", () => {
    for (const tool of toolCatalogue().values()) {
      if (tool.access === "read") expect("prepare" in tool, tool.name).toBe(false);
      else if (!tool.available) expect("probe" in tool, tool.name).toBe(true);
    }
  });

  test("R7 a command is refused, for there is no sandbox", async () => {
    const bench = openWorkbench({});
    const outcome = await bench.call("execute_command", { command: ["touch", "x"] });
    expect(outcome).toMatchObject({ ok: false, text: expect.stringContaining("no sandbox here") });
    expect(toolNamed("execute_command").available?.no).toContain("without one no command is run");
  });

  test("without a Hub its tools say why, and ask nothing", async () => {
    const bench = openWorkbench({});
    for (const name of ["search_models", "search_datasets"]) {
      expect(toolNamed(name).available?.no).toContain("is not asked here");
      expect(await bench.call(name, { query: "x" })).toMatchObject({ ok: false });
    }
  });
});

describe("RELIABILITY 28 arguments", () => {
  const attacks = [
    '{"path":"a.txt","__proto__":{"polluted":true}}',
    '{"path":"a.txt","constructor":{"prototype":{"polluted":true}}}',
    '{"path":"a.txt","prototype":{}}',
    '{"path":"a.txt","extra":1}',
    '{"__proto__":{"path":"a.txt"}}',
    '{"path":["a.txt"]}',
    '{"path":{"toString":"a"}}',
    '["a.txt"]',
    '"a.txt"',
    "null",
  ];

  test.each(attacks)("%s is refused", (text) => {
    const parsed = parseToolArgs(toolNamed("read_file"), JSON.parse(text));
    expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining("read_file") });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  test("also inside a block of apply_diff", () => {
    const args: unknown = JSON.parse('{"path":"a","blocks":[{"search":"a","replace":"b","__proto__":{"x":1}}]}');
    expect(parseToolArgs(toolNamed("apply_diff"), args).ok).toBe(false);
  });

  test("every tool refuses an unknown key", () => {
    for (const tool of toolCatalogue().values()) {
      const parsed = parseToolArgs(tool, JSON.parse('{"__proto__":1,"constructor":2}'));
      expect(parsed.ok, tool.name).toBe(false);
    }
  });
});
