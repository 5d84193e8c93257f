/** W1, RELIABILITY 36: a process killed at any moment leaves a file as it was or as it was to be, never a part of it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { expect, test } from "vitest";
import { atScale } from "../crash/scale.ts";
import { openWorkbench } from "./tools-bench.ts";

const writer = new URL("../../src/tools/write-whole.ts", import.meta.url).href;
const script = `
import { writeWhole } from ${JSON.stringify(writer)};
for (let index = 0; ; index += 1) {
  process.send(index);
  writeWhole(process.argv[1], "deep/a.txt", Buffer.alloc(2_000_000, index % 2 === 0 ? "a" : "b"));
}`;

const kills = atScale({ quick: 12, large: 20, full: 20 });

test(`W1 no half file in ${kills} kills`, { timeout: 120_000 }, async () => {
  const bench = openWorkbench({});
  let inside = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script, bench.workspace], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    let writes = 0;
    // Each message comes just before a write: the kill falls into it, a little later each time.
    child.on("message", () => {
      writes += 1;
      if (writes === 2 + (kill % 4)) setTimeout(() => child.kill("SIGKILL"), kill % 7);
    });
    await once(child, "exit");
    const content = fs.readFileSync(`${bench.workspace}/deep/a.txt`);
    expect(content.length).toBe(2_000_000);
    expect(new Set(content).size).toBe(1);
    // Now, before the next one clears it away (W4).
    const left = fs.readdirSync(`${bench.workspace}/deep`).filter((name) => name !== "a.txt");
    expect(left.every((name) => name.startsWith(".cadre-tmp-"))).toBe(true);
    if (left.length > 0) inside += 1;
  }
  // Kills did fall into writes, and what they left is no part of the workspace to a role.
  expect((await bench.call("list_files", { path: "deep" })).text).toBe("deep: 1 entry\ndeep/a.txt (2000000)");
  console.info(`kills inside a write: ${inside} of ${kills}`);
});
