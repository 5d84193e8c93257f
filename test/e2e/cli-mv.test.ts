/** `cadre mv`: a role renamed in the shipped project, everywhere or nowhere. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { begun, cadre, document, openAsks, project } from "./cli-process.ts";

test("the role has its new name everywhere, lint has nothing to say, and runs that wait are told of", () => {
  const dir = project();
  expect(begun(dir).code).toBe(8);
  const dry = cadre(dir, ["mv", "huggingface-specialist", "open-model-specialist", "--dry-run"]);
  expect([dry.code, dry.err]).toEqual([0, ""]);
  expect(dry.out).toMatch(/^-slug: huggingface-specialist\n\+slug: open-model-specialist$/m);
  expect(existsSync(join(dir, "modes/huggingface-specialist.md"))).toBe(true);
  const told = document(cadre(dir, ["mv", "huggingface-specialist", "open-model-specialist", "--json"]));
  const [asked] = openAsks(dir);
  expect(told).toMatchObject({ schema: "cadre.mv/1", dryRun: false, runs: [asked?.run], folder: { to: "modes/context/open-model-specialist" } }); // prettier-ignore
  expect(existsSync(join(dir, "modes/huggingface-specialist.md"))).toBe(false);
  expect(readFileSync(join(dir, "graphs/feature-workflow.ts"), "utf8")).not.toContain("huggingface-specialist");
  expect(cadre(dir, ["lint"])).toMatchObject({
    code: 0,
    err: expect.stringContaining("nothing to complain about") as string,
  });
  expect(cadre(dir, ["answer", "@waiting", "1"]).code).toBe(8);
  expect(openAsks(dir)).toMatchObject([{ kind: "chart" }]);
  expect(cadre(dir, ["answer", "@waiting", "keep"]).code).toBe(8);
});

test("what cannot be is refused, and nothing is changed", () => {
  const dir = project();
  const lead = join(dir, "modes/backend-lead.md");
  const before = readFileSync(lead, "utf8");
  const refused = (from: string, to: string): string => {
    const { code, err } = cadre(dir, ["mv", from, to]);
    expect(code).toBe(2);
    return err;
  };
  expect(refused("nobody", "somebody")).toContain('there is no role "nobody"');
  expect(refused("backend-lead", "user")).toContain("reserved");
  expect(refused("backend-lead", "Backend Lead")).toContain("lower-case letters");
  expect(refused("backend-lead", "devops-lead")).toContain("modes/devops-lead.md is called so already");
  writeFileSync(join(dir, "modes/new-lead.md"), "notes\n");
  expect(refused("backend-lead", "new-lead")).toContain("is there already");
  if (process.getuid?.() !== 0) {
    chmodSync(join(dir, "graphs/feature-workflow.ts"), 0o444);
    expect(refused("backend-lead", "api-lead")).toContain("may not be written");
  }
  expect(readFileSync(lead, "utf8")).toBe(before);
});
