import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { hashOf } from "../../src/canonical.ts";
import { renderJournal, type JournalInput } from "../../src/views/journal/journal.ts";
import { EventList } from "../fixtures/events.ts";
import { hostileTexts, withTexts } from "../fixtures/hostile-texts.ts";
import { linkTargets, resolveTarget } from "../fixtures/markdown-links.ts";
import { brief, runRow } from "../fixtures/reviews-journal.ts";
import { reviewsRun, rules } from "../fixtures/reviews-run.ts";

const input: JournalInput = { run: runRow, brief, events: reviewsRun() };
const journal = renderJournal(input);
const page = (path: string, from: ReadonlyMap<string, string> = journal): string => from.get(path) ?? `no page ${path}`;
const pages = (from: ReadonlyMap<string, string>): [string, string][] =>
  [...from].filter(([path]) => path.endsWith(".md"));

/** Front matter of a page, and the rest. */
function split(text: string): { data: Record<string, unknown>; body: string } {
  const parts = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  const document = parseDocument(parts?.[1] ?? "");
  expect(document.errors).toEqual([]);
  return { data: document.toJS() as Record<string, unknown>, body: parts?.[2] ?? "" };
}

/** Headings, fences and quotes left out: what could only be structure. */
function headings(text: string): string[] {
  return text
    .replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "")
    .split("\n")
    .filter((line) => line.startsWith("#"));
}

