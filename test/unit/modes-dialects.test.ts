/** Role files as other tools' users have them: each dialect by its content, with positions, and without a silent loss (L1 to L3, M1, M2). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Mode } from "../../src/modes/mode.ts";
import { loadModes } from "../../src/modes/load.ts";
import { readRoleFile } from "../../src/modes/read-mode.ts";
import { compile } from "../../src/org/compile.ts";

function one(text: string, file = "agents/a.md"): Mode {
  const { modes, notARole } = readRoleFile(text, file);
  expect({ notARole, count: modes.length }).toEqual({ notARole: null, count: 1 });
  return modes[0] as Mode;
}

function codes(text: string, file = "agents/a.md"): string[] {
  return readRoleFile(text, file).problems.map((problem) => `${problem.code} ${problem.line}:${problem.column}`);
}

const routes = (mode: Mode): unknown[] =>
  mode.routes.map(({ kind, to, purpose, line, column }) => [kind, to, purpose, `${line}:${column}`]);

describe("TOML between +++", () => {
  test("a role that says nothing but whom it turns to is one: its routes are not passed over", () => {
    const { routes } = one('+++\nid = "a"\nname = "A"\n[metadata]\ndelegate_to = ["b"] # For b\n+++\nYou are A.\n');
    expect(routes).toMatchObject([{ kind: "delegation", to: "b", line: 5 }]);
  });

  const toml = [
    "+++",
    'id = "speech-worker" # who',
    'name = "Speech"',
    'classification = "worker"',
    'domain = "ai-ml"',
    'summary = "Turns speech into text"',
    'system_prompt = """',
    "You transcribe.",
    '"""',
    'allowed_tool_groups = ["read", "ask"]',
    "[file_access]",
    'read_allow = ["**/*.wav"]',
    "[metadata]",
    'tags = ["audio"]',
    "escalate_to = [",
    '  "audio-lead", # For recordings in several languages',
    '  "legal", # << from the template >>',
    "]",
    'delegate_to = ["writer", "database-specialist"] # not a purpose',
    'reports_to = ["audio-lead", "Requesting Mode"]',
    "+++",
    "# Notes",
    "",
  ].join("\n");

  test("is read with the place and the purpose of every route", () => {
    const mode = one(toml);
    expect(mode).toMatchObject({
      dialect: "roo-toml",
      slug: "speech-worker",
      description: "Turns speech into text",
      level: { text: "03-worker-ai-ml", rank: "worker", department: "ai-ml" },
      tags: ["audio"],
      toolGroups: ["read", "communication"],
    });
    expect(routes(mode)).toEqual([
      ["report", "audio-lead", null, "20:15"],
      ["escalation", "audio-lead", "For recordings in several languages", "16:3"],
      ["escalation", "legal", null, "17:3"],
      ["delegation", "writer", null, "19:16"],
      ["delegation", "database-specialist", null, "19:26"],
    ]);
    expect(mode.body).toBe("You transcribe.\n\n# Notes\n");
  });

  test("L1 L3 what bounds files is kept and said not to be held; a route in words is told with its place", () => {
    expect(codes(toml)).toEqual(["restriction-not-held 11:1", "route-in-prose 20:29"]);
    expect(one(toml).extra).toMatchObject({ file_access: { read_allow: ["**/*.wav"] } });
  });

  test("faults are problems with their place, and a page of a knowledge base is no role", () => {
    expect(codes("+++\nid = 'a'\nsystem_prompt = \n+++\n")).toEqual(["toml-invalid 3:17"]);
    expect(codes("+++\nid = 'a'\n")).toEqual(["front-matter-unclosed 1:1"]);
    expect(codes('+++\nid = "a"\nclassification = "lead"\n__proto__ = 1\n+++\n')).toEqual(["yaml-key 4:1"]);
    expect(readRoleFile('+++\nid = "KB-1"\ntitle = "x"\n+++\n', "a.md").notARole).toContain('"id", "title"');
    expect(readRoleFile('+++\nid = "KB-1"\n[metadata]\ntags = ["x"]\n+++\n', "a.md").notARole).toContain('"metadata"');
  });

  test.each(["key-with.dots", '"quoted.key"', "'literal'"])("a place is found behind %s", (key) => {
    const mode = one(
      `+++\nid = "a"\nclassification = "lead"\n${key} = {x = [1, 2], y = "#"}\n[metadata]\nreports_to = ['b']\n+++\n`,
    );
    expect(routes(mode)).toEqual([["report", "b", null, "6:15"]]);
  });
});

