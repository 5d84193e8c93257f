/**
 * Who looks at the control room, and what it is told beside the pages. The files of this folder are all that the server tells it, as plain
 * data: the one contract between `server` and `web`. Types alone; the page folds the events with the same views as the command line.
 */
import type { NumberedEvent } from "../../events/numbered.ts";

/** What a user may do besides looking. */
export type Permission = "decide" | "run";

/** cadre.session/1. */
export type SessionView = {
  readonly user: { readonly name: string; readonly may: readonly Permission[] };
  /** The project's folder name. */
  readonly project: string;
  readonly version: string;
  /** `npx cadre`, with the options that lead to this project: what every shown command starts with. */
  readonly command: string;
  /** Absolute path, for links into an editor; null where the page is not on this machine. */
  readonly dir: string | null;
  readonly openAsks: number;
  /** The newest arrival number: where a page that begins now begins to listen. */
  readonly newest: number;
};

/** cadre.error/1. */
export type ErrorView = {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly place: { readonly file: string; readonly line?: number; readonly column?: number } | null;
  readonly move: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** What a message of the stream holds, by its name. `event` messages alone have an id: the arrival number. */
export type StreamMessages = {
  readonly event: NumberedEvent & { readonly run: string };
  /** Model text of a step under way; never stored. */
  readonly text: { readonly run: string; readonly role: string; readonly text: string };
  /** Something besides events has changed: asks, votes, who moves what. `openAsks` is the number in the title. */
  readonly changed: { readonly openAsks: number };
};
