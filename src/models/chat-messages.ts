/** LangChain messages in the chat format of OpenAI-compatible servers, and LangChain's tool choice. */
import type { InferenceClient } from "@huggingface/inference";
import type { BaseChatModelCallOptions, BindToolsInput } from "@langchain/core/language_models/chat_models";
import { AIMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { convertToOpenAITool } from "@langchain/core/utils/function_calling";
import { CadreError } from "../errors.ts";

export type ChatInput = Parameters<InferenceClient["chatCompletion"]>[0];
type ChatMessage = ChatInput["messages"][number];
type ChatTool = NonNullable<ChatInput["tools"]>[number];
type ChatToolChoice = NonNullable<ChatInput["tool_choice"]>;
type Content = NonNullable<ChatMessage["content"]>;

/** Errors: `usage` for a message or a content block that the chat format cannot carry. */
export function chatMessages(messages: readonly BaseMessage[]): ChatMessage[] {
  return messages.map(chatMessage);
}

function chatMessage(message: BaseMessage): ChatMessage {
  switch (message.type) {
    case "system":
    case "developer":
      return { role: message.type, content: contentOf(message) };
    case "human":
      return { role: "user", content: contentOf(message) };
    case "ai":
      return assistantMessage(message);
    case "tool":
      if (!ToolMessage.isInstance(message)) break;
      return { role: "tool", tool_call_id: message.tool_call_id, content: message.text };
    case "generic":
      if ("role" in message && typeof message.role === "string")
        return { role: message.role, content: contentOf(message) };
      break;
    default:
      break;
  }
  throw new CadreError("usage", `A message of type ${message.type} has no place in a chat completion.`);
}

/** Calls that were malformed stay out: servers parse the arguments of earlier calls and answer 400. */
function assistantMessage(message: BaseMessage): ChatMessage {
  const calls = AIMessage.isInstance(message) ? (message.tool_calls ?? []) : [];
  if (calls.length === 0) return { role: "assistant", content: message.text };
  return {
    role: "assistant",
    content: message.text,
    tool_calls: calls.map((call, index) => ({
      id: call.id ?? `call_${index}`,
      type: "function",
      function: { name: call.name, arguments: JSON.stringify(call.args) },
    })),
  };
}

function contentOf(message: BaseMessage): Content {
  if (typeof message.content === "string") return message.content;
  return message.content.map((block) => {
    if (block.type === "text" && typeof block["text"] === "string") return { type: "text", text: block["text"] };
    if (block.type === "image_url") {
      const image: unknown = block["image_url"];
      const url = typeof image === "object" && image !== null && "url" in image ? image.url : image;
      if (typeof url === "string") return { type: "image_url", image_url: { url } };
    }
    throw new CadreError(
      "usage",
      `A content block of type ${String(block.type)} cannot be sent; text and image_url can.`,
    );
  });
}

export function chatTools(tools: readonly BindToolsInput[]): ChatTool[] {
  return tools.map((tool) => {
    const { type, function: definition } = convertToOpenAITool(tool);
    return { type, function: { ...definition } };
  });
}

/** `any` is LangChain's word for `required`; another word is a tool's name. */
export function chatToolChoice(choice: BaseChatModelCallOptions["tool_choice"]): ChatToolChoice | undefined {
  if (choice === undefined) return undefined;
  if (typeof choice !== "string") return { ...choice, function: choice["function"] };
  if (choice === "any" || choice === "required") return "required";
  if (choice === "auto" || choice === "none") return choice;
  return { type: "function", function: { name: choice } };
}
