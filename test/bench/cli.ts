/**
 * How much longer the built command takes than a bare Node: process start to exit, as wall time, each command in turn with a
 * bare `node -e 0` right before it, so that a slow moment of the machine touches both halves of a pair.
 *
 * Not measured: the first start after an install (the compile cache is warm after the warm-up), npx itself, a slow disk,
 * memory, and anything that a command does on a project larger than the shipped one.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "dist/cli/main.js");
const warmUps = 3;
const pairs = 25;

function wallTime(args: readonly string[], cwd: string, expected: number): number {
  const started = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  if (status !== expected) throw new Error(`node ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return ms;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function spread(values: readonly number[], digits: number): string {
  return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}

function measure(name: string, args: readonly string[], cwd: string): void {
  for (let i = 0; i < warmUps; i++) wallTime([main, ...args], cwd, 0);
  const ratios: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const base = wallTime(["-e", "0"], cwd, 0);
    bare.push(base);
    ratios.push(wallTime([main, ...args], cwd, 0) / base);
  }
  console.log(`${name.padEnd(16)} ${spread(ratios, 2).padEnd(24)} ${spread(bare, 0)}`);
}

export function cliBench(): void {
  if (!existsSync(main)) throw new Error("dist/cli/main.js is not there: npm run build");
  const project = mkdtempSync(join(tmpdir(), "cadre-bench-"));
  try {
    for (const part of ["modes", "graphs", "briefs", "cadre.yaml"]) {
      if (existsSync(join(root, part))) cpSync(join(root, part), join(project, part), { recursive: true });
    }
    console.log(
      `node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? "unknown"}; ${pairs} interleaved pairs each`,
    );
    console.log(`${"command".padEnd(16)} ${"x bare node: median (range)".padEnd(24)} bare node in ms`);
    measure("cadre --help", ["--help"], project);
    measure("cadre lint", ["lint"], project);
    measure("cadre inbox", ["inbox"], project);
    console.log("Not measured: first start after an install, npx, memory, larger projects.");
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}
