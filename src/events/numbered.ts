import type { Event } from "./event.ts";

/** An event with its place: what every view is rendered from. `seq` is arrival order over all lines of a store. */
export type NumberedEvent = {
  readonly seq: number;
  readonly line: string;
  /** 0-based within the line. */
  readonly index: number;
  /** sha256 of the chain up to here, hex (D8), where the store gave one. */
  readonly hash?: string;
  readonly event: Event;
};
