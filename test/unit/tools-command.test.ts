/** `execute_command` around a sandbox that is none: what happens to what a command writes. */
import fs from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { executeCommandTool } from "../../src/tools/command-tools.ts";
import type { Sandbox } from "../../src/tools/sandbox/sandbox.ts";
import { openWorkbench } from "./tools-bench.ts";

test("X2 output that the disk does not take ends the command, and fails its call alone", async () => {
  const { context } = openWorkbench({});
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const writes = vi.spyOn(fs, "writeSync");
  onTestFinished(() => writes.mockRestore());
  let ended = "by itself" as "by itself" | "aborted";
  const sandbox: Sandbox = {
    available: () => ({ yes: true }),
    run: async (_command, _limits, { signal, onOutput }) => {
      onOutput(Buffer.from("kept\n"));
      writes.mockImplementation(() => {
        throw full;
      });
      // As a socket calls it: whatever it throws has nobody above it.
      for (let chunks = 0; chunks < 3; chunks += 1) expect(() => onOutput(Buffer.from("not kept\n"))).not.toThrow();
      ended = signal.aborted ? "aborted" : "by itself";
      return {
        started: true,
        exitCode: null,
        ended,
        outOfMemory: false,
        ms: 1,
        removed: [],
        enforced: { memory: "each process by itself", processes: "none" },
      };
    },
  };
  const tool = executeCommandTool(sandbox);
  const ran = tool.run(context, { command: ["yes"], timeout_seconds: 1, network: false }, null);
  await expect(ran).rejects.toBe(full);
  expect(ended).toBe("aborted");
});
