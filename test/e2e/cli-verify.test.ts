/** Commands that look after the data: verify, doctor, backup. The store's own tests say what is found; here: how it is said, and what the exit code is. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { latestVersion } from "../../src/store/schema.ts";
import { begun, cadre, decideAll, document, folder, inbox, project } from "./cli-process.ts";

type Result = {
  readonly run: string;
  readonly ok: boolean;
  readonly heads: { line: string; length: number; head: string }[];
  readonly problems: { row?: string; index: number; what: string }[];
};

function runsOf(ended: Parameters<typeof document>[0]): Result[] {
  return document(ended)["runs"] as Result[];
}

let base = "";

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "cadre-verify-"));
  for (const part of ["modes", "graphs", "briefs"])
    cpSync(fileURLToPath(new URL(`../../${part}`, import.meta.url)), join(base, part), { recursive: true });
  expect(begun(base).code).toBe(8);
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** A project of its own with one run that waits: the same in each test. */
function waiting(): string {
  const dir = folder();
  cpSync(base, dir, { recursive: true });
  chmodSync(join(dir, ".cadre"), 0o700); // a copied folder has everybody's mode
  return dir;
}

function tamper(dir: string, sql: string): void {
  const db = new SQLite(join(dir, ".cadre/cadre.db"));
  db.pragma("foreign_keys = OFF");
  db.exec(sql);
  db.close();
}

const noTrace = (text: string): void => expect(text).not.toMatch(/^\s+at .*:\d+|node_modules|internal/m);

