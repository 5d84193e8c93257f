/**
 * The `fetch` that the SDK's HTTP transport gets.
 *
 * F1. It speaks to one origin. The token is put on here, for that origin; a redirect is not followed.
 * F2. An answer is at most `answerBytes`.
 * F3. There is no stream beside the calls: what a server wants to say on its own account is not listened to.
 */
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { McpFault } from "./port.ts";
import { answerBytes } from "./stdio-transport.ts";

export function guardedFetch(url: URL, token: string | null, doFetch: typeof fetch = fetch): FetchLike {
  return async (input, init) => {
    if (new URL(String(input)).origin !== url.origin)
      throw new McpFault("it was to be asked at another address; nothing was sent there");
    if ((init?.method ?? "GET") === "GET") return new Response(null, { status: 405 }); // F3
    const headers = new Headers(init?.headers);
    headers.delete("authorization");
    if (token !== null) headers.set("authorization", `Bearer ${token}`);
    const response = await doFetch(input, { ...init, headers, redirect: "manual" });
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new McpFault("it sends callers to another address, which are not followed");
    }
    return response.body === null ? response : new Response(bounded(response.body), response);
  };
}

/** F2. */
function bounded(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  let bytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bytes += chunk.length;
        if (bytes <= answerBytes) controller.enqueue(chunk);
        else controller.error(new McpFault(`it sent more than ${answerBytes / 1024 / 1024} MB for one answer`));
      },
    }),
  );
}
