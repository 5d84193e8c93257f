/**
 * The verbs that people type all day never load LangGraph (or the clients of models): seen in the bundle, by walking static
 * imports, and in running processes, by a hook that writes down every file that Node loads.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const meta = JSON.parse(readFileSync(join(root, "dist/meta.json"), "utf8")) as Metafile;
const heavy = /node_modules\/(@langchain|langsmith|@huggingface|@modelcontextprotocol)\//;
const light = ["lint", "graph", "who", "trace", "inbox"] as const;

const hook = `
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED_FILES, url + "\\n");
    return next(url, context);
  },
});
`;

/** Ends the process with its first step, and writes down what had been loaded by then. */
const stepHook = `
import { appendFileSync } from "node:fs";
const write = process.stdout.write;
process.stdout.write = function (text, ...more) {
  const written = write.call(this, text, ...more);
  if (!String(text).startsWith('{"type":"step"')) return written;
  appendFileSync(process.env.LOADED_FILES, process.moduleLoadList.map((name) => "node:" + name).join("\\n"));
  process.exit(99);
};
`;

let folder = "";
let project = "";

type Ended = {
  readonly code: number | null;
  readonly loaded: readonly string[];
  readonly native: readonly string[];
  readonly stderr: string;
};

/** Runs the built command and tells which files of dist it loaded. */
function cadre(...args: string[]): Ended {
  return cadreWith([], ...args);
}

function cadreWith(hooks: readonly string[], ...args: string[]): Ended {
  const list = join(folder, "loaded.txt");
  writeFileSync(list, "");
  const { status, stderr } = spawnSync(
    process.execPath,
    [
      ...["hook.mjs", ...hooks].flatMap((name) => ["--import", join(folder, name)]),
      join(root, "dist/cli/main.js"),
      ...args,
    ],
    { cwd: project, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: folder, LOADED_FILES: list } },
  );
  const urls = readFileSync(list, "utf8").split("\n");
  const loaded = urls.flatMap((url) => (url.startsWith("file:") ? [relative(root, fileURLToPath(url))] : []));
  return { code: status, loaded, native: urls.filter((url) => url.startsWith("node:NativeModule")), stderr };
}

/** Heavy source files among what these outputs hold, or what was loaded straight from node_modules. */
function heavyIn(outputs: readonly string[]): string[] {
  const inputs = outputs.flatMap((output) => [output, ...Object.keys(meta.outputs[output]?.inputs ?? {})]);
  return inputs.filter((input) => heavy.test(input));
}

/** An output and everything that it imports statically. */
function closure(output: string, seen = new Set<string>()): Set<string> {
  if (seen.has(output)) return seen;
  seen.add(output);
  for (const next of meta.outputs[output]?.imports ?? []) {
    if (next.kind === "import-statement" && !next.external) closure(next.path, seen);
  }
  return seen;
}

function outputOf(source: string): string {
  const found = Object.entries(meta.outputs).find(([, output]) => output.entryPoint === source);
  if (!found) throw new Error(`dist has no file whose entry point is ${source}`);
  return found[0];
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-light-"));
  writeFileSync(join(folder, "hook.mjs"), hook);
  writeFileSync(join(folder, "step.mjs"), stepHook);
  project = join(folder, "project");
  for (const part of ["modes", "graphs", "briefs", "cadre.yaml"]) {
    if (existsSync(join(root, part))) cpSync(join(root, part), join(project, part), { recursive: true });
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("in the bundle", () => {
  test.each(["src/index.ts", "src/cli/program.ts", ...light.map((verb) => `src/cli/commands/${verb}.ts`)])(
    "%s reaches nothing heavy through static imports",
    (source) => {
      expect(heavyIn([...closure(outputOf(source))])).toEqual([]);
    },
  );

  test("LangGraph is there at all, so that its absence means something", () => {
    expect(heavyIn(Object.keys(meta.outputs)).length).toBeGreaterThan(0);
  });
});

describe("in the process", () => {
  test("a run loads LangGraph, so the probe can see it", () => {
    const { code, loaded, stderr } = cadre("run", "briefs/vietnamese-reviews.md");
    expect({ code, stderr: code === 8 ? "" : stderr }).toEqual({ code: 8, stderr: "" });
    expect(heavyIn(loaded).length).toBeGreaterThan(0);
  });

  test.each([
    ["--help"],
    ["--version"],
    ["lint"],
    ["graph"],
    ["who", "fine-tune a model"],
    ["trace", "@latest"],
    ["inbox"],
  ])("cadre %s loads nothing heavy", (...args) => {
    const { code, loaded, stderr } = cadre(...args);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect(loaded).toContain("dist/cli/program.js");
    expect(heavyIn(loaded)).toEqual([]);
    // Of the 260 pieces that esbuild makes, each of these would load up to 60.
    expect(loaded.filter((file) => file.startsWith("dist/")).length).toBeLessThan(30);
  });

  test("an answer is taken up, to the first step, from few files and without tools, YAML or an HTTP client", () => {
    const waits = join(folder, "waits");
    cpSync(project, waits, {
      recursive: true,
      filter: (path) => !path.includes(".cadre") && !path.includes("journal"),
    });
    expect(cadre("run", "briefs/vietnamese-reviews.md", "--dir", waits).code).toBe(8);
    const { code, loaded, native, stderr } = cadreWith(
      ["step.mjs"],
      "answer",
      "@waiting",
      "1",
      "--json",
      "--dir",
      waits,
    );
    expect({ code, stderr: code === 99 ? "" : stderr }).toEqual({ code: 99, stderr: "" });
    const own = loaded.filter((file) => file.startsWith("dist/"));
    expect(own.length).toBeLessThan(45);
    const inputs = new Set(own.flatMap((file) => Object.keys(meta.outputs[file]?.inputs ?? {})));
    expect(inputs).toContain("src/run/gate.ts");
    for (const later of [
      "tools/catalogue",
      "tools/sandbox/bubblewrap",
      "run/turn",
      "run/following",
      "run/granted",
      "config/config",
    ])
      expect(inputs).not.toContain(`src/${later}.ts`);
    expect(loaded.filter((file) => file.includes("better-sqlite3/")).length).toBeLessThan(4);
    expect(native.join(" ")).toContain("crypto");
    expect(native.join(" ")).not.toMatch(/undici|child_process|worker_threads|webcrypto|perf_hooks/);
  });
});
