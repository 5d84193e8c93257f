/**
 * A run is read from a copy that nobody may write: a data folder on a read-only mount, in a folder of somebody else's, alone or with
 * its write-ahead log. Whatever is read, the copy stays as it was. The mounts need root and `unshare`; without them those tests are skipped.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { begun, cadre, folder, main, type Ended } from "./cli-process.ts";

const reads = [["trace"], ["show"], ["inbox"], ["runs"], ["verify"]] as const;
const root = process.getuid?.() === 0;
const mounts = root && spawnSync("unshare", ["-m", "true"]).status === 0;
let base = "";
/** What each command says where nothing stands in its way. */
const plain = new Map<string, string>();

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "cadre-read-only-"));
  chmodSync(base, 0o755);
  for (const part of ["modes", "graphs", "briefs"])
    cpSync(fileURLToPath(new URL(`../../${part}`, import.meta.url)), join(base, part), { recursive: true });
  expect(begun(base).code).toBe(8);
  for (const [name] of reads) plain.set(name, said(cadre(base, [name, "--json"])));
});

afterAll(() => rmSync(base, { recursive: true, force: true }));

/** Without what a data folder's own place puts into it. */
function said(ended: Ended): string {
  if (ended.code !== 0) throw new Error(`exit ${ended.code}: ${ended.err}${ended.out}`);
  return ended.out.replaceAll(/npx cadre (--data \S+ )?/g, "npx cadre ");
}

type Copy = "lone" | "with its log" | "with log and shared memory";

/** A data folder as somebody copied it; with a log, its newest commit lies there alone. */
function copied(kind: Copy): string {
  const data = join(folder(), "data");
  mkdirSync(data);
  const file = join(data, "cadre.db");
  copyFileSync(join(base, ".cadre/cadre.db"), file);
  if (kind === "lone") return data;
  const live = join(folder(), "cadre.db");
  copyFileSync(file, live);
  const db = new SQLite(live);
  db.pragma("wal_autocheckpoint = 0");
  db.exec("UPDATE runs SET title = title || ' (in the log)'");
  for (const suffix of kind === "with its log" ? ["-wal"] : ["-wal", "-shm"])
    copyFileSync(live + suffix, file + suffix);
  db.close();
  return data;
}

function stateOf(data: string): unknown {
  return readdirSync(data)
    .toSorted()
    .map((name) => [name, statSync(join(data, name)).size, readFileSync(join(data, name)).toString("base64")]);
}

function expectRead(kind: Copy, outputs: readonly (readonly [string, string])[]): void {
  for (const [name, out] of outputs) {
    if (kind === "lone") expect(out).toBe(plain.get(name));
    else if (name === "runs" || name === "show") expect(out).toContain("(in the log)");
    // The title was changed behind the log's back: that is just what verify is for.
    else if (name !== "verify") expect(out).toBe(plain.get(name));
  }
}

const kinds: readonly Copy[] = ["lone", "with its log", "with log and shared memory"];

describe("a copy that may not be written", () => {
  test.skipIf(!mounts).each(kinds)("%s, on a read-only mount, as root (needs unshare)", (kind) => {
    const data = copied(kind);
    const before = stateOf(data);
    const commands = reads
      .filter(([name]) => kind === "lone" || name !== "verify")
      .map(([name]) => `"$0" ${main} ${name} --json --data ${data} && echo ====`);
    const script = `mount --bind ${data} ${data} && mount -o remount,bind,ro ${data} && ${commands.join(" && ")}`;
    const { stdout, stderr, status } = spawnSync("unshare", ["-m", "sh", "-c", script, process.execPath], {
      cwd: base,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const outputs = stdout.split("====\n").slice(0, -1);
    const names = reads.map(([name]) => name).filter((name) => kind === "lone" || name !== "verify");
    expectRead(
      kind,
      names.map((name, at) => [name, said({ code: 0, out: outputs[at] ?? "", err: "" })] as const),
    );
    expect(stateOf(data)).toEqual(before);
  });

  test.skipIf(!root).each(kinds)("%s, in a folder and files of somebody else's (needs root)", (kind) => {
    const data = copied(kind);
    chmodSync(join(data, ".."), 0o755);
    for (const name of readdirSync(data)) chmodSync(join(data, name), 0o444);
    chmodSync(data, 0o555);
    onTestFinished(() => chmodSync(data, 0o755));
    const before = stateOf(data);
    const outputs = reads
      .filter(([name]) => kind === "lone" || name !== "verify")
      .map(([name]) => {
        const { status, stdout, stderr } = spawnSync(process.execPath, [main, name, "--json", "--data", data], {
          cwd: base,
          encoding: "utf8",
          uid: 65534,
          gid: 65534,
          env: { PATH: process.env["PATH"], HOME: "/", NODE_DISABLE_COMPILE_CACHE: "1" },
        });
        return [name, said({ code: status, out: stdout, err: stderr })] as const;
      });
    expectRead(kind, outputs);
    expect(stateOf(data)).toEqual(before);
  });

  test("in a folder that may be written, reading changes nothing in the file", () => {
    const data = copied("lone");
    const file = join(data, "cadre.db");
    const before = readFileSync(file);
    expectRead(
      "lone",
      reads.map(([name]) => [name, said(cadre(base, [name, "--json", "--data", data]))] as const),
    );
    expect(readFileSync(file).equals(before)).toBe(true);
    // SQLite's own, for readers and writers at the same time: empty, and taken over by whoever opens the file next.
    const beside = readdirSync(data).filter((name) => name !== "cadre.db");
    expect(beside.filter((name) => !["cadre.db-shm", "cadre.db-wal"].includes(name))).toEqual([]);
    if (existsSync(`${file}-wal`)) expect(statSync(`${file}-wal`).size).toBe(0);
  });

  test.skipIf(!mounts)("a run does not start there, and says why (needs unshare)", () => {
    const data = copied("lone");
    const script = `mount --bind ${data} ${data} && mount -o remount,bind,ro ${data} && "$0" ${main} resume --data ${data}`;
    const { stderr, status } = spawnSync("unshare", ["-m", "sh", "-c", script, process.execPath], {
      cwd: base,
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/may not be written/);
    expect(existsSync(join(data, "cadre.db-wal"))).toBe(false);
  });
});
