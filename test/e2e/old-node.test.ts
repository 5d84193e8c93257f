/**
 * The command under a Node that is too old, which hands over to the one next door: what is told to the process that was started is heard by
 * the one that works, once, and neither outlives the other. Needs such a Node: `CADRE_OLD_NODE`, `/usr/bin/node` or `/usr/local/bin/node`.
 */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { isAlive } from "../fixtures/is-alive.ts";
import { document, main, project, type Ended } from "./cli-process.ts";

const candidates = [process.env["CADRE_OLD_NODE"], "/usr/bin/node", "/usr/local/bin/node"];
const oldNode = candidates.find((path) => {
  if (path === undefined || !existsSync(path)) return false;
  const version = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout;
  const major = Number(/^v(\d+)\./.exec(version)?.[1] ?? "99");
  return major >= 16 && major < 22;
});
if (oldNode === undefined)
  console.warn("SKIPPED: handing over from an old Node: there is none here (CADRE_OLD_NODE may name one, 16 to 21)");

type Wrapped = {
  readonly process: ChildProcess & { readonly pid: number };
  readonly ended: Promise<Ended & { readonly signal: string | null }>;
  readonly err: () => string;
  /** The process that does the work. */
  readonly inner: () => number;
};

/** In a group of its own, so that a signal to all of it can be sent. */
function start(cwd: string, args: readonly string[]): Wrapped {
  const child = spawn(oldNode ?? "", [main, ...args], { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const { pid } = child;
  if (pid === undefined) throw new Error("it did not start");
  onTestFinished(() => {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // All of it has ended.
    }
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (out += piece));
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (err += piece));
  const ended = new Promise<Ended & { readonly signal: string | null }>((done) => {
    child.on("close", (code, signal) => done({ code, signal, out, err }));
  });
  return {
    process: child as Wrapped["process"],
    ended,
    err: () => err,
    inner: () => {
      const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      if (!first) throw new Error("nothing was started");
      return Number(first);
    },
  };
}

/** A model whose first answer comes when the test says so, and a project that asks it. */
async function waitingModel(): Promise<{ dir: string; asked: Promise<ServerResponse>; left: () => number }> {
  const asked = Promise.withResolvers<ServerResponse>();
  let left = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => asked.resolve(response));
    response.on("close", () => (left += response.writableEnded ? 0 : 1));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const dir = project();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ models: { m: { tier: "endpoint", url, model: "m" } } }));
  return { dir, asked: asked.promise, left: () => left };
}

function answer(response: ServerResponse): void {
  const call = { index: 0, id: "c1", function: { name: "ask_followup_question", arguments: '{"question":"which?"}' } };
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(`${chunk({ tool_calls: [call] }, null)}${chunk({}, "tool_calls")}data: [DONE]\n\n`);
}

const stopping = "stopping after this step";
const working = ["run", "--model", "m", "Do the thing."];
/** Of the run that is left: what it has done, and whether anybody still holds it. */
function left(dir: string): { status: unknown; owner: unknown; calls: unknown } {
  const shown = document(startSync(dir, ["show", "--json"]));
  const { status } = shown["run"] as { status: unknown };
  return { status, owner: shown["owner"], calls: (shown["used"] as { modelCalls: unknown }).modelCalls };
}

function startSync(cwd: string, args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(oldNode ?? "", [main, ...args], { cwd, encoding: "utf8" });
  return { code: status, out: stdout, err: stderr };
}

test.skipIf(oldNode === undefined)("its output and exit codes are those of the Node that it hands over to", () => {
  expect(startSync(project(), ["inbox"])).toEqual({ code: 0, out: "", err: "nothing waits for you\n" });
  expect(startSync(project(), ["no-such-verb"]).code).toBe(2);
});

test.skipIf(oldNode === undefined).each([
  ["SIGINT", "sent to it"],
  ["SIGTERM", "sent to it"],
  ["SIGINT", "sent to its group, as a terminal does with Ctrl-C"],
  ["SIGTERM", "sent to its group, as a supervisor does"],
] as const)("row 19 a %s %s stops the run after its step, once", async (signal, how) => {
  const { dir, asked, left: broken } = await waitingModel();
  const running = start(dir, working);
  const response = await asked;
  process.kill(how === "sent to it" ? running.process.pid : -running.process.pid, signal);
  await vi.waitFor(() => expect(running.err()).toContain(stopping), { timeout: 20_000 });
  answer(response);
  const ended = await running.ended;
  expect([ended.code, ended.signal]).toEqual([130, null]);
  expect(ended.err.split(stopping)).toHaveLength(2);
  // The step was finished, not broken off.
  expect(broken()).toBe(0);
  expect(left(dir)).toEqual({ status: "running", owner: null, calls: 1 });
});

test.skipIf(oldNode === undefined)("row 19 a second signal stops it at once", async () => {
  const { dir, asked, left: broken } = await waitingModel();
  const running = start(dir, working);
  await asked;
  process.kill(-running.process.pid, "SIGINT");
  await vi.waitFor(() => expect(running.err()).toContain(stopping), { timeout: 20_000 });
  running.process.kill("SIGINT");
  expect((await running.ended).code).toBe(130);
  expect(broken()).toBe(1);
});

test.skipIf(oldNode === undefined)(
  "row 1 killed, it leaves nobody behind who goes on: what worked finishes its step and ends",
  async () => {
    const { dir, asked } = await waitingModel();
    const running = start(dir, working);
    const response = await asked;
    const inner = running.inner();
    running.process.kill("SIGKILL");
    await vi.waitFor(() => expect(running.err()).toContain(stopping), { timeout: 20_000 });
    answer(response);
    await vi.waitFor(() => expect(isAlive(inner)).toBe(false), { timeout: 20_000 });
    expect(left(dir)).toEqual({ status: "running", owner: null, calls: 1 });
  },
);

test.skipIf(oldNode === undefined)("what worked ends with the signal's code when it is killed itself", async () => {
  const { dir, asked } = await waitingModel();
  const running = start(dir, working);
  await asked;
  process.kill(running.inner(), "SIGKILL");
  expect((await running.ended).code).toBe(128 + 9);
});
