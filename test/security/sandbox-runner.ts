/**
 * Runs the probes in the sandbox, and their controls outside of it, as whoever this process is; started by the test, once for each user.
 * argv: a folder with `workspace`, `control` and `outside`; pid, port and abstract name to fill in. stdout: JSON.
 */
import { spawn } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import type { SandboxOutcome } from "../../src/tools/sandbox/sandbox.ts";
import { guarded, probePlace, probes, type Probe } from "./sandbox-probes.ts";

export type ProbeResult = {
  readonly name: string;
  readonly outcome: SandboxOutcome;
  readonly output: string;
  /** What the control printed; null: it has none for this user. */
  readonly control: string | null;
  /** Programs that are not there. */
  readonly missing: readonly string[];
};

const limits = { seconds: 10, memoryMb: 96, processes: 100, fileMb: 16 };
const rules = { "modes/lead.md": "rules a\n", "secret.yaml": "x\n", [probePlace]: "", "src/a.ts": "a\n" };

const [folder = "", pid = "", port = "", abstract = ""] = process.argv.slice(2);
// Q2. Whatever is started without a folder of its own starts here.
process.chdir(folder);
const sandbox = bubblewrap({ node: process.execPath });
const found = sandbox.available();
if ("no" in found) console.log(JSON.stringify({ no: found.no }));
else {
  const [first] = probes;
  const counted = first !== undefined && (await tried(first, "first")).outcome;
  const defused = counted && counted.started && counted.enforced.processes === "none";
  const results: ProbeResult[] = [];
  const waiting = probes.filter((probe) => !(probe.bomb && defused)).entries();
  const worker = async (): Promise<void> => {
    for (const [index, probe] of waiting) results[index] = await tried(probe, String(index));
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  console.log(JSON.stringify({ results }));
}

async function tried(probe: Probe, place: string): Promise<ProbeResult> {
  const script = guarded(probe.script)
    .replaceAll("{outside}", `${folder}/outside`)
    .replaceAll("{pid}", pid)
    .replaceAll("{port}", port)
    .replaceAll("{abstract}", abstract);
  const missing = (probe.needs ?? []).filter(
    (name) => !["/usr/bin", "/usr/sbin"].some((bin) => fs.existsSync(`${bin}/${name}`)),
  );
  let output = "";
  const outcome = await sandbox.run(
    { argv: ["/bin/sh", "-c", script], workspace: filled(`workspace-${place}`), network: false, packages: null },
    { ...limits, seconds: probe.seconds ?? limits.seconds },
    {
      signal: new AbortController().signal,
      onOutput: (chunk) => (output += chunk.toString("latin1").slice(0, 10_000)),
    },
  );
  // Those that write are run outside by a user who owns nothing else; root tries only what root alone can do.
  const holds = probe.control === (process.getuid?.() === 0 ? "root" : "anyone");
  const control = holds && missing.length === 0 ? await outside(script, filled(`control-${place}`)) : null;
  return {
    name: probe.name,
    outcome,
    output,
    control,
    missing,
  };
}

function outside(script: string, cwd: string): Promise<string> {
  const child = spawn("/bin/sh", ["-c", script], {
    cwd,
    timeout: 20_000,
    // Descriptor 40, a folder of the host, is handed on.
    stdio: ["ignore", "pipe", "ignore", ...Array.from({ length: 37 }, () => "ignore" as const), 40],
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  return new Promise((resolve) => child.once("close", () => resolve(text)));
}

function filled(name: string): string {
  const root = join(folder, name);
  fs.rmSync(root, { recursive: true, force: true });
  for (const [path, text] of Object.entries(rules)) {
    fs.mkdirSync(join(root, path, ".."), { recursive: true });
    fs.writeFileSync(join(root, path), text);
  }
  return root;
}
