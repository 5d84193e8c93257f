/**
 * Every command's name, arguments, options and help, as data: `--help` needs nothing else, and each command's module is
 * imported only when it runs.
 */
import type { Context, Needs } from "./context.ts";
import type { Input } from "./input.ts";

/** Returns the exit code. */
export type Handler = (context: Context, input: Input) => Promise<number>;

export type CommandSpec = {
  readonly name: string;
  readonly group: Group;
  readonly needs: Needs;
  readonly summary: string;
  /** Said below the summary in the command's own help. */
  readonly details?: string;
  /** Commander's notation and what it means. */
  readonly args?: readonly (readonly [string, string])[];
  readonly options?: readonly (readonly [string, string])[];
  readonly examples?: readonly (readonly [string, string])[];
  readonly load: () => Promise<Handler>;
};

export const groups = ["Kick off", "Read", "Decide", "Look at the chart", "Operate"] as const;
export type Group = (typeof groups)[number];

const anyRun: readonly [string, string] = ["[run]", "a run, one of its asks, @latest or @waiting"];
const oneRun: readonly [string, string] = ["<run>", "a run, one of its asks, @latest or @waiting"];
const oneAsk: readonly [string, string] = ["<ask>", "an ask, or a run with one open ask, or @waiting"];
const as: readonly [string, string] = ["--as <name>", "who decides (default: your user name); recorded, not proven"];
const onAsk: readonly [string, string] = [
  "--on-ask <what>",
  "at an ask: prompt (a terminal's default), exit with 8, or fail",
];
const seen: readonly [string, string] = ["--hash <sha256>", "decide only if this is still what the ask shows"];
const answers: readonly [string, string] = ["--answers <file>", "decisions written beforehand, by role and topic"];

