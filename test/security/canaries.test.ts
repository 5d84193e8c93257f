/**
 * R8 a token and a prompt planted as canaries: through the whole command, against servers that answer well, fail, and quote what they were
 * sent, neither is in what the command prints, in its stream of events, in the environment of what it starts, in the journal, or, for the
 * token, anywhere in the data.
 */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startChatServer, type Behaviour, type ChatServer } from "../fixtures/chat-server.ts";
import { brief, project, startCadre, type Ended } from "../e2e/cli-process.ts";

const token = "sk-CANARY-4711-token";
/** Stands in the text of a mode, and so in every prompt of its role. */
const prompt = "CANARY-0815-prompt";
const open: ChatServer[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function withServer(...behaviours: Behaviour[]): Promise<{ dir: string; server: ChatServer }> {
  const server = await startChatServer(behaviours);
  open.push(server);
  const dir = project();
  const mode = join(dir, "modes/ai-ml-lead.md");
  writeFileSync(mode, `${readFileSync(mode, "utf8")}\n${prompt}\n`);
  writeFileSync(join(dir, "listener.sh"), "#!/bin/sh\nenv > environment\ncat > heard\n");
  chmodSync(join(dir, "listener.sh"), 0o755);
  const model = { tier: "endpoint", url: server.url, model: "scripted", token: "CANARY_TOKEN" };
  const config = { models: { it: model }, map: { default: "it" }, notify: [{ command: ["./listener.sh"] }] };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify(config));
  return { dir, server };
}

function run(dir: string, args: readonly string[]): Promise<Ended> {
  return startCadre(dir, args, () => {}, { CANARY_TOKEN: token }).ended;
}

/** Every file below a folder, as Latin-1: bytes as they lie there. */
function contents(dir: string): string {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
    .join("\n");
}

const ask = { question: "Which one?", options: ["this", "that"] };

test.each<[string, Behaviour, number]>([
  ["answers", { kind: "reply", calls: [{ name: "ask_followup_question", args: ask }] }, 8],
  [
    "refuses and quotes all that it was sent",
    { kind: "status", status: 400, body: { error: { message: `${token} ${prompt}`, code: token, type: prompt } } },
    1,
  ],
  ["quotes the prompt in the middle of a stream", { kind: "stream-error" }, 1],
  ["does not accept the token", { kind: "status", status: 401, body: { error: { message: token } } }, 4],
])("R8 a server that %s", { timeout: 60_000 }, async (_title, behaviour, code) => {
  const { dir, server } = await withServer(behaviour);
  const streamed = await run(dir, ["run", brief, "--to", "ai-ml-lead", "--json"]);
  expect({ code: streamed.code, err: code === 8 ? streamed.err : "" }).toEqual({ code, err: "" });
  // The canaries were sent: what follows would prove nothing otherwise.
  expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  expect(JSON.stringify(server.requests[0]?.body.messages)).toContain(prompt);
  const printed = [streamed];
  for (const verb of ["resume", "show", "trace"]) printed.push(await run(dir, [verb, "@latest"]));
  printed.push(await run(dir, ["doctor"]));
  for (const { out, err } of printed) {
    expect(out + err).not.toContain(token);
    expect(out + err).not.toContain(prompt);
  }
  // The chart in the data holds the modes' own text.
  expect(contents(join(dir, ".cadre"))).not.toContain(token);
  const journal = contents(join(dir, "journal"));
  expect(journal).not.toContain(token);
  expect(journal).not.toContain(prompt);
  if (code !== 8) return;
  const told = readFileSync(join(dir, "environment"), "utf8") + readFileSync(join(dir, "heard"), "utf8");
  expect(told).toContain("Which one?");
  expect(told).not.toContain(token);
  expect(told).not.toContain(prompt);
});

test(
  "R8 a token that lies in the rows of a sample is in no question to a model that is measured on them",
  { timeout: 60_000 },
  async () => {
    const args = { dataset: "sample.csv", candidates: ["it"] };
    const { dir, server } = await withServer(
      { kind: "reply", calls: [{ name: "evaluate_models", args }] },
      { kind: "reply", text: "good" },
    );
    const rows = Array.from({ length: 24 }, (_, row) => `row ${row} opens with ${token},${row % 2 ? "good" : "bad"}`);
    writeFileSync(join(dir, "sample.csv"), ["text,label", ...rows].join("\n"));
    const config = JSON.parse(readFileSync(join(dir, "cadre.yaml"), "utf8")) as { models: { it: object } };
    config.models.it = { ...config.models.it, about: { licence: "mit" } };
    writeFileSync(join(dir, "cadre.yaml"), JSON.stringify(config));
    await run(dir, ["run", brief, "--to", "huggingface-specialist", "--json"]);
    const asked = server.requests.map(({ body }) => JSON.stringify(body));
    // They were asked about; what follows would prove nothing otherwise.
    expect(
      asked.filter((body) => /row \d+ opens with/.test(body) && body.includes("You sort texts")).length,
    ).toBeGreaterThan(5);
    for (const body of asked) expect(body).not.toContain(token);
  },
);
