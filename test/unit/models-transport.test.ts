import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createTransport } from "../../src/models/transport.ts";
import {
  connectionError,
  malformedError,
  statusError,
  timeoutError,
  truncatedError,
} from "../../src/models/transport-errors.ts";
import { manualTiming } from "../fixtures/manual-timing.ts";
import { expectQuiet, settled } from "../contract/model-conformance.ts";

type Sent = { url: string; authorization: string | null; redirect: string | undefined };

/** A network that notes what was sent and answers by `respond`. */
function network(respond: (n: number) => Response | Error): { sent: Sent[]; fetch: typeof fetch } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: async (input, init) => {
      const authorization = new Headers(init?.headers).get("authorization");
      sent.push({ url: new Request(input).url, authorization, redirect: init?.redirect });
      const response = respond(sent.length);
      if (response instanceof Error) throw response;
      return response;
    },
  };
}

const json = (): Response => Response.json({ ok: true });
const broken = (code: string): Error =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) });
const url = "https://models.example.com/v1";

describe("T1 T2 one origin, one token", () => {
  it("puts on the token, whatever Authorization the caller set", async () => {
    const { sent, fetch } = network(json);
    const transport = createTransport({ fetch }, { url, token: " sk-real\n" });
    await transport(`${url}/x`, { headers: { Authorization: "Bearer sk-other" } });
    expect(sent).toEqual([{ url: `${url}/x`, authorization: "Bearer sk-real", redirect: "manual" }]);
  });

  it("drops the caller's Authorization where no token is configured", async () => {
    const { sent, fetch } = network(json);
    await createTransport({ fetch }, { url })(`${url}/x`, { headers: { authorization: "Bearer sk-other" } });
    expect(sent[0]?.authorization).toBeNull();
  });

  it.each([
    "https://other.example.com/v1",
    "http://models.example.com/v1",
    "https://models.example.com:8443/v1",
    "https://models.example.com.evil.example/v1",
    "https://models.example.com@evil.example/v1",
  ])("sends nothing to %s", async (other) => {
    const { sent, fetch } = network(json);
    const transport = createTransport({ fetch }, { url, token: "sk-real" });
    expectQuiet(await settled(transport(other, { method: "POST", body: "secret prompt" })), "model-refused", [
      "sk-real",
    ]);
    expect(sent).toEqual([]);
  });

  it.each([
    "https://evil.example/",
    "//evil.example/",
    "http://models.example.com/v1",
    "https://models.example.com:444/",
  ])("follows no redirect to %s", async (location) => {
    const { sent, fetch } = network(() => new Response(null, { status: 308, headers: { location } }));
    const transport = createTransport({ fetch }, { url, token: "sk-real" });
    expectQuiet(await settled(transport(url, { method: "POST", body: "{}" })), "model-refused", ["sk-real"]);
    expect(sent).toHaveLength(1);
  });
});

