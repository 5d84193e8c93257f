/** What `doctor` says about the data folder: the file and its size, what is in it, who may read it. Nothing is changed. */
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../clock.ts";
import type { Counts, Health, RunSize } from "../store/inspection.ts";
import { check, type Check } from "./check.ts";
import type { Context } from "./context.ts";
import { asCadreError } from "./errors.ts";

/** For `--json`, beside the checks; null where there is no file, or none that can be read. */
export type DataFacts = Health & {
  readonly counts: Counts;
  readonly largest: readonly RunSize[];
  readonly private: boolean;
};

export async function dataChecks(
  context: Context,
): Promise<{ readonly checks: Check[]; readonly facts: DataFacts | null }> {
  const file = join(context.data, "cadre.db");
  if (!existsSync(file))
    return { checks: [check("data", "note", `${file} is not there yet`, "the first run makes it")], facts: null };
  try {
    const { openStore } = await import("../store/open.ts");
    const store = openStore({ file, clock: systemClock, readOnly: true });
    try {
      const health = await store.health();
      const counts = await store.counts();
      const largest = await store.largestRuns(3);
      const open = openToOthers(context.data, file);
      return {
        checks: [
          healthCheck(context, health),
          contentCheck(counts, largest),
          privacyCheck(open),
          writableCheck(context.data),
        ],
        facts: { ...health, counts, largest, private: open.length === 0 },
      };
    } finally {
      store.close();
    }
  } catch (thrown) {
    const error = asCadreError(thrown);
    return { checks: [check("data", "broken", error.message, error.hint)], facts: null };
  }
}

function healthCheck(context: Context, health: Health): Check {
  const { file, bytes, walBytes, freeBytes, schema, integrity } = health;
  const sizes = `${size(bytes)} (${size(freeBytes)} of it free) and ${size(walBytes)} of log, layout ${schema}`;
  const whole = integrity === "ok";
  return check(
    "data",
    whole ? "ok" : "broken",
    `${file}: ${sizes}, ${whole ? "no damage seen" : integrity}`,
    whole ? "" : context.command("verify"),
  );
}

function contentCheck(counts: Counts, largest: readonly RunSize[]): Check {
  const many = (number: number, one: string): string => `${number} ${one}${number === 1 ? "" : "s"}`;
  const what = [
    many(counts.runs, "run"),
    many(counts.openAsks, "open ask"),
    many(counts.lines, "line"),
    many(counts.events, "event"),
    many(counts.checkpoints, "checkpoint"),
    many(counts.effects, "effect"),
  ].join(", ");
  const runs = largest.map(({ run, events, bytes }) => `${run} (${many(events, "event")}, ${size(bytes)})`).join(", ");
  return check("runs", "ok", runs === "" ? what : `${what}; largest: ${runs}`);
}

/** The folder and the files in it that others than their owner may open. */
function openToOthers(folder: string, file: string): string[] {
  return [folder, file, `${file}-wal`, `${file}-shm`].filter((path) => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    return mode !== undefined && (mode & 0o077) !== 0;
  });
}

function privacyCheck(open: readonly string[]): Check {
  if (process.platform === "win32" || open.length === 0)
    return check("private", "ok", "only its owner may open the data");
  return check(
    "private",
    "note",
    `others than the owner may open ${open.join(", ")}`,
    `it holds briefs, answers and results: chmod go= ${open.join(" ")}`,
  );
}

function writableCheck(folder: string): Check {
  return writable(folder)
    ? check("writable", "ok", folder)
    : check("writable", "note", `${folder} may only be read`, "runs need --data for a folder that can be written");
}

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function size(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
