/** The walk that the rehearsal takes over the shipped roles and briefs: who turns to whom, and what is claimed at the end. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { rehearsalModel } from "../../src/models/rehearsal/rehearsal.ts";
import type { BoundChart } from "../../src/org/bound-chart.ts";
import { bindProject, loadProject } from "../../src/project.ts";
import { rehearseBrief, type LoopResult } from "../fixtures/rehearsal-loop.ts";

const root = join(import.meta.dirname, "../..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
let bound: BoundChart;

beforeAll(async () => {
  bound = bindProject(await loadProject(root), {});
});

async function walk(brief: Brief, entry = "backend-lead"): Promise<LoopResult> {
  const files = Object.fromEntries(brief.inputs.map((input) => [input.path, text(input.path)]));
  return rehearseBrief({ bound, brief, model: rehearsalModel(), entry, files });
}

function shipped(name: string): Brief {
  const { brief } = readBrief(text(`briefs/${name}.md`), `briefs/${name}.md`);
  if (!brief) throw new Error(`briefs/${name}.md is no brief`);
  return brief;
}

/** `who verb to`, in order. */
function moves(result: LoopResult): string[] {
  return result.turns.flatMap(({ role, calls }) =>
    calls.flatMap((call) => {
      const args = call.args as { mode?: string; to?: string };
      if (call.name === "new_task") return [`${role} delegates to ${args.mode}`];
      return call.name === "escalate" ? [`${role} escalates to ${args.to}`] : [];
    }),
  );
}

describe("the reviews", () => {
  it("go down to the specialist, who asks for the strategy and for the GPU, and hands the page on", async () => {
    expect(moves(await walk(shipped("vietnamese-reviews")))).toEqual([
      "backend-lead delegates to huggingface-specialist",
      "huggingface-specialist escalates to technical-architect",
      "huggingface-specialist escalates to project-manager",
      "project-manager escalates to user",
      "huggingface-specialist delegates to technical-writer",
    ]);
  });

  it("B1 end with what was measured, its receipt, and what was not", async () => {
    const result = await walk(shipped("vietnamese-reviews"));
    const status = Object.fromEntries(result.report?.criteria.map((each) => [each.id, each.status]) ?? []);
    expect(status).toEqual({
      A1: "met",
      A2: "not_met",
      A3: "met",
      A4: "not_measured",
      A5: "not_measured",
      A6: "not_measured",
    });
    expect(result.report?.measurements).toContainEqual({
      name: "macro-F1 (small)",
      value: 0.75,
      unit: "score",
      effect: "r-abcdef.1/e9",
    });
    const page = result.files["deliverables/sentiment-of-vietnamese-customer-reviews.md"] ?? "";
    for (const part of [
      "186 rows",
      "negative 62",
      "receipt r-abcdef.1/e9",
      "## Decisions",
      "not measured (rehearsal)",
      "> Rehearsal",
      // It is written before the writer's page is, and has to be true afterwards as well.
      "A6: left to technical-writer (Documentation of model usage); its report says what came of it.",
    ]) {
      expect(page).toContain(part);
    }
    expect(page).not.toMatch(/undefined|NaN|\[object/);
  });

  it("fill every section that the rules require", async () => {
    const result = await walk(shipped("vietnamese-reviews"), "huggingface-specialist");
    const sections = Object.entries(result.report?.sections ?? {});
    expect(sections.map(([name]) => name)).toHaveLength(10);
    for (const [, said] of sections) expect(said.length).toBeGreaterThan(20);
    expect(JSON.stringify(sections)).not.toContain("**"); // they are quoted as they are
  });

  it("do not ask again what was decided when the whole is handed down over more levels", async () => {
    const result = await walk(shipped("vietnamese-reviews"), "project-manager");
    expect(moves(result).filter((move) => move.includes("escalates"))).toHaveLength(3);
    expect(moves(result)).toContain("ai-ml-lead delegates to huggingface-specialist");
  });
});

describe("the other briefs", () => {
  it("the summaries raise what a person has to decide, and the runbook goes to the writer by way of the lead", async () => {
    const result = await walk(shipped("ticket-summaries"));
    expect(moves(result)).toContain("project-manager escalates to user");
    expect(moves(result).at(-1)).toBe("backend-lead delegates to technical-writer");
    expect(result.report?.criteria.every((each) => each.status === "not_measured")).toBe(true);
  });

  it("the pictures raise the GPU, and the deployment goes to the specialist for it, once", async () => {
    const result = await walk(shipped("product-images"));
    expect(moves(result)).toContain("huggingface-specialist escalates to project-manager");
    expect(moves(result).filter((move) => move.endsWith("delegates to devops-specialist"))).toHaveLength(1);
  });

  it("the pasted template is worked on, and raises fine-tuning", async () => {
    const { brief } = readBrief(
      "Task:\nSelect and fine-tune a sentiment analysis model for Vietnamese customer reviews.\n\nWhy it matters:\nManual reading does not scale.\n",
      null,
    );
    const result = await walk(brief as Brief);
    expect(moves(result)).toContain("huggingface-specialist escalates to ai-ml-lead");
    expect(Object.keys(result.files)).toContainEqual(expect.stringContaining("fine-tune"));
  });

  it("a brief about data goes to whoever keeps data", async () => {
    const { brief } = readBrief("Task: Add a table for orders with indexes, and a migration for old records.", null);
    expect(moves(await walk(brief as Brief))[0]).toBe("backend-lead delegates to database-specialist");
  });
});
