import type { CommandSpec } from "./command-spec.ts";

export const operate: readonly CommandSpec[] = [
  {
    name: "verify",
    needs: "data",
    summary: "check that what is stored is whole, kept to the routes, and as the journal remembers it",
    details:
      "Reads the file, the chain of events, the ledger, the asks, the checkpoints and the charts again. A history that was cut off or forged so that every row fits shows only against something outside the file: the run's journal, where it is there, or a hash that you wrote down. Exit code 1 names the first bad event or row.",
    args: [["[run]", "one run (default: every one)"]],
    options: [["--head <sha256>", "the run must hold the event with this hash (or one that begins so)"]],
    load: async () => (await import("../commands/verify.ts")).verify,
  },
  {
    name: "backup",
    needs: "data",
    summary: "write a checked copy of the data file, also while runs go on",
    details:
      "The copy is one file of its own that only you may read, taken at one moment and verified before it gets its name. It holds runs, events, decisions and the ledger; the workspaces are folders beside the data file and are not in it. To put it back: stop every cadre, and copy it over cadre.db in the data folder.",
    args: [["<file>", "where to write it; a file that is there is never overwritten"]],
    examples: [["backup ../cadre-monday.db", "a copy beside the project"]],
    load: async () => (await import("../commands/backup.ts")).backup,
  },
  {
    name: "notify",
    needs: "data",
    summary: "tell whoever cadre.yaml names of what waits for a person, where that was not told yet",
    details:
      "A run tells of its asks by itself. Deadlines come near, and pass, while nobody moves a run: let a timer call this every few minutes. What nobody answered in time goes up the next route; with --resume the runs that a deadline has moved on go on as well, until they wait again (roles that models play are asked then). Exit code 1 where something could not be told, or a run could not go on.",
    options: [["--resume", "also go on with the runs that a deadline has moved on"]],
    examples: [["notify --resume", "for a timer: deadlines are kept although nobody looks"]],
    load: async () => (await import("../commands/notify.ts")).notify,
  },
  {
    name: "doctor",
    needs: "files",
    summary: "check Node, the data file and its size, who may read it, cadre.yaml, models, tokens and git",
    options: [["--servers", "start every MCP server and look whether it has the tools that cadre.yaml names"]],
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
];
