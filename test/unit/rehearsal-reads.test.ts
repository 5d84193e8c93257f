/** What the rehearsal understands of the texts that it is given: words, purposes, tables, reports, decisions, criteria. */
import { describe, expect, it } from "vitest";
import { isRefusal, readDecision, readReport, readReturned } from "../../src/models/rehearsal/answers.ts";
import { boundsIn, judge, type Grounds } from "../../src/models/rehearsal/criteria.ts";
import { covers, rank, sameTopic } from "../../src/models/rehearsal/matching.ts";
import { topicOf } from "../../src/models/rehearsal/raising.ts";
import { whetherClause, wordingOf } from "../../src/models/rehearsal/wording.ts";
import { criteriaIn, itemsIn, sectionsIn } from "../../src/models/rehearsal/sections.ts";
import { labelledColumns, readTable } from "../../src/models/rehearsal/tables.ts";
import { fileSlug, phrasesOf, sentencesOf, short, soundsOpen } from "../../src/models/rehearsal/words.ts";
import { reportText } from "../../src/run/prompt-texts.ts";

describe("words", () => {
  it("a purpose is as many phrases as it names things", () => {
    expect(phrasesOf("For unclear requirements, resource constraints (e.g., GPU needs), licensing issues")).toEqual([
      "unclear requirements",
      "resource constraints",
      "GPU needs",
      "licensing issues",
    ]);
  });

  it("sentences end at marks and list items, not inside them", () => {
    expect(sentencesOf("One thing. Another thing!\n\n- a third thing\n- a fourth: with e.g. this")).toEqual([
      "One thing.",
      "Another thing!",
      "a third thing",
      "a fourth: with e.g. this",
    ]);
  });

  it("a sentence is open when it says that something is undecided, and not when it only names a model that is open", () => {
    expect(soundsOpen("GPU capacity has not been approved.")).toBe(true);
    expect(soundsOpen("Whether it may leave the company is a question.")).toBe(true);
    expect(soundsOpen("Prefer open models and open data.")).toBe(false);
  });

  it("names of files are plain, whatever the title holds", () => {
    expect(fileSlug("Đánh giá của khách: ../../etc/passwd")).toBe("danh-gia-cua-khach-etc-passwd");
    expect(fileSlug("…")).toBe("work");
  });

  it("a long text is cut at a word and says so", () => {
    expect(short("one two three four", 12)).toBe("one two…");
  });
});

describe("matching", () => {
  const targets = [
    { slug: "cook", purpose: "Soups, cold dishes, menus for guests with allergies" },
    { slug: "waiter", purpose: "Reservations, seating, complaints of guests" },
  ];

  it("M1 ranks by the words that a purpose shares, rarer ones first, and keeps the declared order among equals", () => {
    expect(rank("Write a menu of soups for guests", targets).map((each) => each.target.slug)).toEqual([
      "cook",
      "waiter",
    ]);
    expect(rank("nothing in common", targets).map((each) => each.hits)).toEqual([0, 0]);
    expect(rank("guests", targets)[0]?.target.slug).toBe("waiter");
  });

  it("a phrase of one word counts only where it is allowed to", () => {
    const found = (single: "never" | "open" | "always", sentence: string) =>
      covers([sentence], targets, { single }).map((cover) => cover.phrase);
    expect(found("never", "Soups are served.")).toEqual([]);
    expect(found("open", "Soups are served.")).toEqual([]);
    expect(found("open", "Whether soups are served is open.")).toEqual(["Soups"]);
    expect(found("always", "Soups are served.")).toEqual(["Soups"]);
  });

  it("two thirds of a longer phrase have to be said", () => {
    expect(covers(["Guests asked for menus without nuts."], targets, { single: "never" }).map((c) => c.phrase)).toEqual(
      ["menus for guests with allergies"],
    );
    expect(covers(["Guests were late."], targets, { single: "never" })).toEqual([]);
  });

  it("topics are the same when most words of the smaller one are shared", () => {
    expect(sameTopic(["fin", "tun", "strategi"], ["fin", "tun"])).toBe(true);
    expect(sameTopic(["gpu", "capaciti"], ["licens"])).toBe(false);
    expect(sameTopic([], [])).toBe(false);
  });

  it("a topic drops the words that only say that there is one", () => {
    expect(topicOf("the need for a fine-tuning strategy")).toBe("fine-tuning strategy");
    expect(topicOf("Doubts about model suitability")).toBe("model suitability");
    expect(topicOf("GPU needs")).toBe("GPU needs");
  });
});