describe("Claude Code agents", () => {
  test("name, tools and model in cadre's words; whom it may start are its delegations", () => {
    const mode = one(
      "---\nname: Code Reviewer\ndescription: Looks at changes\ntools: Read, Grep, Bash(git diff:*), Agent(test-runner, C# Expert)\nmodel: inherit\ncolor: red\n---\nYou review.\n",
    );
    expect(mode).toMatchObject({
      dialect: "claude",
      slug: "code-reviewer",
      name: "Code Reviewer",
      model: null,
      body: "You review.\n",
    });
    expect(mode.toolGroups).toEqual(["communication", "read", "command"]);
    expect(routes(mode)).toEqual([
      ["delegation", "test-runner", null, "4:8"],
      ["delegation", "c-sharp-expert", null, "4:8"],
    ]);
    expect(mode.extra).toEqual({ tools: expect.stringContaining("Bash(git diff:*)"), color: "red" });
  });

  test("L3 without tools it has all of them, and what takes tools away is said not to be held", () => {
    const text = "---\nname: a\ndescription: b\ndisallowedTools: Write\nhooks: {}\n---\n";
    expect(codes(text)).toEqual(["restriction-not-held 4:1", "restriction-not-held 5:1", "tools-inherited 1:1"]);
    expect(one(text).toolGroups).toEqual(["read", "edit", "command", "browser", "mcp", "communication"]);
  });

  test("L2 cadre's own keys mean the same here", () => {
    const mode = one(
      "---\nname: a\ndescription: b\ntools: Read\nlevel: 02-lead-x\nescalates_to:\n  - boss # For money\n---\n",
    );
    expect(mode.level).toMatchObject({ rank: "lead" });
    expect(routes(mode)).toEqual([["escalation", "boss", "For money", "7:5"]]);
  });

  test.each([
    ["skills/x/SKILL.md", "---\nname: x\ndescription: y\n---\n"],
    [".claude/commands/x.md", "---\ndescription: y\nallowed-tools: Bash\n---\n"],
    ["x.prompt.md", "---\ndescription: y\nagent: agent\ntools: ['search']\n---\n"],
    ["rules/x.md", "---\ndescription: y\nalwaysApply: true\nname: x\n---\n"],
  ])("M2 %s is no agent", (file, text) => {
    expect(readRoleFile(text, file)).toMatchObject({
      modes: [],
      notARole: expect.stringContaining("a skill, a command or a rule"),
    });
  });
});

describe("Copilot agents", () => {
  test("hand-offs and callable agents are delegations, one each, with the label as purpose", () => {
    const mode = one(
      "---\ndescription: Plans\ntools: ['search', 'edit/editFiles', 'github/*', 'todo']\nagents: ['SWE', QA]\nhandoffs:\n  - label: Start\n    agent: SWE\n    prompt: Build it\nmodel: [GPT-5, Claude]\n---\nPlan.\n",
      ".github/agents/Planner.agent.md",
    );
    expect(mode).toMatchObject({ dialect: "copilot", slug: "planner", model: "GPT-5" });
    expect(mode.toolGroups).toEqual(["communication", "read", "edit", "mcp"]);
    expect(routes(mode)).toEqual([
      ["delegation", "swe", "Start: Build it", "6:5"],
      ["delegation", "qa", null, "4:17"],
    ]);
  });
});

