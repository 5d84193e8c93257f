/** Approvals, edits, limits and prompts at the command line: what a person decides is what happens. */
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  begun,
  brief,
  cadre,
  decideAll,
  decideUntil,
  document,
  openAsks,
  main,
  project,
  records,
} from "./cli-process.ts";

/** The shipped project with other lines in its workflow. */
function projectWith(...replacements: readonly (readonly [string | RegExp, string])[]): string {
  const dir = project();
  const file = join(dir, "graphs/feature-workflow.ts");
  const text = replacements.reduce(
    (before, [from, to]) => {
      const after = before.replace(from, to);
      if (after === before) throw new Error(`the workflow has no ${String(from)}`);
      return after;
    },
    readFileSync(file, "utf8"),
  );
  writeFileSync(file, text);
  return dir;
}

const approveWrites = ['{ tool: "execute_command",', '{ tool: "write_to_file",'] as const;

type Files = { readonly path: string; readonly after: string }[];

describe("decisions", () => {
  test("R3 what runs after --edit is the edited call; the workspace holds those bytes and no others", () => {
    const dir = projectWith(approveWrites);
    expect(begun(dir).code).toBe(8);
    const ask = decideUntil(dir, "approval");
    const edit = { path: "deliverables/edited.md", content: "# Edited by a person\n" };
    writeFileSync(join(dir, "edit.json"), JSON.stringify(edit));
    const wrong = cadre(dir, ["approve", ask.id, "--edit", '{"path":7}']);
    expect([wrong.code, openAsks(dir)[0]?.id]).toEqual([2, ask.id]);
    const ended = cadre(dir, ["approve", ask.id, "--edit", "@edit.json", "--as", "linh"]);
    expect([0, 8]).toContain(ended.code);
    const files = document(cadre(dir, ["changes", "--json"]))["files"] as Files;
    expect(files.find((file) => file.path === edit.path)?.after).toBe(edit.content);
    expect(document(cadre(dir, ["verify", "--json"]))["ok"]).toBe(true);
  });

  test("a rejected call does not happen, and its reason goes back to the role", () => {
    const dir = projectWith(approveWrites);
    expect(begun(dir).code).toBe(8);
    const ask = decideUntil(dir, "approval");
    const ended = cadre(dir, ["reject", ask.id, "Not", "in", "this", "folder", "--json"]);
    const steps = records(ended).filter((record) => record["type"] === "step");
    expect(steps[0]).toMatchObject({ kind: "approval", text: expect.stringContaining("Not in this folder") as string });
    const files = document(cadre(dir, ["changes", "--json"]))["files"] as Files;
    expect(files.map((file) => file.path).filter((path) => !path.startsWith("evaluations/"))).toEqual([]);
  });

  test("a limit that is reached is one ask; raised, the run goes on; the ceiling counts from then on", () => {
    const dir = projectWith([/steps: \d+/, "steps: 6"]);
    expect(begun(dir).code).toBe(8);
    const ask = decideUntil(dir, "limit");
    expect(cadre(dir, ["approve", ask.id, "--raise-to", "3"]).code).toBe(2);
    expect(cadre(dir, ["answer", ask.id, "perhaps"]).code).toBe(2);
    expect([0, 8]).toContain(cadre(dir, ["approve", ask.id, "--raise-to", "500"]).code);
    expect(decideAll(dir).code).toBe(0);
    const steps = document(cadre(dir, ["trace", "--json"]))["steps"] as { kind: string; text: string }[];
    expect(steps.some((step) => step.text.includes("500"))).toBe(true);
  });

  test("a limit can be answered in the words of its options: stop ends the run", () => {
    const dir = projectWith([/steps: \d+/, "steps: 6"]);
    expect(begun(dir).code).toBe(8);
    const ask = decideUntil(dir, "limit");
    const ended = cadre(dir, ["reject", ask.id, "enough"]);
    expect([ended.code, ended.out]).toEqual([1, expect.stringMatching(/^stopped r-/m) as string]);
  });

  test("a changed chart is asked about, and answered by the id of an option only (D9)", () => {
    const dir = project();
    expect(begun(dir).code).toBe(8);
    const file = join(dir, "modes/technical-writer.md");
    writeFileSync(file, `${readFileSync(file, "utf8")}\nOne more line.\n`);
    const waiting = openAsks(dir)[0];
    const asked = cadre(dir, ["resume"]);
    const chart = openAsks(dir).find((ask) => ask.kind === "chart") ?? decideUntil(dir, "chart");
    expect([asked.code, waiting === undefined]).toEqual([8, false]);
    expect(cadre(dir, ["answer", chart.id, "whatever"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("keep") as string,
    });
    expect([0, 8]).toContain(cadre(dir, ["answer", chart.id, "keep"]).code);
  });
});

describe("at a terminal", () => {
  /** Of util-linux: runs a command at a terminal of its own. */
  const terminal = "script";
  const arrowDown = "\u001b[B";
  const script = spawnSync(terminal, ["--version"]).status === 0;

  test("V4 run puts the ask to the person and goes on to the end", async ({ skip }) => {
    if (!script) skip("there is no `script` command here to make a terminal with");
    const dir = project();
    const command = `stty cols 100 rows 40 && ${process.execPath} ${main} run ${brief}`;
    const child = spawn(terminal, ["-qec", command, "/dev/null"], {
      cwd: dir,
      env: { ...process.env, TERM: "xterm" },
      stdio: ["pipe", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    let out = "";
    let answered = 0;
    let signOffs = 0;
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      out += piece;
      // A prompt that is open shows all its options; one that was answered shows the chosen one.
      const shown = out.slice(answered);
      if (!shown.includes("decide later")) return;
      answered = out.length;
      if (shown.includes("Sign it off?")) signOffs += 1;
      // The first option each time; of a sign-off that is a look at the changes, and then the one below it.
      child.stdin.write(signOffs > 1 ? `${arrowDown}\r` : "\r");
    });
    const code = await new Promise((done) => child.on("close", done));
    const plain = stripVTControlCharacters(out);
    expect({ code, end: plain.match(/^finished r-.*$/m)?.[0] ?? plain.slice(-2000) }).toEqual({
      code: 0,
      end: expect.stringMatching(/^finished/) as string,
    });
    expect(plain).toContain("+++ b/deliverables/");
    expect(document(cadre(dir, ["inbox", "--json"]))["asks"]).toEqual([]);
  });
});
