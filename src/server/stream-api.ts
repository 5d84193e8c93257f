/** The one stream of everything that happens, with replay from where a page was (Last-Event-ID). */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { CadreError } from "../errors.ts";
import type { ServerDeps } from "./deps.ts";

/** Watchers at one time: each holds a connection. */
const most = 256;

export function streamOf({ live, onFault }: ServerDeps, context: Context): Response {
  if (live.watchers >= most) throw new CadreError("store-busy", `${most} pages watch already`);
  const cursor = cursorOf(context);
  // A proxy that gathers what it passes on would hold events back.
  context.header("X-Accel-Buffering", "no");
  return streamSSE(
    context,
    async (stream) => {
      const gone = new AbortController();
      stream.onAbort(() => gone.abort());
      context.req.raw.signal.addEventListener("abort", () => gone.abort(), { once: true });
      await stream.write("retry: 1000\n\n");
      for await (const told of live.watch(cursor, gone.signal)) {
        if (gone.signal.aborted) return;
        if (told === null) await stream.write(": still here\n\n");
        else
          await stream.writeSSE({
            event: told.name,
            data: JSON.stringify(told.data),
            ...(told.name === "event" ? { id: String(told.id) } : {}),
          });
      }
    },
    async (error) => onFault(error),
  );
}

/** What a browser sends when it connects again; before that, what the page has read already. */
function cursorOf(context: Context): number {
  const said = context.req.header("last-event-id") ?? context.req.query("after") ?? "0";
  const cursor = Number(said);
  return Number.isSafeInteger(cursor) && cursor >= 0 ? cursor : 0;
}
