import { answers, anyRun, as, onAsk } from "./arguments.ts";
import type { CommandSpec } from "./command-spec.ts";

export const kickOff: readonly CommandSpec[] = [
  {
    name: "init",
    needs: "nothing",
    summary: "write a starter project: roles, rules, a workflow, a brief with data",
    args: [["[dir]", "where to write it (default: here)"]],
    options: [["--force", "write again over files that an earlier init wrote and nobody changed"]],
    examples: [["init my-team", "a new project in ./my-team"]],
    load: async () => (await import("../commands/init.ts")).init,
  },
  {
    name: "run",
    needs: "data",
    summary: "give a brief to the team and follow it until it is done or waits for a person",
    details:
      "The brief is a Markdown file, words, or - for stdin. Without a configured model the run is a rehearsal: routes, tools, asks and the journal are real, and no model is called.",
    args: [["<brief...>", "a file, words, or -"]],
    options: [
      ["--to <role>", "who gets the brief (default: what the brief or the workflow says)"],
      ["--workflow <name>", "a file in graphs/, without its ending"],
      ["--model <model>", "a name from cadre.yaml, hf:<model>[:provider], or <url>#<model>"],
      ["--dry-run", "show the walk that the rehearsal would take; nothing is written"],
      ["--include-dirty", "take uncommitted changes into the workspace"],
      onAsk,
      answers,
      as,
    ],
    examples: [
      ["run briefs/vietnamese-reviews.md", "the shipped example"],
      ['run "Summarise support tickets by topic" --to ai-ml-lead', "words as a brief"],
    ],
    load: async () => (await import("../commands/run.ts")).run,
  },
  {
    name: "resume",
    needs: "data",
    summary: "go on with a run from its last step, after a crash, a stop of the machine or an answer",
    details: "Without a run: the newest that was left in the middle, or, where none was, the newest.",
    args: [anyRun],
    options: [onAsk, answers, as],
    load: async () => (await import("../commands/resume.ts")).resume,
  },
];
