/** The conformance suite over the tiers that are there: a real client against a loopback server, and the scripted model. */
import { CadreError } from "../../src/errors.ts";
import { emptyConfig } from "../../src/config/config.ts";
import { createRoleModel } from "../../src/models/create-role-model.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { reply, scriptedModel, type ScriptedReply } from "../../src/testing.ts";
import { startChatServer, type Behaviour } from "../fixtures/chat-server.ts";
import { manualTiming } from "../fixtures/manual-timing.ts";
import { modelConformance, type Subject } from "./model-conformance.ts";

async function served(behaviour: Behaviour): Promise<Subject> {
  const server = await startChatServer([behaviour]);
  const spec = resolveModel(emptyConfig, { role: "ai-ml-lead", rank: "lead", flag: `${server.url}#scripted` });
  const model = await createRoleModel(spec, {
    env: {},
    rehearsal: () => {
      throw new Error("not asked for");
    },
    run: "r-000001",
    transport: { timing: manualTiming() },
  });
  return { model, underWay: () => server.seen(1), close: () => server.close() };
}

modelConformance({
  name: "ChatHuggingFace against a server",
  tier: "endpoint",
  countsTokens: true,
  scenarios: {
    text: () => served({ kind: "reply", text: "Hello there" }),
    calls: () => served({ kind: "reply", calls: [{ id: "call-1-1", name: "read_file", args: { path: "README.md" } }] }),
    cut: () => served({ kind: "reply", calls: [{ name: "read_file", args: '{"path":"/etc' }], finish: "length" }),
    ghost: () => served({ kind: "reply", calls: [{ name: "execute_command", args: { command: "ls" } }] }),
    hangs: () => served({ kind: "silence" }),
    fails: () => served({ kind: "status", status: 400 }),
  },
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
