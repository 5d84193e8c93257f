/** `execute_command` around a sandbox that is none: what happens to what a command writes. */
import fs from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { openSecrets } from "../../src/outside/secrets.ts";
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

test("X2 where even the end of the output is not taken, its file is let go of", async () => {
  const { context } = openWorkbench({});
  const secrets = openSecrets({ tokens: ["IT"], maybe: [] }, { IT: "a value that is longer than the output" });
  const sandbox: Sandbox = {
    available: () => ({ yes: true }),
    run: async (_command, _limits, { onOutput }) => {
      onOutput(Buffer.from("held back, for it could be the beginning"));
      return { started: false, reason: "" };
    },
  };
  const full = new Error("ENOSPC: no space left on device, write");
  const writes = vi.spyOn(fs, "writeSync").mockImplementation(() => {
    throw full;
  });
  const opened = vi.spyOn(fs, "openSync");
  const closed = vi.spyOn(fs, "closeSync");
  onTestFinished(() => [writes, opened, closed].forEach((spy) => spy.mockRestore()));
  const tool = executeCommandTool(sandbox, secrets);
  await expect(tool.run(context, { command: ["yes"], timeout_seconds: 1, network: false }, null)).rejects.toBe(full);
  expect(closed.mock.calls.map(([fd]) => fd)).toEqual(opened.mock.results.map(({ value }) => value as number));
});
