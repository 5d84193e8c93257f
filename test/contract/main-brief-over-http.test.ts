/**
 * The main brief through a real tier: ChatHuggingFace over InferenceClient, to a server on loopback that speaks the API and streams.
 * The server's answers are the rehearsal's policy applied to what really came over the wire, so every message and schema must arrive whole.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readBrief } from "../../src/briefs/read-brief.ts";
import { openCadre } from "../../src/cadre/cadre.ts";
import type { Cadre } from "../../src/cadre/api.ts";
import { rehearse } from "../../src/models/rehearsal/rehearsal.ts";
import type { Message, ModelRequest, ToolSpec } from "../../src/models/model.ts";
import type { Brief } from "../../src/briefs/brief.ts";
import { startChatServer, type Behaviour, type ChatBody, type ChatServer } from "../fixtures/chat-server.ts";
import { usageOf } from "../../src/views/cost.ts";
import { shippedProject, type ProjectFolder } from "../fixtures/project-folder.ts";

type WireMessage = {
  role: string;
  content: string;
  tool_call_id?: string;
  tool_calls?: { id: string; function: { name: string; arguments: string } }[];
};
type WireTool = { function: { name: string; description: string; parameters: Record<string, unknown> } };

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

function requestOf(body: ChatBody): ModelRequest {
  const names = new Map<string, string>();
  const messages = (body.messages as unknown as WireMessage[]).map((message): Message => {
    if (message.role === "tool")
      return {
        role: "tool",
        callId: message.tool_call_id ?? "",
        name: names.get(message.tool_call_id ?? "") ?? "",
        content: message.content,
      };
    if (message.role !== "assistant") return { role: message.role as "system" | "user", content: message.content };
    const calls = (message.tool_calls ?? []).map((call) => ({
      id: call.id,
      name: call.function.name,
      args: JSON.parse(call.function.arguments) as unknown,
    }));
    for (const call of calls) names.set(call.id, call.name);
    return { role: "assistant", content: message.content ?? "", calls };
  });
  const tools = ((body.tools ?? []) as unknown as WireTool[]).map((tool): ToolSpec => ({
    name: tool.function.name,
    description: tool.function.description,
    schema: tool.function.parameters,
  }));
  return { messages, tools, maxTokens: 4096, temperature: 0 };
}

function policy(body: ChatBody): Behaviour {
  const reply = rehearse(requestOf(body));
  return { kind: "reply", text: reply.text, calls: reply.calls.map((call) => ({ ...call })), piece: 7 };
}

/** `more`: further lines of the model in cadre.yaml, and of the file. */
async function project(
  behave: (body: ChatBody, n: number) => Behaviour,
  more = "",
  file = "",
): Promise<{ cadre: Cadre; server: ChatServer; folder: ProjectFolder; brief: Brief }> {
  const server = await startChatServer(behave);
  const folder = shippedProject({
    "cadre.yaml": `models:\n  local:\n    tier: endpoint\n    url: ${server.url}\n    model: test/model\n${more}map:\n  default: local\n${file}`,
  });
  const cadre = openCadre({ dir: folder.dir });
  open.push(
    () => folder.remove(),
    () => server.close(),
    () => cadre.close(),
  );
  const { brief } = readBrief(
    readFileSync(join(folder.dir, "briefs/vietnamese-reviews.md"), "utf8"),
    "briefs/vietnamese-reviews.md",
  );
  return { cadre, server, folder, brief: brief as Brief };
}

async function toTheEnd(cadre: Cadre, run: Awaited<ReturnType<Cadre["start"]>>): Promise<string> {
  let result = await cadre.advance(run.id);
  for (let round = 0; round < 10 && result.status === "waiting"; round += 1) {
    const [ask] = result.asks;
    await cadre.decide(
      ask!.id,
      ask!.kind === "sign_off"
        ? { verb: "approve", by: "lead", face: "test" }
        : { verb: "answer", text: "1", by: "lead", face: "test" },
    );
    result = await cadre.advance(run.id);
  }
  return result.status;
}

test(
  "the main brief runs through the chat API, streaming, with tool calls, past a 503, to a signed-off end",
  { timeout: 60_000 },
  async () => {
    const { cadre, server, brief } = await project((body, n) =>
      n === 2 ? { kind: "status", status: 503, headers: { "retry-after": "0" } } : policy(body),
    );
    const run = await cadre.start(brief, { by: "lead" });
    expect(run.rehearsal).toBe(false);
    expect(await toTheEnd(cadre, run)).toBe("finished");
    const events = (await cadre.store.runEvents(run.id)).map((stored) => stored.event);
    const turns = events.filter((event) => event.type === "turn_taken");
    expect(turns.length).toBeGreaterThan(8);
    expect(
      turns.every((turn) => turn.tier === "endpoint" && turn.model.includes("test/model") && turn.usage.measured),
    ).toBe(true);
    // One request more than there are turns: the refused one.
    expect(server.requests.length).toBe(turns.length + 1);
    expect(
      server.requests.every((request) => request.body.stream === true && request.headers.authorization === undefined),
    ).toBe(true);
    expect((await cadre.store.run(run.id))?.counters.modelCalls).toBe(turns.length);
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  },
);

