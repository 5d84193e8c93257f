/** `doctor --models`: whether what cadre.yaml names answers, and what is wrong where it does not; never a secret. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { project, startCadre, type Ended } from "./cli-process.ts";

const token = "sk-CANARY-doctor";
const open: Server[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

type Served = { readonly list: readonly string[] | null; readonly status?: number };

/** Lists its models, and streams a word. */
async function serve({ list, status = 200 }: Served): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? "-"}`);
    if (status !== 200) return void response.writeHead(status, { "content-type": "application/json" }).end("{}");
    if (request.url === "/v1/models") {
      response.writeHead(list === null ? 404 : 200, { "content-type": "application/json" });
      return void response.end(JSON.stringify({ data: (list ?? []).map((id) => ({ id })) }));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const chunk = (delta: object, finish: string | null): string =>
      `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
    response.end(`${chunk({ content: "ok" }, null)}${chunk({}, "stop")}data: [DONE]\n\n`);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

function doctor(dir: string, args: readonly string[]): Promise<Ended> {
  return startCadre(dir, ["doctor", ...args], () => {}, { CANARY_TOKEN: token }).ended;
}

test("doctor asks no server by itself, and with --models each of them", { timeout: 60_000 }, async () => {
  const dir = project();
  const whole = await serve({ list: ["org/model", "org/other"] });
  const unlisted = await serve({ list: null });
  const another = await serve({ list: ["org/other:latest"] });
  const locked = await serve({ list: [], status: 401 });
  const model = (url: string, more: object = {}): object => ({ tier: "endpoint", url, model: "org/model", ...more });
  const models = {
    whole: model(whole.url, { token: "CANARY_TOKEN", price: { perGpuHour: 2, currency: "EUR" } }),
    unlisted: model(unlisted.url),
    another: model(another.url),
    locked: model(locked.url, { token: "CANARY_TOKEN" }),
    gone: model("http://127.0.0.1:9/v1"),
    unset: model(whole.url, { token: "CANARY_UNSET" }),
  };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ models }));
  const still = await doctor(dir, []);
  expect(still).toMatchObject({ code: 0, out: expect.stringMatching(/model whole\b.*priced in EUR.*not tried/) });
  expect(whole.asked).toEqual([]);
  const tried = await doctor(dir, ["--models"]);
  expect(tried.code).toBe(1);
  const said = (name: string): string => tried.out.split("\n").find((line) => line.includes(`model ${name}\t`)) ?? "";
  expect(said("whole")).toMatch(/^ok\b.*CANARY_TOKEN is set; answered in \d+ ms/);
  expect(said("unlisted")).toMatch(/^ok\b.*unpriced, no token; answered in \d+ ms/);
  expect(said("another")).toMatch(/^note\b.*its list does not name that model: org\/other:latest/);
  expect(said("locked")).toMatch(/^broken\b.*answered 401: the token was not accepted/);
  expect(said("gone")).toMatch(/^broken\b.*No connection to http:\/\/127\.0\.0\.1:9/);
  expect(said("unset")).toMatch(/^note\b.*CANARY_UNSET is not set/);
  expect(whole.asked).toEqual([`GET /v1/models Bearer ${token}`, `POST /v1/chat/completions Bearer ${token}`]);
  expect(unlisted.asked.every((line) => line.endsWith(" -"))).toBe(true);
  expect(still.out + still.err + tried.out + tried.err).not.toContain(token);
});
