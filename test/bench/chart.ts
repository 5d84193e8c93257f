/**
 * A large chart: reading, compiling and linting made modes with eight routes each, at several sizes in turn, each beside a bare Node and
 * beside reading the same files once and parsing their front matter with gray-matter's own YAML engine.
 *
 * Not measured: a slow disk, files of other dialects, charts with findings by the thousand on a terminal.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import matter from "gray-matter";
import { loadModes } from "../../src/modes/load.ts";
import { compile } from "../../src/org/compile.ts";
import { timeNode } from "./node-process.ts";
import { main } from "./paused-project.ts";
import { median, printTable, ratios, spread } from "./statistics.ts";

/** `--modes 250,500,1000`, `--rounds N` (5). */
export async function chartBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { modes: { type: "string", default: "250,500,1000" }, rounds: { type: "string", default: "5" } },
  });
  const sizes = values.modes.split(",").map(Number);
  const rounds = Number(values.rounds);
  const folder = mkdtempSync(join(tmpdir(), "cadre-bench-chart-"));
  try {
    const rows: string[][] = [];
    for (const size of sizes) rows.push(await measure(madeChart(folder, size), size, rounds));
    printTable(
      ["modes", "lint cold, ms wall", "x bare node", "ms CPU a mode", "x parsing once", "compile, ms CPU", "peak MB"],
      rows,
    );
    console.log("Linear means: the same CPU a mode in every row, once the start of the process is small beside it.");
    console.log("Not measured: a slow disk, other dialects, printing findings on a terminal.");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(dir: string, size: number, rounds: number): Promise<string[]> {
  const lint = [main, "--dir", dir, "lint", "--format", "json"];
  timeNode(lint, dir);
  const cold: number[] = [];
  const bare: number[] = [];
  const cpu: number[] = [];
  const parsing: number[] = [];
  const compiling: number[] = [];
  const { modes } = await loadModes("modes", dir);
  for (let round = 0; round < rounds; round += 1) {
    const empty = timeNode(["-e", "0"], dir);
    const own = timeNode(lint, dir);
    bare.push(empty.wall);
    cold.push(own.wall);
    cpu.push(own.cpu - empty.cpu);
    parsing.push(cpuOf(() => parseOnce(dir)));
    compiling.push(cpuOf(() => compile(modes)));
  }
  return [
    String(size),
    spread(cold, 0),
    spread(ratios(cold, bare), 1),
    (median(cpu) / size).toFixed(2),
    spread(ratios(cpu, parsing), 1),
    spread(compiling, 0),
    peak(lint, dir),
  ];
}

function parseOnce(dir: string): void {
  for (const name of readdirSync(join(dir, "modes"))) matter(readFileSync(join(dir, "modes", name), "utf8"), {});
}

/** In ms. */
function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Of a process of its own, as it says itself. */
function peak(args: readonly string[], cwd: string): string {
  const script = `process.argv.splice(1, 1, ...${JSON.stringify(args)}); process.on("exit", () => console.error(process.resourceUsage().maxRSS)); await import(${JSON.stringify(`file://${main.replace(/main\.js$/, "program.js")}`)}).then((each) => each.main(${JSON.stringify(args.slice(1))}));`;
  const { stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  return (Number(stderr.trim().split("\n").at(-1)) / 1024).toFixed(0);
}

/** Roles in a lattice: three delegations down, three escalations up, two reports, all to roles that exist. */
function madeChart(folder: string, size: number): string {
  const dir = join(folder, String(size));
  mkdirSync(join(dir, "modes"), { recursive: true });
  for (let index = 0; index < size; index += 1) {
    const another = (number: number): number => (number % size === index ? (number + 1) % size : number % size);
    const others = (kind: string, offset: number, many: number): string =>
      [
        `${kind}:`,
        ...Array.from(
          { length: many },
          (_, at) =>
            `  - role-${another(index * 7 + at * 13 + offset)} # For work of kind ${at}, topic ${(index + at) % 50}, department ${offset}`,
        ),
      ].join("\n");
    const ways = `${others("reports_to", 1, 2)}\n${others("escalates_to", 2, 3)}\n  - user # For what nobody else may decide\n${others("delegates_to", 5, 3)}`;
    writeFileSync(
      join(dir, "modes", `role-${index}.md`),
      `---\nslug: role-${index}\nname: Role ${index}\ndescription: Does thing ${index}\nlevel: 030-worker-x\ntool_groups: [read]\n${ways}\n---\n# Role ${index}\n\n${"What the role does, and how. ".repeat(60)}\n`,
    );
  }
  return dir;
}
