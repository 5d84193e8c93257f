/** What ships: roles, rules, briefs, data and workflow. They must hold what the README promises before anyone runs anything. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { bindProject, loadProject, type Project } from "../../src/project.ts";
import { USER } from "../../src/org/chart.ts";
import { groupsOf, rulesFor, type BoundChart } from "../../src/org/bound-chart.ts";
import { rankRoutes } from "../../src/org/who.ts";
import { readSample } from "../../src/tools/evaluate/labelled-table.ts";
import { workflow } from "../../graphs/feature-workflow.ts";

const root = join(import.meta.dirname, "../..");
const text = (path: string): string => readFileSync(join(root, path), "utf8");
const briefs = ["vietnamese-reviews", "ticket-summaries", "product-images"];

let project: Project;
let bound: BoundChart;

beforeAll(async () => {
  project = await loadProject(root);
  bound = bindProject(project, {});
});

const routes = (from: string, kind: string): string[] =>
  project.chart.routes.filter((route) => route.from === from && route.kind === kind).map((route) => route.to);

describe("roles", () => {
  it("lint has nothing to say about them, not even in passing", () => {
    expect(project.problems).toEqual([]);
    expect(project.modes).toHaveLength(10);
  });

  it("the specialist declares the seed's level, model, groups, tags, categories, stack and eleven routes", () => {
    const mode = project.modes.find((each) => each.slug === "huggingface-specialist");
    expect(mode).toMatchObject({
      level: { text: "037-worker-ai-ml", rank: "worker" },
      model: "gemini-2.5-pro",
      toolGroups: ["file_management", "code_analysis", "communication", "execution", "completion"],
      stack: ["huggingface", "python", "ai", "ml", "nlp"],
      categories: ["ai", "ml", "backend", "integration"],
    });
    expect(mode?.tags).toHaveLength(13);
    expect(routes("huggingface-specialist", "report")).toEqual(["backend-lead", "technical-architect", "ai-ml-lead"]);
    expect(routes("huggingface-specialist", "escalation")).toEqual([
      "backend-lead",
      "technical-architect",
      "project-manager",
      "devops-lead",
      "ai-ml-lead",
    ]);
    expect(routes("huggingface-specialist", "delegation")).toEqual([
      "technical-writer",
      "database-specialist",
      "devops-specialist",
    ]);
  });

  it("every route says what it is for, and no two of one role and kind say the same", () => {
    const said = project.chart.routes.map((route) => `${route.from} ${route.kind} ${route.purpose}`);
    expect(new Set(said).size).toBe(said.length);
    for (const route of project.chart.routes) expect(route.purpose.split(" ").length).toBeGreaterThan(3);
  });

  it("every way up ends at a person, and none goes in a circle", () => {
    for (const role of project.chart.roles) {
      const climb = (slug: string, path: readonly string[]): boolean => {
        expect(path, `${role.slug} escalates in a circle`).not.toContain(slug);
        return slug === USER || routes(slug, "escalation").every((to) => climb(to, [...path, slug]));
      };
      expect(climb(role.slug, [])).toBe(true);
    }
  });

  it("every role can be reached from the workflow's entry", () => {
    const reached = new Set<string>();
    const open = [workflow.entry];
    for (let slug = open.pop(); slug !== undefined; slug = open.pop()) {
      if (reached.has(slug)) continue;
      reached.add(slug);
      open.push(...routes(slug, "delegation"), ...routes(slug, "escalation"));
    }
    reached.delete(USER);
    expect([...reached].toSorted()).toEqual(project.chart.roles.map((role) => role.slug).toSorted());
  });

  it("bodies are prompts, not stubs, and every knowledge file that a mode names is there", () => {
    for (const mode of project.modes) {
      expect(mode.body.split(/\s+/).length, mode.slug).toBeGreaterThan(250);
    }
    const named = project.modes.find((each) => each.slug === "huggingface-specialist")?.knowledge ?? [];
    expect(named.length).toBeGreaterThan(2);
    for (const { path } of named) expect(text(path).length).toBeGreaterThan(100);
  });

  it.each([
    ["Classify the sentiment of reviews with a pretrained model", "huggingface-specialist"],
    ["Add an index to the orders table and tune the slow query", "database-specialist"],
    ["Write the user guide and release notes for the endpoint", "technical-writer"],
    ["Set up the build pipeline and monitoring for the container", "devops-specialist"],
  ])("the entry role's purposes tell apart: %s", (task, role) => {
    expect(rankRoutes(project.chart, task, { from: workflow.entry, kinds: ["delegation"] })[0]?.role).toBe(role);
  });
});

describe("rules and workflow", () => {
  it("the rules pack binds the two roles that work on models, with the sections that a report needs", () => {
    for (const slug of ["huggingface-specialist", "ai-ml-lead"]) {
      expect(rulesFor(bound, slug).map((pack) => pack.name)).toEqual(["huggingface"]);
    }
    expect(rulesFor(bound, "backend-lead")).toEqual([]);
    expect(rulesFor(bound, "ai-ml-lead")[0]?.reportSections).toEqual([
      "task_and_modality",
      "model",
      "data_strategy",
      "approach",
      "evaluation",
      "latency_and_memory",
      "assumptions",
      "experimentation",
      "fine_tuning",
      "deployment",
    ]);
  });

  it("only the specialist is granted inference, and a person signs off", () => {
    const granted = project.chart.roles.filter((role) => groupsOf(bound, role.slug).includes("inference"));
    expect(granted.map((role) => role.slug)).toEqual(["huggingface-specialist"]);
    expect(bound.workflow.signOff).toBe(true);
  });

  it("langgraph.json points at a graph that the workflow file exports", async () => {
    const { graphs } = JSON.parse(text("langgraph.json")) as { graphs: Record<string, string> };
    const [path, name] = (graphs["feature"] ?? "").split(":");
    const module = (await import(join(root, path ?? ""))) as Record<string, unknown>;
    expect(module[name ?? ""]).toBeTypeOf("function");
  });
});

describe("briefs and data", () => {
  it.each(briefs)("%s is a brief without problems, and its inputs are there", (name) => {
    const { brief, problems } = readBrief(text(`briefs/${name}.md`), `briefs/${name}.md`);
    expect(problems).toEqual([]);
    expect(brief?.acceptance.length).toBeGreaterThan(3);
    for (const part of [brief?.why, brief?.where, brief?.when]) expect(part).not.toBe("");
    for (const input of brief?.inputs ?? []) expect(text(input.path).length).toBeGreaterThan(100);
  });

  it("the reviews are at least 150, balanced, distinct, and normalised", () => {
    const csv = text("briefs/data/vietnamese-reviews.csv");
    const sample = readSample("vietnamese-reviews.csv", csv, { text: "text", label: "label" });
    expect(sample).toMatchObject({
      ok: true,
      value: { labels: ["negative", "neutral", "positive"], duplicates: 0, contradictory: 0 },
    });
    if (!sample.ok) return;
    const counts = sample.value.labels.map((label) => sample.value.rows.filter((row) => row.label === label).length);
    expect(Math.min(...counts) / Math.max(...counts)).toBeGreaterThan(0.9);
    expect(sample.value.rows.length).toBeGreaterThanOrEqual(150);
    expect(csv).toBe(csv.normalize("NFC"));
  });

  it("the data's page names every file beside it", () => {
    const page = text("briefs/data/README.md");
    for (const name of ["vietnamese-reviews.csv", "support-tickets.md", "product-shots.md", "CC0"])
      expect(page).toContain(name);
  });
});
