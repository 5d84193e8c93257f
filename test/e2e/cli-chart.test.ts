/** Commands that look at the files: lint, graph, who, init, doctor. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { begun, brief, cadre, document, folder, project } from "./cli-process.ts";

type Problem = {
  readonly code: string;
  readonly severity: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly hint: string | null;
};

const mode = (slug: string, more: string): string => `---
slug: ${slug}
name: ${slug}
description: does things
level: 030-worker
${more}---

# ${slug}
`;

describe("lint", () => {
  test("the shipped project has nothing to complain about", () => {
    const { code, out, err } = cadre(project(), ["lint"]);
    expect({ code, out, err }).toEqual({
      code: 0,
      out: "",
      err: expect.stringContaining("nothing to complain about") as string,
    });
  });

  test("a single file is read as it is: its routes with their purposes, its unknown targets as errors", () => {
    const dir = folder();
    writeFileSync(
      join(dir, "specialist.txt"),
      mode(
        "specialist",
        "escalates_to:\n  - qa-lead # For doubts about quality\nreports_to:\n  - {to: chief, when: When done}\n",
      ),
    );
    const ended = cadre(dir, ["lint", "specialist.txt", "--json"]);
    const { routes, problems, modes } = document(ended) as unknown as {
      routes: unknown[];
      problems: Problem[];
      modes: unknown[];
    };
    expect([ended.code, modes.length]).toEqual([1, 1]);
    expect(routes).toHaveLength(2);
    expect(routes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          kind: "escalation",
          to: "qa-lead",
          purpose: "For doubts about quality",
          file: "specialist.txt",
          line: 7,
        }),
        expect.objectContaining({ kind: "report", to: "chief", purpose: "When done", line: 9 }),
      ]),
    );
    expect(problems.filter((problem) => problem.severity === "error").length).toBeGreaterThanOrEqual(2);
    expect(cadre(dir, ["lint", "specialist.txt"]).out).toMatch(/^specialist\.txt:7:\d+\terror\t[\w-]+\t.*qa-lead/m);
  });

  test("--max-warnings turns warnings into exit 1", () => {
    const dir = project();
    const file = join(dir, "modes/backend-lead.md");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^slug:/m, "colour: blue\nslug:"));
    expect(cadre(dir, ["lint"]).code).toBe(0);
    const { problems } = document(cadre(dir, ["lint", "--json"])) as unknown as { problems: Problem[] };
    const warnings = problems.filter((problem) => problem.severity === "warning").length;
    if (warnings > 0) expect(cadre(dir, ["lint", "--max-warnings", "0"]).code).toBe(1);
    expect(cadre(dir, ["lint", "--max-warnings", String(warnings)]).code).toBe(0);
  });

  test("--fix mends garbled letters and levels in place, and nothing else", () => {
    const dir = folder();
    const text = mode("a", "tags: [x]\n").replace("name: a", "name: ðŸ¤— A").replace("030-worker", "30-worker-ai");
    writeFileSync(join(dir, "a.md"), text);
    const { err } = cadre(dir, ["lint", "a.md", "--fix"]);
    expect(err).toMatch(/mended a\.md: 1 garbled place, level 30-worker-ai → 030-worker-ai/);
    expect(readFileSync(join(dir, "a.md"), "utf8")).toBe(
      text.replace("ðŸ¤—", "🤗").replace("30-worker-ai", "030-worker-ai"),
    );
    expect(cadre(dir, ["lint", "a.md", "--fix"]).err).not.toMatch(/mended/);
  });
});

describe("graph and who", () => {
  test("a single mode shows its routes, also to roles that are elsewhere; its errors are found by the command shown", () => {
    const dir = folder();
    writeFileSync(join(dir, "a.md"), mode("a", "escalates_to:\n  - boss # Money\n"));
    const { routes } = document(cadre(dir, ["graph", "a.md", "--json"])) as unknown as { routes: { to: string }[] };
    expect(routes).toEqual([expect.objectContaining({ kind: "escalation", to: "boss", purpose: "Money" })]);
    const drawn = cadre(dir, ["graph", "a.md"]);
    expect(drawn.out).toMatch(/escalates to boss\s+“Money”/);
    expect(drawn.err).toContain("`npx cadre lint a.md`");
  });

  test("who takes the words of a brief from its file", () => {
    const dir = project();
    const { candidates } = document(cadre(dir, ["who", brief, "--json"])) as unknown as {
      candidates: { role: string }[];
    };
    expect(candidates[0]?.role).toBe("huggingface-specialist");
  });

  test("cadre.graph/1: every role, every route with its place, and what the workflow grants", () => {
    const { roles, routes, hash } = document(cadre(project(), ["graph", "--json"])) as unknown as {
      roles: { slug: string; toolGroups: string[]; granted: string[] }[];
      routes: { kind: string; from: string; to: string; purpose: string; file: string; line: number }[];
      hash: string;
    };
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(roles).toHaveLength(10);
    const specialist = roles.find((role) => role.slug === "huggingface-specialist");
    expect(specialist?.granted).toEqual(["inference"]);
    expect(specialist?.toolGroups).toContain("inference");
    for (const route of routes)
      expect(route).toMatchObject({
        purpose: expect.stringMatching(/./) as string,
        line: expect.any(Number) as number,
      });
    expect(
      routes
        .filter((route) => route.from === "huggingface-specialist")
        .map((route) => route.kind)
        .toSorted(),
    ).toEqual([
      ...Array.from({ length: 3 }, () => "delegation"),
      ...Array.from({ length: 5 }, () => "escalation"),
      ...Array.from({ length: 3 }, () => "report"),
    ]);
  });

  test.each([
    ["mermaid", /^(flowchart|graph) /m],
    ["dot", /^digraph /m],
    ["tree", /├─|└─/],
  ])("graph --format %s draws every role", (format, begins) => {
    const { code, out } = cadre(project(), ["graph", "--format", format]);
    expect([code, out]).toEqual([0, expect.stringMatching(begins) as string]);
    for (const slug of ["project-manager", "huggingface-specialist", "technical-writer"]) expect(out).toContain(slug);
  });

  test("graph --walked holds the chart against the runs that are stored: nothing where there are none", () => {
    const dir = project();
    const before = document(cadre(dir, ["graph", "--walked", "--json"]));
    expect(before).toMatchObject({ schema: "cadre.walked/1", runs: 0, gone: [], refused: [] });
    expect(begun(dir).code).toBe(8);
    const { routes, runs } = document(cadre(dir, ["graph", "--walked", "--json"])) as unknown as {
      routes: { kind: string; from: string; to: string; times: number; file: string }[];
      runs: number;
    };
    expect(runs).toBe(1);
    expect(routes).toContainEqual(
      expect.objectContaining({ kind: "delegation", from: "backend-lead", to: "huggingface-specialist", times: 1 }),
    );
    expect(routes.filter(({ times }) => times === 0).length).toBeGreaterThan(routes.length / 2);
    expect(cadre(dir, ["graph", "--walked"]).out).toMatch(/^\d+ of \d+ declared routes were taken in 1 run\n\nTaken\n/);
  });

  test("who says which role would take a text, by which rule, best first", () => {
    const { candidates } = document(cadre(project(), ["who", "the licence of the model", "--json"])) as unknown as {
      candidates: { role: string; score: number; purpose: string; file: string; line: number }[];
    };
    const scores = candidates.map((found) => found.score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(candidates[0]?.purpose).toMatch(/licen[cs]/i);
    expect(cadre(project(), ["who", "xyzzy", "plugh"])).toMatchObject({ code: 1, out: "" });
    expect(cadre(project(), ["who", "licence", "--from", "backend-laed"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("backend-lead") as string,
    });
  });
});

describe("init", () => {
  test("writes a project that lints clean and runs", () => {
    const dir = folder();
    const ended = cadre(dir, ["init", "team"]);
    expect(ended.code).toBe(0);
    for (const path of ended.out.trimEnd().split("\n")) expect(existsSync(join(dir, "team", path)), path).toBe(true);
    expect(cadre(join(dir, "team"), ["lint"])).toMatchObject({ code: 0, out: "" });
    expect(cadre(join(dir, "team"), ["run", "briefs/vietnamese-reviews.md"]).code).toBe(8);
  });

  test("roles without a workflow: the line that the refusal names is one, and then they run", () => {
    const dir = folder();
    mkdirSync(join(dir, "modes"));
    mkdirSync(join(dir, "graphs"));
    writeFileSync(join(dir, "modes/hand.md"), mode("hand", "escalates_to:\n  - lead # Doubts\n"));
    writeFileSync(join(dir, "modes/lead.md"), mode("lead", "delegates_to:\n  - hand # Building pages\n"));
    const refused = cadre(dir, ["run", "Build the pages"]);
    const line = /graphs\/team\.ts.*: (export const .*)$/m.exec(refused.err)?.[1];
    expect([refused.code, line]).toEqual([2, 'export const workflow = { name: "team", entry: "lead" };']);
    writeFileSync(join(dir, "graphs/team.ts"), `${line}\n`);
    const begun = cadre(dir, ["run", "Build the pages"]);
    expect(begun).toMatchObject({ code: 8, out: expect.stringContaining("lead → hand") as string });
    expect(begun.out).toMatch(/^criteria +the brief names none: .*`Done when:`$/m);
  });

  test("in a project whose own code is CommonJS the workflow is a module all the same, and nothing is warned of", () => {
    for (const type of ['"type": "commonjs", ', ""]) {
      const dir = folder();
      writeFileSync(join(dir, "package.json"), `{${type}"name": "shop"}`);
      expect(cadre(dir, ["init"]).code).toBe(0);
      writeFileSync(join(dir, "graphs/limits.js"), "export const limits = { steps: 7 };\n");
      const file = join(dir, "graphs/feature-workflow.ts");
      const text = readFileSync(file, "utf8").replace(/limits: \{[^}]*\}/, "limits");
      writeFileSync(file, `import { limits } from "./limits.js";\n${text}`);
      expect(cadre(dir, ["lint"])).toMatchObject({
        code: 0,
        out: "",
        err: expect.not.stringContaining("Warning") as string,
      });
      expect(cadre(dir, ["run", "briefs/vietnamese-reviews.md"]).out).toContain("limit of 7");
    }
  });

  test("never replaces a file of the user's, writes nothing then, and --force only takes back its own", () => {
    const dir = folder();
    mkdirSync(join(dir, "modes"));
    writeFileSync(join(dir, "modes/backend-lead.md"), "mine");
    for (const args of [["init"], ["init", "--force"]]) {
      const ended = cadre(dir, args);
      expect([ended.code, ended.err]).toEqual([2, expect.stringContaining("modes/backend-lead.md") as string]);
      expect(existsSync(join(dir, "graphs"))).toBe(false);
    }
    writeFileSync(join(dir, "modes/backend-lead.md"), "");
    expect(cadre(dir, ["init", "--force"]).code).toBe(0);
    expect(readFileSync(join(dir, "modes/backend-lead.md"), "utf8")).toContain("slug: backend-lead");
    expect(cadre(dir, ["init"])).toMatchObject({ code: 0, out: "" });
    writeFileSync(join(dir, "cadre.yaml"), "map: {default: rehearsal}\n");
    expect(cadre(dir, ["init", "--force"]).code).toBe(2);
    expect(readFileSync(join(dir, "cadre.yaml"), "utf8")).toBe("map: {default: rehearsal}\n");
  });
});

describe("doctor", () => {
  test("says which tokens are set and never what they are; a broken chart is exit 1", () => {
    const dir = project();
    writeFileSync(
      join(dir, "cadre.yaml"),
      "models:\n  a: {tier: hf, model: org/m, token: CADRE_TEST_A}\n  b: {tier: hf, model: org/n, token: CADRE_TEST_B}\n",
    );
    const ended = cadre(dir, ["doctor", "--json"], { env: { CADRE_TEST_A: "hf_secretsecretsecret" } });
    expect(ended.code).toBe(0);
    expect(ended.out).toMatch(/CADRE_TEST_A is set/);
    expect(ended.out).toMatch(/CADRE_TEST_B is not set/);
    expect(ended.out + ended.err).not.toContain("hf_secretsecretsecret");
    writeFileSync(join(dir, "modes/odd.md"), "---\nslug: odd\nescalates_to: [nobody-at-all]\n---\n");
    expect(cadre(dir, ["doctor"]).code).toBe(1);
  });

  const workflow = "graphs/feature-workflow.ts";
  const odd = "---\nslug: odd\nescalates_to: [nobody-at-all]\n---\n";
  test.each([
    ["cadre.yaml", "models: {a: {tier: hf}}\n", "cadre.yaml", /`models\.a\.model` is missing\. \(cadre\.yaml:1\)/],
    ["modes/odd.md", odd, "modes", /nobody-at-all.*\(modes\/odd\.md:\d+\)/],
    ["briefs/odd.md", "---\nlimits: {steps: none}\n---\n", "briefs", /\(briefs\/odd\.md:\d+\)/],
    [workflow, "export const workflow = {};\n", "workflow", /not valid at .*\(graphs\/feature-workflow\.ts:1\)/],
  ])("a fault of %s is told in the row of what it is about, and in no other", (file, text, row, what) => {
    const dir = project();
    writeFileSync(join(dir, file), text);
    const { code, out } = cadre(dir, ["doctor"]);
    const broken = out.split("\n").filter((line) => line.startsWith("broken\t"));
    expect({ code, broken }).toEqual({ code: 1, broken: [expect.stringMatching(what)] });
    expect(broken[0]?.split("\t")[1]).toBe(row);
  });

  test("where cadre.yaml is broken, a workflow is not blamed for the MCP tools that it names", () => {
    const dir = project();
    const text = readFileSync(join(dir, workflow), "utf8");
    writeFileSync(
      join(dir, workflow),
      text.replace("approvals: [", 'approvals: [{ tool: "box__put", reason: "it puts" }, '),
    );
    const yaml = 'mcp: {servers: {box: {command: ["true"], tools: [put]}}}\n';
    writeFileSync(join(dir, "cadre.yaml"), yaml);
    expect(cadre(dir, ["lint"]).out).not.toContain("error");
    writeFileSync(join(dir, "cadre.yaml"), `${yaml}modles: {}\n`);
    expect(cadre(dir, ["lint"]).out).not.toContain("box__put");
    writeFileSync(join(dir, "cadre.yaml"), "{}\n");
    expect(cadre(dir, ["lint"]).out).toContain("box__put");
  });
});
