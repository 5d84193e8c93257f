/** Processes that are timed: their wall time, and the CPU that they used, as the kernel counts it. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";

/** In ms. `cpu` is NaN where there is no /proc. */
export type Took = { readonly wall: number; readonly cpu: number };

const tick = 10;

/** CPU of all children that have ended, in ms; the kernel tells it in ticks of 10 ms, so only sums over many say anything. */
function cpuOfEnded(): number {
  if (!existsSync("/proc/self/stat")) return Number.NaN;
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) * tick;
}

/** CPU that a running process has used, in ms. */
function cpuSoFar(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return Number.NaN;
  const nanoseconds = readdirSync(tasks).map((task) =>
    Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e6;
}

/** From the start to the exit of `node <args>`. */
export function timeNode(args: readonly string[], cwd: string, expected = 0): Took {
  const before = cpuOfEnded();
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  const wall = performance.now() - started;
  if (status !== expected) throw new Error(`node ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return { wall, cpu: cpuOfEnded() - before };
}

/** From the start of `node <args>` to the first line of its output that fits; the process is ended then. */
export function timeToLine(args: readonly string[], cwd: string, fits: (line: string) => boolean): Promise<Took> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  let rest = "";
  let said = "";
  let took: Took | undefined;
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    if (took !== undefined || !lines.some(fits)) return;
    took = { wall: performance.now() - started, cpu: cpuSoFar(child.pid ?? 0) };
    child.kill("SIGKILL");
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (took !== undefined) resolve(took);
      else reject(new Error(`node ${args.join(" ")} ended with ${code} before the line came:\n${said}`));
    });
  });
}
