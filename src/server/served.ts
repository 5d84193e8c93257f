/** Where a control room shows a project at this moment: noted in the data folder by the process that serves it, gone when it ends. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Owner } from "../store/rows.ts";
import { ownerState, thisOwner } from "../store/owner.ts";

type Note = { readonly url: string; readonly owner: Owner };

function noteIn(data: string): string {
  return join(data, "served.json");
}

/** Returns what takes the note away again. Where it cannot be written, nobody is told, and the room is there all the same. */
export function noteServed(data: string, url: string): () => void {
  const note: Note = { url, owner: thisOwner() };
  try {
    writeFileSync(noteIn(data), JSON.stringify(note), { mode: 0o600 });
  } catch {
    return () => undefined;
  }
  return () => {
    if (servedAt(data) === url) rmSync(noteIn(data), { force: true });
  };
}

/** With a closing slash; null where no process serves it, or it cannot be told. */
export function servedAt(data: string): string | null {
  try {
    const { url, owner } = JSON.parse(readFileSync(noteIn(data), "utf8")) as Note;
    return ownerState(owner) === "alive" && /^https?:\/\/[^\s]+\/$/.test(url) ? url : null;
  } catch {
    return null;
  }
}
