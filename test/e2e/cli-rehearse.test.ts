/** `cadre rehearse`: what the briefs of a project exercise of its chart, before any of them runs. */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cadre, document, folder, project } from "./cli-process.ts";

type Row = {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly times: number;
  readonly reachable: boolean;
};

test("every brief is walked to its end: routes taken, asks with their rules, and nothing is kept", () => {
  const dir = project();
  writeFileSync(
    join(dir, "modes/hermit.md"),
    "---\nslug: hermit\nlevel: 030-worker\ntool_groups: [read]\nescalates_to:\n  - backend-lead # For company\n---\n# Hermit\n",
  );
  rmSync(join(dir, ".cadre"), { recursive: true, force: true });
  const ended = cadre(dir, ["rehearse", "--json"]);
  expect(ended.code).toBe(0);
  const { briefs, routes, ...said } = document(ended) as Record<string, Record<string, unknown>[]>;
  expect(said).toMatchObject({ schema: "cadre.rehearse/1", rehearsal: true, refused: [] });
  const files = readdirSync(join(dir, "briefs")).filter((name) => name.endsWith(".md"));
  expect(briefs?.map(({ brief, status }) => [brief, status])).toEqual(
    files.toSorted().map((name) => [`briefs/${name}`, "finished"]),
  );
  const asked = new Map(briefs?.map(({ brief, people }) => [brief, people]));
  for (const people of asked.values())
    expect(people).toContainEqual(expect.objectContaining({ kind: "sign_off", to: "user" }));
  expect(asked.get("briefs/vietnamese-reviews.md")).toContainEqual(
    expect.objectContaining({
      kind: "escalation",
      to: "user",
      rule: expect.objectContaining({ file: "modes/project-manager.md" }),
    }),
  );
  const rows = routes as unknown as Row[];
  const taken = rows.filter(({ times }) => times > 0).map(({ kind, from, to }) => `${from} ${kind} ${to}`);
  expect(taken).toContain("backend-lead delegation huggingface-specialist");
  expect(rows.filter(({ reachable }) => !reachable).map(({ from, to }) => [from, to])).toEqual([
    ["hermit", "backend-lead"],
  ]);
  expect(existsSync(join(dir, ".cadre/cadre.db"))).toBe(false);
  expect(existsSync(join(dir, ".cadre/workspaces"))).toBe(false);
});

test("one brief, for people; and without any brief the command says so", () => {
  const { code, out } = cadre(project(), ["rehearse", "briefs/ticket-summaries.md"]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^Summaries of support conversations {2}backend-lead, \d+ steps, finished\n {2}escalation from project-manager to user: /,
  );
  expect(out).toContain("Never taken");
  const empty = folder();
  expect(cadre(empty, ["rehearse"]).code).toBe(2);
});
