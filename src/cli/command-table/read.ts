import { anyRun } from "./arguments.ts";
import type { CommandSpec } from "./command-spec.ts";

export const read: readonly CommandSpec[] = [
  {
    name: "runs",
    needs: "data",
    summary: "list the runs, newest first",
    options: [
      ["--status <status>", "only running, waiting, finished, failed or stopped ones"],
      ["--limit <n>", "at most so many (default: 50 on a terminal, else all)"],
    ],
    load: async () => (await import("../commands/runs.ts")).runs,
  },
  {
    name: "show",
    needs: "data",
    summary: "one run: where it stands, what it asks, what came of it, what it used",
    args: [anyRun],
    load: async () => (await import("../commands/show.ts")).show,
  },
  {
    name: "watch",
    needs: "data",
    summary: "follow a run that another process moves, until it ends or waits",
    args: [anyRun],
    options: [["--keep", "go on past asks, until the run ends"]],
    load: async () => (await import("../commands/watch.ts")).watch,
  },
  {
    name: "trace",
    needs: "data",
    summary: "who turned to whom, why, by which rule, and what came back",
    args: [anyRun],
    options: [["--escalations", "each escalation as a thread: raised, handed up, decided, what followed"]],
    load: async () => (await import("../commands/trace.ts")).trace,
  },
  {
    name: "compare",
    needs: "data",
    summary: "two runs beside each other: outcome, criteria, measurements, decisions, files, ways, figures",
    args: [
      ["<run>", "a run, or what means one: an ask's id, @latest, @waiting"],
      ["<other>", "the run to hold it against"],
    ],
    examples: [["compare r-7f3a9c @latest", "what another chart, model or answer changed"]],
    load: async () => (await import("../commands/compare.ts")).compare,
  },
  {
    name: "changes",
    needs: "data",
    summary: "what a run changed in its workspace, as a diff",
    args: [anyRun],
    options: [["--stat", "only the files and how many lines"]],
    load: async () => (await import("../commands/changes.ts")).changes,
  },
  {
    name: "journal",
    needs: "data",
    summary: "render a run's Markdown journal again, and say where it is",
    args: [anyRun],
    load: async () => (await import("../commands/journal.ts")).journal,
  },
  {
    name: "export",
    needs: "data",
    summary: "a run as one HTML file: chart, trace, report, diffs and journal, to attach or to keep",
    details:
      "The file holds the page of the control room and the run. It opens from a disk, offline; its own policy lets it load nothing. What was measured stands in it with its receipt, and whether its history was whole when it was written.",
    args: [anyRun],
    options: [
      ["--out <file>", "where to write it (default: cadre-<run>.html here)"],
      ["--force", "write over a file that is there"],
    ],
    examples: [["export @latest --out review.html", "the newest run, for a pull request"]],
    load: async () => (await import("../commands/export.ts")).exportFile,
  },
];