describe("verify", () => {
  test("says whole, with the head and the journal; and names the first bad event with exit 1", () => {
    const dir = waiting();
    const before = cadre(dir, ["verify"]);
    expect(before).toMatchObject({ code: 0, err: "" });
    const [result] = runsOf(cadre(dir, ["verify", "--json"]));
    const head = result?.heads[0]?.head ?? "";
    expect(before.out).toBe(`${result?.run}\twhole\t20 events\thead ${head.slice(0, 12)}\tas its journal says\n`);
    tamper(dir, "UPDATE events SET body = replace(body, 'GPU', 'CPU') WHERE idx = 7 OR idx = 17");
    const after = cadre(dir, ["verify", "@latest"]);
    expect(after.code).toBe(1);
    const [first] = after.out.split("\n").slice(1);
    expect(first).toMatch(/^ {2}r-[0-9a-f]{6}\.1 event \d+: does not match its hash/);
    noTrace(after.out + after.err);
    expect(document(cadre(dir, ["verify", "--json"]))).toMatchObject({ schema: "cadre.verify/1", ok: false });
  });

  test("D8 R4 what was changed outside cadre is told in a line, and nobody is sent to go on with it", () => {
    const changed = waiting();
    tamper(changed, "UPDATE events SET body = replace(body, 'GPU', 'CPU') WHERE idx = 7 OR idx = 17");
    const resumed = cadre(changed, ["resume"]);
    expect(resumed).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: r-\S+ cannot go on: event \d+ does not/m),
    });
    expect(resumed.err).not.toMatch(/Nothing is lost|npx cadre resume/);
    const made = waiting();
    tamper(made, "UPDATE asks SET state = 'decided', decision = '{}' WHERE state = 'open'");
    const { code, err } = cadre(made, ["resume"]);
    expect(code).toBe(1);
    expect(err.split("\n")).toEqual([
      expect.stringMatching(/^error: a-\S+ was not decided by what stands in its row/),
      expect.stringMatching(/^hint: `npx cadre verify r-[0-9a-f]{6}` says what is wrong/),
      "",
    ]);
  });

  test("R4 a decision of a row that was written anew by hand, with blanks and its keys in another order, stands", () => {
    const dir = waiting();
    const decision = { verb: "answer", text: "1", by: "mai", face: "cli", at: "2026-01-01T00:00:00.000Z" };
    const text = JSON.stringify(decision, null, 2);
    tamper(dir, `UPDATE asks SET state = 'decided', decision = '${text}' WHERE state = 'open'`);
    expect(cadre(dir, ["verify"]).code).toBe(0);
    expect(cadre(dir, ["resume", "--on-ask", "exit"]).err).not.toContain("error:");
    expect(cadre(dir, ["verify"]).code).toBe(0);
  });

  test("takes a hash that was written down, and says where none fits", () => {
    const dir = waiting();
    const head = runsOf(cadre(dir, ["verify", "--json"]))[0]?.heads[0]?.head ?? "";
    expect(cadre(dir, ["verify", "@latest", "--head", head]).code).toBe(0);
    expect(cadre(dir, ["verify", "@latest", "--head", head.slice(0, 12).toUpperCase()]).code).toBe(0);
    const other = cadre(dir, ["verify", "@latest", "--head", "0".repeat(64)]);
    expect(other).toMatchObject({ code: 1, out: expect.stringContaining("no event has the hash 0000") });
    expect(cadre(dir, ["verify", "--head", head]).code).toBe(2);
    expect(cadre(dir, ["verify", "@latest", "--head", "xyz"]).code).toBe(2);
  });

  test("D8 a data file older than its journal is told, nothing resumes from it however often it is tried, and the journal keeps what it remembers; without the journal it goes on", () => {
    const dir = waiting();
    const copy = join(folder(), "old.db");
    expect(cadre(dir, ["backup", copy]).code).toBe(0);
    expect(decideAll(dir).code).toBe(0);
    for (const name of ["cadre.db", "cadre.db-wal", "cadre.db-shm"]) rmSync(join(dir, ".cadre", name), { force: true });
    writeFileSync(join(dir, ".cadre/cadre.db"), readFileSync(copy), { mode: 0o600 });
    const said = cadre(dir, ["verify"]);
    expect(said).toMatchObject({
      code: 1,
      out: expect.stringMatching(/event 20: is missing: .*README\.md remembers \d+ events, and 20 are there/),
    });
    const [run] = readdirSync(join(dir, "journal")).filter((name) => name.startsWith("r-"));
    const page = join(dir, "journal", String(run), "README.md");
    const remembered = readFileSync(page, "utf8");
    for (const verb of ["resume", "answer", "resume", "journal", "stop", "resume"]) {
      const refused = cadre(dir, verb === "answer" ? [verb, "@waiting", "1"] : [verb, "@latest"]);
      expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("its journal remembers a history") });
      noTrace(refused.err);
      expect(readFileSync(page, "utf8")).toBe(remembered);
    }
    expect(cadre(dir, ["verify"]).code).toBe(1);
    expect(inbox(dir)).toHaveLength(1); // nor was the answer taken
    rmSync(join(dir, "journal"), { recursive: true });
    expect(cadre(dir, ["verify"]).code).toBe(0);
    expect(cadre(dir, ["resume", "@latest"]).code).toBe(8);
  });

  test("a journal that is behind, or gone, is none the worse; one that was edited contradicts", () => {
    const dir = waiting();
    const [run] = readdirSync(join(dir, "journal")).filter((name) => name.startsWith("r-"));
    const page = join(dir, "journal", String(run), "README.md");
    const behind = readFileSync(page);
    expect(decideAll(dir).code).toBe(0);
    writeFileSync(page, behind);
    const said = cadre(dir, ["verify"]);
    expect(said).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\tas its journal says, which is \d+ events behind\n$/),
    });
    expect(said.err).toContain(`npx cadre journal ${run}\n`);
    expect(cadre(dir, ["journal", String(run)]).code).toBe(0);
    expect(cadre(dir, ["verify"])).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringMatching(/\tas its journal says\n$/),
    });
    writeFileSync(page, behind.toString().replace(/[0-9a-f]{64}/, "0".repeat(64)));
    expect(cadre(dir, ["verify"])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/event 19: is not the one that .*README\.md remembers here/),
    });
  });

  test("what is no database, or not ours, or newer, is said without a trace", () => {
    const dir = waiting();
    const file = join(dir, ".cadre/cadre.db");
    const bytes = readFileSync(file);
    tamper(dir, "PRAGMA user_version = 99");
    const newer = cadre(dir, ["verify"]);
    expect(newer).toMatchObject({ code: 2, err: expect.stringContaining("written by a newer cadre") });
    writeFileSync(file, Buffer.alloc(20_000, 7));
    const noise = cadre(dir, ["verify"]);
    expect(noise).toMatchObject({ code: 1, err: expect.stringContaining("not a database, or it is damaged") });
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const half = cadre(dir, ["verify"]);
    expect(half.code).toBe(1);
    for (const ended of [newer, noise, half]) noTrace(ended.out + ended.err);
  });
});

