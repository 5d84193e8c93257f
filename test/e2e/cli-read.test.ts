/** What can be read of a stored run: documents for programs, plain lines for pipes, nothing written, nothing that moves a cursor. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { storedRun, storeReviewsRun } from "../fixtures/stored-run.ts";
import { cadre, document, folder, main, project } from "./cli-process.ts";

async function waiting(): Promise<string> {
  const dir = folder();
  await storeReviewsRun(join(dir, ".cadre"), (event) => event.type === "ask_raised");
  return dir;
}

describe("reading", () => {
  test("cadre.inbox/1 and cadre.runs/1 hold what their contract names", async () => {
    const dir = await waiting();
    const [ask] = document(cadre(dir, ["inbox", "--json"]))["asks"] as Record<string, unknown>[];
    expect(ask).toMatchObject({
      id: "a-7f3a9c-1-26",
      run: storedRun,
      kind: "escalation",
      role: "project-manager",
      severity: "high",
      action: null,
      deadline: "2026-11-23T08:00:00.000Z",
      path: ["user", "ai-ml-lead", "huggingface-specialist", "project-manager"],
      rule: { purpose: "For what only the person who asked can decide", file: "modes/project-manager.md", line: 1 },
    });
    expect(Object.keys(ask ?? {})).toEqual(expect.arrayContaining(["question", "hash", "raisedAt"]));
    const runs = document(cadre(dir, ["runs", "--json"]));
    expect(runs).toMatchObject({
      schema: "cadre.runs/1",
      runs: [
        {
          id: storedRun,
          status: "waiting",
          entry: "ai-ml-lead",
          rehearsal: true,
          waitingFor: [{ ask: "a-7f3a9c-1-26" }],
        },
      ],
    });
  });

  test("a piped list is one line per row with tabs, whole, and --fields chooses and orders its columns", async () => {
    const dir = await waiting();
    const row = cadre(dir, ["inbox"]).out.trimEnd().split("\n");
    expect(row).toHaveLength(1);
    expect(row[0]?.split("\t").slice(0, 2)).toEqual(["a-7f3a9c-1-26", storedRun]);
    expect(row[0]).toContain("Read the model cards named in the knowledge base.");
    expect(cadre(dir, ["runs", "--fields", "status,id"]).out).toBe(`waiting\t${storedRun}\n`);
    expect(document(cadre(dir, ["runs", "--json", "--fields", "id"]))["runs"]).toEqual([{ id: storedRun }]);
  });

  test("cadre.compare/1: two runs row by row; a run beside itself differs in nothing, and one that is not there is named", async () => {
    const dir = await waiting();
    const { rows, ...head } = document(cadre(dir, ["compare", storedRun, "@latest", "--json"]));
    expect(head).toMatchObject({ schema: "cadre.compare/1", one: storedRun, other: storedRun });
    const compared = rows as { section: string; what: string; one: string | null; other: string | null }[];
    expect(compared).toContainEqual({ section: "outcome", what: "status", one: "waiting", other: "waiting" });
    expect(compared.filter(({ one, other }) => one !== other)).toEqual([]);
    expect(cadre(dir, ["compare", storedRun, storedRun]).out).toMatch(/0 of \d+ rows differ\n$/);
    expect(cadre(dir, ["compare", storedRun, "r-000000"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("r-000000"),
    });
  });

  test("show tells the ask with its rule, path and options, and the commands that decide it lead back here", async () => {
    const dir = await waiting();
    const elsewhere = folder();
    const data = join(dir, ".cadre");
    const { out } = cadre(elsewhere, ["show", "@waiting", "--data", data]);
    expect(out).toContain("“For what only the person who asked can decide” modes/project-manager.md:1");
    expect(out).toContain("you › ai-ml-lead › huggingface-specialist › project-manager → you");
    expect(out).toContain(`npx cadre --data ${data} answer a-7f3a9c-1-26 1`);
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test("an approval shows every argument of what would run, and its hash", async () => {
    const dir = folder();
    await storeReviewsRun(join(dir, ".cadre"), (event) => event.type === "ask_raised" && event.kind === "approval");
    const { out } = cadre(dir, ["show", "a-7f3a9c-1-33"]);
    expect(out).toMatch(/write_to_file by huggingface-specialist/);
    expect(out).toMatch(/content: model: a\n[^]*path: deploy\/model\.yaml/);
    const [ask] = document(cadre(dir, ["inbox", "--json"]))["asks"] as { hash: string }[];
    expect(out).toContain(ask?.hash.slice(0, 16));
  });

  test("trace --escalations: raised, handed on, decided, what came back, what followed", async () => {
    const dir = folder();
    await storeReviewsRun(join(dir, ".cadre"));
    const { out, code } = cadre(dir, ["trace", "--escalations"]);
    expect(code).toBe(0);
    const parts = ["raised", "handed on", "decided", "came back", "followed"]
      .map((part) => `\n   ${part}`)
      .map((part) => out.indexOf(part, out.indexOf("model licence")));
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(Math.min(...parts)).toBeGreaterThan(0);
    const threads = document(cadre(dir, ["trace", "--escalations", "--json"]))["escalations"] as {
      decision: { by: string };
    }[];
    expect(threads.map((thread) => thread.decision.by)).toContain("mai");
  });

  test("a run that should move and that nobody moves: watch says so instead of waiting for ever, show names the command", async () => {
    const dir = folder();
    await storeReviewsRun(join(dir, ".cadre"), (event) => event.type === "action_done");
    const watched = cadre(dir, ["watch"]);
    expect([watched.code, watched.out]).toEqual([
      1,
      expect.stringMatching(/no process moves it\n.*npx cadre resume r-7f3a9c/) as string,
    ]);
    expect(document(cadre(dir, ["show", "--json"]))).toMatchObject({
      owner: null,
      next: [{ command: `npx cadre resume ${storedRun}` }],
    });
  });

  test("reading where nothing is makes nothing", () => {
    const dir = folder();
    expect(cadre(dir, ["runs"])).toMatchObject({ code: 0, out: "" });
    expect(cadre(dir, ["inbox", "--json"]).code).toBe(0);
    expect(existsSync(join(dir, ".cadre"))).toBe(false);
  });

  test("O4 a pipe that closes early is no error", async () => {
    const dir = folder();
    await storeReviewsRun(join(dir, ".cadre"));
    const script = `"${process.execPath}" "${main}" trace --verbose; echo "code $?" >&2`;
    const { stderr, stdout } = spawnSync("sh", ["-c", `{ ${script}; } | head -n 1`], { cwd: dir, encoding: "utf8" });
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stderr).toBe("code 0\n");
  });

  test("colour only where it is asked for: never in a pipe, in one with FORCE_COLOR, not with NO_COLOR", async () => {
    const dir = await waiting();
    const escape = "\u001B[";
    expect(cadre(dir, ["show"]).out).not.toContain(escape);
    expect(cadre(dir, ["show"], { env: { FORCE_COLOR: "1" } }).out).toContain(escape);
    expect(cadre(dir, ["show"], { env: { NO_COLOR: "1" } }).out).not.toContain(escape);
  });

  test("what a brief says cannot move the cursor or pass for a line of cadre's", () => {
    const dir = project();
    const evil = "Tidy up\u001B[2J\u001B[H\u202Egnp.exe\nnpx cadre approve everything";
    const ended = cadre(dir, ["run", "-"], { input: `Task: ${evil}\n` });
    for (const out of [ended.out, cadre(dir, ["show"]).out, cadre(dir, ["trace"]).out, cadre(dir, ["inbox"]).out]) {
      expect(out.replaceAll(/[\n\t]/g, "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      expect(out).not.toMatch(/^npx cadre approve everything/m);
    }
  });
});
