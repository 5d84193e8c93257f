import { createServer, type RequestListener } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { leanFetch, type Answered } from "../../src/models/lean-fetch.ts";

async function served(listener: RequestListener): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer(listener);
  server.on("connection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, connections: () => connections };
}

async function textOf({ body }: Answered): Promise<string> {
  const reader = body?.getReader();
  const pieces: Uint8Array[] = [];
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) pieces.push(next.value);
  return Buffer.concat(pieces).toString("utf8");
}

describe("the lean fetch", () => {
  test("one connection serves calls that come one after the other, even when each one's signal aborts afterwards", async () => {
    const { url, connections } = await served((request, response) => {
      request.resume().on("end", () => response.end("{}"));
    });
    for (let call = 0; call < 5; call += 1) {
      const over = new AbortController();
      expect(await textOf(await leanFetch(url, { method: "POST", body: "{}", signal: over.signal }))).toBe("{}");
      over.abort(); // as the transport does with every call that has ended
      await new Promise((resolve) => setImmediate(resolve)); // the agent takes the connection back in between
    }
    expect(connections()).toBe(1);
  });

  test("L1 it asks for nothing encoded, and an answer that is encoded all the same is malformed", async () => {
    const { url } = await served((request, response) => {
      const encoding = request.headers["accept-encoding"];
      if (request.url === "/plain") response.end(JSON.stringify({ encoding }));
      else response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("{}"));
    });
    const plain = await leanFetch(`${url}plain`, { method: "POST", body: "{}" });
    expect(JSON.parse(await textOf(plain))).toEqual({ encoding: "identity" });
    await expect(leanFetch(url, { method: "POST", body: "{}" })).rejects.toMatchObject({ code: "model-malformed" });
  });

  test("L2 a signal that aborted before sends nothing, one that aborts in between ends it with its own reason", async () => {
    let asked = 0;
    const { url } = await served(() => void (asked += 1));
    const reason = new Error("left");
    await expect(leanFetch(url, { body: "{}", signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(asked).toBe(0);
    const leave = new AbortController();
    const call = leanFetch(url, { body: "{}", signal: leave.signal });
    leave.abort(reason);
    await expect(call).rejects.toBe(reason);
  });

  test("L3 a server that sends faster than it is read is held back", async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 0x61);
    const { url } = await served((_request, response) => {
      const more = (): void => {
        while (sent < 4000 && response.write(piece)) sent += 1;
        if (sent < 4000) response.once("drain", () => ((sent += 1), more()));
      };
      more();
    });
    const { body } = await leanFetch(url, { method: "POST", body: "{}" });
    const reader = body?.getReader();
    expect(await reader?.read()).toMatchObject({ done: false });
    for (let turn = 0; turn < 4000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    // What the kernel takes in between is some megabytes.
    expect((sent * piece.length) / 1e6).toBeLessThan(50);
    await reader?.cancel();
  });

  test("L4 a body that is shorter than announced fails, whatever came of it", async () => {
    const { url } = await served((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("[1,2]");
      setImmediate(() => response.destroy());
    });
    await expect(leanFetch(url, { method: "POST", body: "{}" }).then(textOf)).rejects.toThrow();
  });

  test("what has no text as its body goes as ever", async () => {
    const { url } = await served((request, response) => {
      request.on("data", (bytes: Buffer) => response.end(String(bytes.length)));
    });
    expect(await textOf(await leanFetch(url, { method: "POST", body: new Uint8Array(7) }))).toBe("7");
  });
});