describe("backup", () => {
  test("writes a private copy that verifies and reads alone, and overwrites nothing", () => {
    const dir = waiting();
    const place = folder();
    const copy = join(place, "copy.db");
    const made = cadre(dir, ["backup", copy, "--json"]);
    expect(document(made)).toMatchObject({ schema: "cadre.backup/1", file: copy, runs: 1, events: 20 });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(readdirSync(place)).toEqual(["copy.db"]);
    const bytes = readFileSync(copy);
    expect(cadre(dir, ["backup", copy])).toMatchObject({ code: 2, err: expect.stringContaining("overwrites nothing") });
    expect(readFileSync(copy).equals(bytes)).toBe(true);
    const data = folder();
    writeFileSync(join(data, "cadre.db"), bytes, { mode: 0o600 });
    expect(cadre(dir, ["verify", "--data", data]).code).toBe(0);
    expect(cadre(dir, ["inbox", "--data", data, "--json"]).out).toContain("a-");
  });

  test("says where it cannot write, and leaves nothing behind", () => {
    const dir = waiting();
    const place = folder();
    const file = join(place, "a-file");
    writeFileSync(file, "");
    for (const [to, code, words] of [
      [join(place, "no/such/copy.db"), 2, "there is no folder"],
      [join(file, "copy.db"), 2, "may not be written"],
      [place, 2, "overwrites nothing"],
    ] as const) {
      const ended = cadre(dir, ["backup", to]);
      expect(ended).toMatchObject({ code, err: expect.stringContaining(words) });
      noTrace(ended.err);
    }
    expect(readdirSync(place)).toEqual(["a-file"]);
    expect(cadre(project(), ["backup", join(place, "x.db")])).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing to back up"),
    });
    expect(cadre(dir, ["backup"]).code).toBe(2);
  });

  test("a history that is not whole is not backed up as if it were", () => {
    const dir = waiting();
    const copy = join(folder(), "copy.db");
    tamper(dir, "UPDATE events SET body = replace(body, 'GPU', 'CPU')");
    expect(cadre(dir, ["backup", copy])).toMatchObject({
      code: 1,
      err: expect.stringContaining("the copy is not whole"),
    });
    expect(existsSync(copy)).toBe(false);
  });
});

describe("doctor", () => {
  test("shows what the data file holds and who may open it", () => {
    const dir = waiting();
    const data = document(cadre(dir, ["doctor", "--json"]))["data"];
    expect(data).toMatchObject({
      schema: latestVersion,
      integrity: "ok",
      private: true,
      counts: { runs: 1, lines: 1, events: 20, openAsks: 1 },
      largest: [{ events: 20 }],
    });
    chmodSync(join(dir, ".cadre"), 0o755);
    const said = cadre(dir, ["doctor"]);
    expect(said).toMatchObject({
      code: 0,
      out: expect.stringMatching(/note\tprivate\tothers than the owner may open .*\.cadre\t.*chmod go=/),
    });
  });

  test("says whether commands of roles can run here, and what to install where they cannot", () => {
    const said = cadre(project(), ["doctor"]);
    expect(said.out).toMatch(
      /^(ok\tsandbox\tcommands of roles run in bubblewrap|note\tsandbox\t.* are refused here\t.+)/m,
    );
  });

  test("says that a variable asks for tracing", () => {
    const said = cadre(project(), ["doctor"], { env: { LANGCHAIN_TRACING_V2: "true" } });
    expect(said.out).toMatch(/^note\ttracing\tLANGCHAIN_TRACING_V2 asks LangChain to send prompts/m);
  });

  test("names a damaged file, with exit 1; a copy that is put there as it says is whole, one beside another file's log may not be", () => {
    const dir = waiting();
    const copy = join(folder(), "copy.db");
    expect(cadre(dir, ["backup", copy]).code).toBe(0);
    const file = join(dir, ".cadre/cadre.db");
    const log = new SQLite(file);
    log.exec("UPDATE runs SET reason = hex(randomblob(20000))"); // many pages, which the copy has not
    for (const name of [`${file}-wal`, file]) cpSync(name, `${name}.kept`);
    log.close();
    cpSync(copy, file);
    cpSync(`${file}-wal.kept`, `${file}-wal`);
    const said = cadre(dir, ["doctor"]);
    expect(said).toMatchObject({ code: 1, out: expect.stringMatching(/^broken\tdata\t.*-wal and -shm/m) });
    noTrace(said.out + said.err);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
    cpSync(copy, file);
    expect(cadre(dir, ["verify"])).toMatchObject({ code: 0, out: expect.stringContaining("as its journal says") });
  });
});
