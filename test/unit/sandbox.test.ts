/** The sandbox's own promises: ends in time, leaves nothing, stays small, tells the truth. RELIABILITY 10, 22, 26. */
import { spawn } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OutputCapture } from "../../src/tools/sandbox/captured-output.ts";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import type { SandboxCommand, SandboxLimits, SandboxOutcome } from "../../src/tools/sandbox/sandbox.ts";
import { seccompFilter } from "../../src/tools/sandbox/seccomp.ts";
import { fill, openWorkbench, temporaryFolder } from "./tools-bench.ts";

const sandbox = bubblewrap({ node: process.execPath });
const available = sandbox.available();
const missing = "no" in available ? available.no : null;
if (missing !== null) console.warn(`SKIPPED: the sandbox: ${missing}`);
const sandboxed = test.skipIf(missing !== null);

type Options = Partial<SandboxCommand> &
  Partial<SandboxLimits> & { readonly signal?: AbortSignal; readonly onOutput?: (chunk: Buffer) => void };

async function run(workspace: string, argv: readonly string[], options: Options = {}) {
  let output = "";
  const { network = false, packages = null, signal = new AbortController().signal, ...rest } = options;
  const outcome: SandboxOutcome = await sandbox.run(
    { argv, workspace, network, packages },
    { seconds: 20, memoryMb: 512, processes: 64, fileMb: 64, ...rest },
    { signal, onOutput: options.onOutput ?? ((chunk) => (output += chunk.toString("utf8"))) },
  );
  return { outcome, output };
}

sandboxed("row 22 a command that hides its processes ends with its time, at most a second late", async () => {
  const late: number[] = [];
  for (let attempt = 0; attempt < 3 && !late.some((ms) => ms < 1500); attempt += 1) {
    const { outcome } = await run(
      temporaryFolder(),
      ["sh", "-c", "setsid sleep 77013 & (nohup sleep 77013 &); sleep 77013"],
      { seconds: 0.5 },
    );
    expect(outcome).toMatchObject({ ended: "timeout", exitCode: null });
    late.push(outcome.started ? outcome.ms : 0);
  }
  expect(Math.min(...late)).toBeLessThan(1500);
  expect(commandLines().filter((line) => line.includes("77013"))).toEqual([]);
});

sandboxed("row 22 stopping ends it too", async () => {
  const stop = new AbortController();
  const started = () => stop.abort();
  const { outcome } = await run(temporaryFolder(), ["sh", "-c", "echo up; sleep 77014"], {
    signal: stop.signal,
    onOutput: started,
  });
  expect(outcome).toMatchObject({ ended: "aborted" });
  expect(commandLines().filter((line) => line.includes("77014"))).toEqual([]);
});

sandboxed("row 22 when cadre itself is killed, its command goes with it", async () => {
  const folder = temporaryFolder();
  const code = `import { bubblewrap } from ${JSON.stringify(join(import.meta.dirname, "../../src/tools/sandbox/bubblewrap.ts"))};
    await bubblewrap({ node: process.execPath }).run({ argv: ["sh", "-c", "echo up; exec sleep 77015"], workspace: ${JSON.stringify(folder)}, network: false, packages: null },
      { seconds: 60, memoryMb: 128, processes: 16, fileMb: 1 }, { signal: new AbortController().signal, onOutput: () => console.log("up") });`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
  child.kill("SIGKILL");
  await new Promise<void>((resolve) => child.once("close", () => resolve()));
  await expect.poll(() => commandLines().filter((line) => line.includes("sleep 77015"))).toEqual([]);
});

