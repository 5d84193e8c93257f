/** The conformance suite over the tiers that are there: a real client against a loopback server, by its address and as a provider's, and the scripted model. */
import { expect } from "vitest";
import { CadreError } from "../../src/errors.ts";
import { emptyConfig } from "../../src/config/config.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { reply, scriptedModel, type ScriptedReply } from "../../src/testing.ts";
import { startChatServer, type Behaviour } from "../fixtures/chat-server.ts";
import { manualTiming } from "../fixtures/manual-timing.ts";
import { modelConformance, type ConformanceSubject, type Subject } from "./model-conformance.ts";

/** `far`: as a model of a provider, whose requests are brought to the server here. */
async function served(behaviour: Behaviour, far = false): Promise<Subject> {
  const server = await startChatServer([behaviour]);
  const flag = far ? "hf:org/model:together" : `${server.url}#scripted`;
  const spec = resolveModel(emptyConfig, { role: "ai-ml-lead", rank: "lead", flag });
  const brought: typeof fetch = (input, init) => {
    const { origin, pathname } = new URL(input as string);
    expect(`${origin}${pathname}`).toBe("https://router.huggingface.co/v1/chat/completions");
    return fetch(`${server.url}/chat/completions`, init);
  };
  const model = await createRoleModel(spec, {
    env: { HF_TOKEN: "hf_conformance" },
    rehearsal: () => {
      throw new Error("not asked for");
    },
    run: "r-000001",
    transport: { timing: manualTiming(), ...(far ? { fetch: brought } : {}) },
  });
  return {
    model,
    underWay: () => server.seen(1),
    close: async () => {
      const auth = far ? "Bearer hf_conformance" : undefined;
      expect(server.requests.every(({ headers }) => headers.authorization === auth)).toBe(true);
      await server.close();
    },
  };
}

const remote = (far: boolean): ConformanceSubject["scenarios"] => ({
  text: () => served({ kind: "reply", text: "Hello there" }, far),
  calls: () =>
    served({ kind: "reply", calls: [{ id: "call-1-1", name: "read_file", args: { path: "README.md" } }] }, far),
  cut: () => served({ kind: "reply", calls: [{ name: "read_file", args: '{"path":"/etc' }], finish: "length" }, far),
  ghost: () => served({ kind: "reply", calls: [{ name: "execute_command", args: { command: "ls" } }] }, far),
  hangs: () => served({ kind: "silence" }, far),
  fails: () => served({ kind: "status", status: 400 }, far),
});

modelConformance({
  name: "ChatHuggingFace against a server",
  tier: "endpoint",
  countsTokens: true,
  scenarios: remote(false),
});

modelConformance({
  name: "ChatHuggingFace through Hugging Face's router",
  tier: "hf",
  countsTokens: true,
  scenarios: remote(true),
});

const scripted = async (answer: ScriptedReply | Error): Promise<Subject> => ({ model: scriptedModel([answer]) });

modelConformance({
  name: "the scripted model",
  tier: "rehearsal",
  countsTokens: false,
  scenarios: {
    text: () => scripted(reply.text("Hello there")),
    calls: () => scripted(reply.call("read_file", { path: "README.md" })),
    cut: () => scripted(reply.malformed("read_file", '{"path":"/etc')),
    ghost: { skip: "a script may say what no server would, so that the run's own check is tested" },
    hangs: async () => ({ model: scriptedModel(() => new Promise(() => {})) }),
    fails: () => scripted(new CadreError("model-unreachable", "as told")),
  },
});
