import { describe, expect, test } from "vitest";
import { renderChart } from "../../src/views/chart-text.ts";
import { chartDot, dotString } from "../../src/views/dot.ts";
import { chartMermaid, mermaidLabel, walkedMermaid } from "../../src/views/mermaid.ts";
import { columnsOf } from "../../src/views/text-width.ts";
import { traceSteps } from "../../src/views/trace/trace.ts";
import { walkedRoutes } from "../../src/views/walked.ts";
import { chartOf, role, route, smallChart } from "../fixtures/charts.ts";
import { hostileTexts, withTexts } from "../fixtures/hostile-texts.ts";
import { reviewsRun } from "../fixtures/reviews-run.ts";

const plain = { colour: false, width: null, verbose: false };

describe("the chart as text", () => {
  test("roles by rank, and who delegates to whom", () => {
    const lines = renderChart(smallChart(), plain).split("\n");
    expect(lines[0]).toMatch(/^5 roles, 8 routes \(4 delegations, 3 escalations, 1 report\) {2}[0-9a-f]{12}$/);
    expect(lines.slice(2)).toEqual([
      "By rank",
      "  director  architect",
      "  lead      ai-lead",
      "  worker    end, writer",
      "  assistant auditor",
      "",
      "Who delegates to whom",
      "  architect",
      "  ├─ ai-lead",
      "  │  ├─ end",
      "  │  └─ writer",
      "  └─ writer",
      "  auditor",
    ]);
  });

  test("one of a thing is not several", () => {
    expect(renderChart(chartOf([role("lone", "lead")], []), plain)).toMatch(/^1 role, 0 routes \(/);
  });

  test("verbose: every route with its purpose and the line that declares it, and granted tool groups", () => {
    const text = renderChart(smallChart(), { ...plain, verbose: true, grants: { end: ["inference"] } });
    expect(text).toContain("    escalates to user  “For models”  modes/architect.md:16");
    expect(text).toContain("    tools: read, inference (granted)");
    expect(text.match(/“For models”/g)).toHaveLength(8);
  });

  test("roles that delegate in a circle are drawn once, and the drawing ends", () => {
    const circle = chartOf(
      [role("a", "lead"), role("b", "worker")],
      [route("delegation", "a", "b", "p", 1), route("delegation", "b", "a", "p", 2)],
    );
    expect(renderChart(circle, plain).split("\n").slice(-3)).toEqual(["  a", "  └─ b", "     └─ a  (see above)"]);
  });

  test.each([40, 50, 72])(
    "with a width of %i columns every line fits, and all is said that is said without one",
    (width) => {
      const names = ["huggingface-specialist", "database-specialist", "technical-architect", "backend-lead"];
      const pairs = names.slice(1).map((to, at) => [names[at] ?? "", to] as const);
      const last = ["technical-architect", "database-specialist"] as const;
      const chart = chartOf(
        names.map((name) => role(name, "worker")),
        [...pairs, last].map(([from, to], at) => route("delegation", from, to, "a long purpose ".repeat(20), at)),
      );
      for (const drawn of [smallChart("a long purpose ".repeat(20)), chart]) {
        const text = renderChart(drawn, { colour: false, width, verbose: true, grants: { end: names } });
        for (const line of text.split("\n")) expect(columnsOf(line)).toBeLessThanOrEqual(width);
        const whole = renderChart(drawn, { colour: false, width: null, verbose: true, grants: { end: names } });
        const words = (said: string): string[] => said.split(/[\s│├└─]+/);
        expect(words(text)).toEqual(words(whole));
      }
    },
  );
});

describe("the chart as Mermaid and dot", () => {
  test("G1 G2 every route is an edge between ids of ours", () => {
    const text = chartMermaid(smallChart(), { verbose: true });
    expect(text.match(/^ {2}n\d+ -->\|"[^"]*"\| n\d+$/gm)).toHaveLength(8);
    expect(text).toContain('(["user"])');
    expect(text).toContain('["end"]');
  });

  test.each(hostileTexts)("G2 a purpose such as %j stays inside its label", (text) => {
    expect(mermaidLabel(text)).toMatch(/^(?:[\p{L}\p{M}\p{N} .,:/()+…→-]|#\d+;)*$/u);
    const lines = chartMermaid(smallChart(text), { verbose: true }).trimEnd().split("\n");
    const allowed =
      /^(?:flowchart TD|  n\d+(?:\[".*"\]|\(\[".*"\]\))|  n\d+ -->\|"[^"]*"\| n\d+|  linkStyle [\d,]+ stroke:#[\w#:, -]+)$/;
    for (const line of lines) expect(line).toMatch(allowed);
  });

  test.each(hostileTexts)("a dot string holds %j", (text) => {
    expect(dotString(text)).toMatch(/^"(?:[^"\\\n]|\\.)*"$/);
    for (const line of chartDot(smallChart(text), { verbose: true }).trimEnd().split("\n")) {
      expect(line).toMatch(/^(?:digraph cadre \{|\}|  .*[;\]}])$/);
    }
  });

  test("dot puts each rank in a row of its own", () => {
    const text = chartDot(smallChart(), { verbose: false });
    expect(text).toContain('{ rank=same; "end"; "writer" }');
    expect(text.match(/ -> /g)).toHaveLength(8);
    expect(text).toContain('tooltip="escalates to: For models (modes/architect.md:16)"');
  });
});

describe("walked routes", () => {
  test("once each, with the steps that took them and came back along them", () => {
    const routes = walkedRoutes(traceSteps(reviewsRun()));
    expect(routes.map(({ kind, from, to }) => `${kind} ${from} ${to}`)).toEqual([
      "start user ai-ml-lead",
      "delegation ai-ml-lead huggingface-specialist",
      "refusal huggingface-specialist database-lead",
      "escalation huggingface-specialist technical-architect",
      "escalation huggingface-specialist project-manager",
      "escalation project-manager user",
      "copy huggingface-specialist backend-lead",
      "copy huggingface-specialist technical-architect",
      "question ai-ml-lead user",
      "copy ai-ml-lead technical-architect",
    ]);
    expect(routes[1]).toMatchObject({ steps: [3], returned: [22] });
    expect(routes[0]).toMatchObject({ steps: [1], returned: [40] });
  });

  test.each(hostileTexts)("G2 names such as %j stay inside their labels", (text) => {
    const lines = walkedMermaid(traceSteps(withTexts(reviewsRun(), (old) => `${text}${old}`)))
      .trimEnd()
      .split("\n");
    for (const line of lines.slice(1))
      expect(line).toMatch(
        /^ {2}(?:n\d+(?:\[".*"\]|\(\[".*"\]\))|n\d+ --[>x]\|"[\w ,→]*"\| n\d+|linkStyle [\d,]+ \S.*)$/,
      );
  });
});
