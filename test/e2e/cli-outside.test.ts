/** Programs and servers outside, as cadre.yaml names them: what `doctor` says of them, and who is told of what waits. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { startHubServer } from "../fixtures/hub-server.ts";
import { brief, cadre, project, startCadre } from "./cli-process.ts";

const program = fileURLToPath(new URL("../fixtures/mcp-stdio-server.ts", import.meta.url));

function withServer(dir: string, tools: readonly string[]): void {
  mkdirSync(join(dir, "state"), { recursive: true });
  const box = { command: [process.execPath, program, join(dir, "state")], tools, env: ["CANARY_TOKEN"] };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ mcp: { servers: { box } } }));
}

test("doctor names the servers, and starts them only when it is told to", () => {
  const dir = project();
  withServer(dir, ["echo", "delete_all", "polluting"]);
  const unset = cadre(dir, ["doctor"]);
  expect(unset.out).toMatch(/mcp box\b.*CANARY_TOKEN is not set/);
  const env = { CANARY_TOKEN: "canary-1234567" };
  const named = cadre(dir, ["doctor"], { env });
  expect(named).toMatchObject({
    code: 0,
    out: expect.stringMatching(/mcp box\b.*3 tools for every role with the group mcp; not tried/),
  });
  expect(existsSync(join(dir, "state", "pids"))).toBe(false);
  const tried = cadre(dir, ["doctor", "--servers"], { env });
  expect(tried.code).toBe(1);
  expect(tried.out).toMatch(/delete_all: the server has no such tool; polluting: .*key that is never accepted/);
  withServer(dir, ["echo"]);
  expect(cadre(dir, ["doctor", "--servers"], { env })).toMatchObject({
    code: 0,
    out: expect.stringMatching(/mcp box\b.*reached/),
  });
});

test("doctor says of a role that is named for a server's tools why it gets none of them", () => {
  const dir = project();
  const box = { command: ["node"], tools: ["echo"] };
  const said = (roles?: readonly string[]): string => {
    writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ mcp: { servers: { box: { ...box, roles } } } }));
    return cadre(dir, ["doctor"]).out;
  };
  expect(said()).toMatch(/note\tmcp box\tno role that a model plays under feature-workflow has the group mcp/);
  const named = said(["backend-lead", "backend-leed"]);
  expect(named).toMatch(
    /note\tmcp box\tbackend-lead gets none of its tools under feature-workflow: .*\tadd mcp to its tool_groups/,
  );
  expect(named).toMatch(/note\tmcp box\tbackend-leed is no role in modes\/\tmend `roles`/);
  const mode = join(dir, "modes", "backend-lead.md");
  writeFileSync(mode, readFileSync(mode, "utf8").replace("  - communication\n", "  - communication\n  - mcp\n"));
  expect(said(["backend-lead"])).not.toMatch(/note\tmcp box/);
  expect(said()).not.toMatch(/note\tmcp box/);
});

test("doctor names the Hub, asks it only when it is told to, and shows no token", async () => {
  const dir = project();
  expect(cadre(dir, ["doctor"]).out).not.toMatch(/^\S+\thub\t/m);
  const hub = await startHubServer({ models: {} });
  onTestFinished(() => hub.close());
  writeFileSync(join(dir, "cadre.yaml"), `hub: {url: "${hub.url}", token: CANARY_TOKEN}\n`);
  expect(cadre(dir, ["doctor"]).out).toMatch(/hub\t127\.0\.0\.1:\d+, CANARY_TOKEN is not set/);
  const env = { CANARY_TOKEN: "hf_canary4711canary4711" };
  expect(cadre(dir, ["doctor"], { env }).out).toMatch(/hub\t127\.0\.0\.1:\d+, CANARY_TOKEN is set; not tried/);
  expect(hub.requests).toEqual([]);
  const reached = await startCadre(dir, ["doctor", "--servers"], undefined, env).ended;
  expect(reached.out).toMatch(/ok\thub\t.*; reached/);
  expect(hub.requests[0]?.headers.authorization).toBe(`Bearer ${env.CANARY_TOKEN}`);
  writeFileSync(join(dir, "cadre.yaml"), 'hub: {url: "http://127.0.0.1:9"}\n');
  const gone = cadre(dir, ["doctor", "--servers"]);
  expect(gone.code).toBe(1);
  expect(gone.out).toMatch(/broken\thub\tNo answer from http:\/\/127\.0\.0\.1:9/);
  expect(reached.out + reached.err).not.toContain("canary4711");
});

test("a run tells of its ask, `notify` tells it to nobody twice, and doctor counts what failed", () => {
  const dir = project();
  const listener = join(dir, "listener.sh");
  writeFileSync(listener, "#!/bin/sh\ncat >> heard\n");
  chmodSync(listener, 0o755);
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ notify: [{ command: ["./listener.sh"] }] }));
  expect(cadre(dir, ["run", brief]).code).toBe(8);
  const [text = "", ...others] = readFileSync(join(dir, "heard"), "utf8").trim().split("\n");
  expect(others).toEqual([]);
  const told = JSON.parse(text) as { ask: string; answerWith: string[] };
  expect(told).toMatchObject({ schema: "cadre.notice/1", event: "raised", role: "project-manager" });
  expect(cadre(dir, ["notify"])).toEqual({
    code: 0,
    out: "0 told, 0 failed, 0 to be tried again, 0 given up\n",
    err: "",
  });
  expect(cadre(dir, ["doctor"]).out).toMatch(/notices\b.*1 told/);
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ notify: [{ command: ["./no-such-listener"] }] }));
  const failed = cadre(dir, ["notify", "--json"]);
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.out)).toMatchObject({ schema: "cadre.notify/1", targets: 1, failed: 1, waiting: 1 });
  expect(cadre(dir, ["doctor"]).out).toMatch(/notices\b.*could not be started/);
  const [silent, missing] = [
    { url: "http://127.0.0.1:9/hook", token: "CHAT_TOKEN" },
    { command: ["./no-such-listener"] },
  ];
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ notify: [silent, missing] }));
  const both = cadre(dir, ["notify"]);
  expect(both.code).toBe(1);
  const when = "tried again from \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC on";
  expect(both.out).toMatch(
    new RegExp(`^  notify 2 \\(\\./no-such-listener\\): .*could not be started.*, ${when}$`, "m"),
  );
  expect(both.out).toMatch(new RegExp(`^  notify 1 \\(127\\.0\\.0\\.1:9\\): CHAT_TOKEN holds no token, ${when}$`, "m"));
});

test("what is wrong with either is a problem with its place", () => {
  const dir = project();
  writeFileSync(
    join(dir, "cadre.yaml"),
    "mcp:\n  servers:\n    box:\n      command: [x]\n      env: [sk-secret-4711]\n      tools: [echo]\nnotify:\n  - url: http://chat.example/hook\n    token: CHAT_TOKEN\n",
  );
  const linted = cadre(dir, ["lint"]);
  expect(linted.code).toBe(1);
  expect(linted.out).toMatch(/cadre\.yaml:5:\d+/);
  expect(linted.out).toMatch(/would carry the token in clear/);
  expect(linted.out + linted.err).not.toContain("sk-secret-4711");
});