describe("texts of the prompt", () => {
  it("a heading inside a user's text does not shift the sections after it", () => {
    const part = sectionsIn("# X\n\n## Assigned task\nDo it\n## Inputs of mine\nnot one\n\n## Inputs\n- a.csv", [
      "Assigned task",
      "Inputs",
    ]);
    expect(part("Assigned task")).toBe("Do it\n## Inputs of mine\nnot one");
    expect(itemsIn(part("Inputs"))).toEqual(["a.csv"]);
    expect(part("Nowhere")).toBe("");
  });

  it("lists and criteria are read, none is nothing", () => {
    expect(itemsIn("- none")).toEqual([]);
    expect(criteriaIn("- [A1] one\n- [A2] two\n  goes on\n- no id")).toEqual([
      { id: "A1", text: "one" },
      { id: "A2", text: "two goes on" },
    ]);
  });

  it("a report is read back as it was written, its numbers exactly", () => {
    const report = {
      summary: "Done.",
      criteria: [
        { id: "A1", status: "met" as const, evidence: "x.md: written" },
        { id: "A2", status: "not_measured" as const, evidence: "nobody looked" },
      ],
      artifacts: ["x.md"],
      measurements: [
        { name: "macro-F1 (a)", value: 0.6315, unit: "score", effect: "r-abcdef.1/e8" },
        { name: "p95 latency (a)", value: 0.0003, unit: "ms", effect: "r-abcdef.1/e8" },
        { name: "drift", value: -1e-7, unit: "", effect: "r-abcdef.1/e9" },
      ],
      limitations: ["small sample"],
      resources: "",
      sections: { model: "none", data_strategy: "## Summary\nnot this one" },
    };
    const { resources: _resources, sections: _sections, ...expected } = report;
    expect(readReport(reportText("tester", report))).toEqual({ from: "tester", ...expected });
  });

  it("a decision, a return and a refusal are told apart, and nothing else is one", () => {
    const decision =
      "# Decision from pm\nDecision: Go.\nSlowly.\nReason: cheap\nDecided by: a person, as pm\nTake it up in your next step.";
    expect(readDecision(decision)).toEqual({
      from: "pm",
      decision: "Go.\nSlowly.",
      reason: "cheap",
      by: "a person, as pm",
    });
    expect(readReturned("Returned by linh: too long")).toEqual({ by: "linh", reason: "too long" });
    expect(isRefusal("Refused: no such route")).toBe(true);
    expect(isRefusal("Rejected by linh: not now")).toBe(true);
    for (const text of ["", "Decision: x", "report", "# Report"]) {
      expect([readDecision(text), readReturned(text), readReport(text), isRefusal(text)]).toEqual([
        null,
        null,
        null,
        false,
      ]);
    }
  });
});