test(
  "D3 a stream that is cut leaves a run that resumes: the failed call is known to have failed, and nothing is taken from it",
  { timeout: 60_000 },
  async () => {
    const { cadre, brief } = await project((body, n) => (n === 3 ? { kind: "cut", how: "end" } : policy(body)));
    const run = await cadre.start(brief, { by: "lead" });
    await expect(cadre.advance(run.id)).rejects.toMatchObject({ code: "model-truncated" });
    expect(await toTheEnd(cadre, run)).toBe("finished");
    const turns = (await cadre.store.runEvents(run.id))
      .map((stored) => stored.event)
      .filter((event) => event.type === "turn_taken");
    expect(turns.map((turn) => turn.outcome)).toEqual(turns.map(() => "executed"));
    expect((await cadre.store.run(run.id))?.counters.modelCalls).toBe(turns.length + 1);
  },
);

const prices =
  "    price: {promptPerMillion: 1, completionPerMillion: 10, cachedPerMillion: 0.5, currency: EUR}\n    gpus: 2\n";

test(
  "L2 the bill is the server's count at the operator's prices, call by call, under a limit of money",
  { timeout: 60_000 },
  async () => {
    const { cadre, brief } = await project((body) => policy(body), prices);
    const limits = { money: { amount: 40, currency: "EUR" }, gpuSeconds: 100_000, wallSeconds: 3600 };
    const run = await cadre.start({ ...brief, limits }, { by: "lead" });
    expect(run).toMatchObject({ currency: "EUR", limits: { money: 40, gpuSeconds: 100_000, wallSeconds: 3600 } });
    expect(await toTheEnd(cadre, run)).toBe("finished");
    const turns = (await cadre.store.runEvents(run.id))
      .map((stored) => stored.event)
      .filter((event) => event.type === "turn_taken");
    // The server counts 120 tokens of prompt, 100 of them cached, and 8 of reply in every answer.
    const each = 20 * 1 + 100 * 0.5 + 8 * 10;
    for (const { charged, usage } of turns) {
      expect(charged).toMatchObject({ attempts: 1, tokens: 128, money: { micros: each, currency: "EUR" } });
      expect(charged?.money?.price).toContain("models.local in cadre.yaml: 1 and 10 EUR");
      expect(charged?.gpuMs).toBe(2 * (usage.serverMs ?? Number.NaN));
    }
    const { counters } = (await cadre.store.run(run.id))!;
    expect(counters.money).toBe(each * turns.length);
    expect(counters.gpuMs).toBe(turns.reduce((sum, { charged }) => sum + (charged?.gpuMs ?? 0), 0));
    expect(counters.movedMs).toBeGreaterThan(0);
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  },
);

test("a limit of money beside a model without a price is refused before the run starts", async () => {
  const { cadre, server, brief } = await project((body) => policy(body));
  const limits = { money: { amount: 5, currency: "EUR" } };
  await expect(cadre.start({ ...brief, limits }, { by: "lead" })).rejects.toMatchObject({
    code: "config-invalid",
    message: "The limit of 5.00 EUR could not be held: test/model has no price. Nothing was sent.",
  });
  expect(server.requests).toEqual([]);
  expect(await cadre.store.runs()).toEqual([]);
});

/** Of the routes that a question lists, the answer that names the one to this role, with its probability. */
function opinionOn(body: ChatBody, role: string, likely: number): Behaviour {
  const [system] = body.messages;
  const key = new RegExp(`^([A-Z]): (?:delegation|escalation) ${role} `, "m").exec(String(system?.content))?.[1] ?? "";
  const other = key === "A" ? "B" : "A";
  const told = Object.entries({ [key]: likely, [other]: 1 - likely });
  const top = told.map(([token, p]) => ({ token, logprob: Math.log(p) }));
  const content = ['{"answer":"', key, '"}'].map((token) => ({
    token,
    logprob: 0,
    top_logprobs: token === key ? top : [],
  }));
  return { kind: "reply", text: JSON.stringify({ answer: key }), logprobs: { content } };
}

