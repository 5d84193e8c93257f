/**
 * One connection to the stream, which heals by itself.
 *
 * N1. It goes on after the last event that it has seen: nothing is missed, nothing comes twice.
 * N2. It says when it is broken and when it is whole again; what was in between comes with the replay.
 */
import type { StreamMessages } from "../../views/control-room/session.ts";

export type LiveState = "connecting" | "live" | "lost" | "signed-out";

export type LiveMessage =
  | { readonly type: "state"; readonly state: LiveState }
  | { readonly type: "event"; readonly data: StreamMessages["event"] }
  | { readonly type: "text"; readonly data: StreamMessages["text"] }
  | { readonly type: "changed"; readonly data: StreamMessages["changed"] };

const firstWaitMs = 500;
const longestWaitMs = 8000;

/** `base`: where the page is served. Returns what closes it. */
export function connect(base: string, tell: (message: LiveMessage) => void): () => void {
  let cursor: number | null = null;
  let stream: EventSource | null = null;
  let wait = firstWaitMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const later = (): void => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void open(), wait);
    wait = Math.min(longestWaitMs, wait * 2);
  };

  const open = async (): Promise<void> => {
    stream?.close();
    const start = await whereWeAre(base, cursor);
    if (closed) return;
    if (typeof start === "string") {
      tell({ type: "state", state: start });
      later();
      return;
    }
    cursor = start;
    stream = new EventSource(`${base}/api/stream?after=${cursor}`); // N1
    stream.addEventListener("open", () => {
      wait = firstWaitMs;
      tell({ type: "state", state: "live" });
    });
    stream.addEventListener("error", () => {
      tell({ type: "state", state: "lost" }); // N2
      // Opened anew here in any case: a browser gives up after an answer that is no stream.
      stream?.close();
      later();
    });
    stream.addEventListener("event", (message: MessageEvent<string>) => {
      const data = JSON.parse(message.data) as StreamMessages["event"];
      if (cursor !== null && data.seq <= cursor) return;
      cursor = data.seq;
      tell({ type: "event", data });
    });
    stream.addEventListener("text", (message: MessageEvent<string>) => {
      tell({ type: "text", data: JSON.parse(message.data) as StreamMessages["text"] });
    });
    stream.addEventListener("changed", (message: MessageEvent<string>) => {
      tell({ type: "changed", data: JSON.parse(message.data) as StreamMessages["changed"] });
    });
  };

  tell({ type: "state", state: "connecting" });
  void open();
  return () => {
    closed = true;
    clearTimeout(timer);
    stream?.close();
  };
}

/** Whether we are let in; and, the first time, the arrival number to begin at. */
async function whereWeAre(base: string, cursor: number | null): Promise<number | LiveState> {
  try {
    const response = await fetch(`${base}/api/session`, { headers: { accept: "application/json" } });
    if (response.status === 401) return "signed-out";
    if (!response.ok) return "lost";
    const { newest } = (await response.json()) as { newest: number };
    return cursor ?? newest;
  } catch {
    return "lost";
  }
}