describe("T3 retries", () => {
  it.each(["ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])("tries %s again", async (code) => {
    const timing = manualTiming();
    const { sent, fetch } = network((n) => (n < 3 ? broken(code) : json()));
    await createTransport({ fetch, timing, random: () => 0.5 }, { url })(url);
    expect(sent).toHaveLength(3);
    expect(timing.waits).toEqual([375, 750]);
    expect(timing.count()).toBe(0);
  });

  it.each(["ENOTFOUND", "CERT_HAS_EXPIRED", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
    "does not try %s again",
    async (code) => {
      const { sent, fetch } = network(() => broken(code));
      const error = await settled(createTransport({ fetch, timing: manualTiming() }, { url })(url));
      expect(error).toMatchObject({ code: "model-unreachable", message: expect.stringContaining(code) });
      expect(sent).toHaveLength(1);
    },
  );

  it.each([400, 401, 403, 404, 408, 422])("does not try %i again", async (status) => {
    const { sent, fetch } = network(() => new Response("no", { status }));
    await settled(createTransport({ fetch, timing: manualTiming() }, { url })(url));
    expect(sent).toHaveLength(1);
  });

  it("as many as configured, never more", async () => {
    const { sent, fetch } = network(() => new Response("busy", { status: 503 }));
    await settled(createTransport({ fetch, timing: manualTiming() }, { url, limits: { retries: 7 } })(url));
    expect(sent).toHaveLength(8);
  });

  it("a Retry-After that makes no sense is no Retry-After", async () => {
    const timing = manualTiming();
    const headers = { "retry-after": "soon" };
    const { fetch } = network((n) => (n === 1 ? new Response("busy", { status: 503, headers }) : json()));
    await createTransport({ fetch, timing, random: () => 0 }, { url })(url);
    expect(timing.waits).toEqual([250]);
  });

  it("the total limit counts while waiting to retry", async () => {
    const timing = manualTiming();
    const held = {
      ...timing,
      after: (purpose: "retry" | "total" | "idle" | "first-token", ms: number, back: () => void) =>
        purpose === "retry" ? (timing.runOut("total"), () => {}) : timing.after(purpose, ms, back),
    };
    const { sent, fetch } = network(() => new Response("busy", { status: 503 }));
    expectQuiet(await settled(createTransport({ fetch, timing: held }, { url })(url)), "model-timeout");
    expect(sent).toHaveLength(1);
    expect(timing.count()).toBe(0);
  });
});

describe("T4 what the client is given", () => {
  it("a plain code of a refusal is told, its text is not", async () => {
    const body = JSON.stringify({ error: { message: "you said: my secret prompt", code: "context_length_exceeded" } });
    const { fetch } = network(() => new Response(body, { status: 400 }));
    const error = await settled(createTransport({ fetch }, { url })(url, { method: "POST", body: "my secret prompt" }));
    expectQuiet(error, "model-refused", ["secret"]);
    expect(error).toMatchObject({ data: { serverCode: "context_length_exceeded" } });
  });

  it("a code that was part of what was sent is not told", async () => {
    const { fetch } = network(() => Response.json({ error: { code: "my_secret" } }, { status: 400 }));
    const error = await settled(
      createTransport({ fetch }, { url })(url, { method: "POST", body: '{"content":"my_secret"}' }),
    );
    expectQuiet(error, "model-refused", ["my_secret"]);
  });

  it("a server that wants a token, and none is configured", async () => {
    const { fetch } = network(() => new Response("", { status: 401 }));
    const error = await settled(createTransport({ fetch }, { url })(url));
    expect(error).toMatchObject({ code: "model-auth", hint: expect.stringContaining("`token`") });
  });

  it("no hint speaks of a run: whoever asks a model may have none", () => {
    const origin = "https://models.test";
    const refused = [400, 401, 402, 403, 404, 413, 429, 500, 503].flatMap((status) =>
      [true, false].map((token) => statusError(origin, status, 1, { serverCode: null, token })),
    );
    const timedOut = (["first-token", "idle", "total"] as const).map((limit) => timeoutError(origin, limit, 1000));
    const gone = [
      connectionError(origin, "ENOTFOUND", 1),
      connectionError(origin, "ECONNREFUSED", 1),
      truncatedError(origin),
      malformedError(origin, "sent HTML"),
    ];
    for (const { message, hint } of [...refused, ...timedOut, ...gone]) {
      expect(hint, message).toMatch(/^[A-Z].*[.?]$/);
      expect(hint, message).not.toMatch(/\b(run|resume)\b/i);
    }
  });

  it("a name that does not resolve may mean that there is no network, whichever server it is", () => {
    expect(connectionError("https://router.huggingface.co", "ENOTFOUND", 1).hint).toContain("may be offline");
    expect(connectionError("http://127.0.0.1:8000", "ECONNREFUSED", 1).hint).toContain("Is the server running");
  });

  it("an answer of exactly the byte limit, and not one byte more", async () => {
    const answer = (bytes: number) =>
      network(() => new Response("x".repeat(bytes), { headers: { "content-type": "application/json" } }));
    const limits = { maxBytes: 1000 };
    const within = await createTransport({ fetch: answer(1000).fetch }, { url, limits })(url);
    expect(await within.text()).toHaveLength(1000);
    const beyond = createTransport({ fetch: answer(1001).fetch }, { url, limits })(url);
    expectQuiet(await settled(beyond), "model-malformed");
  });

  it("nobody who leaves an answer leaves a timer behind", async () => {
    const timing = manualTiming();
    const { fetch } = network(
      () =>
        new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(10)) }), {
          headers: { "content-type": "text/event-stream" },
        }),
    );
    const response = await createTransport({ fetch, timing }, { url })(url);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(timing.count()).toBe(0);
  });

  it("W2 a signal that outlives many calls has one listener for all of them, and tells none that has ended", async () => {
    const outer = new AbortController();
    const { signal } = outer;
    const { fetch } = network((n) => (n % 2 === 0 ? json() : new Response("no", { status: 400 })));
    const transport = createTransport({ fetch, timing: manualTiming() }, { url });
    for (let call = 0; call < 4; call += 1) await transport(url, { signal }).catch(() => {});
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    const abort = vi.spyOn(AbortController.prototype, "abort");
    onTestFinished(() => abort.mockRestore());
    outer.abort();
    expect(abort).toHaveBeenCalledTimes(1);
  });
});
