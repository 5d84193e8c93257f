/**
 * LangGraph's own SQLite saver, for comparison only: installed into a cache folder beside the system's temporary files, never into the
 * project. Its nested better-sqlite3 12 does not load on Node 24, so it gets the version that we use; no install script runs.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const stockVersion = "1.0.4";

const wanted = {
  private: true,
  type: "module",
  dependencies: {
    "@langchain/langgraph-checkpoint-sqlite": stockVersion,
    "@langchain/langgraph-checkpoint": "1.2.2",
    "@langchain/core": "1.4.0",
    "better-sqlite3": "13.2.0",
  },
  overrides: { "better-sqlite3": "13.2.0" },
};

export type StockSaver =
  /** The module's file. */
  { readonly installed: true; readonly module: string } | { readonly installed: false; readonly why: string };

function moduleIn(folder: string): string {
  return join(folder, "node_modules/@langchain/langgraph-checkpoint-sqlite/dist/index.js");
}

/** npm as it was started with, or the one on the path. */
function npm(args: readonly string[], cwd: string): { readonly ok: boolean; readonly said: string } {
  const own = process.env["npm_execpath"];
  const [command, before] = own?.endsWith(".js") === true ? [process.execPath, [own]] : ["npm", []];
  const { status, stderr, error } = spawnSync(command, [...before, ...args], {
    cwd,
    encoding: "utf8",
    timeout: 180_000,
  });
  const said = error?.message ?? stderr.split("\n").find((text) => /error/i.test(text));
  return { ok: status === 0, said: said ?? `npm ended with ${status}` };
}

/** Installs it once; later calls find it. Without a network: not installed, and why. */
export function stockSaver(): StockSaver {
  const folder = join(tmpdir(), `cadre-bench-stock-${stockVersion}`);
  if (existsSync(folder)) return { installed: true, module: moduleIn(folder) };
  const fresh = mkdtempSync(`${folder}-`);
  try {
    writeFileSync(join(fresh, "package.json"), JSON.stringify(wanted));
    const { ok, said } = npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"], fresh);
    if (!ok) return { installed: false, why: said };
    renameSync(fresh, folder);
    return { installed: true, module: moduleIn(folder) };
  } catch (error) {
    return { installed: false, why: (error as Error).message };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
