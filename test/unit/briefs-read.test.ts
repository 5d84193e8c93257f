import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { briefOrThrow, loadBrief } from "../../src/briefs/load-brief.ts";
import { readBrief } from "../../src/briefs/read-brief.ts";

function read(text: string) {
  return readBrief(text, "b.md");
}

function faults(text: string): string[] {
  return read(text).problems.map((problem) => `${problem.severity} ${problem.code} ${problem.line}:${problem.column}`);
}

const parts = { task: "Do it.", why: "It pays.", where: "Here.", when: "Soon." };

describe("headings", () => {
  test.each([
    ["## Task", "## Why it matters", "## Where this applies", "## When it is needed"],
    ["# What", "# Why", "# Where", "# When"],
    [
      "### 📌 What (Task / Action)",
      "#### 🎯 Why (it matters)",
      "##### Where (this applies)",
      "###### When (it is needed)",
    ],
    ["## 1. What?", "## 2. why It Matters:", "## **Where**", "## When this is needed ##"],
  ])("%s, %s, %s, %s", (what, why, where, when) => {
    const text = [what, parts.task, "", why, parts.why, where, "", parts.where, when, parts.when, ""].join("\n");
    expect(read(text)).toMatchObject({ brief: { ...parts, title: "Do it", file: "b.md" }, problems: [] });
  });

  test("B1 nothing is lost: introductions and unknown sections join the task, deeper headings stay where they are", () => {
    const { brief } = read(
      "# Title\n\nIntro.\n\n## What\nDo it.\n### How far\nFar.\n## Why\nPay.\n### More\nAnd fame.\n## Odd\nOdd text.\n",
    );
    expect(brief).toMatchObject({ title: "Title", why: "Pay.\n### More\nAnd fame." });
    expect(brief?.task.split(/\n+/)).toEqual(["Do it.", "### How far", "Far.", "Intro.", "## Odd", "Odd text."]);
  });

  test("B1 what stands beside a list of criteria, inputs or constraints joins the task", () => {
    const { brief } = read(
      "## What\nDo it.\n## Acceptance\nAll of these:\n- a\n  goes on\n\nNot before March.\n## Inputs\nThe rows of last week\n## Constraints\nOne paragraph is a constraint.\n",
    );
    expect(brief?.acceptance).toEqual([{ id: "A1", text: "a goes on" }]);
    expect(brief?.constraints).toEqual(["One paragraph is a constraint."]);
    expect(brief?.task.split(/\n+/)).toEqual(["Do it.", "All of these:", "Not before March.", "The rows of last week"]);
  });

  test.each(["Done when", "It is not so:\n\nDefinition of done", "## Success criteria", "**Done when:**"])(
    "words with a list of what must be true at the end, under %j, have criteria",
    (label) => {
      const colon = /^(?:#|\*)/.test(label) ? "" : ":";
      const text = `# Gift notes\n\nA note at the checkout.\n\n${label}${colon}\n- it is stored\n- it is printed\n\nThe budget is open.\n`;
      const { brief, problems } = read(text);
      expect(problems).toEqual([]);
      expect(brief).toMatchObject({
        title: "Gift notes",
        acceptance: [
          { id: "A1", text: "it is stored" },
          { id: "A2", text: "it is printed" },
        ],
      });
      expect(brief?.task).toMatch(/^A note at the checkout\.[^]*The budget is open\.$/);
    },
  );

  test("one line of words has a criterion where a sentence is followed by what must be true, and no other label is split off", () => {
    const { brief } = read("Gift notes: a field at the checkout. Where: we ask for it. Done when: it is stored.");
    expect(brief).toMatchObject({
      task: "Gift notes: a field at the checkout. Where: we ask for it.",
      where: "",
      acceptance: [{ id: "A1", text: "it is stored." }],
    });
    expect(read("It is not done when: never mind.").brief?.acceptance).toEqual([]);
  });

  test("sections of lists give criteria, inputs and constraints, after those of the front matter", () => {
    const { brief, problems } = read(
      "---\nacceptance: [first]\ninputs:\n  - a.csv\n  - {path: ./b/c.md, description: the notes}\n---\n## Task\nDo it.\n## Acceptance criteria\n- [ ] second\n- third\n  goes on\n## Inputs\n- `d e.txt`: with a space\n- f/g.csv - rows\n- [the page](docs/p.md)\n## Constraints\n1. CPU only\n",
    );
    expect(problems).toEqual([]);
    expect(brief?.acceptance).toEqual([
      { id: "A1", text: "first" },
      { id: "A2", text: "second" },
      { id: "A3", text: "third goes on" },
    ]);
    expect(brief?.inputs).toEqual([
      { path: "a.csv" },
      { path: "b/c.md", description: "the notes" },
      { path: "d e.txt", description: "with a space" },
      { path: "f/g.csv", description: "rows" },
      { path: "docs/p.md", description: "the page" },
    ]);
    expect(brief?.constraints).toEqual(["CPU only"]);
  });

  test.each(["## What\n", "# Title\n", "## What\nIt.\n### More\n"])(
    "as many lines below %j as a brief may have are read",
    (above) => {
      const text = `${above}${"\n".repeat(200_000)}Do it.\n`;
      expect(read(text).brief?.task).toMatch(/Do it\.$/);
    },
  );

  test("a heading in a code fence is text", () => {
    expect(read("## Task\n```\n## Why\n```\n").brief).toMatchObject({ task: "```\n## Why\n```", why: "" });
  });
});

describe("the pasted template", () => {
  const lines = [
    "Task:",
    "Do it.",
    "",
    "Why it matters:",
    "It pays.",
    "",
    "Where this applies:",
    "Here.",
    "",
    "When this is needed:",
    "Soon.",
  ];

  test.each([
    ["as it is", lines.join("\n")],
    ["with CRLF", lines.join("\r\n")],
    ["in a fence", ["```text", ...lines, "```", ""].join("\n")],
    ["in a fence of tildes, after a title", ["# Reviews", "~~~", ...lines, "~~~"].join("\n")],
    [
      "on the labels' own lines",
      "Task: Do it.\nWhy it matters: It pays.\nWhere this applies: Here.\nWhen this is needed: Soon.",
    ],
    ["in bold", "**Task:** Do it.\n**Why it matters**: It pays.\n**Where:** Here.\n**When:**\nSoon."],
    ["as a list", "- What: Do it.\n- Why: It pays.\n- Where: Here.\n- When: Soon."],
  ])("%s", (_name, text) => {
    expect(read(text)).toMatchObject({ brief: parts, problems: [] });
  });

  test("what is left empty, optional or a placeholder is empty; a placeholder is no task", () => {
    const text =
      "Task:\nDo it.\n\nWhy it matters:\n[Explain the goal.]\n\nWhere this applies:\n[Environment.]\n(Optional)\n";
    expect(read(text).brief).toMatchObject({ task: "Do it.", why: "", where: "" });
    expect(faults("Task:\n[Describe the task.]\n\nWhy it matters:\nx\n")).toEqual(["error brief-no-task 1:1"]);
  });

  test("labels on one line count where a sentence ended before them, and nowhere else", () => {
    const { brief } = read(
      "Task: Write the guide (for agents). Why it matters: They ask. When: soon; say When: asked.",
    );
    expect(brief).toMatchObject({
      task: "Write the guide (for agents).",
      why: "They ask.",
      when: "soon; say When: asked.",
    });
    expect(read("Say what is meant. When: unknown.").brief).toMatchObject({
      task: "Say what is meant. When: unknown.",
    });
  });

  test("a title made from a long task ends before its explanation, never after a comma", () => {
    const long = "and so on for as long as it takes to be longer than a title may be";
    expect(read(`Write a page for new support agents: ${long}`).brief?.title).toBe(
      "Write a page for new support agents",
    );
    expect(read(`Write a page for one, two, three, ${long}, ${long}`).brief?.title).toMatch(/\p{L}…$/u);
  });

  test("with criteria and inputs in it", () => {
    const { brief } = read(
      "Task: Do it.\nAcceptance criteria:\n- one\n- two\nInputs:\n- data/x.csv\nConstraints: CPU only",
    );
    expect(brief).toMatchObject({
      acceptance: [{ text: "one" }, { text: "two" }],
      inputs: [{ path: "data/x.csv" }],
      constraints: ["CPU only"],
    });
  });
});

describe("plain words", () => {
  test("are the task", () => {
    expect(readBrief("Classify the reviews. Use the CSV: it has labels.", null)).toEqual({
      brief: {
        title: "Classify the reviews",
        task: "Classify the reviews. Use the CSV: it has labels.",
        why: "",
        where: "",
        when: "",
        acceptance: [],
        inputs: [],
        constraints: [],
        limits: {},
        to: null,
        file: null,
      },
      problems: [],
    });
  });

  test("with a heading above them have it as title; a heading alone is both", () => {
    expect(read("# Reviews\nSort them.\n## Notes\nn").brief).toMatchObject({
      title: "Reviews",
      task: "Sort them.\n## Notes\nn",
    });
    expect(read("# Sort the reviews\n").brief).toMatchObject({ title: "Sort the reviews", task: "Sort the reviews" });
  });

  test("give a title of at most 80 characters, cut between words", () => {
    const { title } = briefOrThrow(read(`${"Những bài đánh giá 🤗 ".repeat(20)}`));
    expect(Array.from(title).length).toBeLessThanOrEqual(80);
    expect(title).toMatch(/\S…$/);
  });
});

describe("what is wrong is said, with its line, all at once", () => {
  test.each([
    ["", ["error brief-no-task 1:1"]],
    ["   \n\t\n", ["error brief-no-task 1:1"]],
    ["## Why\nbecause\n", ["error brief-no-task 1:1"]],
    ["# T\n\n## Task\n\n## Why\nx", ["error brief-no-task 3:1"]],
    ["---\ntitle: T\n---\n", ["error brief-no-task 4:1"]],
    [
      "---\ntitel: T\nlimits: {step: 3, depth: 0, repeats: 1}\n---\nDo it.",
      [
        "error brief-front-matter 2:1",
        "error brief-front-matter 3:10",
        "error brief-front-matter 3:19",
        "error brief-front-matter 3:29",
      ],
    ],
    ["---\nacceptance: one\nto: [a]\n---\nDo it.", ["error brief-front-matter 2:1", "error brief-front-matter 3:1"]],
    ["---\nacceptance:\n  - ok\n  -\n---\nDo it.", ["error brief-front-matter 4:4"]],
    ["---\ninputs:\n  - ok.csv\n  - [a]\n---\nDo it.", ["error brief-front-matter 4:5"]],
    [
      "---\ninputs:\n  - /etc/passwd\n  - {path: a/../../b}\n---\nDo it.",
      ["error brief-input-outside 3:5", "error brief-input-outside 4:5"],
    ],
    [
      "## Task\nDo it.\n## Inputs\n- `../x`\n- C:\\x.txt\n- ~/x.csv",
      ["error brief-input-outside 4:3", "warning brief-input-unclear 5:3", "error brief-input-outside 6:3"],
    ],
    ["---js\n{}\n---\nDo it.", ["error front-matter-language 1:4"]],
    ["---\na: [\n---\nDo it.", ["error yaml-invalid 3:1"]],
    ["---\ntitle: x\n", ["error front-matter-unclosed 1:1"]],
    ["x".repeat(300_000), ["error brief-too-large 1:1"]],
  ])("%j", (text, expected) => {
    expect(faults(text).toSorted()).toEqual(expected.toSorted());
    expect(read(text).brief).toBeNull();
  });

  test("a key that is nearly right gets a suggestion", () => {
    expect(read("---\nacceptence: [x]\n---\nDo it.").problems[0]?.hint).toBe('Did you mean "acceptance"?');
  });

  test("briefOrThrow throws brief-invalid with the first place and all problems; a file that is none is file-unreadable", async () => {
    expect(() => briefOrThrow(read("---\ntitel: T\nlimit: 3\n---\nx"))).toThrow(
      expect.objectContaining({
        code: "brief-invalid",
        place: { file: "b.md", line: 2, column: 1 },
        message: expect.stringContaining("(and 1 more)") as string,
      }) as Error,
    );
    const dir = await mkdtemp(join(tmpdir(), "cadre-brief-"));
    try {
      await expect(loadBrief(join(dir, "none.md"), "none.md")).rejects.toMatchObject({ code: "file-unreadable" });
      await writeFile(join(dir, "b.md"), "Do it.");
      expect((await loadBrief(join(dir, "b.md"), "b.md")).file).toBe("b.md");
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

test("limits are numbers", () => {
  expect(read("---\nto: lead\nlimits: {steps: 40, tokens: 100000}\n---\nDo it.").brief).toMatchObject({
    to: "lead",
    limits: { steps: 40, tokens: 100_000 },
  });
});

test("a limit of money has its currency beside it", () => {
  const limits = "limits: {money: 2.50 EUR, gpuSeconds: 600, wallSeconds: 3600}";
  expect(read(`---\n${limits}\n---\nDo it.`).brief?.limits).toEqual({
    money: { amount: 2.5, currency: "EUR" },
    gpuSeconds: 600,
    wallSeconds: 3600,
  });
  for (const money of ["5", "EUR 5", "5 euro", "0 EUR", "-1 EUR", "1.0000001 EUR"]) {
    const { brief, problems } = read(`---\nlimits: {money: ${money}}\n---\nDo it.`);
    expect(brief).toBeNull();
    expect(problems[0]?.message).toMatch(/^"limits\.money" must be /);
  }
});

test.each([".", ". And then?", "。"])("a task that begins with a full stop (%j) still gets a title", (text) => {
  expect(read(text).brief?.title.trim()).toBeTruthy();
});

test("any text is either a brief with a task and a title, or has an error", () => {
  const piece = fc.constantFrom(
    "Task:",
    "## What\n",
    "# T\n",
    "---\n",
    "```\n",
    "- a.csv\n",
    "Inputs:\n",
    "## Why\n",
    "x",
    "\n",
    "\r\n",
    " ",
    "[y]",
    "(Optional)\n",
    "title: t\n",
    "**When:** ",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 6, arbitrary: piece }, fc.string()), { maxLength: 12 }), (made) => {
      const { brief, problems } = read(made.join(""));
      const errors = problems.filter((problem) => problem.severity === "error");
      expect(brief === null).toBe(errors.length > 0);
      if (brief) expect([brief.task.trim(), brief.title.trim()]).not.toContain("");
    }),
    { numRuns: 3000 },
  );
});