describe("opencode agents", () => {
  test.each([
    ["tools:\n  write: false\n  edit: false\n  bash: false", ["read", "browser", "mcp", "communication"]],
    ["permission:\n  edit: deny\n  bash: ask", ["read", "command", "browser", "mcp", "communication"]],
    [
      'permissions:\n  - {action: shell, resource: "*", effect: deny}',
      ["read", "edit", "browser", "mcp", "communication"],
    ],
    ["temperature: 0.1", ["read", "edit", "command", "browser", "mcp", "communication"]],
  ])("everything is allowed that is not denied: %s", (keys, groups) => {
    const mode = one(`---\ndescription: d\nmode: subagent\n${keys}\n---\n`, ".opencode/agent/reviewer.md");
    expect(mode).toMatchObject({ dialect: "opencode", slug: "reviewer", toolGroups: groups });
  });

  test.each(["permission", "permissions"])(
    "whom its task %s names are its delegations; a pattern names nobody, and that is said",
    (key) => {
      const text = `---\ndescription: d\nmode: primary\n${key}:\n  task:\n    "*": deny\n    writer: allow # For pages\n    subagents/core/Context_Scout: ask\n    "team-*": allow\n    hidden: deny\n---\n`;
      const { modes, problems } = readRoleFile(text, ".opencode/agent/lead.md");
      expect(modes.flatMap(routes)).toEqual([
        ["delegation", "writer", "For pages", "7:5"],
        ["delegation", "context-scout", null, "8:5"],
      ]);
      expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([["route-in-prose", 9, 5]]);
    },
  );

  test("a map under `permissions` denies as one under `permission` does; a pattern for everything bounds nothing further", () => {
    const text =
      '---\ndescription: d\nmode: subagent\npermissions:\n  bash:\n    "*": deny\n  edit:\n    "**/*": deny\n---\n';
    const { modes, problems } = readRoleFile(text, ".opencode/agent/scout.md");
    expect(modes[0]?.toolGroups).toEqual(["read", "browser", "mcp", "communication"]);
    expect(problems).toEqual([]);
    const bounded = readRoleFile(text.replace('"**/*"', '"**/*.env"'), ".opencode/agent/scout.md");
    expect(bounded.problems.map(({ code, line }) => [code, line])).toEqual([["restriction-not-held", 4]]);
  });
});

describe(".roomodes", () => {
  const yaml = [
    "customModes:",
    "  - slug: planner",
    "    name: Planner",
    "    roleDefinition: You plan. You do not build.",
    "    groups:",
    "      - read",
    "      - - edit",
    "        - fileRegex: \\.md$",
    "    customInstructions: |-",
    "      **Delegates To:**",
    "      - `builder` # For code",
    "  - slug: builder",
    "    roleDefinition: You build.",
    "    groups: [read, edit, command]",
    "",
  ].join("\n");

  test("holds many modes; bounds on files are kept and said not to be held", () => {
    const { modes, problems } = readRoleFile(yaml, ".roomodes");
    expect(modes.map((mode) => [mode.slug, mode.description, mode.toolGroups])).toEqual([
      ["planner", "You plan.", ["read", "edit", "communication"]],
      ["builder", "You build.", ["read", "edit", "command", "communication"]],
    ]);
    expect(problems.map(({ code, line }) => [code, line])).toEqual([["restriction-not-held", 7]]);
    expect(modes[0]?.routes).toMatchObject([{ kind: "delegation", to: "builder", purpose: "For code" }]);
  });

  test("JSON says the same, many modes or one", () => {
    const json = JSON.stringify({ customModes: [{ slug: "a", roleDefinition: "You.", groups: ["read"] }] }, null, 2);
    expect(readRoleFile(json, "custom_modes.json").modes).toMatchObject([
      { slug: "a", keyLines: { slug: 4, tool_groups: 6 } },
    ]);
    expect(readRoleFile('{"slug": "a", "roleDefinition": "You."}', "modes/a.json").modes).toHaveLength(1);
    expect(readRoleFile('{"name": "a"}', "package.json").notARole).toContain("customModes");
  });
});

describe("lists of routes in the body", () => {
  const body = (lines: string): string => `---\nslug: a\n---\n# A\n\n## Metadata\n\n${lines}\n`;

  test("items may be grouped by comments, name several roles, or none", () => {
    const mode = one(
      body(
        "**Delegates To:**\n  # Python\n- `django` # For sites (not APIs)\n  # Go\n* `go-a` / `go-b` # For services\n- None\n\n**Reports To:** lead",
      ),
    );
    expect(routes(mode)).toEqual([
      ["report", "lead", null, "15:1"],
      ["delegation", "django", "For sites (not APIs)", "10:3"],
      ["delegation", "go-a", "For services", "12:3"],
      ["delegation", "go-b", "For services", "12:3"],
    ]);
  });

  test.each([
    ["- Delegating Mode (e.g., `lead`)", "goes back to whoever asked"],
    ["- All Specialist Worker Modes (e.g. `x`, `y`)", "- x # For …\n- y # For …"],
    ["- `backend-lead` / API Specialists # For integration", "- backend-lead # For …"],
  ])("B1 prose is no route, and is told with its place: %s", (item, hint) => {
    const { modes, problems } = readRoleFile(body(`**Escalates To:**\n${item}`), "a.md");
    expect(modes[0]?.routes).toEqual([]);
    expect(problems).toMatchObject([{ code: "route-in-prose", line: 9, hint: expect.stringContaining(hint) }]);
  });

  test("without a Metadata section the lists count wherever they stand", () => {
    expect(routes(one("---\nslug: a\n---\n## Working with others\n* **Escalates To:**\n  * `b` # For c\n"))).toEqual([
      ["escalation", "b", "For c", "6:5"],
    ]);
  });
});