test("O1 beginning and end of an output are what was written, however it came", () => {
  for (const [total, step] of [
    [10, 3],
    [61_000, 7_000],
    [61_441, 61_441],
    [200_001, 999],
    [300_000, 65_536],
  ] as const) {
    const whole = Buffer.from(Array.from({ length: total }, (_, index) => 97 + (index % 26)));
    const capture = new OutputCapture(join(temporaryFolder(), "f"), 1_000_000);
    for (let at = 0; at < total; at += step) capture.add(whole.subarray(at, at + step));
    const { text, bytes } = capture.close();
    expect(bytes).toBe(total);
    if (total <= 60 * 1024) expect(text).toBe(whole.toString());
    else {
      expect(text.startsWith(whole.subarray(0, 40 * 1024).toString())).toBe(true);
      expect(text.endsWith(whole.subarray(total - 20 * 1024).toString())).toBe(true);
    }
  }
});

sandboxed("row 26 what came into being under a protected name is removed and told; the rest stays", async () => {
  const folder = temporaryFolder();
  fill(folder, { "sub/.git/config": "kept\n" });
  const { outcome } = await run(folder, [
    "sh",
    "-c",
    "mkdir -p deep/.git MODES; echo x > deep/.git/config; echo x > MODES/a.md; echo x > sub/.git/new; echo x > ok.txt",
  ]);
  expect(outcome).toMatchObject({ removed: expect.arrayContaining(["deep/.git", "MODES"]) });
  expect(fs.readdirSync(folder).toSorted()).toEqual(["deep", "ok.txt", "sub"]);
  expect(fs.readdirSync(join(folder, "sub/.git"))).toEqual(["config"]);
});

sandboxed("the project's packages can be used, and not changed", async () => {
  const [folder, project] = [temporaryFolder(), temporaryFolder()];
  fill(project, { "node_modules/one/index.js": "module.exports = 41;\n" });
  const packages = join(project, "node_modules");
  const script =
    'console.log(require("one") + 1); try { fs.writeFileSync("node_modules/x", "") } catch (error) { console.log(error.code) }';
  expect((await run(folder, ["node", "-e", script], { packages })).output).toBe("42\nEROFS\n");
  expect(fs.readdirSync(folder)).toEqual([]);
});

sandboxed("memory that is used up is told", async () => {
  const { outcome } = await run(temporaryFolder(), ["node", "-e", "Buffer.alloc(400 * 1024 * 1024, 1)"], {
    memoryMb: 150,
  });
  expect(outcome.started && outcome.exitCode).not.toBe(0);
  if (outcome.started && outcome.enforced.memory !== "each process by itself") expect(outcome.outOfMemory).toBe(true);
});

test("R7 where bwrap cannot start, nothing is run, and it says what to do", async () => {
  const broken = bubblewrap({ node: process.execPath, bwrap: "/bin/false" });
  expect(broken.available()).toMatchObject({ no: expect.stringContaining("bubblewrap does not start here") });
  const absent = bubblewrap({ node: process.execPath, bwrap: "/nowhere/bwrap" });
  const { context } = openWorkbench({});
  const outcome = await absent.run(
    { argv: ["touch", "x"], workspace: context.workspace, network: false, packages: null },
    { seconds: 1, memoryMb: 16, processes: 4, fileMb: 1 },
    { signal: context.signal, onOutput: () => undefined },
  );
  expect(outcome).toMatchObject({ started: false, reason: expect.stringContaining("bubblewrap") });
  expect(fs.readdirSync(context.workspace)).toEqual([]);
});

sandboxed("S4 a command that is longer than the system takes was never started, and it says what to do", async () => {
  const { outcome } = await run(temporaryFolder(), ["sh", "-c", `: ${"x".repeat(200_000)}`]);
  expect(outcome).toMatchObject({ started: false, reason: expect.stringContaining("put what is long into a file") });
});

test("C5 the filter knows two architectures, and no other is guessed at", () => {
  for (const name of ["x64", "arm64"]) {
    const bytes = seccompFilter(name, { network: false });
    expect(bytes?.length).toBeGreaterThan(400);
    expect((bytes?.length ?? 1) % 8).toBe(0);
  }
  expect(seccompFilter("riscv64", { network: false })).toBeNull();
});

function commandLines(): string[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.startsWith("sleep"));
}
