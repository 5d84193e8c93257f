/**
 * Brings a file to the layout that this program knows.
 *
 * M1. A file that is not ours, or is newer than we are, is left untouched.
 * M2. Each migration is one immediate transaction, checked again inside it: two processes may open a new file at once.
 */
import type { Database } from "better-sqlite3";
import type { Clock } from "../clock.ts";
import { isoTime } from "../clock.ts";
import { CadreError } from "../errors.ts";
import { versionOf } from "./schema.ts";
import type { Layout } from "./schema.ts";

function numberOf(db: Database, pragma: string): number {
  return db.pragma(pragma, { simple: true }) as number;
}

/** The file's layout version, 0 for a new file. Errors: store-corrupt (someone else's database), store-newer. */
export function checkLayout(db: Database, layout: Layout, file: string): number {
  const latestVersion = versionOf(layout);
  const version = numberOf(db, "user_version");
  const tables = db.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get() ?? 0;
  const empty = tables === 0 && version === 0;
  if (!empty && numberOf(db, "application_id") !== layout.applicationId)
    throw new CadreError("store-corrupt", `${file} is a SQLite database, but not one of cadre's with ${layout.what}.`, {
      hint: `Leave it as it is, and ${layout.advice.elsewhere}.`,
      data: { file },
    });
  if (version > latestVersion)
    throw new CadreError(
      "store-newer",
      `${file} was written by a newer cadre: its layout is ${version}, this one knows ${latestVersion}.`,
      { hint: `Use the newer cadre, or ${layout.advice.elsewhere}.`, data: { file, version, known: latestVersion } },
    );
  return version;
}

/** When each migration was made, for layouts that keep a table of it. */
function noteDate(db: Database, version: number, clock: Clock): void {
  const kept = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'migrations'").get() !== undefined;
  if (kept) db.prepare("INSERT INTO migrations (version, applied_at) VALUES (?, ?)").run(version, isoTime(clock));
}

export function migrate(db: Database, layout: Layout, clock: Clock, file: string): void {
  const step = db.transaction(() => {
    const version = checkLayout(db, layout, file); // M1, M2
    const next = layout.migrations.find((candidate) => candidate.version > version);
    if (next === undefined) return false;
    db.exec(next.sql);
    noteDate(db, next.version, clock);
    db.pragma(`application_id = ${layout.applicationId}`);
    db.pragma(`user_version = ${next.version}`);
    return true;
  });
  if (checkLayout(db, layout, file) === versionOf(layout)) return;
  while (step.immediate());
}
