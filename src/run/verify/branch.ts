import type { Event, EventOf } from "../../events/event.ts";

type Opening = { readonly index: number; readonly hash: string; readonly event: EventOf<"child_opened"> };

/** What one line tells of its place in the tree. */
export class Branch {
  readonly opened = new Map<string, Opening>();
  readonly closed = new Map<string, EventOf<"child_closed">>();
  readonly stopped = new Set<string>();
  started: EventOf<"child_started"> | null = null;
  frame: EventOf<"frame_opened"> | null = null;
  ended: EventOf<"child_ended"> | null = null;
  steps = 0;
  refusals = 0;

  take(event: Event, index: number, hash: string): void {
    if (event.type === "child_opened") this.opened.set(event.child, { index, hash, event });
    else if (event.type === "child_closed") this.closed.set(event.child, event);
    else if (event.type === "children_stopped") for (const child of event.children) this.stopped.add(child);
    else if (event.type === "child_started") this.started ??= event;
    else if (event.type === "frame_opened") this.frame ??= event;
    else if (event.type === "child_ended") this.ended = event;
    else this.#count(event);
  }

  #count({ type }: Event): void {
    if (type === "turn_taken" || type === "action_done") this.steps += 1;
    if (type === "refused") this.refusals += 1;
  }
}
