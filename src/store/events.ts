/**
 * The event log: each event stored once, as the canonical JSON that its hash covers (D7, D8).
 * Nothing here updates or deletes an event.
 */
import { hash as hashAtOnce } from "node:crypto";
import { canonicalJson } from "../canonical.ts";
import type { Event } from "../events/event.ts";
import { schemaFault, schemaFor } from "../events/schema-for.ts";
import type { LineId } from "../ids.ts";
import type { StoredEvent } from "./rows.ts";
import type { Connection } from "./connection.ts";
import { bug } from "./failure.ts";

/** The chain's next link (D8): sha256 over the previous hash in hex and the event's stored bytes. */
export function linkHash(previous: Uint8Array, bytes: string | Uint8Array): Buffer {
  const hex = Buffer.from(previous).toString("hex");
  return hashAtOnce(
    "sha256",
    typeof bytes === "string" ? hex + bytes : Buffer.concat([Buffer.from(hex), bytes]),
    "buffer",
  );
}

/** Writes events after a line's present end; only `commit` calls it, inside its transaction (D2). */
export function eventWriter({
  db,
  reach,
}: Connection): (
  line: LineId,
  from: { readonly length: number; readonly hash: Buffer },
  events: readonly Event[],
) => { readonly stored: readonly StoredEvent[]; readonly head: Buffer } {
  const insert = db.prepare<[LineId, number, Buffer, string]>(
    "INSERT INTO events (line, idx, hash, body) VALUES (?, ?, ?, ?)",
  );
  return (line, from, events) => {
    let head = from.hash;
    const stored = events.map((event, offset) => {
      const index = from.length + offset;
      // What `verify` would call corrupt is not written in the first place (E3). A process writes few events of a type: zod would
      // generate and compile a function for each, which pays where there are thousands, as for `verify`.
      const checked = schemaFor(event).safeParse(event, { jitless: true });
      if (!checked.success) throw bug(`event ${index} of ${line} ${schemaFault(checked.error)}`, { line, index });
      const bytes = canonicalJson(event);
      head = linkHash(head, bytes);
      const { lastInsertRowid } = insert.run(line, index, head, bytes);
      reach("commit:event");
      return { seq: Number(lastInsertRowid), line, index, hash: head.toString("hex"), event };
    });
    return { stored, head };
  };
}
