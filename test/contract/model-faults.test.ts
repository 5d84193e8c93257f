/**
 * RELIABILITY 23 and 24: a hanging, dripping, endless, failing or lying server, and a token that must stay at home. Every call ends
 * within its bounds, with the right code, without the prompt; nothing here waits for real time.
 */
import { afterEach, describe, expect, it } from "vitest";
import { emptyConfig, parseConfig } from "../../src/config/config.ts";
import type { ErrorCode } from "../../src/errors.ts";
import type { RoleModel } from "../../src/models/model.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { openGates, type Gates } from "../../src/models/gate.ts";
import { leanFetch, type Fetch } from "../../src/models/lean-fetch.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { startChatServer, type Behaviour, type ChatServer } from "../fixtures/chat-server.ts";
import { manualTiming, type ManualTiming } from "../fixtures/manual-timing.ts";
import { expectQuiet, settled } from "./model-conformance.ts";
import { canary, request } from "./model-request.ts";

const secret = "sk-SECRET-55aa-never-shown";
const open: ChatServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function serve(...behaviours: Behaviour[]): Promise<ChatServer> {
  const server = await startChatServer(behaviours);
  open.push(server);
  return server;
}

/** What the transport may stand on: roles' calls on Node's own, those of a batch on the lean one. */
const ways: readonly (readonly [title: string, fetch: Fetch])[] = [
  ["Node's fetch", fetch],
  ["the lean one", leanFetch],
];

type ModelAt = (server: ChatServer, gates?: Gates) => Promise<{ model: RoleModel; timing: ManualTiming }>;

/** The way that the product goes: cadre.yaml, resolve, create. */
const through =
  (way: Fetch): ModelAt =>
  async (server, gates) => {
    const yaml = `models: {it: {tier: endpoint, url: "${server.url}", model: scripted, token: TEST_TOKEN}}`;
    const { config, problems } = parseConfig(yaml);
    expect(problems).toEqual([]);
    const timing = manualTiming();
    const spec = resolveModel(config, { role: "ai-ml-lead", rank: "lead", flag: "it" });
    const model = await createRoleModel(spec, {
      env: { TEST_TOKEN: secret },
      rehearsal: () => {
        throw new Error("not asked for");
      },
      run: "r-000001",
      gates: gates ?? openGates({ timing }),
      transport: { timing, random: () => 0, fetch: way },
    });
    return { model, timing };
  };

const faults: readonly (readonly [title: string, behaviour: Behaviour, code: ErrorCode, requests: number])[] = [
  ["a storm of 503", { kind: "status", status: 503 }, "model-busy", 4],
  ["a storm of 429 without Retry-After", { kind: "status", status: 429 }, "model-busy", 4],
  ["a 429 that asks for an hour", { kind: "status", status: 429, headers: { "retry-after": "3600" } }, "model-busy", 1],
  ["a storm of 500", { kind: "status", status: 500 }, "model-unreachable", 4],
  ["a connection that breaks before an answer", { kind: "hang-up" }, "model-unreachable", 4],
  ["a refused token", { kind: "status", status: 401 }, "model-auth", 1],
  ["a forbidden model", { kind: "status", status: 403 }, "model-auth", 1],
  ["no credit", { kind: "status", status: 402 }, "model-refused", 1],
  ["an unknown model", { kind: "status", status: 404 }, "model-refused", 1],
  [
    "a refusal that quotes the prompt and the token",
    {
      kind: "status",
      status: 400,
      body: { error: { message: `${canary} ${secret}`, code: `${canary}`, type: secret } },
    },
    "model-refused",
    1,
  ],
  ["a stream that ends in the middle", { kind: "cut", how: "end" }, "model-truncated", 1],
  ["a connection that breaks in the middle", { kind: "cut", how: "break" }, "model-truncated", 1],
  ["a reply without a finish reason", { kind: "reply", text: "Done", finish: null }, "model-truncated", 1],
  ["a web page with 200", { kind: "html" }, "model-malformed", 1],
  ["a chunk that is no JSON", { kind: "bad-chunk" }, "model-malformed", 1],
  ["a body that is no JSON", { kind: "bad-json" }, "model-malformed", 1],
  ["an error in the stream that quotes the prompt", { kind: "stream-error" }, "model-malformed", 1],
  ["a stream without end", { kind: "endless" }, "model-malformed", 1],
  ["a stream with nothing in it", { kind: "empty" }, "model-truncated", 1],
  ["a refusal whose body never ends", { kind: "endless-error" }, "model-refused", 1],
  ["a small answer that unpacks to 64 MB", { kind: "bomb" }, "model-malformed", 1],
  ["a redirect to another origin", { kind: "redirect", status: 307, to: "http://127.0.0.2:9/v1" }, "model-refused", 1],
  ["a redirect that drops the body", { kind: "redirect", status: 302, to: "/v1/other" }, "model-malformed", 1],
  ["a redirect in a circle", { kind: "redirect", status: 308, to: "/v1/chat/completions" }, "model-malformed", 4],
];

