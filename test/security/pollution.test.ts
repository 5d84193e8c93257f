/**
 * RELIABILITY 28: keys that reach a prototype when data are handled carelessly are refused, in YAML and in JSON, wherever data come in: modes, rules packs,
 * briefs, cadre.yaml, answers, workflows, what models send, what servers say of their tools, what people edit. And nothing is polluted by any of them.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { readAnswers } from "../../src/cli/read-answers.ts";
import { parseConfig } from "../../src/config/config.ts";
import { eventSchema } from "../../src/events/event-schema.ts";
import { schemaFor } from "../../src/events/schema-for.ts";
import { checkCalls, strictObject } from "../../src/models/strict-calls.ts";
import { readMode } from "../../src/modes/read-mode.ts";
import { readRulesPack } from "../../src/modes/rules-pack.ts";
import { checkWorkflow } from "../../src/org/workflow-check.ts";
import { decisionMisfit } from "../../src/run/decide-ask.ts";
import type { AskRow } from "../../src/store/rows.ts";
import { parseToolArgs, toolCatalogue } from "../../src/tools/catalogue.ts";
import { argumentsSchema } from "../../src/tools/mcp/arguments.ts";
import { toolWords } from "../../src/tools/mcp/spec.ts";
import { bind, modeText } from "../fixtures/line-harness.ts";

afterEach(() => {
  for (const target of [{}, [], () => undefined, "", 0]) {
    expect((target as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((target as Record<string, unknown>)["slug"]).toBeUndefined();
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("polluted");
});

const payloads = ["{polluted: true}", "{prototype: {polluted: true}}", "[polluted]", "yes"];
const keys = [
  "__proto__",
  "constructor",
  "prototype",
  '"__proto__"',
  "'__proto__'",
  '"\\u005f_proto__"',
  '"\\x5f_proto__"',
  "? __proto__\n",
];

/** A map that holds the key, at the top and further in, plainly and by way of an anchor. */
const yaml = keys.flatMap((key) =>
  payloads.flatMap((payload) => [
    `${key}: ${payload}`,
    `slug: a\n${key}: ${payload}`,
    ...(key.startsWith("?")
      ? []
      : [
          `slug: a\nnested:\n  - {${key}: ${payload}}`,
          `slug: a\nbase: &b {${key}: ${payload}}\n<<: *b`,
          `{"slug": "a", ${key}: ${payload}}`,
        ]),
  ]),
);

describe("row 28 in YAML", () => {
  test(`${yaml.length} documents, as a mode, a rules pack, a brief, cadre.yaml and answers`, () => {
    const folder = mkdtempSync(join(tmpdir(), "cadre-pollution-"));
    try {
      for (const source of yaml) {
        const document = `---\n${source}\n---\nTask: something.\n`;
        expect(readMode(document, "a.md").mode, source).toBeNull();
        expect(readRulesPack(document, "a.md").pack, source).toBeNull();
        expect(readBrief(document, "a.md").brief, source).toBeNull();
        expect(parseConfig(source).problems[0], source).toMatchObject({ severity: "error" });
        const answers = join(folder, "answers.yaml");
        writeFileSync(answers, `- verb: answer\n  text: x\n${source.replaceAll(/^/gm, "  ")}\n`);
        expect(() => readAnswers(answers), source).toThrow();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const json = ["__proto__", "constructor", "prototype"].flatMap((key) => [
  `{"${key}":{"polluted":true}}`,
  `{"a":{"${key}":{"polluted":true}}}`,
  `{"a":[{"b":{"${key}":1}}]}`,
  `{"path":"a.txt","content":"x","${key}":{"polluted":true}}`,
  `{"command":["true"],"${key}":{"network":true}}`,
]);
const parsed = json.map((text): [string, unknown] => [text, JSON.parse(text)]);

describe("row 28 in JSON", () => {
  test.each(json)("what a model sends is no call with %s", (text) => {
    expect(strictObject(text).ok).toBe(false);
    expect(checkCalls([{ id: "c", name: "go", raw: text }], { offered: ["go"], finish: "stop" }).calls).toEqual([]);
  });

  test.each(parsed)("no tool takes %s", (_text, args) => {
    for (const tool of toolCatalogue().values()) expect(parseToolArgs(tool, args).ok, tool.name).toBe(false);
    for (const schema of [{ type: "object" }, { type: "object", properties: { a: {} }, additionalProperties: true }])
      expect(argumentsSchema(schema)?.safeParse(args).success).toBe(false);
  });

  test.each(parsed)("no tool of a server is described with %s", (_text, inner) => {
    for (const inputSchema of [
      { type: "object", ...(inner as object), properties: inner },
      { type: "object", properties: { a: { type: "object", properties: inner } } },
      { type: "object", properties: { a: { enum: [inner] } } },
    ])
      expect(toolWords("box", { name: "t", description: "", inputSchema })).toHaveProperty("problem");
  });

  test.each(parsed)("no workflow holds %s", (_text, extra) => {
    const { chart } = bind([modeText("lead", "020-lead")], { entry: "lead" });
    const own = JSON.stringify({ name: "w", entry: "lead" }).slice(0, -1);
    const whole: unknown = JSON.parse(`${own},${JSON.stringify(extra).slice(1)}`);
    for (const data of [
      whole,
      { name: "w", entry: "lead", limits: extra },
      { name: "w", entry: "lead", verify: extra },
    ]) {
      const { problems } = checkWorkflow(data, "graphs/w.ts", chart, []);
      expect(problems.filter((problem) => problem.severity === "error").length).toBeGreaterThan(0);
    }
  });

  test.each(parsed)("nobody edits %s into a call, raises a limit to it or tells it as a result", (_text, args) => {
    const ask = (kind: AskRow["kind"]): AskRow =>
      ({ id: "a-1", kind, options: [{ id: "result", text: "" }], limit: { value: 1 } }) as unknown as AskRow;
    expect(decisionMisfit(ask("limit"), { verb: "approve", text: "", args })).not.toBeNull();
    expect(decisionMisfit(ask("doubt"), { verb: "answer", text: "result", args })).not.toBeNull();
    expect(decisionMisfit(ask("question"), { verb: "answer", text: "x", args })).not.toBeNull();
  });

  test.each(parsed)("no stored event holds %s beside what it should", (_text, extra) => {
    const event = { type: "ask_withdrawn", at: "2026-01-01T00:00:00.000Z", ask: "a", reason: "r" };
    const whole: unknown = JSON.parse(`${JSON.stringify(event).slice(0, -1)},${JSON.stringify(extra).slice(1)}`);
    for (const schema of [schemaFor(whole), eventSchema]) {
      expect(schema.safeParse(event).success).toBe(true);
      expect(schema.safeParse(whole).success).toBe(false);
    }
  });
});
