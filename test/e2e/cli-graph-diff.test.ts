/** `cadre graph --diff`: the chart beside a commit's, without touching the work tree. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cadre, document, project } from "./cli-process.ts";

function git(dir: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    "git",
    ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", ...args],
    { cwd: dir, encoding: "utf8", env: { PATH: process.env["PATH"], HOME: dir, GIT_CONFIG_NOSYSTEM: "1" } },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

const state = (dir: string): unknown => [git(dir, "status", "--porcelain"), readdirSync(join(dir, ".git")).toSorted()];

test("what a branch changes in the chart, as text, for a pull request and as data; nothing in the work tree is touched", () => {
  const dir = project();
  git(dir, "init", "-q", "-b", "main");
  // Were it executed, it would leave a mark.
  writeFileSync(join(dir, "graphs", "old.ts"), `import fs from "node:fs"; fs.writeFileSync("executed", "");\nexport const workflow = {};\n`); // prettier-ignore
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "first");
  expect(cadre(dir, ["graph", "--diff", "main"]).out).toBe("the chart is as it was at main\n");
  rmSync(join(dir, "graphs", "old.ts"));
  expect(cadre(dir, ["graph", "--diff", "main"]).out).toMatch(/^Workflows changed: [^\n]+\n {2}graphs\/old\.ts\n$/);

  for (const [one, other] of [
    ["lead", "specialist"],
    ["specialist", "lead"],
  ]) {
    const path = join(dir, "modes", `database-${one}.md`);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/^(escalates_to:\n)(?: {2}- .*\n)+/m, `$1  - database-${other} # everything\n`));
  }
  rmSync(join(dir, "modes", "technical-writer.md"));
  const before = state(dir);
  const shown = cadre(dir, ["graph", "--diff", "main"]);
  expect([shown.code, shown.err]).toEqual([0, ""]);
  expect(shown.out).toMatch(/Roles removed\n {2}technical-writer {2}modes\/technical-writer\.md/);
  expect(shown.out).toMatch(/Routes lost\n[\s\S]*delegation {2}huggingface-specialist → technical-writer/);
  expect(shown.out).toMatch(/Can no longer reach\n[\s\S]*huggingface-specialist → .*technical-writer/);
  expect(cadre(dir, ["graph", "--diff", "HEAD", "--format", "markdown"]).out).toMatch(/^## Org chart, since `HEAD`\n/);
  const data = document(cadre(dir, ["graph", "--diff", "main", "--json"]));
  expect(data).toMatchObject({ schema: "cadre.chart-diff/1", commit: git(dir, "rev-parse", "main"), wayUp: { lost: ["database-lead", "database-specialist"] }, workflows: { changed: ["graphs/old.ts"] } }); // prettier-ignore
  expect(cadre(dir, ["graph", "--diff", "main", "--fail-on", "lost-way-up"]).code).toBe(1);
  expect(state(dir)).toEqual(before);
  expect(existsSync(join(dir, "executed"))).toBe(false);

  for (const revision of ["nowhere", "--help", "-x"])
    expect(cadre(dir, ["graph", `--diff=${revision}`])).toMatchObject({ code: 2, err: expect.stringContaining("git knows no revision") as string }); // prettier-ignore
  expect(cadre(dir, ["graph", "modes/database-lead.md", "--diff", "main"]).code).toBe(2);
});

test("F4 a workflow that changed tells who fills a role now, who can reach them, and where briefs go; that of the revision is read and not run", () => {
  const dir = project();
  const path = join(dir, "graphs", "feature-workflow.ts");
  const text = readFileSync(path, "utf8");
  const staffed = (who: string): string => text.replace("staffing: {},", `staffing: { ${who} },`);
  writeFileSync(path, `${staffed(`"project-manager": { by: "person", name: "linh" }`)}\nconst fs = await import("node:fs");\nfs.writeFileSync("executed", "");\n`); // prettier-ignore
  git(dir, "init", "-q", "-b", "main");
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "-m", "first");
  writeFileSync(
    path,
    staffed(`"devops-lead": { by: "person" }`).replace(`entry: "backend-lead"`, `entry: "ai-ml-lead"`),
  );

  const shown = cadre(dir, ["graph", "--diff", "main"]);
  expect([shown.code, shown.err]).toEqual([0, ""]);
  expect(shown.out).toMatch(/Can now reach a person\n(?: {2}\S+ → devops-lead\n)+/);
  expect(shown.out).toMatch(/Can no longer reach a person\n(?: {2}\S+ → project-manager\n)+/);
  expect(shown.out).toContain("Briefs go to another role\n  backend-lead → ai-ml-lead\n");
  expect(shown.out).toContain("  project-manager  filled by: a person, linh → a model\n");
  const page = cadre(dir, ["graph", "--diff", "main", "--format", "markdown"]).out;
  expect(page).toContain("- `devops-lead`: filled by `a model` → `a person`");
  expect(page).toContain("Briefs go to `ai-ml-lead`, no longer to `backend-lead`.");
  const data = document(cadre(dir, ["graph", "--diff", "main", "--json"]));
  expect(data).toMatchObject({
    entry: { before: "backend-lead", after: "ai-ml-lead" },
    routes: { added: [], lost: [] },
    workflows: { changed: ["graphs/feature-workflow.ts"], read: true },
  });
  expect(existsSync(join(dir, "executed"))).toBe(false);

  // What only running it would tell is not guessed.
  writeFileSync(path, staffed("...(process.env.PEOPLE ? {} : {})"));
  git(dir, "commit", "-q", "-a", "-m", "second");
  writeFileSync(path, text);
  expect(cadre(dir, ["graph", "--diff", "main"]).out).toMatch(/^Workflows changed: [^\n]*cannot be read without running[^\n]*\n {2}graphs\/feature-workflow\.ts\n$/); // prettier-ignore
  expect(document(cadre(dir, ["graph", "--diff", "main", "--json"]))).toMatchObject({ workflows: { read: false }, roles: { changed: [] } }); // prettier-ignore
});
