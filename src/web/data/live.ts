/** What happens, told to whoever listens on this page: by the worker that all tabs share, or by a connection of our own where there is none. */
import { connect, type LiveMessage, type LiveState } from "./connection.ts";

type Listener = (message: LiveMessage) => void;

const listeners = new Set<Listener>();
let state: LiveState = "connecting";
let begun = false;
let restart = (): void => undefined;

function tell(message: LiveMessage): void {
  if (message.type === "state") state = message.state;
  for (const listener of listeners) listener(message);
}

export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function liveState(): LiveState {
  return state;
}

/** Connects anew at once: after signing in. */
export function liveAgain(): void {
  restart();
}

/** Once for each page. */
export function goLive(base: string, worker: string): void {
  if (begun) return;
  begun = true;
  if (typeof SharedWorker === "undefined") {
    let close = connect(base, tell);
    restart = () => {
      close();
      close = connect(base, tell);
    };
    return;
  }
  const { port } = new SharedWorker(worker, { name: base });
  restart = () => port.postMessage("again");
  port.addEventListener("message", ({ data }: MessageEvent<LiveMessage>) => tell(data));
  port.start();
  window.addEventListener("pagehide", () => port.postMessage("bye"));
  // Back from the browser's memory of pages: the worker has let go of this one.
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}
