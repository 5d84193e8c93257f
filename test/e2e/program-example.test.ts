/** The README's programs, as they stand there, run by Node against the built package in a project of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
let folder: ProjectFolder | undefined;
afterEach(() => folder?.remove());

/** Runs the first program under a heading. */
function programUnder(heading: string): { code: number | null; stdout: string; stderr: string } {
  const page = readFileSync(join(repository, "README.md"), "utf8");
  const [, program] = new RegExp(`## ${heading}[\\s\\S]*?\`\`\`ts\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  folder = shippedProject({ "program.ts": program ?? "", "package.json": '{ "type": "module" }' });
  mkdirSync(join(folder.dir, "node_modules"));
  symlinkSync(repository, join(folder.dir, "node_modules", "cadre"));
  symlinkSync(join(repository, "node_modules/@langchain"), join(folder.dir, "node_modules", "@langchain"));
  const ended = spawnSync(process.execPath, ["program.ts"], { cwd: folder.dir, encoding: "utf8", timeout: 60_000 });
  return { code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

test("the README's program takes a brief to its end", () => {
  expect(programUnder("From a program")).toEqual({ code: 0, stdout: "finished true\n", stderr: "" });
});

test("the README's LangGraph program runs, forks and prunes on the checkpointer", () => {
  expect(programUnder("A checkpointer for any LangGraph program")).toEqual({ code: 0, stdout: "4\n", stderr: "" });
});