test.each(["none-such", "nobody-at-all"])("a role may be called %s", (slug) => {
  expect(routes(one(`---\nslug: a\nescalates_to: [${slug}]\n---\n`))).toEqual([["escalation", slug, null, "3:16"]]);
});

test("M1 M2 a folder may mix them all: one chart, and a word for each folder's other files", async () => {
  const dir = mkdtempSync(join(tmpdir(), "cadre-mixed-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [path, text] of Object.entries({
    ".roomodes":
      "customModes:\n  - slug: lead\n    roleDefinition: You lead. **Delegates To:** none\n    groups: [read]\n",
    ".claude/agents/reviewer.md": "---\nname: reviewer\ndescription: d\ntools: Read\nescalates_to: [lead]\n---\n",
    ".github/agents/plan.agent.md":
      "---\ndescription: d\ntools: [read]\nhandoffs:\n  - {label: Review, agent: reviewer, prompt: p}\n---\n",
    ".opencode/agent/build.md": "---\ndescription: d\nmode: subagent\n---\n",
    "modes/own.md": "---\nslug: own\nreports_to: [build]\n---\n",
    "docs/one.md": "# One",
    "docs/two.md": "# Two",
    "README.md": "# Hello",
    "package.json": "{}",
  })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const { modes, problems } = await loadModes(".", dir);
  expect(modes.map(({ slug, dialect }) => `${slug} ${dialect}`).toSorted()).toEqual([
    "build opencode",
    "lead roomodes",
    "own cadre",
    "plan copilot",
    "reviewer claude",
  ]);
  expect(problems.filter(({ code }) => code === "not-a-role").map(({ file, hint }) => [file, hint])).toEqual([
    ["docs/one.md", "The others: two.md"],
  ]);
  const { chart } = compile(modes);
  expect(
    chart.routes
      .filter(({ to }) => to !== "user")
      .map(({ from, kind, to }) => `${from} ${kind} ${to}`)
      .toSorted(),
  ).toEqual(["own report build", "plan delegation reviewer", "reviewer escalation lead"]);
});

describe("texts that are no YAML", () => {
  const agent = (line: string, end = "\n"): string =>
    ["---", "name: triage", line, "tools: Read", "---", "You triage.", ""].join(end);

  test.each([
    ["description: Use when: tests fail. Examples: 'a', \"b\" #1", "Use when: tests fail. Examples: 'a', \"b\" #1"],
    ["description:  It's for this:", "It's for this:"],
    ["description: Issue 3: see #4, C:\\new", "Issue 3: see #4, C:\\new"],
  ])("of another tool's agent are read as they stand, and said to be none: %s", (line, description) => {
    for (const end of ["\n", "\r\n"]) {
      expect(one(agent(line, end))).toMatchObject({ dialect: "claude", slug: "triage", description });
      expect(codes(agent(line, end))).toContain(`yaml-plain-text 3:${line.search(/(?<=: +)\S/) + 1}`);
    }
  });

  test("of a mode are its writer's to mend", () => {
    expect(codes("---\nslug: a\ndescription: one: two\n---\n")).toEqual(["yaml-invalid 3:14"]);
  });

  test.each([
    ["that go on in the next line", "description: one: two\n  and three"],
    ["beside what is broken otherwise", "description: one: two\ncolor: [red"],
    ["in a list", "tags: [one: two: three]"],
  ])("%s are not guessed at", (_what, line) => {
    expect(codes(agent(line)).join()).toMatch(/yaml-invalid/);
    expect(readRoleFile(agent(line), "agents/a.md").modes).toEqual([]);
  });
});