test(
  "O2 R8 with `routing` every hand-over of the brief is weighed by the model that is named, billed and verified",
  { timeout: 60_000 },
  async () => {
    let wanted = "";
    const { cadre, server, brief } = await project(
      (body) => {
        if (body.response_format !== undefined) return opinionOn(body, wanted, 0.8);
        const said = policy(body);
        const args = said.kind === "reply" ? (said.calls?.[0]?.args as { mode?: string; to?: string }) : {};
        wanted = args.mode ?? args.to ?? wanted;
        return said;
      },
      prices,
      "routing: {model: local, threshold: 0.75}\n",
    );
    const run = await cadre.start(brief, { by: "lead" });
    expect(await toTheEnd(cadre, run)).toBe("finished");
    const stored = await cadre.store.runEvents(run.id);
    const events = stored.map(({ event }) => event);
    const opinions = events.filter((event) => event.type === "opinion_given");
    const handed = events.filter(
      (event) =>
        event.type === "frame_opened" && ["delegation", "escalation"].includes(event.kind) && event.to !== "user",
    );
    expect(opinions.length).toBeGreaterThan(2);
    expect(opinions.map(({ to }) => to)).toEqual(handed.map((event) => event.type === "frame_opened" && event.to));
    expect(opinions.every(({ likely, usage }) => likely?.wanted === 0.8 && usage.measured)).toBe(true);
    expect(events.filter((event) => event.type === "refused")).toEqual([]);
    const turns = events.filter((event) => event.type === "turn_taken").length;
    const each = 20 * 1 + 100 * 0.5 + 8 * 10;
    const { counters } = (await cadre.store.run(run.id))!;
    expect(counters).toMatchObject({ modelCalls: turns + opinions.length, money: each * (turns + opinions.length) });
    expect(usageOf(stored).money.sums).toEqual({ EUR: (each * (turns + opinions.length)) / 1e6 });
    expect(server.requests.filter(({ body }) => body.response_format !== undefined)).toHaveLength(opinions.length);
    expect((await cadre.verify(run.id)).problems).toEqual([]);
  },
);

test("a limit of money beside an unpriced model that is asked about routes is refused before the run starts", async () => {
  const judge = "  judge: {tier: endpoint, url: 'http://127.0.0.1:9/v1', model: test/judge}\n";
  const { cadre, server, brief } = await project(
    (body) => policy(body),
    prices + judge,
    "routing: {model: judge, threshold: 0.5}\n",
  );
  const limits = { money: { amount: 5, currency: "EUR" } };
  await expect(cadre.start({ ...brief, limits }, { by: "lead" })).rejects.toMatchObject({
    code: "config-invalid",
    message: "The limit of 5.00 EUR could not be held: test/judge has no price. Nothing was sent.",
  });
  expect(server.requests).toEqual([]);
});

/** Tools change for a turn where a decision has to be taken up, and where a report has come back that can be returned; in nothing else. */
function lasting(tools: string): unknown[] {
  const all = JSON.parse(tools) as {
    function: { name: string; parameters: { properties: object; required?: string[] } };
  }[];
  return all
    .filter((tool) => tool.function.name !== "return_report")
    .map((tool) => {
      const { properties, required = [], ...parameters } = tool.function.parameters;
      const own = Object.entries(properties).filter(([name]) => name !== "decision_taken_up");
      const needed = required.filter((name) => name !== "decision_taken_up");
      return { ...tool.function, parameters: { ...parameters, properties: Object.fromEntries(own), required: needed } };
    });
}

function namesOf(tools: string): string[] {
  return (JSON.parse(tools) as WireTool[]).map((tool) => tool.function.name);
}

type Told = { readonly messages: readonly string[]; readonly tools: string };

test(
  "stable text first: a role's next request begins with all of its last one, so that a server's prefix cache hits",
  { timeout: 60_000 },
  async () => {
    const told = ({ body }: ChatServer["requests"][number]): Told => ({
      messages: body.messages.map((message) => JSON.stringify(message)),
      tools: JSON.stringify(body.tools),
    });
    const whole = await project((body) => policy(body));
    expect(await toTheEnd(whole.cadre, await whole.cadre.start(whole.brief, { by: "lead" }))).toBe("finished");
    const first = whole.server.requests.map(told);
    // No name of a run, no date and no path of a workspace stands at the start: another run begins with the same bytes.
    const other = await project(() => ({ kind: "status", status: 401 }));
    const run = await other.cadre.start(other.brief, { by: "lead" });
    await expect(other.cadre.advance(run.id)).rejects.toMatchObject({ code: "model-auth" });
    expect(other.server.requests.map(told)).toEqual(first.slice(0, 1));
    let [again, kept, sent] = [0, 0, 0];
    for (const [at, { messages, tools }] of first.entries()) {
      // System prompt, brief and assignment: a frame.
      const before = first
        .slice(0, at)
        .findLast((earlier) => [0, 1, 2].every((part) => earlier.messages[part] === messages[part]));
      if (before === undefined) continue;
      again += 1;
      expect(lasting(tools)).toEqual(lasting(before.tools));
      expect([-1, namesOf(tools).length - 1]).toContain(namesOf(tools).indexOf("return_report"));
      expect(messages.slice(0, before.messages.length)).toEqual(before.messages);
      kept += before.messages.join("").length;
      sent += messages.join("").length;
    }
    expect(again).toBeGreaterThan(5);
    expect(kept / sent).toBeGreaterThan(0.7);
  },
);
