import type { CommandSpec } from "./command-spec.ts";

export const chart: readonly CommandSpec[] = [
  {
    name: "lint",
    needs: "files",
    summary: "check modes, routes, rules, workflows and cadre.yaml",
    args: [["[paths...]", "mode files or folders (default: the project)"]],
    options: [
      ["--fix", "mend garbled letters and the spelling of levels in place"],
      ["--max-warnings <n>", "exit with 1 when there are more warnings"],
    ],
    examples: [["lint modes/backend-lead.md", "a single role"]],
    load: async () => (await import("../commands/lint.ts")).lint,
  },
  {
    name: "graph",
    needs: "files",
    summary: "draw the org chart and its routes",
    args: [["[paths...]", "mode files or folders (default: the project)"]],
    options: [
      ["--format <format>", "tree, mermaid, dot or json (default: tree)"],
      ["--walked", "which routes runs have taken, which never, and what was refused"],
      ["--limit <n>", "with --walked: only the newest so many runs"],
    ],
    examples: [
      ["graph --format mermaid > chart.mmd", "for a page on a Git host"],
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
    ],
    examples: [['who "we may need a GPU"', "who decides that"]],
    load: async () => (await import("../commands/who.ts")).who,
  },
];
