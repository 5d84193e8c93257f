/** A backup is one state of the file, whole, private, and never in the place of something else; whatever goes on meanwhile. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { RunId } from "../../src/ids.ts";
import { backUp } from "../../src/store/backup.ts";
import { openStore } from "../../src/store/open.ts";
import { verifyLine } from "../../src/store/verify-chain.ts";
import { together } from "./store-children.ts";
import { append, clock, line, note, startedLine, tempFolder } from "./store-fixtures.ts";

const refused = (code: string): object => expect.objectContaining({ code });

async function filled(file: string, events = 3): Promise<void> {
  const store = openStore({ file, clock });
  const fence = await startedLine(store);
  for (let n = 0; n < events; n += 1) await append(store, fence, [note(`note ${n}`)]);
  store.close();
}

/** Hashes of a line in a file, in order. */
function hashes(file: string, of: string): string[] {
  const db = new SQLite(file, { readonly: true });
  try {
    return db
      .prepare<[string], Buffer>("SELECT hash FROM events WHERE line = ? ORDER BY idx")
      .pluck()
      .all(of)
      .map((hash) => hash.toString("hex"));
  } finally {
    db.close();
  }
}

describe("backup", () => {
  it("U1 of a file that four processes commit to is whole and a prefix of each line", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    const store = openStore({ file, clock });
    const runs = ["r-000001", "r-000002", "r-000003", "r-000004"] as RunId[];
    for (const id of runs) await store.release(await startedLine(store, id));
    let going = true;
    const writers = together(runs.map((id) => ["append", file, id, "100"])).finally(() => (going = false));
    const copies: string[] = [];
    while (going) {
      const to = join(folder, `copy-${copies.length}.db`);
      await backUp({ file, to, clock });
      copies.push(to);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await writers).toEqual(runs.map(() => ({ done: 100 })));
    const partly = copies.filter((copy) => runs.some((id) => hashes(copy, `${id}.1`).length % 100 !== 0));
    expect(partly.length).toBeGreaterThan(0); // otherwise nothing was committed meanwhile
    for (const copy of copies) {
      const opened = openStore({ file: copy, clock, readOnly: true });
      for (const id of runs) {
        const there = hashes(copy, `${id}.1`);
        expect(there).toEqual(hashes(file, `${id}.1`).slice(0, there.length));
        expect(await verifyLine(opened, `${id}.1` as never)).toEqual([]);
      }
      opened.close();
    }
    store.close();
  });

  it("U1 U4 takes what is in the write-ahead log with it, and needs none itself", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    const store = openStore({ file, clock });
    await append(store, await startedLine(store), [note("in the log")]);
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
    const made = await backUp({ file, to: join(folder, "copy.db"), clock });
    expect(made).toMatchObject({ runs: 1, events: 1 });
    const db = new SQLite(made.file, { readonly: true });
    expect(db.pragma("journal_mode", { simple: true })).toBe("delete");
    expect(db.prepare("SELECT body FROM events").pluck().get()).toContain("in the log");
    db.close();
    store.close();
    expect(readdirSync(folder).toSorted()).toEqual(["cadre.db", "copy.db"]);
  });

  it("a backup opens for writing and goes on where it was taken", async () => {
    const folder = tempFolder();
    await filled(join(folder, "cadre.db"));
    const { file } = await backUp({ file: join(folder, "cadre.db"), to: join(folder, "copy.db"), clock });
    const store = openStore({ file, clock });
    const row = await store.line(line);
    expect(row).toMatchObject({ length: 3 });
    await append(store, { line, epoch: row?.epoch ?? 0 }, [note("and on")]);
    expect(await verifyLine(store, line)).toEqual([]);
    store.close();
  });

  it("U2 overwrites nothing: neither a file, a link, nor one that appears meanwhile", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    await filled(file);
    const taken = join(folder, "taken");
    writeFileSync(taken, "mine");
    await expect(backUp({ file, to: taken, clock })).rejects.toEqual(refused("usage"));
    await expect(backUp({ file, to: file, clock })).rejects.toEqual(refused("usage"));
    mkdirSync(join(folder, "a-folder"));
    await expect(backUp({ file, to: join(folder, "a-folder"), clock })).rejects.toEqual(refused("usage"));
    const racing = backUp({ file, to: join(folder, "late"), clock });
    writeFileSync(join(folder, "late"), "was faster");
    await expect(racing).rejects.toEqual(refused("usage"));
    expect(readFileSync(join(folder, "late"), "utf8")).toBe("was faster");
    expect(readFileSync(taken, "utf8")).toBe("mine");
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("U5 what a process of the same number left when it was killed, or is still writing, is in nobody's way and stays", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    await filled(file);
    const to = join(folder, "copy.db");
    const left = `${to}.${process.pid}.partial`;
    writeFileSync(left, "another's");
    expect(await backUp({ file, to, clock })).toMatchObject({ file: to, runs: 1 });
    expect(readFileSync(left, "utf8")).toBe("another's");
  });

  it("U2 a copy that does not verify gets no name", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    await filled(file);
    const db = new SQLite(file);
    db.exec("UPDATE events SET body = body || ' ' WHERE idx = 1");
    db.close();
    await expect(backUp({ file, to: join(folder, "copy.db"), clock })).rejects.toEqual(refused("store-corrupt"));
    expect(readdirSync(folder).filter((name) => name.startsWith("copy"))).toEqual([]);
  });

  it("U3 is readable by its owner only", async () => {
    const folder = tempFolder();
    await filled(join(folder, "cadre.db"));
    const umask = process.umask(0);
    try {
      const { file } = await backUp({ file: join(folder, "cadre.db"), to: join(folder, "copy.db"), clock });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  const root = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;
  it.skipIf(!root)("a disk without space is said as such, and keeps nothing (needs root and unshare)", async () => {
    const folder = tempFolder();
    const file = join(folder, "cadre.db");
    await filled(file, 40);
    mkdirSync(join(folder, "small"));
    const script = fileURLToPath(new URL("store-child.ts", import.meta.url));
    const inside = `mount -t tmpfs -o size=16k none ${folder}/small && echo go | "$0" --disable-warning=ExperimentalWarning ${script} backup ${file} ${folder}/small/copy.db; ls ${folder}/small`;
    const { stdout } = spawnSync("unshare", ["-m", "sh", "-c", inside, process.execPath], { encoding: "utf8" });
    expect(stdout).toContain('"error":"disk-full"');
    expect(stdout).not.toContain("partial");
    expect(existsSync(join(folder, "small/copy.db"))).toBe(false);
  });
});
