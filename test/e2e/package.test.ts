/** The packed tarball, unpacked where nothing of this repository can be reached by accident. Needs no network. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};

let folder = "";
let installed = "";
let files: string[] = [];
let packedBytes = 0;

type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function run(command: string, args: readonly string[], cwd = folder): Ended {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  return { code: status, stdout, stderr };
}

const cadre = (...args: string[]): Ended => run(process.execPath, [join(installed, "dist/cli/main.js"), ...args]);

/** A Node on the path that is too old for cadre; the one that npm itself was started with, perhaps. */
const oldNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((path) => join(path, "node"))
  .find((path) => existsSync(path) && /^v(1\d|20|21)\./.test(run(path, ["--version"], root).stdout));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cadre-package-"));
  const [packed] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--silent", "--pack-destination", folder], { cwd: root, encoding: "utf8" }),
  ) as [{ filename: string; size: number }];
  packedBytes = packed.size;
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  execFileSync("tar", ["-xzf", join(folder, packed.filename), "-C", modules]);
  execFileSync("mv", [join(modules, "package"), join(modules, "cadre")]);
  installed = join(modules, "cadre");
  // What npm would install beside it: the declared dependencies, the optional peers, and nothing else of this repository.
  for (const name of [...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }), "@types/node"]) {
    mkdirSync(join(modules, name, ".."), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  files = globSync("**/*", { cwd: installed, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("the tarball", () => {
  test("holds what is needed and nothing else", () => {
    const folders = new Set(files.map((file) => file.replace(/\/.*/, "")));
    expect([...folders].toSorted()).toEqual(
      ["CHANGELOG.md", "LICENSE", "README.md", "briefs", "dist", "graphs", "modes", "package.json"].toSorted(),
    );
    expect(files).toEqual(
      expect.arrayContaining([
        "dist/cli/main.js",
        "dist/index.js",
        "dist/testing.js",
        "dist/types/index.d.ts",
        "dist/THIRD-PARTY-LICENSES.txt",
      ]),
    );
    expect(files).not.toContain("dist/meta.json");
    // A fifth of it is the engine that lays charts out.
    expect(packedBytes).toBeLessThan(2_400_000);
  });

  test("names the licence of every package that it bundles", () => {
    const text = readFileSync(join(installed, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["@langchain/langgraph", "commander", "gray-matter", "yaml", "zod"]) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
    expect(text).not.toContain("(undefined)");
  });
});

describe("in an empty folder", () => {
  test("the command starts, makes a project, and its chart is clean", () => {
    expect(cadre("--version")).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
    expect(cadre("init", "team").code).toBe(0);
    expect(cadre("--dir", "team", "lint")).toMatchObject({ code: 0, stdout: "" });
  });

  test("a run of the starter's brief reaches its first question for a person", () => {
    expect(cadre("init", "runs").code).toBe(0);
    const ended = cadre("--dir", "runs", "run", "runs/briefs/vietnamese-reviews.md");
    expect({ code: ended.code, stderr: ended.code === 8 ? "" : ended.stderr }).toEqual({ code: 8, stderr: "" });
  });

  test("a program imports the API, and its types hold", () => {
    writeFileSync(
      join(folder, "program.ts"),
      `import { CadreError, openCadre, person, type Event, type WorkflowInput } from "cadre";
import { ChatHuggingFace } from "cadre/chat-hugging-face";
import { SqliteCheckpointer } from "cadre/checkpoint-sqlite";
import { BaseCheckpointSaver } from "@langchain/langgraph-checkpoint";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { scriptedModel } from "cadre/testing";
const workflow: WorkflowInput = { name: "w", entry: "backend-lead", staffing: { "project-manager": person() } };
const type: Event["type"] = "run_ended";
// @ts-expect-error there is no such event
const wrong: Event["type"] = "no_such_event";
const chat = new ChatHuggingFace({ model: "org/model", accessToken: "none" });
const saver = SqliteCheckpointer.open({ file: ":memory:" });
console.log(saver instanceof BaseCheckpointSaver, typeof saver.getTuple, typeof openCadre, typeof scriptedModel, chat._llmType(), chat instanceof BaseChatModel, new CadreError("usage", workflow.name).code, type, wrong);
`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { target: "es2024", module: "nodenext", strict: true, noEmit: true, types: ["node"] },
        files: ["program.ts"],
      }),
    );
    expect(run(join(root, "node_modules/.bin/tsc"), ["-p", "."])).toEqual({ code: 0, stdout: "", stderr: "" });
    const program = run(process.execPath, ["program.ts"]);
    expect(program).toMatchObject({
      code: 0,
      stdout: "true function function function huggingface-chat true usage run_ended no_such_event\n",
    });
  });
});

describe.skipIf(oldNode === undefined)("on a Node that is too old (skipped where the path holds none)", () => {
  const main = (): string => join(installed, "dist/cli/main.js");

  test("it says what to do and exits with 2", () => {
    const ended = run(oldNode as string, [main(), "--version"]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^error: cadre needs Node 22\.18 or newer, and this is Node .*\nhint: .*npm install/);
  });

  test("it hands over to the Node that lies next door, with arguments, output and exit code", () => {
    symlinkSync(join(root, "node_modules/node"), join(folder, "node_modules/node"));
    expect(run(oldNode as string, [main(), "--version"])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: "",
    });
    expect(run(oldNode as string, [main(), "no-such-verb"]).code).toBe(2);
    rmSync(join(folder, "node_modules/node"));
  });
});
