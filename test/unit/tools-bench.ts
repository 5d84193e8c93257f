/** A workbench for tests of tools: an own temp folder for each test, with a workspace, a project and something outside both. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { parseToolArgs, toolCatalogue } from "../../src/tools/catalogue.ts";
import type { Tool, ToolContext, ToolOutcome } from "../../src/tools/tool.ts";

export type Workbench = {
  /** Holds the three others and nothing else. */
  readonly folder: string;
  readonly workspace: string;
  readonly project: string;
  readonly outside: string;
  readonly context: ToolContext;
  /** Calls a tool as the run does: checks the arguments, prepares, runs. */
  call(tool: string, args: Record<string, unknown>, context?: Partial<ToolContext>): Promise<ToolOutcome>;
};

export function temporaryFolder(): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "cadre-tools-")));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by relative path. */
export function fill(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const target = path.join(folder, name);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, content);
  }
}

export function openWorkbench(files: Readonly<Record<string, string | Uint8Array>> = {}): Workbench {
  const folder = temporaryFolder();
  const [workspace, project, outside] = ["workspace", "project", "outside"].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [workspace, project, outside]) fs.mkdirSync(each);
  fill(workspace, files);
  fill(outside, { "secret.txt": "the secret\n" });
  const context: ToolContext = {
    workspace,
    writable: null,
    project,
    knowledge: [],
    key: "r-000001.1/e1",
    clock: { now: () => 0 },
    signal: new AbortController().signal,
  };
  return {
    folder,
    workspace,
    project,
    outside,
    context,
    call: async (name, args, more = {}) => {
      const tool = toolNamed(name);
      const parsed = parseToolArgs(tool, args);
      if (!parsed.ok) throw new Error(parsed.problem);
      const used = { ...context, ...more };
      const prepared = tool.prepare ? JSON.parse(JSON.stringify(await tool.prepare(used, parsed.args))) : null;
      return tool.run(used, parsed.args, prepared);
    },
  };
}

export function toolNamed(name: string): Tool {
  const tool = toolCatalogue().get(name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool;
}

/** Every file below a folder with its content, for "nothing changed". Symlinks are named, not followed (`recursive` would). */
export function snapshot(folder: string, below = ""): Record<string, string> {
  const entries = fs.readdirSync(path.join(folder, below), { withFileTypes: true });
  const found: Record<string, string> = {};
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.join(below, entry.name);
    if (entry.isDirectory()) Object.assign(found, snapshot(folder, name));
    else if (entry.isFile()) found[name] = fs.readFileSync(path.join(folder, name), "latin1");
    else if (entry.isSymbolicLink()) found[name] = `-> ${fs.readlinkSync(path.join(folder, name))}`;
    else found[name] = "special";
  }
  return found;
}
