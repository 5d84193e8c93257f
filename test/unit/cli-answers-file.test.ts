import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { takeAnswer } from "../../src/cli/answers-file.ts";
import { readAnswers } from "../../src/cli/read-answers.ts";
import { isCadreError } from "../../src/errors.ts";
import type { AskRow } from "../../src/store/rows.ts";

function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-answers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "answers.yaml");
  writeFileSync(file, text);
  return file;
}

const escalation = { kind: "escalation", role: "project-manager", topic: "GPU capacity" } as AskRow;
const signOff = { kind: "sign_off", role: "backend-lead", topic: "sign-off" } as AskRow;

describe("answers files", () => {
  test("an answer fits by role, kind and words of the topic, in any case, and is used once", () => {
    const planned = readAnswers(
      fileOf(`
- role: technical-architect
  verb: answer
  text: not this one
- role: project-manager
  topic: gpu
  verb: answer
  text: no GPU this quarter
- kind: sign_off
  verb: approve
`),
    );
    expect(takeAnswer(planned, escalation)?.text).toBe("no GPU this quarter");
    expect(takeAnswer(planned, escalation)).toBeUndefined();
    expect(takeAnswer(planned, signOff)?.verb).toBe("approve");
    expect(planned).toHaveLength(1);
  });

  test("a verb that does not decide an ask of that kind is passed over", () => {
    const planned = readAnswers(fileOf(JSON.stringify([{ verb: "approve" }, { verb: "answer", text: "yes" }])));
    expect(takeAnswer(planned, escalation)?.verb).toBe("answer");
  });

  test.each([
    ["- role: [", "usage"],
    ["role: x", "usage"],
    ["- verb: maybe", "usage"],
    ["- verb: answer\n  txt: typo", "usage"],
    [`a: &a [1,1]\n${Array.from({ length: 12 }, (_, at) => `b${at}: [${"*a,".repeat(20)}]`).join("\n")}`, "usage"],
    [`# ${"x".repeat(300 * 1024)}`, "file-unreadable"],
  ])("a file that holds no list of decisions is refused (%#)", (text, code) => {
    const file = fileOf(text);
    try {
      readAnswers(file);
    } catch (error) {
      expect(isCadreError(error, code as "usage")).toBe(true);
      return;
    }
    throw new Error("it was read");
  });
});
