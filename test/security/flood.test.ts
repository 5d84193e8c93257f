/** RELIABILITY 38: a command that writes without end costs the same memory as one that writes a little. `CADRE_CRASH=large|full` has it write 3 GB. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { bubblewrap } from "../../src/tools/sandbox/bubblewrap.ts";
import { atScale } from "../crash/scale.ts";

const child = fileURLToPath(new URL("flood-child.ts", import.meta.url));
const found = bubblewrap({ node: process.execPath }).available();
const missing = "no" in found ? found.no : null;
if (missing !== null) console.warn(`SKIPPED: a flood of output: ${missing}`);

test.skipIf(missing !== null)(
  "row 38 a flood of output costs less than 50 MB, is kept to its ceiling, and is told in 64 KB",
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "cadre-flood-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [name, size] = atScale({
      quick: ["300M", 300 * 1024 ** 2],
      large: ["3G", 3 * 1024 ** 3],
      full: ["3G", 3 * 1024 ** 3],
    } as const);
    const { stdout } = await promisify(execFile)(process.execPath, [child, folder, name]);
    const told = JSON.parse(stdout) as { grown: number; bytes: number; kept: number; text: number; outcome: object };
    console.info(`${name} of output: +${Math.round(told.grown / 1024 / 1024)} MB`);
    expect(told.outcome).toMatchObject({ exitCode: 0, ended: "by itself" });
    expect(told.bytes).toBe(size);
    expect(told.kept).toBe(1024 * 1024);
    expect(told.text).toBeLessThan(64 * 1024);
    expect(told.grown).toBeLessThan(50 * 1024 * 1024);
  },
);
