/** The built command as a process of its own, in temporary projects that are copies of the shipped one. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import SQLite from "better-sqlite3";
import { onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const main = join(root, "dist/cli/main.js");
export const brief = "briefs/vietnamese-reviews.md";

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string };
export type RunOptions = { readonly input?: string; readonly env?: Readonly<Record<string, string>> };

export function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "cadre-cli-")));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A project of the shipped roles, rules, workflow and briefs. */
export function project(): string {
  const path = folder();
  for (const part of ["modes", "graphs", "briefs"]) cpSync(join(root, part), join(path, part), { recursive: true });
  return path;
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string | undefined> {
  const { FORCE_COLOR: _force, NO_COLOR: _no, ...rest } = process.env;
  return { ...rest, ...more };
}

/** Runs to the end; stdin is empty unless given. */
export function cadre(cwd: string, args: readonly string[], options: RunOptions = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    cwd,
    encoding: "utf8",
    input: options.input ?? "",
    env: environment(options.env),
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, out: stdout, err: stderr };
}

type Kept = { readonly path: string; readonly mode: number; readonly bytes: Buffer };
type Left = { readonly told: unknown; readonly files: readonly Kept[] };
const doneBefore = new Map<string, Left>();

/**
 * What a preparation does to a project, for tests of what comes after it. It is done once: where `name` was done before to a project of the same files, this
 * one gets what that left, and what it returned.
 */
export function preparedOnce<Told>(dir: string, name: string, prepare: () => Told): Told {
  const before = filesIn(dir);
  const key = JSON.stringify([
    name,
    before.map(({ path, bytes }) => [path, createHash("sha256").update(bytes).digest("hex")]),
  ]);
  const known = doneBefore.get(key);
  if (!known) {
    const told = prepare();
    doneBefore.set(key, { told, files: filesIn(dir) });
    return told;
  }
  for (const { path } of before) rmSync(join(dir, path));
  for (const { path, mode, bytes } of known.files) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes, { mode });
  }
  return known.told as Told;
}

/** `cadre run` of the shipped brief in a project in which nothing ran yet. */
export function begun(dir: string, args: readonly string[] = []): Ended {
  return preparedOnce(dir, `run ${args.join(" ")}`, () => cadre(dir, ["run", brief, ...args]));
}

function filesIn(dir: string): Kept[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((path) => ({ path: relative(dir, path), mode: statSync(path).mode & 0o777, bytes: readFileSync(path) }));
}

export type Running = { readonly process: ChildProcess; readonly ended: Promise<Ended> };

/** Starts a process; `onOutput` sees stdout so far at every piece. It is killed when the test ends. */
export function startCadre(
  cwd: string,
  args: readonly string[],
  onOutput: (out: string, child: ChildProcess) => void = () => {},
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: environment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    out += piece;
    onOutput(out, child);
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (err += piece));
  const ended = new Promise<Ended>((done) => {
    child.on("close", (code) => done({ code, out, err }));
  });
  return { process: child, ended };
}

/** The one JSON document on stdout. */
export function document(ended: Ended): Record<string, unknown> {
  const value: unknown = JSON.parse(ended.out);
  if (typeof value !== "object" || value === null) throw new Error(`no document: ${ended.out}`);
  return value as Record<string, unknown>;
}

/** One JSON object per line. */
export function records(ended: Ended): Record<string, unknown>[] {
  return ended.out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

type Asked = {
  readonly id: string;
  readonly kind: string;
  readonly hash: string;
  readonly run: string;
  readonly role: string;
};

/** What waits in a project, oldest first, as its data file says: a process for each look would only cost time. */
export function openAsks(cwd: string): Asked[] {
  const file = join(cwd, ".cadre/cadre.db");
  if (!existsSync(file)) return [];
  const db = new SQLite(file);
  try {
    return db.prepare<[], Asked>("SELECT id, kind, hash, run, role FROM asks WHERE state = 'open' ORDER BY seq").all();
  } finally {
    db.close();
  }
}

/** The same, as the command tells it. */
export function inbox(cwd: string): Asked[] {
  return document(cadre(cwd, ["inbox", "--json"]))["asks"] as Asked[];
}

/** Answers and approves until the run is no longer waiting; returns the last outcome. */
export function decideAll(cwd: string): Ended {
  return preparedOnce(cwd, "decide all", () => {
    let last: Ended = { code: 8, out: "", err: "" };
    for (let many = 0; many < 10 && last.code === 8; many += 1) {
      const [ask] = openAsks(cwd);
      if (!ask) throw new Error("it waits, and nothing is in the inbox");
      last = cadre(cwd, decision(ask));
    }
    return last;
  });
}

/** Decides until an ask of this kind waits, and returns it. */
export function decideUntil(cwd: string, kind: string): Asked {
  return preparedOnce(cwd, `decide until ${kind}`, () => {
    for (let many = 0; many < 10; many += 1) {
      const [ask] = openAsks(cwd);
      if (!ask) break;
      if (ask.kind === kind) return ask;
      cadre(cwd, decision(ask));
    }
    throw new Error(`no ask of kind ${kind} ever waited`);
  });
}

function decision({ id, kind }: Asked): string[] {
  const approval = kind === "approval" || kind === "sign_off" || kind === "limit";
  return approval ? ["approve", id] : ["answer", id, "Stay within what is allowed today"];
}
