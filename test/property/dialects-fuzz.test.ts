/**
 * Role files that were damaged: real shapes of every dialect, cut, spliced into each other and sprinkled with what hurts parsers. Whatever
 * comes of it: no crash, nothing executed (R5), and every finding with a place in the file. `CADRE_FUZZ` says how many.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { rules } from "../../src/documents/rules.ts";
import { cadreText } from "../../src/modes/writing/cadre-text.ts";
import { readRoleFile } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";

const world = globalThis as typeof globalThis & { cadreCanary?: number };

const shapes: readonly (readonly [file: string, text: string])[] = [
  [
    "modes/a.md",
    "---\nslug: a\nname: A\nlevel: 037-worker-ai-ml\napi_config:\n  model: m # why\ntool_groups:\n  - read # all\nreports_to:\n  - b # What was done\nescalates_to:\n  - {to: c, when: For doubts}\n---\n\n# A\n\n## Metadata\n\n**Delegates To:**\n  # Python\n- `d` / `e` # For work\n- Delegating Mode (e.g., `f`)\n- None\n\n## Context / Knowledge Base\n\n- `docs/x.md`\n",
  ],
  [
    "modes/t.md",
    '+++\nid = "t"\nname = \'T\'\nclassification = "worker"\ndomain = "x.y"\nsystem_prompt = """\nYou # work.\n"""\nallowed_tool_groups = ["read", "ask"]\n[file_access]\nread_allow = ["**/*"]\n[metadata]\ntags = ["a", "b"] # both\nescalate_to = [\n  "b", # For doubts\n  "c",\n]\ndelegate_to = []\n[[more]]\nx = {y = 1979-05-27, z = [1, 2.5e3]}\n+++\n# T\n',
  ],
  [
    ".roomodes",
    'customModes:\n  - slug: a\n    name: "A"\n    roleDefinition: >-\n      You work\n      hard.\n    groups:\n      - read\n      - - edit\n        - fileRegex: \\.md$\n    customInstructions: |\n      **Delegates To:**\n      - `b` # For b\n  - {slug: b, roleDefinition: You., groups: [read]}\n',
  ],
  [
    "modes.json",
    '{"customModes": [{"slug": "a", "roleDefinition": "You.\\n**Reports To:** b", "groups": ["read", ["edit", {"fileRegex": "x"}]]}]}',
  ],
  [
    ".claude/agents/c.md",
    "---\nname: c\ndescription: Works\ntools: Read, Bash(git:*), Agent(a, b), mcp__x__y\nmodel: sonnet\nhooks: {}\n---\nYou.\n",
  ],
  [
    ".github/agents/p.agent.md",
    "---\ndescription: 'Plans'\ntools: ['search', \"edit/editFiles\", 'x/*']\nagents: [A, B]\nhandoffs:\n  - label: Go\n    agent: C\n    prompt: Do it\n    send: false\nmodel: [M, N]\n---\n# P\n",
  ],
  [
    ".opencode/agent/o.md",
    '---\ndescription: Works\nmode: subagent\npermission:\n  edit: deny\n  bash:\n    "*": ask\n  task: {"*": deny, w: allow}\n---\nYou.\n',
  ],
];

const payload = "globalThis.cadreCanary = (globalThis.cadreCanary ?? 0) + 1";
const sprinkle = fc.constantFrom(
  "---",
  "+++",
  '"""',
  "'''",
  "[",
  "]",
  "{",
  "}",
  ": ",
  "\n",
  "\r\n",
  "\t",
  "# ",
  "`",
  "**",
  "&a ",
  "*a",
  "<<: *a",
  "!!js/function ",
  "\u0000",
  "\ufeff",
  "\u2028",
  "__proto__: 1\n",
  "constructor = 1\n",
  payload,
  "---js\n",
  "💥",
  "Ã¤",
);

type Cut = readonly [at: number, length: number, put: string];

const damaged = fc
  .tuple(
    fc.nat(shapes.length - 1),
    fc.array(
      fc.tuple(
        fc.nat(1000),
        fc.nat(30),
        fc.oneof(
          { weight: 4, arbitrary: sprinkle },
          { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.nat(shapes.length - 1), fc.nat(400), fc.nat(80))
              .map(([from, at, length]) => shapes[from]?.[1].slice(at, at + length) ?? ""),
          },
        ),
      ),
      { minLength: 1, maxLength: 5 },
    ),
  )
  .map(([index, cuts]) => {
    const [file, whole] = shapes[index] as (typeof shapes)[number];
    const text = (cuts as readonly Cut[]).reduce((now, [at, length, put]) => {
      const start = at % (now.length + 1);
      return now.slice(0, start) + put + now.slice(start + length);
    }, whole);
    return { file, text };
  });

const runs = Number(process.env["CADRE_FUZZ"] ?? 1500);

test(
  `R5 fuzz: ${runs} damaged role files are read without a crash, and every finding has its place`,
  { timeout: 900_000 },
  () => {
    let slowest = 0;
    fc.assert(
      fc.property(damaged, ({ file, text }) => {
        const started = performance.now();
        const { modes, problems, notARole } = readRoleFile(text, file);
        slowest = Math.max(slowest, performance.now() - started);
        const last = text.split(/\r\n|\n|\r/).length;
        for (const problem of [...problems, ...compile(modes).problems]) {
          expect(Object.hasOwn(rules, problem.code)).toBe(true);
          expect(problem).toMatchObject({ file, message: expect.any(String) });
          expect([
            problem.line >= 1,
            problem.line <= last,
            problem.column >= 1,
            Number.isInteger(problem.column),
          ]).toEqual([true, true, true, true]);
        }
        // M2: a file is a role, or says what is wrong with it, or says that it is none.
        expect(
          modes.length + problems.filter(({ severity }) => severity === "error").length > 0 ||
            notARole !== null ||
            file.endsWith("modes") ||
            file.endsWith("json"),
        ).toBe(true);
        for (const mode of modes) {
          const again = readRoleFile(cadreText(mode), "modes/again.md");
          expect(again.notARole).toBeNull();
        }
        expect(world.cadreCanary ?? 0).toBe(0);
      }),
      { numRuns: runs },
    );
    console.info(`the slowest of ${runs} took ${slowest.toFixed(1)} ms`);
  },
);
