/** L2: what is written in another dialect comes back as it was, and so does what was imported. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Mode, RouteDeclaration } from "../../src/modes/mode.ts";
import { loadModes } from "../../src/modes/load.ts";
import { readLevel } from "../../src/modes/level.ts";
import { readRoleFile } from "../../src/modes/read-mode.ts";
import { cadreText } from "../../src/modes/writing/cadre-text.ts";
import { claudeFiles, copilotFiles, rooFiles, type WrittenFile } from "../../src/modes/writing/dialect-text.ts";
import { compile } from "../../src/org/compile.ts";

const slug = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,5}){0,2}$/).filter((text) => text !== "user");
const words = fc
  .stringMatching(/^[A-Za-zäß🤗"':#&*!|>%@`,{}[\]-]{1,8}( [A-Za-z0-9ü"':#,;()/*-]{1,9}){0,5}$/u)
  .filter((text) => text === text.trim());
/** Also what no comment can be. */
const purpose = fc.oneof(
  fc.constant(null),
  words,
  fc.tuple(words, words).map(([a, b]) => `${a}\n${b}`),
);
const route = fc.record({ kind: fc.constantFrom("delegation", "escalation", "report"), to: slug, purpose });
const list = fc.array(words, { maxLength: 3 });
const prompt = fc
  .array(fc.constantFrom("# Title", "", "You work.", "  indented", "- item", "```", "tab\there", "trailing  ", "ünï"), {
    maxLength: 6,
  })
  .map((lines) => lines.join("\n"));

const modeOf = fc
  .record({
    slug,
    name: words,
    description: words,
    level: fc.option(fc.constantFrom("037-worker-ai-ml", "020-lead", "whatever"), { nil: null }),
    model: fc.option(words, { nil: null }),
    toolGroups: fc.array(
      fc.constantFrom("read", "edit", "command", "communication", "inference", "file_management", "mcp", "odd one"),
      { minLength: 1, maxLength: 4 },
    ),
    tags: list,
    stack: list,
    categories: list,
    routes: fc.array(route, { maxLength: 5 }),
    body: prompt,
    extra: fc.constantFrom({}, { color: "red", nested: { a: [1, true, null, "x: y"] } }),
  })
  .map(({ level, routes, ...said }): Mode => {
    const file = `modes/${said.slug}.md`;
    return {
      ...said,
      dialect: "cadre",
      level: level === null ? null : readLevel(level).level,
      routes: routes.map((each): RouteDeclaration => ({ ...each, file, line: 1, column: 1, origin: "front-matter" })),
      knowledge: [],
      file,
      keyLines: {},
    };
  });

/** Without places, and with routes in the order in which they are read: by kind. */
function plain(mode: Mode): unknown {
  const {
    dialect: _dialect,
    file: _file,
    keyLines: _lines,
    knowledge: _knowledge,
    extra: _extra,
    routes,
    ...said
  } = mode;
  const kinds = ["report", "escalation", "delegation"];
  return {
    ...said,
    routes: routes
      .map(({ kind, to, purpose: what }) => [kind, to, what])
      .toSorted((a, b) => kinds.indexOf(a[0] as string) - kinds.indexOf(b[0] as string)),
  };
}

const readBack = (files: readonly WrittenFile[]): Mode[] =>
  files.flatMap(({ path, text }) => [...readRoleFile(text, path).modes]);

test.each([
  ["cadre", (mode: Mode): WrittenFile[] => [{ path: mode.file, text: cadreText(mode) }]],
  ["claude", (mode: Mode) => claudeFiles([mode])],
  ["copilot", (mode: Mode) => copilotFiles([mode])],
  ["roo", (mode: Mode) => rooFiles([mode])],
] as const)("L2 a mode written as %s reads back as it was", (name, write) => {
  fc.assert(
    fc.property(modeOf, (mode) => {
      const [back, ...more] = readBack(write(mode));
      expect(more).toEqual([]);
      expect(plain(back as Mode)).toEqual(plain(mode));
      // And once more, by way of cadre's own file.
      const again = readBack([{ path: mode.file, text: cadreText(back as Mode) }])[0] as Mode;
      expect(plain(again)).toEqual(plain(mode));
      if (name === "cadre") expect(back?.extra).toEqual(mode.extra);
    }),
    { numRuns: 150 },
  );
});

test("L2 the shipped chart comes back whole from every dialect that has roles", async () => {
  const { modes } = await loadModes("modes");
  const shipped = compile(modes);
  const bare = (chart: typeof shipped.chart): unknown => ({
    roles: chart.roles.map(({ file: _file, knowledge: _knowledge, ...role }) => role),
    routes: chart.routes.map(({ from, kind, to, purpose: what }) => [from, kind, to, what]),
  });
  for (const files of [
    claudeFiles(modes),
    copilotFiles(modes),
    rooFiles(modes),
    modes.map((mode) => ({ path: mode.file, text: cadreText(mode) })),
  ])
    expect(bare(compile(readBack(files)).chart)).toEqual(bare(shipped.chart));
});
