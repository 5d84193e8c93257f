import { answers, anyRun, as, onAsk, oneRun } from "./arguments.ts";
import type { CommandSpec } from "./command-spec.ts";

const stepNames = "its number in the trace, or the id of an ask, a frame or an effect";
const at = ["--at <step>", `the step to do anew: ${stepNames}`] as const;
const from = ["--from <step>", `the step to go on with: ${stepNames} (default: the last)`] as const;
const forking = [
  ["--model <model>", "another model than the run's, named as for `cadre run`"],
  ["--adopt", "go on under the chart that the files hold now (default: the one at that step)"],
  ["--dry-run", "say what would be shared, put again and left standing; nothing is made"],
  ["--yes", "on a terminal: do not ask about what happened outside the workspace"],
  onAsk,
  answers,
  as,
] as const;

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
      [
        "--model <model>",
        "a name from cadre.yaml, hf:<model>[:provider], <url>#<model>, or embedded:<file.gguf or hf:…>",
      ],
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
  {
    name: "fork",
    needs: "data",
    summary: "a new run that does a run's work otherwise from one of its steps on",
    details:
      "For another answer, another model or another chart: what came before the step is shared and not done again, the workspace is as it was there, an ask is put again. The other run stays as it is, whether it goes on, waits or has ended. What happened outside the workspace is listed, for it stays. `resume` goes on with the same run; `retry` does this from the last step of a run that was cut off.",
    args: [oneRun],
    options: [at, ...forking],
    examples: [
      ["fork r-7f3a9c --at 12", "step 12 of its trace is done anew; an ask is put again"],
      [
        "fork @latest --at a-7f3a9c-1-17 --on-ask exit",
        "the same by the id of an ask; then answer it, and compare the two",
      ],
      ["fork @latest --at 5 --model hf:Qwen/Qwen3-32B", "another model from step 5 on"],
    ],
    load: async () => (await import("../commands/fork.ts")).fork,
  },
  {
    name: "retry",
    needs: "data",
    summary: "a new run that goes on where a stopped or failed one was cut off",
    details:
      "A run that has ended stays as it is: this makes a new one with the same brief, chart and history, which goes on from the last step that it can, or from the one that is named. `resume` goes on with a run that has not ended; `fork` does a part of any run otherwise.",
    args: [oneRun],
    options: [from, ...forking],
    examples: [["retry @latest", "from the last step of the run that was just stopped"]],
    load: async () => (await import("../commands/fork.ts")).retry,
  },
];
