/** What comes of MCP servers that behave, and of those that do not, over both transports. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import { systemClock } from "../../src/clock.ts";
import { bindMcpTools } from "../../src/tools/mcp/bind-tools.ts";
import { connectServer, openMcpPool, type McpPool } from "../../src/tools/mcp/pool.ts";
import { mcpTools } from "../../src/tools/mcp/tools.ts";
import type { Tool, ToolOutcome } from "../../src/tools/tool.ts";
import { isAlive } from "../fixtures/is-alive.ts";
import { startHttpServer, type HttpServer } from "../fixtures/mcp-http-server.ts";

const program = fileURLToPath(new URL("../fixtures/mcp-stdio-server.ts", import.meta.url));
const names = ["echo", "append", "hostile", "evil_pattern", "polluting", "environment", "picture", "large", "fails"];
const wild = ["refuses", "hangs", "crashes", "floods", "chatters", "asks"];

let state: string;
let pool: McpPool | undefined;
let http: HttpServer | undefined;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "cadre-mcp-"));
});

afterEach(async () => {
  await pool?.close();
  await http?.close();
  pool = http = undefined;
  rmSync(state, { recursive: true, force: true });
});

type Given = {
  readonly env?: Record<string, string>;
  readonly habits?: readonly string[];
  readonly more?: Record<string, unknown>;
};

function open(server: Record<string, unknown>, { env = {}, more = {} }: Given = {}): McpPool {
  const entry = { tools: [...names, ...wild], access: { echo: "read" }, timeoutSeconds: 10, ...server, ...more };
  const { config, problems } = parseConfig(JSON.stringify({ mcp: { servers: { box: entry } } }));
  expect(problems).toEqual([]);
  const given = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env };
  pool = openMcpPool({ mcp: config.mcp, dir: state, env: given, connect: connectServer });
  return pool;
}

function openStdio(given: Given = {}): McpPool {
  return open({ command: [process.execPath, program, state, ...(given.habits ?? [])] }, given);
}

async function bound(from: McpPool): Promise<ReadonlyMap<string, Tool>> {
  const tools = await bindMcpTools(from, { roles: ["hand"], before: null, signal: new AbortController().signal });
  return new Map(mcpTools(tools, from).map((tool) => [tool.name, tool]));
}

function call(tools: ReadonlyMap<string, Tool>, name: string, args: unknown = {}): Promise<ToolOutcome> {
  const tool = tools.get(`box__${name}`);
  if (!tool) throw new Error(`no tool ${name}`);
  const signal = new AbortController().signal;
  const context = {
    workspace: "/nowhere",
    project: "/nowhere",
    knowledge: [],
    writable: null,
    key: "k",
    clock: systemClock,
    signal,
  };
  return tool.run(context, tool.schema.parse(args), null);
}

function alive(): number[] {
  const file = join(state, "pids");
  const pids = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
  return pids.filter(isAlive);
}

describe.each(["stdio", "http"] as const)("over %s", (kind) => {
  const ready = async (given: Given = {}): Promise<McpPool> => {
    if (kind === "stdio") return openStdio(given);
    http = await startHttpServer(state);
    return open({ url: http.url }, given);
  };

  test("tools are listed under the server's name, called, and answer with text", async () => {
    const tools = await bound(await ready());
    expect([...tools.keys()]).toContain("box__echo");
    expect(await call(tools, "echo", { text: "ab", times: 3 })).toEqual({ ok: true, text: "ababab", receipt: null });
  });

  test("pictures are named and not passed on; 64 KB of text at most; a tool's failure is a failure", async () => {
    const tools = await bound(await ready());
    const picture = await call(tools, "picture");
    expect(picture.text).toBe("[image, image/png, 3,000 bytes: not passed on]\n[file:///x]\nwithin\nbeside");
    const large = await call(tools, "large");
    expect(Buffer.byteLength(large.text)).toBeLessThanOrEqual(64 * 1024);
    expect(large.text).toMatch(/\[cut: /);
    expect(await call(tools, "fails")).toEqual({
      ok: false,
      text: "box__fails says that it failed:\nno such city",
      receipt: null,
    });
    expect(await call(tools, "refuses")).toMatchObject({
      ok: false,
      text: expect.stringMatching(/refused when it was called: .*not today/),
    });
  });

  test("a server that floods is cut off in bound, and the next call finds a new one", async () => {
    const tools = await bound(await ready());
    const before = process.memoryUsage().rss;
    const flooded = await call(tools, "floods");
    expect(flooded).toMatchObject({ ok: false, text: expect.stringMatching(/sent .*more than \d+ MB/) });
    expect(flooded.text).toMatch(/Whether it took effect is not known/);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    expect((await call(tools, "echo", { text: "again" })).text).toBe("again");
  });

  test("a call that is never answered ends in time, and says that it may have happened", async () => {
    const tools = await bound(await ready({ more: { timeoutSeconds: 1 } }));
    const began = performance.now();
    const outcome = await call(tools, "hangs");
    expect(performance.now() - began).toBeLessThan(4000);
    expect(outcome).toMatchObject({
      ok: false,
      text: expect.stringMatching(/no answer within 1 s .* Whether it took effect is not known/),
    });
  });

  test("a tool that became another one between proposal and act is not called, and the change is noted", async () => {
    const from = await ready();
    const tools = await bound(from);
    writeFileSync(join(state, "description"), "Now it deletes.");
    const outcome = await call(tools, "echo", { text: "x" });
    expect(outcome).toMatchObject({
      ok: false,
      text: expect.stringMatching(/box__echo was not called: what it says of itself/),
    });
    expect(from.changes).toBe(1);
    rmSync(join(state, "description"));
    writeFileSync(join(state, "without-echo"), "");
    expect((await call(tools, "echo", { text: "x" })).text).toMatch(/not called: the server has no such tool/);
    expect(existsSync(join(state, "last-call"))).toBe(false);
  });

  test("R8 a token or a variable that was named is in nothing that the server says", async () => {
    const env = { CANARY_TOKEN: "canary-71-secret" };
    const from = await ready({ env, more: kind === "stdio" ? { env: ["CANARY_TOKEN"] } : { token: "CANARY_TOKEN" } });
    const tools = await bound(from);
    if (kind === "stdio") {
      const said = await call(tools, "environment");
      expect(said.text).toContain('"CANARY_TOKEN":"[CANARY_TOKEN]"');
      expect((await call(tools, "refuses")).text).toMatch(/not today, \[CANARY_TOKEN\]/);
    } else expect(http?.requests.at(-1)?.headers.authorization).toBe("Bearer canary-71-secret");
  });
});

describe("a program", () => {
  test("R8 gets PATH, HOME and what was named, and nothing else", async () => {
    const tools = await bound(
      openStdio({
        env: { CANARY_TOKEN: "canary-71-secret", OTHER_TOKEN: "another-secret" },
        more: { env: ["CANARY_TOKEN"] },
      }),
    );
    const { text } = await call(tools, "environment");
    expect(Object.keys(JSON.parse(text) as object).toSorted()).toEqual(["CANARY_TOKEN", "HOME", "PATH"]);
  });

  test("that crashes is an outcome with its last words, without secrets; the next call starts it again", async () => {
    const tools = await bound(
      openStdio({ env: { CANARY_TOKEN: "canary-71-secret" }, more: { env: ["CANARY_TOKEN"] } }),
    );
    const crashed = await call(tools, "crashes");
    expect(crashed.ok).toBe(false);
    expect(crashed.text).toMatch(/box ended with exit code 3.*fatal: \[CANARY_TOKEN\] was not accepted/);
    expect(crashed.text).not.toContain("canary-71");
    expect((await call(tools, "echo", { text: "back" })).text).toBe("back");
  });

  test("that chatters without answering is ended", async () => {
    const tools = await bound(openStdio());
    expect((await call(tools, "chatters")).text).toMatch(/sent more than 16 MB for one answer/);
  });

  test("that asks for a model gets none", async () => {
    const tools = await bound(openStdio());
    expect((await call(tools, "asks")).text).toMatch(/-32601|[Nn]ot found|not supported/);
  });

  test("and what it started are ended with the pool, deaf or not", async () => {
    const from = openStdio({ habits: ["deaf"] });
    await bound(from);
    expect(alive()).toHaveLength(2);
    const began = performance.now();
    await from.close();
    // A second by its own limits; the rest is a busy machine.
    expect(performance.now() - began).toBeLessThan(6000);
    await expect.poll(alive).toEqual([]);
  });

  test("that never greets ends in time", async () => {
    const from = openStdio({ habits: ["silent"], more: { timeoutSeconds: 1 } });
    await expect(bound(from)).rejects.toMatchObject({
      code: "mcp-unreachable",
      message: expect.stringMatching(/no answer within 1 s when it was greeted/),
    });
    await from.close();
    expect(alive()).toEqual([]);
  });

  test("that is not there is said so", async () => {
    const from = open({ command: ["no-such-program-anywhere"] });
    await expect(bound(from)).rejects.toMatchObject({
      code: "mcp-unreachable",
      message: expect.stringMatching(/could not be started \(ENOENT\)/),
    });
  });

  test("that cannot be reached leaves a run what it is bound to, as far as cadre.yaml allows it", async () => {
    const from = openStdio();
    const signal = new AbortController().signal;
    const before = await bindMcpTools(from, { roles: ["hand"], before: null, signal });
    await from.close();
    const gone = open({ command: ["no-such-program-anywhere"] }, { more: { tools: ["echo", "append"] } });
    const after = await bindMcpTools(gone, { roles: ["hand"], before, signal });
    expect(after).toEqual(before.filter((tool) => ["echo", "append"].includes(tool.tool)));
  });
});

describe("an address", () => {
  test("may answer with a stream of events", async () => {
    http = await startHttpServer(state, { stream: true });
    expect((await call(await bound(open({ url: http.url })), "echo", { text: "streamed" })).text).toBe("streamed");
  });

  test("that sends callers on is not followed, and no token goes there", async () => {
    const thief = await startHttpServer(state);
    try {
      http = await startHttpServer(state, { to: thief.url });
      const from = open(
        { url: http.url },
        { env: { CANARY_TOKEN: "canary-71-secret" }, more: { token: "CANARY_TOKEN" } },
      );
      await expect(bound(from)).rejects.toMatchObject({
        code: "mcp-unreachable",
        message: expect.stringMatching(/another address/),
      });
      expect(thief.requests).toEqual([]);
      expect(http.requests.every((request) => request.headers.authorization === "Bearer canary-71-secret")).toBe(true);
    } finally {
      await thief.close();
    }
  });

  test("where nobody listens is said so, without a guess", async () => {
    http = await startHttpServer(state);
    const { url } = http;
    await http.close();
    await expect(bound(open({ url }))).rejects.toMatchObject({ message: expect.stringMatching(/ECONNREFUSED/) });
  });
});
