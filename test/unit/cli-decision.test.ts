import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { decisionFor, type Typed } from "../../src/cli/decision.ts";
import { commandsForAsk } from "../../src/cli/next-commands.ts";
import { CadreError } from "../../src/errors.ts";
import type { AskKind } from "../../src/events/event.ts";
import type { AskId, LineId, RunId } from "../../src/ids.ts";
import type { AskRow } from "../../src/store/rows.ts";

const command = (rest: string): string => `npx cadre ${rest}`;

function ask(kind: AskKind, more: Partial<AskRow> = {}): AskRow {
  return {
    id: "a-7f3a9c-1-17" as AskId,
    run: "r-7f3a9c" as RunId,
    line: "r-7f3a9c.1" as LineId,
    kind,
    role: "project-manager",
    to: "user",
    topic: "licence",
    question: "May we?",
    options: [],
    severity: "medium",
    action: null,
    hash: "ab".repeat(32),
    raisedAt: "2026-11-22T08:00:00.000Z",
    deadline: null,
    path: ["user", "project-manager"],
    rule: { purpose: "licences", file: "modes/project-manager.md", line: 20 },
    limit: kind === "limit" ? { name: "steps", value: 40, ceiling: 40 } : null,
    chart: null,
    state: "open",
    decision: null,
    ...more,
  };
}

const choices = [
  { id: "keep", text: "go on under the old one" },
  { id: "stop", text: "stop the run" },
];

function refusal(of: AskRow, typed: Typed): CadreError {
  try {
    decisionFor(of, typed, command);
  } catch (error) {
    if (error instanceof CadreError) return error;
  }
  throw new Error("it was taken");
}

describe("decisions from the command line", () => {
  test("V5 whoever verifies is told which command accepts the report, and which returns it", () => {
    const verdict = commandsForAsk(ask("assignment", { topic: "verification" }), command);
    expect(verdict.map((each) => [each.command, each.what])).toEqual([
      ['npx cadre answer a-7f3a9c-1-17 "<why it holds>"', "accept the report"],
      ['npx cadre reject a-7f3a9c-1-17 "<reason>"', "return it with a reason"],
    ]);
    const task = commandsForAsk(ask("assignment", { topic: "assignment" }), command);
    expect(task.map(({ what }) => what)).toEqual(["your report, in your own words"]);
  });

  test.each<[AskKind, Typed["verb"]]>([
    ["question", "approve"],
    ["escalation", "approve"],
    ["assignment", "approve"],
    ["chart", "approve"],
    ["doubt", "reject"],
    ["approval", "answer"],
    ["sign_off", "answer"],
    ["limit", "answer"],
  ])("a wrong verb for %s (%s) is a usage error that names the right command", (kind, verb) => {
    const of = ask(kind, { options: kind === "chart" || kind === "doubt" ? choices : [] });
    const error = refusal(of, verb === "approve" ? { verb } : { verb, text: "yes" });
    expect(error.code).toBe("usage");
    const right = commandsForAsk(of, command).find((next) => !next.command.includes("changes"));
    expect(error.hint).toContain(right?.command);
  });

  test("every command that is offered for an ask decides that ask", () => {
    const kinds: AskKind[] = [
      "question",
      "escalation",
      "assignment",
      "approval",
      "sign_off",
      "limit",
      "doubt",
      "chart",
    ];
    for (const kind of kinds) {
      const of = ask(kind, { options: choices });
      for (const { command: text } of commandsForAsk(of, command)) {
        const [verb, , ...rest] = text.replace("npx cadre ", "").split(" ");
        if (verb === "changes") continue;
        const raiseTo = /--raise-to (\d+)/.exec(text)?.[1];
        const typed: Typed =
          verb === "approve"
            ? { verb, ...(raiseTo === undefined ? {} : { raiseTo: Number(raiseTo) }) }
            : { verb: verb as "answer" | "reject", text: rest.join(" ") };
        expect(() => decisionFor(of, typed, command), text).not.toThrow();
      }
    }
  });

  test("a choice takes the id of one of its options and nothing else", () => {
    const of = ask("chart", { options: choices });
    expect(decisionFor(of, { verb: "answer", text: " keep " }, command)).toEqual({ verb: "answer", text: "keep" });
    expect(refusal(of, { verb: "answer", text: "perhaps" }).hint).toContain("keep (go on under the old one)");
  });

  test("a bare number beside numbered options is one of them or a slip; other words are an answer", () => {
    const options = [{ id: "1", text: "yes" }];
    for (const kind of ["question", "escalation"] as const) {
      const of = ask(kind, { options });
      expect(decisionFor(of, { verb: "answer", text: "1" }, command).text).toBe("1");
      expect(refusal(of, { verb: "answer", text: "9" }).hint).toContain("1 (yes)");
      expect(decisionFor(of, { verb: "answer", text: "9 of 10" }, command).text).toBe("9 of 10");
      expect(decisionFor(ask(kind), { verb: "answer", text: "9" }, command).text).toBe("9");
    }
  });

  test("a limit is raised to a number above what is used", () => {
    const of = ask("limit");
    expect(decisionFor(of, { verb: "approve", raiseTo: 80 }, command)).toEqual({
      verb: "approve",
      text: "",
      args: { to: 80 },
    });
    expect(decisionFor(of, { verb: "approve" }, command)).toEqual({ verb: "approve", text: "" });
    expect(refusal(of, { verb: "approve", raiseTo: 40 }).message).toContain("not above 40");
    expect(refusal(ask("sign_off"), { verb: "approve", raiseTo: 80 }).message).toContain("a sign-off");
  });

  test("R3 edited arguments are a JSON object, written out or in a file, and for tool calls only", () => {
    const folder = mkdtempSync(join(tmpdir(), "cadre-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "edit.json");
    writeFileSync(file, '{"path":"b.md"}');
    const of = ask("approval");
    expect(decisionFor(of, { verb: "approve", edit: '{"path":"a.md"}' }, command).args).toEqual({ path: "a.md" });
    expect(decisionFor(of, { verb: "approve", edit: `@${file}` }, command).args).toEqual({ path: "b.md" });
    for (const edit of ["[1]", "null", "{", '"text"'])
      expect(refusal(of, { verb: "approve", edit }).code).toBe("usage");
    expect(refusal(of, { verb: "approve", edit: `@${file}.gone` }).code).toBe("file-unreadable");
    expect(refusal(ask("limit"), { verb: "approve", edit: "{}" }).code).toBe("usage");
  });

  test("an answer and a rejection need words", () => {
    expect(refusal(ask("question"), { verb: "answer", text: "  " }).code).toBe("usage");
    expect(refusal(ask("sign_off"), { verb: "reject", text: "" }).code).toBe("usage");
  });
});
