/** The built command as a process of its own, in temporary projects that are copies of the shipped one. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
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

type Left = { readonly ended: Ended; readonly files: readonly Kept[] };
type Kept = { readonly path: string; readonly mode: number; readonly bytes: Buffer };
const begunBefore = new Map<string, Left>();

/**
 * `cadre run` of the shipped brief in a project in which nothing ran yet, for tests of what comes after it. It runs once: where a project of the
 * same files was begun before with the same arguments, this one gets what that run left.
 */
export function begun(dir: string, args: readonly string[] = []): Ended {
  const before = filesIn(dir);
  const key = JSON.stringify([
    args,
    before.map(({ path, bytes }) => [path, createHash("sha256").update(bytes).digest("hex")]),
  ]);
  const known = begunBefore.get(key);
  for (const { path, mode, bytes } of known?.files ?? []) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes, { mode });
  }
  if (known) return known.ended;
  const ended = cadre(dir, ["run", brief, ...args]);
  const had = new Set(before.map(({ path }) => path));
  begunBefore.set(key, { ended, files: filesIn(dir).filter(({ path }) => !had.has(path)) });
  return ended;
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

/** What waits in a project, oldest first. */
export function inbox(cwd: string): Asked[] {
  return document(cadre(cwd, ["inbox", "--json"]))["asks"] as Asked[];
}

/** Answers and approves until the run is no longer waiting; returns the last outcome. */
export function decideAll(cwd: string): Ended {
  let last: Ended = { code: 8, out: "", err: "" };
  for (let many = 0; many < 10 && last.code === 8; many += 1) {
    const [ask] = inbox(cwd);
    if (!ask) throw new Error("it waits, and nothing is in the inbox");
    const approval = ask.kind === "approval" || ask.kind === "sign_off" || ask.kind === "limit";
    last = cadre(cwd, approval ? ["approve", ask.id] : ["answer", ask.id, "Stay within what is allowed today"]);
  }
  return last;
}
