import { as } from "./arguments.ts";
import type { CommandSpec } from "./command-spec.ts";

export const operate: readonly CommandSpec[] = [
  {
    name: "serve",
    needs: "data",
    summary: "the control room in a browser: the chart with the walk on it, the trace, the desk where asks wait",
    details:
      "Serves this project at a loopback address, to whoever has the one-time link that is shown. Runs that are started or decided on there are moved by this process; SIGTERM lets them rest after their step. With a --host that other machines reach, only users that `cadre users` made get in, and their names stand at their decisions.",
    options: [
      ["--open", "open it in the browser"],
      ["--port <n>", "default: 7317; 0 takes any that is free"],
      ["--host <address>", "what to listen on (default: 127.0.0.1)"],
      ["--origin <url>", "where a proxy in front serves it, e.g. https://cadre.example.org"],
      ["--base-path <path>", "serve it below this path, e.g. /cadre"],
      as,
    ],
    examples: [["serve --open", "look at the runs and answer what waits"]],
    load: async () => (await import("../commands/serve.ts")).serve,
  },
  {
    name: "users",
    needs: "data",
    summary: "who may use a control room that other machines reach: list, make, remove",
    details:
      "With a name: makes that user, or gives them a new token, and shows it once; the file users.json in the data folder keeps its hash alone. Without --may they only look.",
    args: [["[name]", "as it will stand at their decisions"]],
    options: [
      ["--may <what>", "decide, run, or both: decide,run"],
      ["--remove", "they are out at their next request"],
    ],
    examples: [["users mai --may decide,run", "Mai may decide on asks and start runs"]],
    load: async () => (await import("../commands/users.ts")).users,
  },
  {
    name: "verify",
    needs: "data",
    summary: "check that what is stored is whole, kept to the routes, and as the journal remembers it",
    details:
      "Reads the file, the chain of events, the ledger, the asks, the checkpoints and the charts again. A history that was cut off or forged so that every row fits shows only against something outside the file: the run's journal, where it is there, or a hash that you wrote down. What no event repeats can be compared with nothing: that the person who is named made a decision which the run has not taken up yet (only that the ask takes such a one is checked), the folder that is shown as the workspace, who asked for a stop, how long the run was being moved, and the owner, time and higher epoch of a lease. Exit code 1 names the first bad event or row.",
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
    options: [
      [
        "--models",
        "ask every model of cadre.yaml for a word: whether it is there, takes the token, and how fast (a paid call each)",
      ],
      ["--servers", "start every MCP server and look whether it has the tools that cadre.yaml names"],
    ],
    load: async () => (await import("../commands/doctor.ts")).doctor,
  },
];
