/** `who --model`: one question to a model, and its answer is a route of the role, by the rule that declares it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startChatServer, type Behaviour, type ChatServer } from "../fixtures/chat-server.ts";
import { modeText } from "../fixtures/line-harness.ts";
import { cadre, project, startCadre, type Ended } from "./cli-process.ts";

const token = "sk-CANARY-who-model";

async function serve(behaviour: Behaviour): Promise<{ dir: string; server: ChatServer }> {
  const server = await startChatServer([behaviour]);
  onTestFinished(() => server.close());
  const dir = project();
  const local = { tier: "endpoint", url: server.url, model: "org/model", token: "CANARY_TOKEN" };
  writeFileSync(join(dir, "cadre.yaml"), JSON.stringify({ models: { local } }));
  return { dir, server };
}

const who = (dir: string, ...args: string[]): Promise<Ended> =>
  startCadre(dir, ["who", ...args], () => {}, { CANARY_TOKEN: token }).ended;

/** Of the routes that the question lists, the key of the one to this role. */
function keyOf(server: ChatServer, role: string): string {
  const [system] = server.requests[0]?.body.messages ?? [];
  return new RegExp(`^([A-Z]): (?:delegation|escalation) ${role} `, "m").exec(system?.content ?? "")?.[1] ?? "";
}

test(
  "R1 R8 a model's choice is shown with its rule, and a secret in the words is not sent",
  { timeout: 60_000 },
  async () => {
    const answer = JSON.stringify({ answer: "A" });
    const { dir, server } = await serve({ kind: "reply", text: answer });
    const words = `write the index, the key is ${token}`;
    const { code, out, err } = await who(dir, words, "--from", "backend-lead", "--model", "local", "--json");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const { candidates, model } = JSON.parse(out) as { model: string; candidates: { role: string }[] };
    expect(model).toBe("org/model");
    expect(candidates).toEqual([
      expect.objectContaining({ probability: null, file: "modes/backend-lead.md", line: expect.any(Number) as number }),
    ]);
    const [chosen] = candidates;
    expect(keyOf(server, chosen?.role ?? "nobody")).toBe("A");
    expect(server.requests).toHaveLength(1);
    expect(JSON.stringify(server.requests[0]?.body)).not.toContain(token);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  },
);

test("likely routes come in their order, as many as were asked for", { timeout: 60_000 }, async () => {
  const likely = [
    { token: "B", logprob: Math.log(0.75) },
    { token: "A", logprob: Math.log(0.25) },
  ];
  const content = ['{"answer":"', "B", '"}'].map((each) => ({
    token: each,
    logprob: 0,
    top_logprobs: each === "B" ? likely : [],
  }));
  const { dir } = await serve({ kind: "reply", text: '{"answer":"B"}', logprobs: { content } });
  const { code, out } = await who(dir, "anything", "--from", "backend-lead", "--model", "local", "--limit", "2");
  expect(code).toBe(0);
  const rows = out.trimEnd().split("\n");
  expect(rows.map((row) => row.split("\t")[2])).toEqual(expect.arrayContaining(["0.75", "0.25"]));
  expect(rows.filter((row) => /\t0\.(75|25)\t/.test(row)).map((row) => row.split("\t")[2])).toEqual(["0.75", "0.25"]);
});

test("R1 a route that the role has not is no answer", { timeout: 60_000 }, async () => {
  const { dir } = await serve({ kind: "reply", text: '{"answer":"delegation nobody"}' });
  const { code, out, err } = await who(dir, "anything", "--from", "backend-lead", "--model", "local");
  expect(code).not.toBe(0);
  expect(out).toBe("");
  expect(err).toContain("none of the choices");
  expect(err).not.toContain("nobody");
});

test("a question without a role, or to a model that is not there, is not asked", { timeout: 60_000 }, async () => {
  const { dir, server } = await serve({ kind: "reply", text: "{}" });
  expect(await who(dir, "x", "--model", "local")).toMatchObject({ code: 2, err: expect.stringContaining("--from") });
  expect(await who(dir, "x", "--from", "backend-lead", "--model", "lokal")).toMatchObject({
    out: "",
    err: expect.stringContaining('no model "lokal"'),
  });
  expect(await who(dir, "x", "--from", "backend-lead", "--model", "rehearsal")).toMatchObject({ code: 2, out: "" });
  const unset = cadre(dir, ["who", "x", "--from", "backend-lead", "--model", "local"]);
  expect(unset.err).toContain("CANARY_TOKEN is not set");
  expect(server.requests).toEqual([]);
});

test("a role with one route has nothing to choose, and no model is asked about it", { timeout: 60_000 }, async () => {
  const { dir, server } = await serve({ kind: "reply", text: '{"answer":"A"}' });
  writeFileSync(
    join(dir, "modes", "lone-worker.md"),
    modeText("lone-worker", "030-worker", { escalates: ["backend-lead"] }),
  );
  const { code, err } = await who(dir, "the index", "--from", "lone-worker", "--model", "local");
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("lone-worker has one route alone") as string });
  expect(server.requests).toEqual([]);
});

test(
  "a busy server is told with what whoever asked can do; how to go on is for those who have a run",
  {
    timeout: 60_000,
  },
  async () => {
    const { dir } = await serve({ kind: "status", status: 503, headers: { "retry-after": "3600" } });
    const asked = await who(dir, "the index", "--from", "backend-lead", "--model", "local");
    expect(asked).toMatchObject({ code: 1, out: "", err: expect.stringMatching(/hint: Try again in 3600 s\.$/m) });
    expect(asked.err).not.toMatch(/\b(run|resume)\b/i);
    const begun = startCadre(dir, ["run", "briefs/vietnamese-reviews.md", "--model", "local"], () => {}, {
      CANARY_TOKEN: token,
    });
    const { code, err } = await begun.ended;
    expect(code).toBe(1);
    expect(err).toMatch(/hint: Try again in 3600 s\.\n.*go on with: npx cadre resume r-[0-9a-f]{6}$/m);
  },
);
