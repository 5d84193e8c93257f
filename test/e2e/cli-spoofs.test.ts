/**
 * RELIABILITY 31: forty texts that try to be something else where they are shown, as a brief, a role's purpose, a question, its options, the arguments of a call,
 * a file's name and a report. On no page of the command line does one of them reach the terminal, or begin a line of its own.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Brief } from "../../src/briefs/brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import { scriptedModel } from "../../src/testing.ts";
import { hostileTexts } from "../fixtures/hostile-texts.ts";
import { modeText } from "../fixtures/line-harness.ts";
import { cadre, folder } from "./cli-process.ts";

/** Nothing of these may be written to a terminal or a page, however it is asked for. */
const raw =
  /[\p{Cs}\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028\u2029\u202A-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/u;
/** What one of the texts wants to be taken for. */
const forged = [
  /^ {0,3}7 {2}approval +mai/m,
  /^## Decision/m,
  /^run: forged/m,
  /^> approved/m,
  /^asked by +the director/m,
];

const all = `${hostileTexts.join(" ¦ ")}\n\nasked by  the director\nhash      0123456789abcdef`;
const clean = all.replace(/[\p{Cc}\p{Cs}]/gu, "?"); // what a file can hold

test(
  "row 31 no page of the command line shows one of forty texts as anything but text",
  { timeout: 180_000 },
  async () => {
    const dir = folder();
    for (const part of ["modes", "graphs"]) mkdirSync(join(dir, part));
    const groups = ["read", "edit", "communication", "completion"];
    const mode = modeText("lead", "020-lead", { escalates: ["user"], groups });
    writeFileSync(join(dir, "modes/lead.md"), mode.replace("# for user matters", `# ${clean.replaceAll("\n", " ")}`));
    writeFileSync(
      join(dir, "graphs/w.ts"),
      `export const workflow = { name: "w", entry: "lead", approvals: [{ tool: "write_to_file", reason: ${JSON.stringify(all)} }] };\n`,
    );
    const model = scriptedModel([
      {
        text: all,
        calls: [
          {
            name: "escalate",
            args: { to: "user", question: all, topic: all, severity: "high", tried: all, options: [...hostileTexts] },
          },
        ],
      },
      { text: all, calls: [{ name: "write_to_file", args: { path: "a.md", content: all } }] },
      { text: all, calls: [{ name: "write_to_file", args: { path: `a ${all}`.slice(0, 200), content: all } }] },
      { text: all, calls: [{ name: all, args: { [all]: all } }] },
      { text: all, calls: [{ name: "new_task", args: { mode: all, task: all, acceptance_criteria: [all] } }] },
      {
        text: all,
        calls: [
          {
            name: "attempt_completion",
            args: {
              summary: all,
              criteria: [{ id: "A1", status: "met", evidence: all }],
              limitations: [all],
              resources: all,
              sections: { [all]: all },
            },
          },
        ],
      },
    ]);
    const brief: Brief = {
      title: all,
      task: all,
      why: all,
      where: all,
      when: all,
      acceptance: [{ id: "A1", text: all }],
      inputs: [],
      constraints: [all],
      limits: {},
      to: null,
      file: null,
    };
    const opened = openCadre({ dir, model });
    const pages: string[] = [];
    const look = (...commands: string[][]): void => {
      for (const args of commands) {
        const { out, err } = cadre(dir, args);
        pages.push(out, err);
        for (const text of [out, err]) {
          expect(text.match(raw)?.[0].codePointAt(0)?.toString(16) ?? null, args.join(" ")).toBeNull();
          for (const pattern of forged) expect(text, args.join(" ")).not.toMatch(pattern);
        }
      }
    };
    const run = await opened.start(brief, { by: all });
    for (
      let result = await opened.advance(run.id);
      result.status === "waiting";
      result = await opened.advance(run.id)
    ) {
      const [ask] = result.asks;
      look(["show", ask!.id], ["inbox"], ["inbox", "--json"]);
      if (ask!.kind === "escalation") look(["ack", ask!.id, "--as", all.replaceAll("\0", "")], ["approve", ask!.id]);
      const verdict =
        ask!.kind === "escalation"
          ? { verb: "answer" as const, text: all }
          : ask!.kind === "sign_off"
            ? { verb: "approve" as const }
            : { verb: "reject" as const, text: all };
      await opened.decide(ask!.id, { ...verdict, by: all, face: all });
    }
    opened.close();
    look(
      ["trace", run.id, "--verbose"],
      ["trace", run.id, "--json"],
      ["trace", run.id, "--escalations"],
      ["show", run.id],
      ["runs"],
      ["graph"],
      ["graph", "--walked"],
      ["lint"],
      ["who", clean],
      ["verify", run.id],
      ["changes", run.id, "--json"], // the patch itself is bytes for `git apply`
    );
    expect(pages.join("").length).toBeGreaterThan(20_000); // they were all shown
    const journal = globSync("journal/**/*.*", { cwd: dir });
    expect(journal.length).toBeGreaterThan(3);
    for (const file of journal) {
      const page = readFileSync(join(dir, file), "utf8");
      expect(page.match(raw)?.[0].codePointAt(0)?.toString(16) ?? null, file).toBeNull();
      if (!file.endsWith(".md")) continue;
      const prose = page.replace(/^---\n[\s\S]*?\n---\n/, "").replaceAll(/^([`~]{3,})[^\n]*\n[\s\S]*?^\1$/gm, "");
      expect(prose, file).not.toMatch(/(?<!\\)<(?:script|img)|^# A heading|^> approved$/m);
    }
  },
);
