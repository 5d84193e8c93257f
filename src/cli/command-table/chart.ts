import type { CommandSpec } from "./command-spec.ts";

export const chart: readonly CommandSpec[] = [
  {
    name: "lint",
    needs: "files",
    summary: "check modes, routes, rules, workflows, briefs and cadre.yaml",
    details:
      "docs/lint.md shows every rule with a bad and a good example; `lint: {rules: {…}}` in cadre.yaml sets how much each matters. Exit code 1 on errors, and on more warnings than --max-warnings.",
    args: [["[paths...]", "mode files or folders (default: the project)"]],
    options: [
      ["--fix", "mend in place what has one mend: garbled letters, levels, renamed roles, routes in the body"],
      [
        "--format <format>",
        "pretty, tabs, unix, github, sarif or json (default: pretty on a terminal, tabs in a pipe)",
      ],
      ["--max-warnings <n>", "exit with 1 when there are more warnings"],
      ["--watch", "look again whenever a file changes"],
    ],
    examples: [
      ["lint modes/backend-lead.md", "a single role"],
      ["lint --format github", "findings as annotations of a pull request"],
    ],
    load: async () => (await import("../commands/lint.ts")).lint,
  },
  {
    name: "graph",
    needs: "files",
    summary: "draw the org chart and its routes",
    args: [["[paths...]", "mode files or folders (default: the project)"]],
    options: [
      ["--format <format>", "tree, mermaid, dot, svg or json (default: tree); with --diff: text, markdown or json"],
      [
        "--diff <revision>",
        "what changed since a revision of git: roles, routes, who can reach whom, who has a way up",
      ],
      ["--fail-on <what>", "with --diff: exit with 1 on lost-way-up, a role that reaches no person any more"],
      ["--walked", "which routes runs have taken, which never, and what was refused"],
      ["--limit <n>", "with --walked: only the newest so many runs"],
    ],
    examples: [
      ["graph --format mermaid > chart.mmd", "for a page on a Git host"],
      ["graph --format svg > chart.svg", "the picture of the control room"],
      ["graph --diff main --format markdown", "for the description of a pull request"],
      ["graph --walked", "the routes that nobody has ever taken"],
    ],
    load: async () => (await import("../commands/graph.ts")).graph,
  },
  {
    name: "who",
    needs: "files",
    summary: "which role would take a text, and which rule says so",
    args: [["<text...>", "a task or a question, in words"]],
    options: [
      ["--from <role>", "only the routes of this role"],
      ["--limit <n>", "how many candidates (default: 5)"],
      [
        "--model <model>",
        "with --from: ask a model instead of comparing words, in one paid call; written as for run --model",
      ],
    ],
    examples: [
      ['who "we may need a GPU"', "who decides that"],
      ['who "we may need a GPU" --from backend-lead --model local', "what a model of cadre.yaml would do in that role"],
    ],
    load: async () => (await import("../commands/who.ts")).who,
  },
  {
    name: "mv",
    needs: "files",
    summary: "give a role another slug, everywhere it stands: modes, rules, knowledge, workflows, briefs, cadre.yaml",
    details:
      "Comments, quotes and line ends stay as they are. All files are changed, or none. Where the word may be the role or only a word (prose, reasons, names), the line is named for you to look at. Runs that have not ended keep the name that they were started with.",
    args: [
      ["<slug>", "the role as it is called now"],
      ["<new>", "what it is to be called: lower-case letters, digits, hyphens"],
    ],
    options: [["--dry-run", "show the changes as a diff; nothing is written"]],
    examples: [["mv huggingface-specialist open-model-specialist --dry-run", "see what would change"]],
    load: async () => (await import("../commands/mv.ts")).mv,
  },
  {
    name: "rehearse",
    needs: "files",
    summary: "walk the chart with every brief: which routes are exercised, which cannot be, where people are asked",
    details:
      "Each brief is rehearsed to its end in a scratch folder, with a stand-in for people that takes the first option and approves what it is shown. Nothing is kept, and no model is called.",
    args: [["[briefs...]", "brief files (default: all in briefs/)"]],
    options: [["--workflow <name>", "a file in graphs/, without its ending"]],
    examples: [["rehearse", "what the briefs of this project exercise"]],
    load: async () => (await import("../commands/rehearse.ts")).rehearse,
  },
  {
    name: "import",
    needs: "files",
    summary: "take over role files of another tool as modes",
    details:
      "Reads Roo Commander modes (YAML and TOML), .roomodes, and the agents of Claude Code, Copilot and opencode, also mixed; which is which is told by the content. Nothing is executed, nothing is overwritten, and what cadre has no use for is kept under `imported`. Exit code 1 where a role was left out, or a file could not be read.",
    args: [["<paths...>", "files or folders"]],
    options: [
      ["--to <folder>", "where to write them, in the project (default: modes)"],
      ["--dry-run", "show what would be written"],
      ["--force", "write over files that are in the way"],
    ],
    examples: [["import .claude/agents --dry-run", "what a team's agents would become"]],
    load: async () => (await import("../commands/import.ts")).importModes,
  },
  {
    name: "convert",
    needs: "files",
    summary: "write the project's modes in another tool's words",
    details:
      "`cadre import` reads them back as they were. What the other tool does not hold a role to is said, and stands in the files as text.",
    options: [
      ["--to <tool>", "claude, copilot, roo or cursor (cursor: the rules packs alone)"],
      [
        "--out <folder>",
        "the folder that gets .claude/agents, .github/agents, .roomodes or .cursor/rules (default: the project)",
      ],
      ["--dry-run", "show what would be written"],
      ["--force", "write over files that are in the way"],
    ],
    examples: [["convert --to claude", "agents for Claude Code, one for each role"]],
    load: async () => (await import("../commands/convert.ts")).convert,
  },
];
