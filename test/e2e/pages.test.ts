/** What the pages tell a reader to type works, and what they point at is there. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (page: string): string => readFileSync(join(root, page), "utf8");
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].concat(
  readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);
const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;

/** Commands of a page's `sh` blocks, one line each. */
function commandsOf(page: string): string[] {
  const blocks = [...read(page).matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  return blocks.flatMap((block) => block.split("\n")).filter((line) => line.trim() !== "");
}

describe("README: what a lead does, in the order of the page", () => {
  let folder = "";

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cadre-pages-"));
    for (const part of ["modes", "graphs", "briefs"]) cpSync(join(root, part), join(folder, part), { recursive: true });
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const commands = commandsOf("README.md").filter((line) => line.startsWith("npx cadre "));
  /** `run` stops at the question, `answer` at the sign-off. */
  const codes: Readonly<Record<string, number>> = { run: 8, answer: 8 };

  test("all seven are there", () => {
    expect(commands.map((line) => line.split(" ")[2])).toEqual([
      "run",
      "inbox",
      "trace",
      "answer",
      "changes",
      "approve",
      "apply",
    ]);
  });

  test.each(commands)("%s", (line) => {
    const command = line.replace(/^npx cadre /, `"${process.execPath}" "${join(root, "dist/cli/main.js")}" `);
    const { status, stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
    const expected = codes[line.split(" ")[2] ?? ""] ?? 0;
    expect({ code: status, stderr: status === expected ? "" : stderr }).toEqual({ code: expected, stderr: "" });
    expect(stdout).not.toBe("");
  });

  test("the changes are in the project", () => {
    expect(existsSync(join(folder, "deliverables"))).toBe(true);
  });
});

describe.each(pages)("%s", (page) => {
  test("links and paths lead somewhere", () => {
    const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? "");
    const paths = [...read(page).matchAll(/`((?:src|test|scripts|graphs|modes|briefs|\.ci)\/[\w./-]*)`/g)].map(
      (match) => match[1] ?? "",
    );
    // A page links from where it lies; a path in its text is one of the project.
    const missing = [
      ...links.filter((path) => !existsSync(join(root, dirname(page), path))),
      ...paths.filter((path) => !existsSync(join(root, path))),
    ];
    expect(missing).toEqual([]);
  });

  test("npm scripts that are named exist", () => {
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
