/** The body of a chat completion request, checked, as an engine takes it. Only what this tier understands; the rest changes nothing. */
import { z } from "zod";
import { CadreError } from "../../errors.ts";
import type { EngineCall, EngineMessage, EngineRequest, EngineTool } from "./engine.ts";

const part = z.object({ type: z.string(), text: z.string().optional() });
const content = z.union([z.string(), z.array(part)]).nullish();
const toolCall = z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) });
const messageSchema = z.object({
  role: z.string(),
  content,
  tool_calls: z.array(toolCall).nullish(),
  tool_call_id: z.string().nullish(),
});
type ChatMessage = z.infer<typeof messageSchema>;

const schema = z.record(z.string(), z.unknown());
const bodySchema = z.object({
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  tools: z
    .array(
      z.object({
        function: z.object({ name: z.string(), description: z.string().nullish(), parameters: schema.nullish() }),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([z.enum(["auto", "none", "required"]), z.object({ function: z.object({ name: z.string() }) })])
    .nullish(),
  response_format: z
    .object({ type: z.string(), json_schema: z.object({ schema: schema.nullish() }).nullish() })
    .nullish(),
  max_tokens: z.number().int().positive().nullish(),
  temperature: z.number().min(0).nullish(),
  seed: z.number().int().nullish(),
  stop: z.union([z.string(), z.array(z.string())]).nullish(),
});
type Body = z.infer<typeof bodySchema>;

/** Errors: `model-refused` for what is no request, or holds more than text. */
export function readChatBody(text: string): { readonly request: EngineRequest; readonly stream: boolean } {
  let body: Body;
  try {
    body = bodySchema.parse(JSON.parse(text));
  } catch {
    throw new CadreError("model-refused", "The embedded model was sent something that is no chat completion request.");
  }
  const { tools, choice } = offered(body);
  return {
    stream: body.stream === true,
    request: {
      messages: engineMessages(body.messages),
      tools,
      choice,
      schema: shape(body),
      maxTokens: body.max_tokens ?? null,
      temperature: body.temperature ?? 0,
      seed: body.seed ?? null,
      stop: typeof body.stop === "string" ? [body.stop] : (body.stop ?? []),
    },
  };
}

function offered({ tools, tool_choice: choice }: Body): Pick<EngineRequest, "tools" | "choice"> {
  const all = (tools ?? []).map(({ function: { name, description, parameters } }): EngineTool => ({
    name,
    description: description ?? "",
    schema: parameters ?? { type: "object", properties: {} },
  }));
  if (choice === "none") return { tools: [], choice: "auto" };
  if (typeof choice === "object" && choice !== null) {
    return { tools: all.filter(({ name }) => name === choice.function.name), choice: "required" };
  }
  return { tools: all, choice: choice ?? "auto" };
}

/** `json_object` is any object; a schema is that schema. */
function shape({ response_format: format }: Body): EngineRequest["schema"] {
  if (format?.type === "json_schema") return format.json_schema?.schema ?? { type: "object" };
  return format?.type === "json_object" ? { type: "object", additionalProperties: {} } : null;
}

/** What came of a call goes with the call: chat formats write both in one place. */
function engineMessages(messages: readonly ChatMessage[]): EngineMessage[] {
  const results = new Map(
    messages.flatMap((message) =>
      message.role === "tool" && message.tool_call_id ? [[message.tool_call_id, textOf(message)] as const] : [],
    ),
  );
  return messages.flatMap((message): EngineMessage[] => {
    const text = textOf(message);
    switch (message.role) {
      case "tool":
        return [];
      case "assistant":
        return [{ role: "assistant", text, calls: (message.tool_calls ?? []).map((call) => madeCall(call, results)) }];
      case "system":
      case "developer":
        return [{ role: "system", text }];
      default:
        return [{ role: "user", text }];
    }
  });
}

function madeCall({ id, function: made }: z.infer<typeof toolCall>, results: ReadonlyMap<string, string>): EngineCall {
  let args: unknown = {};
  try {
    args = JSON.parse(made.arguments);
  } catch {
    // A server would answer 400; a call that nobody could read was never made.
  }
  return { name: made.name, args, result: results.get(id) ?? "" };
}

function textOf({ content: said }: ChatMessage): string {
  if (said === null || said === undefined) return "";
  if (typeof said === "string") return said;
  return said
    .map((block) => {
      if (block.type === "text") return block.text ?? "";
      throw new CadreError(
        "model-refused",
        "The embedded model takes text alone, and the request holds something else.",
      );
    })
    .join("");
}
