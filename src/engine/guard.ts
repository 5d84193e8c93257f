/**
 * What stands between the engine and whatever it works with: models and tools, ours and those that a program brings along.
 *
 * G1. (R8) No secret that is known here reaches a model, and none that comes back reaches the ledger, an event or whoever watches.
 * G2. A call whose arguments hold keys that JavaScript treats specially is malformed, whichever model made it: what would be
 *     stored of it is not what the model sent.
 */
import { configWords } from "../config/mentions.ts";
import type { ModelReply, RoleModel } from "../models/model.ts";
import type { RouteJudge } from "../models/route-judge.ts";
import type { ModelSource } from "../models/served-model.ts";
import { structureFault } from "../models/strict-calls.ts";
import { openSecrets, type Secrets } from "../outside/secrets.ts";
import type { PaidCalls } from "../tools/paid-calls.ts";
import type { Tool, ToolContext } from "../tools/tool.ts";

/** What counts as a secret for a project: what its cadre.yaml names, and what is called like one in the environment. */
export function secretsOf(dir: string, env: NodeJS.ProcessEnv = process.env): Secrets {
  const { tokens, words } = configWords(dir);
  return openSecrets({ tokens: [...tokens, "HF_TOKEN"], maybe: words }, env);
}

export type FollowedSecrets = Secrets & {
  /** Takes in what cadre.yaml has come to name: to be called wherever that file is read anew. */
  look(): void;
};

/** The same for a process that stays, while the file is edited beside it. What was known once stays known. */
export function followSecrets(dir: string, env: NodeJS.ProcessEnv = process.env): FollowedSecrets {
  const tokens = new Set(["HF_TOKEN"]);
  const maybe = new Set<string>();
  let known = 0;
  let held = openSecrets({ tokens: [], maybe: [] }, {});
  const look = (): void => {
    const said = configWords(dir);
    for (const name of said.tokens) tokens.add(name);
    for (const name of said.words) maybe.add(name);
    if (known === tokens.size + maybe.size) return;
    known = tokens.size + maybe.size;
    held = openSecrets({ tokens: [...tokens], maybe: [...maybe] }, env);
  };
  look();
  return {
    look,
    get none() {
      return held.none;
    },
    clean: (text) => held.clean(text),
    cleanJson: (value) => held.cleanJson(value),
    stream: () => held.stream(),
    byteStream: () => held.byteStream(),
  };
}

export function guardedModel(model: RoleModel, secrets: Secrets): RoleModel {
  return {
    ...model,
    call: async (request, { signal, onText }) => {
      const stream = secrets.stream();
      const give = (text: string): void => {
        if (text !== "") onText?.(text);
      };
      const asked = { ...request, messages: secrets.cleanJson(request.messages) };
      const reply = await model.call(asked, {
        ...(signal === undefined ? {} : { signal }),
        onText: (piece) => give(stream.push(piece)),
      });
      give(stream.end());
      return secrets.cleanJson(strict(reply));
    },
  };
}

/** What it answers is one of the labels that it was given, or nothing. */
export function guardedJudge(judge: RouteJudge, secrets: Secrets): RouteJudge {
  return {
    ...judge,
    judge: ({ text, question, ...asked }, signal) => {
      const clean = { text: secrets.cleanJson(text), question: secrets.cleanJson(question) };
      return judge.judge({ ...asked, ...clean }, signal);
    },
  };
}

/** Of what tools measure. What comes back goes to the ledger past the tool's own guard. */
export function guardedModels(source: ModelSource, secrets: Secrets): ModelSource {
  return {
    names: () => source.names(),
    open: async (name) => {
      const model = await source.open(name);
      return {
        ...model,
        ask: (text, question, signal) => model.ask(secrets.cleanJson(text), secrets.cleanJson(question), signal),
      };
    },
  };
}

/** G2. */
function strict(reply: ModelReply): ModelReply {
  const faults = reply.calls.map((call) => structureFault(call.args));
  if (faults.every((fault) => fault === null)) return reply;
  const malformed = reply.calls.flatMap(({ id, name }, at) => {
    const error = faults[at];
    return error ? [{ id, name, raw: "", error }] : [];
  });
  return {
    ...reply,
    calls: reply.calls.filter((_call, at) => faults[at] === null),
    malformed: [...reply.malformed, ...malformed],
  };
}

export function guardedTools(tools: ReadonlyMap<string, Tool>, secrets: Secrets): ReadonlyMap<string, Tool> {
  return new Map([...tools].map(([name, tool]) => [name, guardedTool(tool, secrets)]));
}

function guardedTool(tool: Tool, secrets: Secrets): Tool {
  // Whether a tool is available is found when it is first asked, so it must not be copied.
  const guarded = Object.create(tool) as Tool;
  guarded.run = async (context, args, prepared) =>
    secrets.cleanJson(await tool.run(guardedContext(context, secrets), args, prepared));
  if (tool.concerns) guarded.concerns = async (context, args) => secrets.cleanJson(await tool.concerns!(context, args));
  if (tool.probe)
    guarded.probe = async (context, args, prepared) => {
      const found = await tool.probe!(context, args, prepared);
      return found.state === "done" ? { ...found, outcome: secrets.cleanJson(found.outcome) } : found;
    };
  return guarded;
}

function guardedContext(context: ToolContext, secrets: Secrets): ToolContext {
  const { calls } = context;
  if (calls === undefined) return context;
  const guarded: PaidCalls = {
    pay: (call) =>
      calls.pay({
        ...call,
        make: async (signal) => {
          const made = await call.make(signal);
          return { ...made, answer: secrets.cleanJson(made.answer) };
        },
      }),
    paid: (number) => calls.paid(number),
  };
  return { ...context, calls: guarded };
}
