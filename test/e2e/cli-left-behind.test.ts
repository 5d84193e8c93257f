/** What is not where it should be: a database without its runs, a run without its workspace, places that no folder can have, names of nothing. */
import { cpSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { begun, brief, cadre, document, folder, openAsks, records } from "./cli-process.ts";

let base = "";

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "cadre-left-"));
  for (const part of ["modes", "graphs", "briefs"])
    cpSync(fileURLToPath(new URL(`../../${part}`, import.meta.url)), join(base, part), { recursive: true });
  expect(begun(base).code).toBe(8);
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

function waiting(): string {
  const dir = folder();
  cpSync(base, dir, { recursive: true });
  return dir;
}

describe("verify and a run that only its journal remembers", () => {
  test("D8 a database that was emptied is broken, and the run is named", () => {
    const dir = waiting();
    const run = openAsks(dir)[0]?.run ?? "";
    const db = new SQLite(join(dir, ".cadre/cadre.db"));
    db.pragma("foreign_keys = OFF");
    for (const table of ["runs", "lines", "events", "asks", "effects", "checkpoints", "writes", "charts"])
      db.exec(`DELETE FROM ${table}`);
    db.close();
    const told = cadre(dir, ["verify"]);
    expect(told.code).toBe(1);
    expect(told.out).toMatch(
      new RegExp(`runs ${run}: it is missing; .*journal/${run}/README.md remembers \\d+ events`),
    );
  });

  test("one of another machine is named and no fault; nor is it where there is no database yet", () => {
    const dir = waiting();
    const run = openAsks(dir)[0]?.run ?? "";
    cpSync(join(dir, "journal", run), join(dir, "journal/r-abcdef"), { recursive: true });
    const told = cadre(dir, ["verify"]);
    expect([told.code, told.err]).toEqual([0, expect.stringContaining("r-abcdef is not in this file")]);
    const whole = document(cadre(dir, ["verify", "--json"]));
    const [held] = whole["runs"] as Record<string, unknown>[];
    // Its journal is a copy of the one run's that the file holds.
    expect(whole).toMatchObject({ ok: true, absent: [{ run: "r-abcdef", events: held?.["events"] }] });
    expect(held?.["events"]).toBeGreaterThan(0);
    rmSync(join(dir, ".cadre"), { recursive: true });
    expect(cadre(dir, ["verify"]).code).toBe(0);
  });

  test.each([
    ["removed", (file: string) => rmSync(file)],
    ["made empty", (file: string) => writeFileSync(file, "")],
  ])("D8 a database that was %s is broken where the run's workspace is still beside it", (_how, damage) => {
    const dir = waiting();
    const run = openAsks(dir)[0]?.run ?? "";
    damage(join(dir, ".cadre/cadre.db"));
    const told = cadre(dir, ["verify"]);
    expect(told.code).toBe(1);
    expect(told.out).toMatch(new RegExp(`runs ${run}: it is missing; .* events of it, and its workspace is here`));
    expect(told.err).not.toContain("no runs to verify");
  });

  test("D8 of two runs the one that was taken out of the database is missed, and named once", () => {
    const dir = waiting();
    const [gone] = openAsks(dir);
    expect(cadre(dir, ["run", brief, "--json"]).code).toBe(8);
    const db = new SQLite(join(dir, ".cadre/cadre.db"));
    db.pragma("foreign_keys = OFF");
    for (const table of ["lines", "asks", "effects"]) db.prepare(`DELETE FROM ${table} WHERE run = ?`).run(gone?.run);
    db.prepare("DELETE FROM events WHERE line LIKE ?").run(`${gone?.run}%`);
    db.exec("DELETE FROM checkpoints WHERE line NOT IN (SELECT seq FROM lines)");
    db.exec("DELETE FROM writes WHERE line NOT IN (SELECT id FROM lines)");
    db.prepare("DELETE FROM runs WHERE id = ?").run(gone?.run);
    db.close();
    const told = cadre(dir, ["verify"]);
    expect(told.code).toBe(1);
    expect(told.out.match(new RegExp(`${gone?.run}: it is missing`, "g"))).toHaveLength(1);
    expect(told.err).not.toContain(gone?.run);
    expect(openAsks(dir)).toHaveLength(1);
  });
});

