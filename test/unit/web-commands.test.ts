/** Every button has its command: what the page shows as the command is one that the command line takes, and says the same. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { commands } from "../../src/cli/command-table.ts";
import type { AskView } from "../../src/views/control-room/asks.ts";
import type { BriefView } from "../../src/views/control-room/runs.ts";
import * as ask from "../../src/web/parts/ask-draft.ts";
import * as brief from "../../src/web/pages/brief-draft.ts";

/** As a shell would take it apart. */
function argumentsOf(command: string): string[] {
  const split = spawnSync("sh", ["-c", `set -- ${command}\nfor each in "$@"; do printf '%s\\0' "$each"; done`]);
  return split.stdout.toString().split("\0").slice(0, -1);
}

/** The verb, its words, and its options; anything that the table does not know fails. */
function taken(command: string): {
  readonly verb: string;
  readonly words: string[];
  readonly options: Record<string, string>;
} {
  const [verb = "", ...rest] = argumentsOf(command.split("\n")[0]?.replace(/ <<'\w+'$/, "") ?? "");
  const spec = commands.find(({ name }) => name === verb);
  expect(spec, verb).toBeDefined();
  const known = new Map(
    (spec?.options ?? []).map(([flags]) => [flags.split(" ")[0] ?? "", flags.includes("<")] as const),
  );
  const words: string[] = [];
  const options: Record<string, string> = {};
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? "";
    if (!word.startsWith("--")) {
      words.push(word);
      continue;
    }
    expect([...known.keys()], command).toContain(word);
    options[word] = known.get(word) === true ? (rest[(at += 1)] ?? "") : "";
  }
  return { verb, words, options };
}

const open: AskView = {
  currency: null,
  id: "a-7f3a9c-1-17",
  run: "r-7f3a9c",
  kind: "question",
  role: "backend-lead",
  to: "user",
  topic: "x",
  question: "x?",
  options: [],
  action: null,
  hash: "0".repeat(64),
  severity: "high",
  raisedAt: "2026-01-01T00:00:00.000Z",
  deadline: null,
  expires: false,
  bumpsTo: null,
  overdue: false,
  acknowledged: null,
  seat: null,
  approvers: null,
  votes: [],
  path: [],
  rule: { purpose: "p", file: "modes/x.md", line: 1 },
  limit: { name: "steps", value: 5, ceiling: 10 },
  state: "open",
  decision: null,
  title: "t",
};
const hard = `it's "50 %" & $HOME; rm -rf / | cat\n`;

describe("the command of a decision", () => {
  const of = (kind: AskView["kind"], part: Partial<ask.Draft>) => {
    const about = { ...open, kind };
    return taken(ask.commandOf(about, { ...ask.emptyDraft(about), ...part }));
  };

  test("carries each word as it was written, whatever a shell would make of it", () => {
    expect(of("question", { text: hard })).toMatchObject({ verb: "answer", words: [open.id, hard.trim()] });
    expect(of("question", { option: "2" })).toMatchObject({ verb: "answer", words: [open.id, "2"] });
    expect(of("approval", { mode: "reject", text: hard })).toMatchObject({
      verb: "reject",
      words: [open.id, hard.trim()],
    });
    for (const mode of ["delegate", "escalate"] as const)
      expect(of("escalation", { mode, to: "tech-lead", text: hard })).toEqual({
        verb: mode,
        words: [open.id, hard.trim()],
        options: { "--to": "tech-lead" },
      });
    expect(of("doubt", { option: "result", text: hard })).toMatchObject({ words: [open.id, "result", hard.trim()] });
    expect(of("chart", { option: "keep" })).toMatchObject({ verb: "answer", words: [open.id, "keep"] });
  });

  test("says why where the form does, and what is run instead", () => {
    expect(of("sign_off", { text: hard })).toMatchObject({ verb: "approve", options: { "--reason": hard.trim() } });
    expect(of("approval", {})).toEqual({ verb: "approve", words: [open.id], options: {} });
    const edited = of("approval", { mode: "edit", edit: JSON.stringify({ text: hard }), text: "shorter" });
    expect(JSON.parse(edited.options["--edit"] ?? "")).toEqual({ text: hard });
    expect(edited.options["--reason"]).toBe("shorter");
    expect(of("limit", { raise: "40" })).toEqual({
      verb: "approve",
      words: [open.id],
      options: { "--raise-to": "40" },
    });
  });

  test.each([
    ["money", 0.25, "0.5", "0.25", "an amount from 0.26 on"],
    ["gpuSeconds", 12.25, "13", "12.5", "a whole number from 13 on"],
    ["steps", 40, "80", "40", "a whole number from 41 on"],
    ["breadth", 6, "8", "5", "a whole number from 6 on"],
  ] as const)(
    "L1 raises a limit of %s, as it is proposed, by the same rule as the command line",
    (name, value, proposed, short, rule) => {
      const ceiling = name === "breadth" ? 4 : value;
      const about = { ...open, kind: "limit" as const, limit: { name, value, ceiling } };
      const draft = ask.emptyDraft(about);
      expect(draft.raise).toBe(proposed);
      expect(ask.sayingOf(about, draft)).toMatchObject({ verb: "approve", args: { to: Number(proposed) } });
      expect(ask.sayingOf(about, { ...draft, raise: short })).toBe(`the limit can be raised to ${rule}`);
      expect(taken(ask.commandOf(about, draft)).options).toEqual({ "--raise-to": proposed });
    },
  );

  test("stays one word while nothing was chosen: no shell begins anything else with it", () => {
    const about = {
      ...open,
      kind: "chart" as const,
      options: [
        { id: "keep", text: "" },
        { id: "stop", text: "" },
      ],
    };
    expect(taken(ask.commandOf(about, ask.emptyDraft(about))).words).toEqual([open.id, "<keep|stop>"]);
  });
});

