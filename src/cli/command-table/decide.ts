import { as, onAsk, oneAsk, oneRun, seen } from "./arguments.ts";
import type { CommandSpec } from "./command-spec.ts";

export const decide: readonly CommandSpec[] = [
  {
    name: "inbox",
    needs: "data",
    summary: "everything that waits for a person",
    args: [["[run]", "only what this run asks (default: every run)"]],
    options: [["--limit <n>", "at most so many, the oldest (default: 50 on a terminal, else all)"]],
    load: async () => (await import("../commands/inbox.ts")).inbox,
  },
  {
    name: "answer",
    needs: "data",
    summary: "answer a question or an escalation; the run goes on",
    args: [oneAsk, ["<text...>", "the answer, or the id of one of the options"]],
    options: [seen, as, onAsk],
    examples: [
      ['answer @waiting "Use the hosted API; no GPU this quarter"', "the one ask that waits"],
      ['answer @waiting result "3 rows written"', "an effect in doubt: it ran, and this is what it gave"],
    ],
    load: async () => (await import("../commands/answer.ts")).answer,
  },
  {
    name: "ack",
    needs: "data",
    summary: "say that you have seen an ask and see to it; its deadline stays",
    args: [oneAsk],
    options: [as],
    load: async () => (await import("../commands/ack.ts")).ack,
  },
  {
    name: "delegate",
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
    load: async () => (await import("../commands/delegate.ts")).delegate,
  },
  {
    name: "escalate",
    needs: "data",
    summary: "hand an ask up instead of answering, along a route of the role that you staff",
    details:
      "The decision goes down to who asked. Only roles that the mode's `escalates_to` names can be meant; `cadre show <ask>` lists them.",
    args: [oneAsk, ["<why...>", "why it is not yours to decide"]],
    options: [["--to <role>", "who gets it (default: the only one that the role escalates to)"], seen, as, onAsk],
    examples: [['escalate @waiting "This needs a budget that I do not have"', "along the one way up"]],
    load: async () => (await import("../commands/escalate.ts")).escalate,
  },
  {
    name: "approve",
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
    load: async () => (await import("../commands/approve.ts")).approve,
  },
  {
    name: "reject",
    needs: "data",
    summary: "reject what an ask shows, with the reason; the work goes back",
    args: [oneAsk, ["<reason...>", "what should be different"]],
    options: [seen, as, onAsk],
    examples: [['reject @waiting "Name the licence of each model"', "the reason is all that the role has to go by"]],
    load: async () => (await import("../commands/reject.ts")).reject,
  },
  {
    name: "stop",
    needs: "data",
    summary: "stop a run for good; its trace and workspace stay",
    args: [oneRun],
    options: [as],
    load: async () => (await import("../commands/stop.ts")).stop,
  },
  {
    name: "apply",
    needs: "data",
    summary: "bring a run's signed-off changes into the project",
    args: [oneRun],
    load: async () => (await import("../commands/apply.ts")).apply,
  },
];