describe.each(ways)("R8 a server's fault ends in bounds and says nothing of the prompt, through %s", (_title, way) => {
  const modelAt = through(way);

  it.each(faults)("%s", async (_title, behaviour, code, requests) => {
    const server = await serve(behaviour);
    const { model, timing } = await modelAt(server);
    expectQuiet(await settled(model.call(request, {})), code, [secret]);
    expect(server.requests).toHaveLength(requests);
    await server.requests.at(-1)?.over;
    expect(timing.count()).toBe(0);
  });

  it.each([
    ["nothing at all", { kind: "silence" }, "first-token"],
    ["headers and then nothing", { kind: "silence", headers: true }, "first-token"],
    ["one piece and then nothing", { kind: "stall" }, "idle"],
    ["one piece and then nothing", { kind: "stall" }, "total"],
    ["piece after piece, without end", { kind: "drip" }, "total"],
  ] as const)("%s: the %o server is left at the %s limit", async (_title, behaviour, limit) => {
    const server = await serve(behaviour);
    const { model, timing } = await modelAt(server);
    let heard = (): void => {};
    const firstText = new Promise<void>((resolve) => (heard = resolve));
    const error = settled(model.call(request, { onText: () => heard() }));
    const seen = await server.seen(1);
    if (behaviour.kind === "stall" || behaviour.kind === "drip") await firstText;
    await timing.running(limit);
    timing.runOut(limit);
    expectQuiet(await error, "model-timeout", [secret]);
    expect(await seen.over).toBe("client");
    expect(timing.count()).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it("comments that keep a connection open are no answer: the server is left at the total limit", async () => {
    const server = await serve({ kind: "drip", comments: true });
    const { model, timing } = await modelAt(server);
    const error = settled(model.call(request, {}));
    const seen = await server.seen(1);
    await timing.running("idle");
    timing.runOut("total");
    expectQuiet(await error, "model-timeout", [secret]);
    expect(await seen.over).toBe("client");
  });

  it("a tool that was not offered is no call, and neither is one that was cut off", async () => {
    const server = await serve(
      { kind: "reply", calls: [{ name: "execute_command", args: { command: "id" } }] },
      { kind: "reply", calls: [{ name: "read_file", args: '{"path":"/etc' }], finish: "length" },
    );
    const { model } = await modelAt(server);
    for (const name of ["execute_command", "read_file"]) {
      const { calls, malformed } = await model.call(request, {});
      expect(calls).toEqual([]);
      expect(malformed).toMatchObject([{ name }]);
    }
  });

  it("a caller who leaves in the middle ends the request", async () => {
    const server = await serve({ kind: "endless", piece: 200 });
    const { model, timing } = await modelAt(server);
    const leave = new AbortController();
    const error = settled(model.call(request, { signal: leave.signal, onText: () => leave.abort() }));
    expectQuiet(await error, "interrupted", [secret]);
    expect(await (await server.seen(1)).over).toBe("client");
    expect(timing.count()).toBe(0);
  });
});

describe.each(ways)("the gate before a server, through %s", (_title, way) => {
  const modelAt = through(way);

  const oneAtATime = { concurrency: { start: 1, most: 1 } };

  it.each(faults)("gives its place back after %s", async (_title, behaviour) => {
    const gates = openGates({ timing: manualTiming() });
    const server = await serve(behaviour);
    const { model } = await modelAt(server, gates);
    await settled(model.call(request, {}));
    expect(gates(server.url).state).toMatchObject({ inFlight: 0, queued: 0 });
  });

  it("sends nothing of a call that waits, and lets it go when its run is stopped", async () => {
    const gates = openGates({ ...oneAtATime, timing: manualTiming() });
    const server = await serve({ kind: "silence" });
    const { model, timing } = await modelAt(server, gates);
    const [first, second] = [new AbortController(), new AbortController()];
    const underWay = settled(model.call(request, { signal: first.signal }));
    await server.seen(1);
    const waiting = settled(model.call(request, { signal: second.signal }));
    while (gates(server.url).state.queued === 0) await new Promise((resolve) => setImmediate(resolve));
    second.abort();
    expectQuiet(await waiting, "interrupted", [secret]);
    expect(server.requests).toHaveLength(1);
    first.abort();
    expectQuiet(await underWay, "interrupted", [secret]);
    expect(gates(server.url).state).toEqual({ limit: 1, inFlight: 0, queued: 0 });
    expect(timing.count()).toBe(0);
  });

  it("a call that waits in it is not timed: the server has not been asked yet", async () => {
    const gates = openGates({ ...oneAtATime, timing: manualTiming() });
    const server = await serve({ kind: "silence" });
    const { model, timing } = await modelAt(server, gates);
    const first = settled(model.call(request, {}));
    await timing.running("first-token");
    const second = settled(model.call(request, {}));
    while (gates(server.url).state.queued === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(timing.count()).toBe(2); // the first call's: first token and total
    timing.runOut("first-token");
    expectQuiet(await first, "model-timeout", [secret]);
    await timing.running("first-token");
    timing.runOut("first-token");
    expectQuiet(await second, "model-timeout", [secret]);
    expect(gates(server.url).state).toMatchObject({ inFlight: 0, queued: 0 });
  });
});

describe.each(ways)("what a retry can mend, through %s", (_title, way) => {
  const modelAt = through(way);

  it("503, then a reply, after the time that Retry-After names", async () => {
    const server = await serve(
      { kind: "status", status: 503, headers: { "retry-after": "7" } },
      { kind: "reply", text: "Hello there" },
    );
    const { model, timing } = await modelAt(server);
    expect(await model.call(request, {})).toMatchObject({ text: "Hello there" });
    expect(timing.waits).toEqual([7000]);
    expect(server.requests.map((seen) => seen.body)).toEqual([server.requests[0]?.body, server.requests[0]?.body]);
  });

  it("a Retry-After that is a date", async () => {
    const server = await serve(
      { kind: "status", status: 429, headers: { "retry-after": "Sun, 01 Nov 2026 00:00:20 GMT" } },
      { kind: "reply", text: "Hello there" },
    );
    const { model, timing } = await modelAt(server);
    await model.call(request, {});
    expect(timing.waits).toEqual([20_000]);
  });

  it("waits longer each time where the server names no time", async () => {
    const server = await serve({ kind: "status", status: 502 });
    const { model, timing } = await modelAt(server);
    await settled(model.call(request, {}));
    expect(timing.waits).toEqual([250, 500, 1000]);
  });

  it("follows a redirect within the origin with the body and the token", async () => {
    const server = await startChatServer((_body, n) =>
      n === 1
        ? { kind: "redirect", status: 308, to: "/v1/chat/completions?moved" }
        : { kind: "reply", text: "Hello there" },
    );
    open.push(server);
    const { model } = await modelAt(server);
    await model.call(request, {});
    expect(server.requests[1]?.path).toBe("/v1/chat/completions?moved");
    expect(server.requests[1]?.body.messages).toHaveLength(4);
    expect(server.requests[1]?.headers.authorization).toBe(`Bearer ${secret}`);
  });
});

describe.each(ways)("R8 the token stays with its origin, through %s", (_title, way) => {
  const modelAt = through(way);

  it("goes to the configured origin", async () => {
    const server = await serve({ kind: "reply", text: "Hello there" });
    const { model } = await modelAt(server);
    await model.call(request, {});
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  });

  it("does not follow a redirect, and nor does the prompt", async () => {
    const other = await serve({ kind: "reply", text: "caught" });
    const server = await serve({ kind: "redirect", status: 307, to: `${other.url}/chat/completions` });
    const { model } = await modelAt(server);
    expectQuiet(await settled(model.call(request, {})), "model-refused", [secret]);
    expect(other.requests).toEqual([]);
  });

  it("does not go to an address that was typed, even with tokens in the environment", async () => {
    const server = await serve({ kind: "reply", text: "Hello there" });
    const spec = resolveModel(emptyConfig, { role: "r", rank: "lead", flag: `${server.url}#scripted` });
    const model = await createRoleModel(spec, {
      env: { HF_TOKEN: secret, TEST_TOKEN: secret },
      rehearsal: () => {
        throw new Error("not asked for");
      },
      run: "r-000001",
    });
    await model.call(request, {});
    expect(JSON.stringify(server.requests[0]?.headers)).not.toContain(secret);
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });
});

describe("what is sent", () => {
  it("is the chat format, with the operator's bounds", async () => {
    const server = await serve({ kind: "reply", text: "Hello there" });
    const yaml = `models: {it: {tier: endpoint, url: "${server.origin}", model: scripted, maxTokens: 64, temperature: 0.5}}`;
    const spec = resolveModel(parseConfig(yaml).config, { role: "r", rank: "lead", flag: "it" });
    const model = await createRoleModel(spec, {
      env: {},
      rehearsal: () => {
        throw new Error("not asked for");
      },
      run: "r-000001",
    });
    await model.call(request, {});
    const seen = server.requests[0];
    expect(seen?.path).toBe("/v1/chat/completions");
    expect(seen?.body).toMatchObject({ model: "scripted", stream: true, max_tokens: 64, temperature: 0.5 });
    expect(seen?.body.messages).toEqual([
      { role: "system", content: request.messages[0]?.content },
      { role: "user", content: request.messages[1]?.content },
      {
        role: "assistant",
        content: "",
        tool_calls: [
          { id: "call-1-1", type: "function", function: { name: "read_file", arguments: '{"path":"data.csv"}' } },
        ],
      },
      { role: "tool", tool_call_id: "call-1-1", content: request.messages[3]?.content },
    ]);
    expect(seen?.body.tools).toEqual(
      request.tools.map(({ name, description, schema }) => ({
        type: "function",
        function: { name, description, parameters: schema },
      })),
    );
  });
});
