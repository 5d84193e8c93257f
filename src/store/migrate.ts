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
import { applicationId, latestVersion, migrations } from "./schema.ts";

function numberOf(db: Database, pragma: string): number {
  return db.pragma(pragma, { simple: true }) as number;
}

/** The file's layout version, 0 for a new file. Errors: store-corrupt (someone else's database), store-newer. */
export function checkLayout(db: Database, file: string): number {
  const version = numberOf(db, "user_version");
  const tables = db.prepare<[], number>("SELECT count(*) FROM sqlite_schema").pluck().get() ?? 0;
  const empty = tables === 0 && version === 0;
  if (!empty && numberOf(db, "application_id") !== applicationId)
    throw new CadreError("store-corrupt", `${file} is a SQLite database, but not one of cadre's.`, {
      hint: "Give another folder with --data.",
      data: { file },
    });
  if (version > latestVersion)
    throw new CadreError(
      "store-newer",
      `${file} was written by a newer cadre: its layout is ${version}, this one knows ${latestVersion}.`,
      { hint: "Use the newer cadre, or another folder with --data.", data: { file, version, known: latestVersion } },
    );
  return version;
}

export function migrate(db: Database, clock: Clock, file: string): void {
  const step = db.transaction(() => {
    const version = checkLayout(db, file); // M1, M2
    const next = migrations.find((candidate) => candidate.version > version);
    if (next === undefined) return false;
    db.exec(next.sql);
    db.prepare("INSERT INTO migrations (version, applied_at) VALUES (?, ?)").run(next.version, isoTime(clock));
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${next.version}`);
    return true;
  });
  if (checkLayout(db, file) === latestVersion) return;
  while (step.immediate());
}