test("R4 a decision is not recorded where the run could not go on with it: its workspace is not there", () => {
  const dir = waiting();
  const [ask] = openAsks(dir);
  const home = join(dir, ".cadre/workspaces");
  renameSync(home, join(dir, "elsewhere"));
  const told = cadre(dir, ["answer", ask?.id ?? "", "1"]);
  expect(told.code).toBe(2);
  expect(told.err).toContain(`its workspace is not here (${join(home, ask?.run ?? "")})`);
  expect(told.err).toContain(`cadre stop ${ask?.run}`);
  expect(openAsks(dir)).toHaveLength(1);
  expect(cadre(dir, ["resume"]).err).toContain("its workspace is not here");
  renameSync(join(dir, "elsewhere"), home);
  expect(cadre(dir, ["answer", ask?.id ?? "", "1", "--json"]).code).toBe(8);
  rmSync(home, { recursive: true });
  expect(cadre(dir, ["stop", ask?.run ?? "", "--json"]).err).not.toContain("workspace");
  expect(openAsks(dir)).toEqual([]);
});

describe("a run that was left in the middle", () => {
  test("inbox and runs name it, with the command that goes on", () => {
    const dir = waiting();
    const run = openAsks(dir)[0]?.run ?? "";
    // As after a crash before the first step: nobody holds it, nothing is asked.
    const db = new SQLite(join(dir, ".cadre/cadre.db"));
    db.exec("UPDATE asks SET state = 'withdrawn'");
    db.close();
    for (const verb of ["inbox", "runs"]) {
      const told = cadre(dir, [verb]);
      expect([told.code, told.err]).toEqual([
        0,
        expect.stringMatching(new RegExp(`${run} was left in the middle: .*\\n.*npx cadre resume ${run}`)),
      ]);
      expect(document(cadre(dir, [verb, "--json"]))["left"]).toEqual([
        { run, brief: expect.any(String), decided: [], next: [{ command: `npx cadre resume ${run}` }] },
      ]);
    }
  });

  test("one that waits is not named so", () => {
    const told = cadre(base, ["runs"]);
    expect([told.code, told.err]).toEqual([0, ""]);
    expect(document(cadre(base, ["inbox", "--json"]))["left"]).toBeUndefined();
  });
});

describe("places and names of nothing", () => {
  test.each([
    ["--data", "", "--data is empty"],
    ["--journal", " ", "--journal is empty"],
    ["--dir", "", "--dir is empty"],
    ["--data", "x".repeat(300), "the name is too long"],
    ["--data", "file.txt", "file.txt is a file, not a folder"],
    ["--data", "file.txt/below", "file.txt is a file, not a folder"],
  ])("%s %j is a wrong use: exit 2, and nothing is written", (option, value, what) => {
    const dir = folder();
    writeFileSync(join(dir, "file.txt"), "");
    for (const verb of [["inbox"], ["run", "Do it"]]) {
      const told = cadre(dir, [option, value, ...verb]);
      expect([told.code, told.out, told.err]).toEqual([2, "", expect.stringContaining(what)]);
      expect(told.err).not.toMatch(/internal|ENOENT|ENAMETOOLONG/);
    }
    expect(readdirSync(dir)).toEqual(["file.txt"]);
  });

  test.skipIf(!existsSync("/proc/self"))("--data where no folder can be made says so", () => {
    const told = records(cadre(base, ["--data", "/proc/nothing", "run", brief, "--json"])).at(-1);
    expect(told).toMatchObject({ code: "data-read-only", message: expect.stringContaining("cannot be made") });
  });

  test("a word that names nothing is neither a run nor an ask", () => {
    const told = cadre(base, ["answer", "nope", "1"]);
    expect([told.code, told.err]).toEqual([2, expect.stringContaining("neither a run nor an ask is called nope")]);
  });
});