export const commands: readonly CommandSpec[] = [
  {
    name: "init",
    group: "Kick off",
    needs: "nothing",
    summary: "write a starter project: roles, rules, a workflow, a brief with data",
    args: [["[dir]", "where to write it (default: here)"]],
    options: [["--force", "write again over files that an earlier init wrote and nobody changed"]],
    examples: [["init my-team", "a new project in ./my-team"]],
    load: async () => (await import("./commands/init.ts")).init,
  },
  {
    name: "run",
    group: "Kick off",
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
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "resume",
    group: "Kick off",
    needs: "data",
    summary: "go on with a run from its last step, after a crash, a stop of the machine or an answer",
    details: "Without a run: the newest that was left in the middle, or, where none was, the newest.",
    args: [anyRun],
    options: [onAsk, answers, as],
    load: async () => (await import("./commands/resume.ts")).resume,
  },
  {
    name: "runs",
    group: "Read",
    needs: "data",
    summary: "list the runs, newest first",
    options: [
      ["--status <status>", "only running, waiting, finished, failed or stopped ones"],
      ["--limit <n>", "at most so many (default: 50 on a terminal, else all)"],
    ],
    load: async () => (await import("./commands/runs.ts")).runs,
  },
  {
    name: "show",
    group: "Read",
    needs: "data",
    summary: "one run: where it stands, what it asks, what came of it, what it used",
    args: [anyRun],
    load: async () => (await import("./commands/show.ts")).show,
  },
  {
    name: "watch",
    group: "Read",
    needs: "data",
    summary: "follow a run that another process moves, until it ends or waits",
    args: [anyRun],
    options: [["--keep", "go on past asks, until the run ends"]],
    load: async () => (await import("./commands/watch.ts")).watch,
  },
  {
    name: "trace",
    group: "Read",
    needs: "data",
    summary: "who turned to whom, why, by which rule, and what came back",
    args: [anyRun],
    options: [["--escalations", "each escalation as a thread: raised, handed up, decided, what followed"]],
    load: async () => (await import("./commands/trace.ts")).trace,
  },
  {
    name: "compare",
    group: "Read",
    needs: "data",
    summary: "two runs beside each other: outcome, criteria, measurements, decisions, files, ways, figures",
    args: [
      ["<run>", "a run, or what means one: an ask's id, @latest, @waiting"],
      ["<other>", "the run to hold it against"],
    ],
    examples: [["compare r-7f3a9c @latest", "what another chart, model or answer changed"]],
    load: async () => (await import("./commands/compare.ts")).compare,
  },
  {
    name: "changes",
    group: "Read",
    needs: "data",
    summary: "what a run changed in its workspace, as a diff",
    args: [anyRun],
    options: [["--stat", "only the files and how many lines"]],
    load: async () => (await import("./commands/changes.ts")).changes,
  },
  {
    name: "journal",
    group: "Read",
    needs: "data",
    summary: "render a run's Markdown journal again, and say where it is",
    args: [anyRun],
    load: async () => (await import("./commands/journal.ts")).journal,
  },
  {
    name: "inbox",
    group: "Decide",
    needs: "data",
    summary: "everything that waits for a person",
    args: [["[run]", "only what this run asks (default: every run)"]],
    options: [["--limit <n>", "at most so many, the oldest (default: 50 on a terminal, else all)"]],
    load: async () => (await import("./commands/inbox.ts")).inbox,
  },
  {
    name: "answer",
    group: "Decide",
    needs: "data",
    summary: "answer a question or an escalation; the run goes on",
    args: [oneAsk, ["<text...>", "the answer, or the id of one of the options"]],
    options: [seen, as, onAsk],
    examples: [
      ['answer @waiting "Use the hosted API; no GPU this quarter"', "the one ask that waits"],
      ['answer @waiting result "3 rows written"', "an effect in doubt: it ran, and this is what it gave"],
    ],
    load: async () => (await import("./commands/answer.ts")).answer,
  },
  {
    name: "ack",
    group: "Decide",
    needs: "data",
    summary: "say that you have seen an ask and see to it; its deadline stays",
    args: [oneAsk],
    options: [as],
    load: async () => (await import("./commands/ack.ts")).ack,
  },
  {
    name: "delegate",
    group: "Decide",
    needs: "data",
    summary: "give a task on instead of answering, along a route of the role that you staff",
    details:
      "You are asked again with the report. Only roles that the mode's `delegates_to` names can be meant; `cadre show <ask>` lists them.",
    args: [oneAsk, ["<task...>", "what is to be done"]],
    options: [
      ["--to <role>", "who gets it"],
      [
        "--criterion <text...>",
        "what must be true when it is done (default: the criteria of the task that you were given)",
      ],
      seen,
      as,
      onAsk,
    ],
    examples: [
      ['delegate @waiting --to huggingface-specialist "Compare the two licences"', "one task, along a declared route"],
    ],
    load: async () => (await import("./commands/delegate.ts")).delegate,
  },
  {
    name: "escalate",
    group: "Decide",
    needs: "data",
    summary: "hand an ask up instead of answering, along a route of the role that you staff",
    details:
      "The decision goes down to who asked. Only roles that the mode's `escalates_to` names can be meant; `cadre show <ask>` lists them.",
    args: [oneAsk, ["<why...>", "why it is not yours to decide"]],
    options: [["--to <role>", "who gets it (default: the only one that the role escalates to)"], seen, as, onAsk],
    examples: [['escalate @waiting "This needs a budget that I do not have"', "along the one way up"]],
    load: async () => (await import("./commands/escalate.ts")).escalate,
  },
  {
    name: "approve",
    group: "Decide",
    needs: "data",
    summary: "approve exactly what an ask shows; the run goes on",
    args: [oneAsk],
    options: [
      ["--edit <json>", "approve these arguments instead: a JSON object, or @file"],
      ["--raise-to <n>", "the new ceiling, where a limit was reached"],
      ["--reason <text>", "why; kept in the trace"],
      seen,
      as,
      onAsk,
    ],
    load: async () => (await import("./commands/approve.ts")).approve,
  },
  {
    name: "reject",
    group: "Decide",
    needs: "data",
    summary: "reject what an ask shows, with the reason; the work goes back",
    args: [oneAsk, ["<reason...>", "what should be different"]],
    options: [seen, as, onAsk],
    examples: [['reject @waiting "Name the licence of each model"', "the reason is all that the role has to go by"]],
    load: async () => (await import("./commands/reject.ts")).reject,
  },
  {
    name: "stop",
    group: "Decide",
    needs: "data",
    summary: "stop a run for good; its trace and workspace stay",
    args: [oneRun],
    options: [as],
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    name: "apply",
    group: "Decide",
    needs: "data",
    summary: "bring a run's signed-off changes into the project",
    args: [oneRun],
    load: async () => (await import("./commands/apply.ts")).apply,
  },
  {
    name: "lint",
    group: "Look at the chart",
    needs: "files",
    summary: "check modes, routes, rules, workflows and cadre.yaml",
    args: [["[paths...]", "mode files or folders (default: the project)"]],
    options: [
      ["--fix", "mend garbled letters and the spelling of levels in place"],
      ["--max-warnings <n>", "exit with 1 when there are more warnings"],
    ],
    examples: [["lint modes/backend-lead.md", "a single role"]],
    load: async () => (await import("./commands/lint.ts")).lint,
  },
  {
    name: "graph",
    group: "Look at the chart",
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
    load: async () => (await import("./commands/graph.ts")).graph,
  },
  {
    name: "who",
    group: "Look at the chart",
    needs: "files",
    summary: "which role would take a text, and which rule says so",
    args: [["<text...>", "a task or a question, in words"]],
    options: [
      ["--from <role>", "only the routes of this role"],
      ["--limit <n>", "how many candidates (default: 5)"],
    ],
    examples: [['who "we may need a GPU"', "who decides that"]],
    load: async () => (await import("./commands/who.ts")).who,
  },
  {
    name: "verify",
    group: "Operate",
    needs: "data",
    summary: "check that what is stored is whole, kept to the routes, and as the journal remembers it",
    details:
      "Reads the file, the chain of events, the ledger, the asks, the checkpoints and the charts again. A history that was cut off or forged so that every row fits shows only against something outside the file: the run's journal, where it is there, or a hash that you wrote down. Exit code 1 names the first bad event or row.",
    args: [["[run]", "one run (default: every one)"]],
    options: [["--head <sha256>", "the run must hold the event with this hash (or one that begins so)"]],
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "backup",
    group: "Operate",
    needs: "data",
    summary: "write a checked copy of the data file, also while runs go on",
    details:
      "The copy is one file of its own that only you may read, taken at one moment and verified before it gets its name. It holds runs, events, decisions and the ledger; the workspaces are folders beside the data file and are not in it. To put it back: stop every cadre, and copy it over cadre.db in the data folder.",
    args: [["<file>", "where to write it; a file that is there is never overwritten"]],
    examples: [["backup ../cadre-monday.db", "a copy beside the project"]],
    load: async () => (await import("./commands/backup.ts")).backup,
  },
  {
    name: "notify",
    group: "Operate",
    needs: "data",
    summary: "tell whoever cadre.yaml names of what waits for a person, where that was not told yet",
    details:
      "A run tells of its asks by itself. Deadlines come near while nobody moves a run: let a timer call this every few minutes. Exit code 1 where something could not be told; it is tried again later.",
    load: async () => (await import("./commands/notify.ts")).notify,
  },
  {
    name: "doctor",
    group: "Operate",
    needs: "files",
    summary: "check Node, the data file and its size, who may read it, cadre.yaml, models, tokens and git",
    options: [["--servers", "start every MCP server and look whether it has the tools that cadre.yaml names"]],
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
];