describe("the command of a new run", () => {
  const given: BriefView = {
    title: "Reviews: what they say",
    task: "Sort the reviews.\n\nBRIEF\n\nAll of them.",
    why: "nobody reads them",
    where: "the shop",
    when: "this week",
    acceptance: [{ id: "A1", text: "macro-F1 is told" }],
    inputs: [{ path: "briefs/data/reviews.csv", description: "labelled" }],
    constraints: ['CPU only: "no GPU"'],
    limits: { steps: 40, money: { amount: 0.5, currency: "EUR" } },
    to: null,
    file: "briefs/reviews.md",
  };

  test("names the file while it is as it was read, with everything that goes beside it", () => {
    const draft = {
      ...brief.draftOf(given, "briefs/my reviews.md"),
      to: "ai-ml-lead",
      model: "hf:Qwen/Qwen3-8B",
      workflow: "w",
      includeDirty: true,
    };
    expect(taken(brief.commandOf(draft))).toEqual({
      verb: "run",
      words: ["briefs/my reviews.md"],
      options: { "--to": "ai-ml-lead", "--workflow": "w", "--model": "hf:Qwen/Qwen3-8B", "--include-dirty": "" },
    });
    expect(brief.runOf(draft)).toEqual({
      file: "briefs/my reviews.md",
      to: "ai-ml-lead",
      workflow: "w",
      model: "hf:Qwen/Qwen3-8B",
      includeDirty: true,
    });
  });

  test("a changed brief loses nothing that it held, and its command hands the same text to the shell", () => {
    const draft = { ...brief.draftOf(given, "briefs/reviews.md"), why: "they are many", file: null };
    const sent = brief.runOf(draft).text ?? "";
    const { brief: read, problems } = readBrief(sent, null);
    expect(problems).toEqual([]);
    expect(read).toMatchObject({ ...given, why: "they are many", file: null });
    const command = brief.commandOf(draft);
    const { stdout } = spawnSync("sh", ["-c", command.replace(/^run -/, "cat -")]);
    expect(stdout.toString().trimEnd()).toBe(sent);
    expect(taken(command)).toEqual({ verb: "run", words: ["-"], options: {} });
  });

  test("what a server says of a brief stands at its field; the rest stays the form's", () => {
    const { problems } = readBrief(
      '---\nlimits: {steps: "none"}\n---\n\n## What\n\nx\n\n## Inputs\n\n- ../outside.csv: not ours\n',
      null,
    );
    const error = {
      code: "brief-invalid",
      message: "m",
      hint: null,
      place: null,
      move: "fix-input",
      data: { problems },
    };
    const { fields, rest } = brief.faultsOf(error);
    expect([...fields.keys()]).toEqual(["inputs", "limits.steps"]);
    expect(rest).toBeNull();
    const of = (code: string, data = {}) =>
      brief.faultsOf({ ...error, code, message: "What it says.", hint: "Do this.", data });
    expect([...of("role-unknown").fields]).toEqual([["to", "What it says. Do this."]]);
    expect([...of("config-invalid", { limit: "money" }).fields.keys()]).toEqual(["limits.money"]);
    expect(of("config-invalid").rest).not.toBeNull();
    expect(of("chart-invalid").fields.size).toBe(0);
  });

  test("a limit is checked as a brief's front matter is", () => {
    const sound = (name: "steps" | "money", value: string) => {
      const { brief: read } = readBrief(
        brief.textOf({ ...brief.emptyDraft, what: "x", limits: { [name]: value } }),
        null,
      );
      expect(read !== null, value).toBe(brief.limitFault(name, value) === null);
      return read !== null;
    };
    expect(["40", "", "0", "-1", "1.5", "many", "1e3"].map((value) => sound("steps", value))).toEqual([true, true, false, false, false, false, false]); // prettier-ignore
    expect(["5 EUR", "0.50 USD", "5", "5 eur", "0 EUR", "-1 EUR"].map((value) => sound("money", value))).toEqual([true, true, false, false, false, false]); // prettier-ignore
  });
});