describe("the journal of a run", () => {
  test("a page for the run, for each assignment, for each decision, and the trace", () => {
    expect([...journal.keys()]).toEqual([
      "README.md",
      "tasks/01-ai-ml-lead-sentiment-of-vietnamese.md",
      "tasks/02-huggingface-specialist-select-a-sentiment-model.md",
      "decisions/01-fine-tuning-strategy.md",
      "decisions/02-model-licence.md",
      "decisions/03-write-to-file.md",
      "decisions/04-which-dashboard-will-read-this.md",
      "decisions/05-limit-steps.md",
      "decisions/06-sign-off.md",
      "decisions/07-sign-off.md",
      "trace.jsonl",
    ]);
  });

  test("J3 rendered again it is the same, byte for byte", () => {
    expect(renderJournal({ run: { ...runRow }, brief: { ...brief }, events: reviewsRun() })).toEqual(journal);
  });

  test("J2 every relative link leads to a page of the journal or to a file of the project", () => {
    const project = new Set(Object.values(rules).map((rule) => rule.file));
    let checked = 0;
    for (const [path, text] of pages(journal)) {
      for (const target of linkTargets(text)) {
        const found = resolveTarget(`journal/${runRow.id}/${path}`, target);
        const inJournal =
          found.startsWith(`journal/${runRow.id}/`) && journal.has(found.slice(`journal/${runRow.id}/`.length));
        expect(inJournal || project.has(found), `${path} links to ${target}`).toBe(true);
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(100);
  });

  test("a rule is a link to the line that declares it, from every depth", () => {
    expect(page("README.md")).toContain(
      "[modes/huggingface-specialist.md:31](../../modes/huggingface-specialist.md#L31)",
    );
    expect(page("decisions/01-fine-tuning-strategy.md")).toContain(
      "[modes/huggingface-specialist.md:31](../../../modes/huggingface-specialist.md#L31)",
    );
  });

  test("where the journal lies elsewhere, no link leaves it", () => {
    const targets = pages(renderJournal({ ...input, project: null })).flatMap(([, text]) => linkTargets(text));
    expect(targets.some((target) => target.includes("modes/"))).toBe(false);
    expect(targets.length).toBeGreaterThan(40);
  });

  test("J5 in a rehearsal every page says so at its top, and only then", () => {
    for (const [path, text] of pages(journal)) expect(text.slice(0, 700), path).toContain("> **Rehearsal.**");
    const real = renderJournal({
      ...input,
      run: { ...runRow, rehearsal: false },
      events: reviewsRun({ rehearsal: false }),
    });
    for (const [path, text] of pages(real)) expect(text, path).not.toContain("**Rehearsal.**");
  });

  test("the first page: status, outcome, brief, measurements with receipts, limitations, walked routes, decisions, tasks, steps, cost", () => {
    const readme = page("README.md");
    expect(headings(readme)).toEqual([
      "# Sentiment of Vietnamese customer reviews",
      "## Outcome",
      "### Acceptance criteria",
      "### Measurements",
      "### Limitations",
      "### Files changed",
      "## Brief",
      "### Why it matters",
      "### Where this applies",
      "### When it is needed",
      "### Inputs",
      "### Constraints",
      "## Who turned to whom",
      "## Decisions",
      "## Tasks",
      "## Steps",
      "## Cost",
    ]);
    expect(readme).toContain(
      "**Finished** (signed off): run `r-7f3a9c`, 2026-11-22 08:00 UTC to 2026-11-22 08:22 UTC (22 min), started by mai.",
    );
    expect(readme).toMatch(
      /\| `macro_f1` \| 0\.71 \| {2}\| {2}\| \[step 5\]\(tasks\/02-[^)]*\), `evaluate_models`, `r-7f3a9c\.1\/e\d+` \|/,
    );
    expect(readme).toContain("No model was called: 17 turns of the rehearsal used no tokens and cost nothing.");
  });

  test("the walked routes, each with the steps that took it and came back along it", () => {
    const mermaid = /```mermaid\n([\s\S]*?)\n```/.exec(page("README.md"))?.[1] ?? "";
    expect(mermaid).toMatch(/^flowchart TD\n/);
    expect(mermaid).toContain('-->|"delegates 3 → reported 22"|');
    expect(mermaid).toContain('--x|"refused 6"|');
  });

  test("a task page: front matter, assignment, what happened, receipts, report with its criteria", () => {
    const { data, body } = split(page("tasks/02-huggingface-specialist-select-a-sentiment-model.md"));
    expect(data).toMatchObject({
      run: "r-7f3a9c",
      task: 2,
      role: "huggingface-specialist",
      from: "ai-ml-lead",
      status: "reported",
      rehearsal: true,
      rule: "modes/ai-ml-lead.md:24",
    });
    expect(headings(body).slice(1, 6)).toEqual([
      "## Assignment",
      "### Inputs",
      "### Constraints",
      "## What happened",
      "## Receipts",
    ]);
    expect(body).toMatch(/\| 5 \| `evaluate_models` \| `r-7f3a9c\.1\/e\d+` \| added `reports\/evaluation\.json` \|/);
    expect(body).toContain("| `macro_f1_majority` | 0.17 |  |");
    const short = (text: string): string => hashOf(text).slice(0, 12);
    expect(body).toContain(
      `seed: 7; split: 70/30; compared with: none; config: ${short("settings")}; criteria: hash ${short("criteria")}, text macro_f1 ≥ 0.8, p95_ms ≤ 200`,
    );
    expect(body).toContain("| `A1` | Macro-F1 on the held-out sample");
  });

  test("a decision page: context, options with the chosen one, the way, the decision by whom and by which rule, what followed", () => {
    const { data, body } = split(page("decisions/02-model-licence.md"));
    expect(data).toMatchObject({
      kind: "escalation",
      severity: "high",
      raised_by: "huggingface-specialist",
      decided_by: "mai",
      how: "person",
      face: "cli",
      rule: "modes/project-manager.md:1",
    });
    expect(headings(body)).toEqual([
      "# Model licence",
      "## Context",
      "## Options",
      "## The way it went",
      "## Decision",
      "## What followed",
    ]);
    expect(body).toContain("- Only licences that allow commercial use (**chosen**)");
    expect(body).not.toContain("Reason:"); // “chosen by mai” is none
    expect(body).toContain("**mai** (a person, by `cli`) on 2026-11-22 08:09 UTC, in step 13.");
  });

  test("an approval shows exactly what was asked, its hash, and what ran instead", () => {
    const text = page("decisions/03-write-to-file.md");
    expect(text).toContain('"content": "model: a"');
    expect(text).toContain('"content": "model: a\\nrevision: 3f1c"');
    expect(text).toMatch(/bound to this: sha256 `[0-9a-f]{64}`/);
  });

  test("a rejected sign-off keeps its page and its reason beside the approved one", () => {
    expect(page("decisions/06-sign-off.md")).toContain(
      "> rejected: the change set of 2 files: Say in a README how the figure was measured.",
    );
    expect(page("decisions/07-sign-off.md")).toContain("> approved: the change set of 3 files");
  });

  test("a run that waits says for whom, and how to go on", () => {
    const events = reviewsRun();
    const asked = events.findIndex(({ event }) => event.type === "ask_raised" && event.kind === "sign_off");
    const waiting = page(
      "README.md",
      renderJournal({
        run: { ...runRow, status: "waiting", endedAt: null, reason: null },
        brief,
        events: events.slice(0, asked + 1),
      }),
    );
    expect(waiting).toContain("**Waits for user**, on behalf of ai-ml-lead:");
    expect(waiting).toMatch(/\nnpx cadre approve a-7f3a9c-1-\d+\n/);
    expect(waiting).toContain("*Not signed off.*");
  });

  test("trace.jsonl: one step a line, each with its rule", () => {
    const steps = page("trace.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(steps).toHaveLength(58);
    expect(steps[0]).toMatchObject({ n: 1, kind: "start", rule: rules.entry });
  });

  test("tokens and cost by role and by route; an unknown price is unpriced", () => {
    const usage = { promptTokens: 1000, completionTokens: 50, cachedTokens: 0, ms: 500, measured: true };
    const events = reviewsRun({ rehearsal: false, usage, model: "Qwen/Qwen3-8B" });
    const run = { ...runRow, rehearsal: false };
    const unpriced = page("README.md", renderJournal({ run, brief, events }));
    expect(unpriced).toMatch(/\| ai-ml-lead \(`Qwen\/Qwen3-8B`\) \| \d+ \| \d+ \+ \d+ \| [\d.]+ s \| unpriced \|/);
    expect(unpriced).toContain("It is not zero.");
    expect(unpriced).toContain("| escalation huggingface-specialist → project-manager |");
    const money = { micros: 1100, currency: "EUR", price: "models.it in cadre.yaml: 1 and 2 EUR" };
    const charged = { attempts: 1, tokens: 1050, gpuMs: null, money };
    const paid = reviewsRun({ rehearsal: false, usage, model: "Qwen/Qwen3-8B", charged });
    const priced = page("README.md", renderJournal({ run, brief, events: paid }));
    expect(priced).toMatch(/\| \*\*all\*\* \| 17 \| 17000 \+ 850 \| 8\.5 s \| 0\.0187 EUR \|/);
    expect(priced).toContain("Priced by models.it in cadre.yaml: 1 and 2 EUR.");
  });

  test("a run that was cut off after its first event has a journal", () => {
    const log = new EventList();
    log.start("ai-ml-lead", { title: "x", rule: rules.entry });
    const cut = renderJournal({
      run: { ...runRow, status: "running", endedAt: null },
      brief,
      events: log.events.slice(0, 1),
    });
    expect([...cut.keys()]).toEqual(["README.md", "trace.jsonl"]);
    expect(page("README.md", cut)).toContain("No report yet.");
  });
});

describe("the journal against hostile texts", () => {
  test.each(hostileTexts)("J4 %j changes no heading, no front matter, no table and no link", (text) => {
    const hostile = renderJournal({
      run: { ...runRow, title: text, startedBy: text, entry: text, workflow: text, reason: text },
      brief: {
        ...brief,
        title: text,
        task: text,
        why: text,
        where: text,
        when: text,
        constraints: [text],
        inputs: [{ path: text, description: text }],
      },
      events: withTexts(reviewsRun(), () => text),
    });
    const shown = pages(hostile);
    expect(shown).toHaveLength(pages(journal).length);
    for (const [path, content] of shown) {
      const body = path === "README.md" ? content : split(content).body;
      const calm = body.replaceAll(/^(`{3,})[^\n]*\n[\s\S]*?^\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");
      for (const heading of headings(body)) expect(heading).toMatch(/^#{1,3} \S/);
      expect(headings(body).length).toBeLessThanOrEqual(20);
      expect(calm, path).not.toMatch(/(?<!\\)<[a-z/!?]/i);
      expect(calm, path).not.toMatch(/(?<!\\)!\[/);
      expect(calm.match(/^---$/gm), path).toBeNull();
      for (const target of linkTargets(body)) expect(target, path).toMatch(/^[\w./-]+(?:#L\d+)?$/);
      expect(content.replaceAll("\n", ""), path).not.toMatch(
        /[\p{Cc}\u200B\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/u,
      );
    }
  });

  test("J1 titles that are no letters, climb out, or are all the same give safe and unique paths", () => {
    for (const text of ["../../etc/passwd", "日本語", "", "CON", "a/b\\c", ".hidden", "x".repeat(500)]) {
      const paths = [
        ...renderJournal({
          ...input,
          run: { ...runRow, title: text },
          events: withTexts(reviewsRun(), () => text),
        }).keys(),
      ];
      expect(new Set(paths).size).toBe(paths.length);
      for (const path of paths)
        expect(path).toMatch(/^(?:README\.md|trace\.jsonl|(?:tasks|decisions)\/\d{2}-[a-z0-9]+(?:-[a-z0-9]+)*\.md)$/);
      for (const path of paths) expect(path.length).toBeLessThan(100);
    }
  });
});
