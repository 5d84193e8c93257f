/**
 * What stands in an ask's row for lists, and how it is taken out of the `body` of the event that raised it: in the commit that raises it, and
 * again by `verify`. SQL, as the migrations have it, so that all three read the same bytes.
 */

/** In bytes: SQLite ends a text at a NUL when it counts characters. */
const question = "CAST(body ->> '$.question' AS BLOB)";

/** Column of `asks`, to its expression. */
const listed = {
  kind: "body ->> '$.kind'",
  role: "body ->> '$.role'",
  recipient: "body ->> '$.to'",
  topic: "body ->> '$.topic'",
  severity: "body ->> '$.severity'",
  raised_at: "body ->> '$.at'",
  deadline: "body ->> '$.deadline'",
  bump: "body ->> '$.seat.bump'",
  /** The question's first line. */
  headline: `coalesce(CAST(substr(${question}, 1, instr(CAST(${question} || x'0a' AS BLOB), x'0a') - 1) AS TEXT), '')`,
};

export const listedColumns = Object.keys(listed).join(", ");
export const listedValues = Object.values(listed).join(", ");
/** True where a row says otherwise than the event. */
export const listedDiffer = Object.entries(listed)
  .map(([column, value]) => `${column} IS NOT ${value}`)
  .join(" OR ");
