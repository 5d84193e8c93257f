/** Holds the one stream of all tabs: a browser opens six connections to a host at most, and a stream takes one for good. */
import { connect, type LiveMessage, type LiveState } from "./connection.ts";

type Scope = { onconnect: ((event: MessageEvent) => void) | null; readonly name: string };

const scope = globalThis as unknown as Scope;
const ports = new Set<MessagePort>();
let state: LiveState = "connecting";
let close: (() => void) | null = null;

const tell = (message: LiveMessage): void => {
  if (message.type === "state") state = message.state;
  for (const port of ports) port.postMessage(message);
};

// The worker's name is where the page is served.
scope.onconnect = ({ ports: [port] }) => {
  if (port === undefined) return;
  ports.add(port);
  port.addEventListener("message", ({ data }: MessageEvent<string>) => {
    if (data === "bye") ports.delete(port);
    if (data === "again") {
      close?.();
      close = connect(scope.name, tell);
    }
  });
  port.start();
  port.postMessage({ type: "state", state } satisfies LiveMessage);
  close ??= connect(scope.name, tell);
};
