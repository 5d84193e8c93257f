/**
 * The pages in docs/, run as they stand: files that a page shows are written, its `sh` blocks are typed in order into a shell of the shipped
 * project, and its TypeScript programs are run. A line may say how it ends (`# exit 8`). What cannot be run here is marked `text`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { folder } from "./cli-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (page: string): string => readFileSync(join(root, "docs", page), "utf8");

/** Pages that a test of their own runs. */
const elsewhere = new Set(["lint.md", "models.md"]);
const pages = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));

type Block = { readonly language: string; readonly file: string; readonly text: string };

function blocksOf(page: string): Block[] {
  return [...read(page).matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(
    ([, language = "", file = "", text = ""]) => {
      return { language, file, text };
    },
  );
}

/** A project with cadre installed, as a reader has it. */
function place(): string {
  const dir = join(folder(), "project");
  for (const part of ["modes", "graphs", "briefs"]) cpSync(join(root, part), join(dir, part), { recursive: true });
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  mkdirSync(join(dir, "node_modules"));
  symlinkSync(root, join(dir, "node_modules/cadre"));
  symlinkSync(join(root, "node_modules/@langchain"), join(dir, "node_modules/@langchain"));
  return dir;
}

/** One script for all of a page's lines, so that `cd` holds; every line's code is checked as it ends. */
function scriptOf(lines: readonly string[]): string {
  const checked = lines.map((line) => {
    const [, command = line, code = "0"] = /^(.*?)\s+# exit (\d+)$/.exec(line) ?? [];
    return `${command}\ncode=$?; [ $code -eq ${code} ] || { echo "ended with $code, not ${code}: ${command.replaceAll(/["\\$`]/g, "")}" >&2; exit 99; }`;
  });
  return [`npx() { shift; "${process.execPath}" "${join(root, "dist/cli/main.js")}" "$@"; }`, ...checked].join("\n");
}

test(
  "a project outside of the checkout reaches cadre in each way that getting-started names",
  { timeout: 120_000 },
  () => {
    const outside = join(folder(), "shop");
    mkdirSync(outside);
    const ways = blocksOf("getting-started.md")
      .filter(({ language, text }) => language === "text" && text.includes("~/src/cadre"))
      .flatMap(({ text }) => text.trim().split("\n"));
    expect(ways).toHaveLength(4);
    // Linked below a folder of the test's own; what `npm ci` brings is there already.
    const lines = ways.map((line) =>
      line
        .replace("npm ci && npm link", "npm link --ignore-scripts --no-audit --no-fund")
        .replaceAll("~/src/cadre", root)
        .replaceAll("~/work/shop", outside),
    );
    const global = join(outside, "..", "global");
    const env = {
      ...process.env,
      npm_config_prefix: global,
      npm_config_offline: "true",
      PATH: `${global}/bin:${process.env["PATH"]}`,
    };
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const said = lines.map((line) => spawnSync("sh", ["-c", line], { cwd: outside, env, encoding: "utf8" }));
    expect(said.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect(said.slice(1).map(({ stdout }) => stdout.trim())).toEqual([version, version, version]);
  },
);

describe.each(pages.filter((page) => !elsewhere.has(page)))("docs/%s", (page) => {
  const blocks = blocksOf(page);
  const lines = blocks
    .filter(({ language, file }) => language === "sh" && file === "")
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.trim() !== "");

  test("what it tells a reader to type works, in its order", { timeout: 240_000 }, () => {
    const dir = place();
    for (const { file, text } of blocks.filter((block) => block.file.includes("/"))) {
      mkdirSync(dirname(join(dir, file)), { recursive: true });
      writeFileSync(join(dir, file), text);
    }
    const ended = spawnSync("sh", ["-c", scriptOf(lines)], { cwd: dir, encoding: "utf8", input: "" });
    expect({ code: ended.status, said: ended.status === 0 ? "" : ended.stderr.slice(-2000) }).toEqual({
      code: 0,
      said: "",
    });
  });

  const programs = blocks.filter(({ language, file }) => language === "ts" && file === "");
  test.each(programs.map(({ text }, index) => [index + 1, text] as const))("program %i runs", (_number, text) => {
    const dir = place();
    writeFileSync(join(dir, "program.ts"), text);
    const ended = spawnSync(process.execPath, ["program.ts"], { cwd: dir, encoding: "utf8", timeout: 60_000 });
    expect({ code: ended.status, said: ended.stderr }).toEqual({ code: 0, said: "" });
  });
});
