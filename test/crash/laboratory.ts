/** Runs the process under test, and brings what is left of a run to its end: what all crash tests have in common. */
import { spawn, type ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { childBundle } from "./child-bundle.ts";
import type { ChildSettings } from "./child-settings.ts";
import type { finish as finishing } from "./finish.ts";
import { madeOnce } from "./made-once.ts";
import { differences, ending, type Ending, type EndState } from "./end-state.ts";
import { storyFolder } from "./story.ts";

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What came on the channel of acknowledgements, a line each. */
  readonly acks: readonly string[];
};

export type ChildOptions = {
  readonly settings?: ChildSettings;
  /** Put before the command: `strace` and its options. */
  readonly under?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of stdout and stderr and each acknowledgement, while it runs. */
  readonly onLine?: (line: string, child: ChildProcess) => void;
  readonly timeoutMs?: number;
};

/** One process over a story's folder, until it ends; what does not end in time is killed with all that it started. */
export async function child(dir: string, options: ChildOptions = {}): Promise<Ended> {
  const { settings = {}, under = [], env = {}, onLine } = options;
  const bundle = await childBundle();
  const told = JSON.stringify({ ...settings, acks: 3 } satisfies ChildSettings);
  const [program = "", ...args] = under.concat(process.execPath, bundle, "--story", dir, told);
  const running = spawn(program, args, {
    cwd: dir,
    // The cache of compiled code is warm after the first process: later ones start faster, and write nothing to it.
    env: childEnvironment(bundle, env),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const timer = setTimeout(() => process.kill(-(running.pid as number), "SIGKILL"), options.timeoutMs ?? 60_000);
  const acks: string[] = [];
  const out = lines(running.stdio[1], (line) => onLine?.(line, running));
  const err = lines(running.stdio[2], (line) => onLine?.(line, running));
  lines(running.stdio[3], (line) => {
    acks.push(line);
    onLine?.(line, running);
  });
  return new Promise((resolve, reject) => {
    running.on("error", reject);
    running.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout: out.text, stderr: err.text, acks });
    });
  });
}

/** Of a process that runs a bundle. */
export function childEnvironment(bundle: string, env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, ...environment } = process.env;
  return { ...environment, NO_COLOR: "1", NODE_COMPILE_CACHE: `${bundle}.cache`, ...env };
}

function lines(
  stream: ChildProcess["stdio"][number] | undefined,
  each: (line: string) => void,
): { readonly text: string } {
  const read = { text: "" };
  let seen = 0;
  (stream as Readable).setEncoding("utf8").on("data", (piece: string) => {
    read.text += piece;
    for (let end = read.text.indexOf("\n", seen); end >= 0; end = read.text.indexOf("\n", seen)) {
      each(read.text.slice(seen, end));
      seen = end + 1;
    }
  });
  return read;
}

/** `finish.ts` in this process, out of the bundle: it loads ten times as fast as the sources do here. */
export async function finish(dir: string): Promise<void> {
  const bundle = (await import(/* @vite-ignore */ await childBundle())) as { readonly finish: typeof finishing };
  return bundle.finish(dir);
}

let undisturbed: Promise<EndState> | undefined;

/** The end of a run that nothing happened to; kept for other test processes over the same code. */
export function reference(): Promise<EndState> {
  return (undisturbed ??= (async () => {
    const from = (await childBundle()) + (await readFile(new URL("end-state.ts", import.meta.url), "utf8"));
    const path = await madeOnce("reference.json", from, async (file) =>
      writeFile(file, JSON.stringify(await referenceRun())),
    );
    return JSON.parse(await readFile(path, "utf8")) as EndState;
  })());
}

async function referenceRun(): Promise<EndState> {
  const folder = storyFolder();
  try {
    const ended = await child(folder.dir);
    const { state, wrong } = await ending(folder.dir);
    if (ended.code === 0 && wrong.length === 0) return state;
    throw new Error(`the undisturbed run went wrong: ${[...wrong, ended.stderr, ended.stdout].join("\n")}`);
  } finally {
    folder.remove();
  }
}

/** What is wrong with a run that has ended, in words; empty where it ended as an undisturbed one. */
export async function divergences(
  dir: string,
): Promise<{ readonly found: readonly string[]; readonly ending: Ending }> {
  const reached = await ending(dir);
  return { found: differences(await reference(), reached), ending: reached };
}

/** Does the work on every item, a few at a time; the first failure ends it. */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: Math.min(lanes, queue.length) }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}