describe("tables", () => {
  it("finds text and label in a labelled sample, by name or by what the cells look like", () => {
    const rows = Array.from({ length: 12 }, (_, index) => `"a sentence, number ${index}",${index % 2 ? "yes" : "no"}`);
    const named = labelledColumns(readTable("a.csv", ["text,label", ...rows].join("\n"))!);
    expect(named).toMatchObject({
      text: "text",
      label: "label",
      duplicates: 0,
      first: { text: "a sentence, number 0", label: "no" },
    });
    const other = labelledColumns(readTable("a.csv", ["what they said,verdict", ...rows].join("\n"))!);
    expect(other).toMatchObject({ text: "what they said", label: "verdict" });
    expect(new Map(other?.classes)).toEqual(
      new Map([
        ["no", 6],
        ["yes", 6],
      ]),
    );
  });

  it("reads quotes over line ends, and JSON lines", () => {
    expect(readTable("a.csv", 'a,b\n"x ""y""\nz",1\np,2\n')?.rows).toEqual([
      ['x "y"\nz', "1"],
      ["p", "2"],
    ]);
    expect(readTable("a.jsonl", '{"text":"a","n":1}\nbroken\n{"text":"b","n":2}')?.rows).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  it("a table without labels, or no table, is none", () => {
    expect(readTable("a.md", "a,b\n1,2\n3,4")).toBeNull();
    expect(readTable("a.csv", "only\none\ncolumn")).toBeNull();
    expect(labelledColumns(readTable("a.csv", "id,price\n1,10\n2,20\n3,30")!)).toBeNull();
  });
});

describe("criteria", () => {
  const measured = (name: string, value: number, unit: string) => ({ name, value, unit, effect: "r-abcdef.1/e9" });
  const grounds: Grounds = {
    measurements: [
      measured("macro-F1 (nb)", 0.75, "score"),
      measured("macro-F1 (majority)", 0.2, "score"),
      measured("p95 latency (nb)", 40, "ms"),
    ],
    written: { path: "page.md", text: "Why this recommendation: the costs of a kettle and of a stove, compared." },
    others: new Map(),
  };
  const status = (text: string, more: Partial<Grounds> = {}) => judge({ id: "A1", text }, { ...grounds, ...more });

  it("reads bounds in figures and in words", () => {
    expect(boundsIn("at least 0.80, at most 200 ms, ≥ 3, no more than two pages")).toEqual([
      { at: "least", value: 0.8, unit: "" },
      { at: "most", value: 200, unit: "ms" },
      { at: "least", value: 3, unit: "" },
      { at: "most", value: 2, unit: "pages" },
    ]);
  });

  it("J1 a measurement that reaches the number is met, one that misses it is not met, with the receipt", () => {
    expect(status("A macro-F1 of at least 0.70")).toMatchObject({
      status: "met",
      evidence: expect.stringContaining("macro-F1 0.75, nb, receipt r-abcdef.1/e9; asked for: at least 0.7"),
    });
    expect(status("A macro-F1 of at least 0.80")).toMatchObject({ status: "not_met" });
    expect(status("macro-F1 of at least 70 %")).toMatchObject({ status: "met" });
    expect(status("p95 latency at most 0.1 s")).toMatchObject({ status: "met" });
    expect(status("p95 latency at most 20 ms")).toMatchObject({ status: "not_met" });
  });

  it("J1 the best candidate is held against the number, not the luckiest one", () => {
    const lucky = [measured("p95 latency (nb)", 40, "ms"), measured("p95 latency (majority)", 0.1, "ms")];
    expect(status("p95 latency at most 20 ms", { measurements: lucky })).toMatchObject({ status: "not_met" });
  });

  it("J1 a number that nothing measures is not measured, and a count of things is no metric", () => {
    expect(status("Recall of at least 0.9")).toMatchObject({ status: "not_measured" });
    expect(status("At least two candidates are compared by macro-F1")).toMatchObject({ status: "not_measured" });
    expect(status("Accepted by at least 90 % of readers")).toMatchObject({ status: "not_measured" });
  });

  it("J2 a text is never met for its words: the evidence names it, what it takes up, and what it does not", () => {
    const asked = "A written recommendation compares the costs of kettle and stove, and their safety";
    expect(status(asked)).toEqual({
      id: "A1",
      status: "not_measured",
      evidence:
        "written: page.md. It has the words recommendation, compares, costs, kettle, stove and lacks safety; whether it says enough is for a reader",
    });
    expect(status("A runbook page says how the freezer is cleaned").evidence).not.toContain("written: ");
    expect(status(asked, { written: null }).evidence).not.toContain("page.md");
  });

  it("J1 a comparison names every candidate with its interval, and the rows where they are asked for", () => {
    const of = (name: string, value: number, unit = "score") => ({ name, value, unit, effect: "r-1.1/e2" });
    const measurements = [
      of("macro-F1 (a)", 0.6),
      of("macro-F1 95 % low (a)", 0.5),
      of("macro-F1 95 % high (a)", 0.7),
      of("macro-F1 (b)", 0.2),
      of("test rows", 57, "rows"),
    ];
    expect(status("Compared by macro-F1, with the number of rows", { measurements }).evidence).toBe(
      "macro-F1: a 0.6 (95 % 0.5–0.7), b 0.2; 57 test rows; receipt r-1.1/e2",
    );
  });

  it("J1 a licence that nobody looked up is never met by writing the word", () => {
    const written = { path: "page.md", text: "licence, revision and id of each model named" };
    expect(status("The licence and revision of each model are named", { written })).toMatchObject({
      status: "not_measured",
    });
  });

  it("J1 another role's evidence counts, unless it has none", () => {
    const of = (evidence: { id: string; status: "met" | "not_measured"; evidence: string }) => ({
      others: new Map([["A1", evidence]]),
    });
    expect(status("Something", of({ id: "A1", status: "met", evidence: "cook: tasted" }))).toMatchObject({
      status: "met",
      evidence: "cook: tasted",
    });
    expect(status("Something", of({ id: "A1", status: "not_measured", evidence: "cook: no" }))).toMatchObject({
      status: "not_measured",
      evidence: "cook: no",
    });
  });
});

describe("wording", () => {
  const put = (sentence: string, isOpen = true) =>
    wordingOf({ topic: "oven", sentence, quote: sentence, isOpen, criteria: [{ id: "A2", text: "The oven is hot." }] });

  it("a whether-clause is asked as it stands, without the words that say that it is open", () => {
    expect(whetherClause("Whether a second oven is worth its price is open; somebody decides.")).toBe(
      "a second oven is worth its price",
    );
    expect(whetherClause("Whether they may be sold abroad is an open legal and privacy question.")).toBe(
      "they may be sold abroad",
    );
    expect(whetherClause("It has not been decided whether cakes must be labelled in the shop.")).toBe(
      "cakes must be labelled in the shop",
    );
    expect(whetherClause("Whether.")).toBeNull();
  });

  it("names what is to be decided, the words that leave it open, and the criteria that it bears on", () => {
    expect(put("Whether a second oven is worth its price is open.")).toEqual({
      question:
        "Oven: please decide whether a second oven is worth its price. The assignment leaves it open: “Whether a second oven is worth its price is open.” It bears on A2 (“The oven is hot.”).",
      options: [
        "Leave it open for now: do only what holds either way, and name in the report what waits for it",
        "Yes: a second oven is worth its price",
        "No: go on without it, and name in the report what that rules out",
      ],
    });
    expect(put("It is unclear which guests the night shift has.").question).toMatch(
      /^Please say which guests the night shift has\./,
    );
  });

  it("K1 K2 whatever is open, the first option commits to nothing new and none has to be filled in", () => {
    const sentences = [
      "Whether A holds for all is open.",
      "The use is unclear.",
      "The oven has not been approved.",
      "Pending.",
    ];
    for (const sentence of sentences) {
      const { options } = put(sentence);
      expect(options).toHaveLength(3);
      expect(options[0]).toMatch(/^(?:Leave it open|Take the reading that asks for least|No: stay|Go on without it)/);
      expect(options.join(" ")).not.toMatch(/say what|name the reading/i);
    }
    expect(put("The oven is hot.", false).question).toMatch(/^Oven: does this stand as it is written\?/);
  });
});
