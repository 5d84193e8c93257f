/**
 * R7 RELIABILITY 6, 10, 22, 26: nothing gets out of the sandbox, as root and as nobody. Each probe that can be tried harmlessly outside is,
 * so that it is known to tell.
 */
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { probes } from "./sandbox-probes.ts";
import type { ProbeResult } from "./sandbox-runner.ts";

const runner = fileURLToPath(new URL("sandbox-runner.ts", import.meta.url));
const available = bubblewrap({ node: process.execPath }).available();
const isRoot = process.getuid?.() === 0;

type User = { readonly name: string; readonly prefix: readonly string[]; readonly skip: string | null };
const noSandbox = "no" in available ? available.no : null;
const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
const canBeNobody = isRoot && spawnSync("setpriv", ["--version"]).status === 0;
const users: readonly User[] = [
  { name: "root", prefix: [], skip: noSandbox ?? (isRoot ? null : "the tests do not run as root") },
  isRoot
    ? { name: "nobody", prefix: asNobody, skip: noSandbox ?? (canBeNobody ? null : "setpriv is missing") }
    : { name: "an ordinary user", prefix: [], skip: noSandbox },
];

for (const user of users) {
  if (user.skip !== null) console.warn(`SKIPPED: sandbox probes as ${user.name}: ${user.skip}`);
  describe.skipIf(user.skip !== null)(`as ${user.name}`, () => {
    const folder = fs.realpathSync(fs.mkdtempSync(join(os.tmpdir(), "cadre-escape-")));
    const victim = spawn("sleep", ["300"], {
      stdio: "ignore",
      ...(user.prefix.length > 0 ? { uid: 65534, gid: 65534 } : {}),
    });
    const servers = [
      net.createServer(() => undefined),
      net.createServer(() => undefined),
      net.createServer(() => undefined),
    ];
    const abstract = `cadre-probe-${process.pid}-${user.name.length}`;
    let results: readonly ProbeResult[] = [];

    beforeAll(async () => {
      fs.mkdirSync(join(folder, "outside"));
      fs.writeFileSync(join(folder, "outside/secret.txt"), "the secret\n");
      const [tcp, named, hidden] = servers;
      await Promise.all([
        listen(tcp, 0),
        listen(named, join(folder, "outside/socket")),
        listen(hidden, `\0${abstract}`),
      ]);
      if (user.prefix.length > 0) spawnSync("chown", ["-R", "65534:65534", folder]);
      const port = (tcp?.address() as net.AddressInfo | undefined)?.port ?? 0;
      results = await run(
        [...user.prefix, process.execPath, runner, folder, String(victim.pid), String(port), abstract],
        folder,
      );
    }, 120_000);

    afterAll(() => {
      victim.kill("SIGKILL");
      for (const server of servers) server.close();
      fs.rmSync(folder, { recursive: true, force: true });
    });

    test("R7 every probe was tried, and those that are harmless got through outside", () => {
      const left = probes.filter((probe) => !results.some((each) => each.name === probe.name));
      if (left.length > 0)
        console.warn(`SKIPPED: ${left.map((probe) => probe.name).join(", ")}: no control group here`);
      expect(left.filter((probe) => !probe.bomb)).toEqual([]);
      for (const each of results) expect(each.outcome.started, each.name).toBe(true);
      const blunt = results.filter((each) => each.control !== null && !each.control.includes("ESCAPED"));
      expect(blunt.map((each) => each.name)).toEqual([]);
      const missing = results.filter((each) => each.missing.length > 0);
      if (missing.length > 0)
        console.warn(`SKIPPED: ${missing.map((each) => `${each.name} (no ${each.missing.join(", ")})`).join("; ")}`);
      const controls = results.filter((each) => each.control !== null).length;
      console.info(`as ${user.name}: ${results.length - missing.length} probes, ${controls} with a control`);
      expect(results.length - missing.length).toBeGreaterThanOrEqual(25);
    });

    test("R6 none got out", () => {
      expect(results.length).toBeGreaterThan(0);
      const out = results.filter((each) => each.output.includes("ESCAPED") && !notEnforced(each));
      expect(out.map((each) => `${each.name}: ${each.output}`)).toEqual([]);
      expect(fs.readFileSync(join(folder, "outside/secret.txt"), "utf8")).toBe("the secret\n");
    });

    test("row 22 nothing outlives its time, and the process outside lives on", () => {
      const late = results.filter((each) => ["fork bomb", "outlive the end"].includes(each.name));
      expect(late.length).toBeGreaterThan(0);
      expect(late.at(-1)?.outcome).toMatchObject({ ended: "timeout", exitCode: null });
      expect(processesNamed("86399")).toEqual([]);
      expect(victim.exitCode ?? victim.signalCode).toBeNull();
    });
  });
}

/** Where no control group can be had, the kernel does not count root's processes: said in the receipt. */
function notEnforced({ name, outcome }: ProbeResult): boolean {
  return name === "more processes than granted" && outcome.started && outcome.enforced.processes === "none";
}

function listen(server: net.Server | undefined, where: string | number): Promise<void> {
  return new Promise((resolve, reject) => {
    server?.once("error", reject);
    if (typeof where === "number") server?.listen(where, "127.0.0.1", resolve);
    else server?.listen(where, resolve);
  });
}

function run([program = "", ...args]: readonly string[], folder: string): Promise<readonly ProbeResult[]> {
  const outside = fs.openSync(join(folder, "outside"), "r");
  const child = spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env["PATH"], SECRET_TOKEN: "CANARY-4711" },
    stdio: ["ignore", "pipe", "inherit", ...Array.from({ length: 37 }, () => "ignore" as const), outside],
  });
  fs.closeSync(outside);
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    child.once("error", reject);
    child.once("close", () => {
      try {
        resolve((JSON.parse(text) as { results: ProbeResult[] }).results);
      } catch {
        reject(new Error(`the runner said: ${text}`));
      }
    });
  });
}

function processesNamed(word: string): string[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.startsWith("sleep") && line.includes(word) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}
