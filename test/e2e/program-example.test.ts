/** The README's program, as it stands there, run by Node against the built package in a project of its own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

const repository = fileURLToPath(new URL("../..", import.meta.url));
let folder: ProjectFolder | undefined;
afterEach(() => folder?.remove());

test("the README's program takes a brief to its end", () => {
  const [, program] =
    /## From a program[\s\S]*?```ts\n([\s\S]*?)```/.exec(readFileSync(join(repository, "README.md"), "utf8")) ?? [];
  folder = shippedProject({ "program.ts": program ?? "", "package.json": '{ "type": "module" }' });
  mkdirSync(join(folder.dir, "node_modules"));
  symlinkSync(repository, join(folder.dir, "node_modules", "cadre"));
  const ended = spawnSync(process.execPath, ["program.ts"], { cwd: folder.dir, encoding: "utf8", timeout: 60_000 });
  expect({ code: ended.status, stdout: ended.stdout, stderr: ended.stderr }).toEqual({
    code: 0,
    stdout: "finished true\n",
    stderr: "",
  });
});
