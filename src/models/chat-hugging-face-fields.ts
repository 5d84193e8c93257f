/** What a `ChatHuggingFace` is made with and called with, and which of it goes together. */
import type {
  BaseChatModelCallOptions,
  BaseChatModelParams,
  BindToolsInput,
} from "@langchain/core/language_models/chat_models";
import { endpointUrlFault } from "../endpoint-url.ts";
import { CadreError } from "../errors.ts";
import type { ChatInput } from "./chat-messages.ts";
import type { TransportLimits } from "./transport.ts";

/** What a `ChatHuggingFace` is made with, beside LangChain's own fields. */
export type ChatHuggingFaceFields = BaseChatModelParams & {
  /** As the server or the Hub knows it, e.g. `Qwen/Qwen3-8B`. */
  model: string;
  /** An OpenAI-compatible server; left out: Hugging Face's Inference Providers. */
  endpointUrl?: string;
  /** One provider, or `fastest` or `cheapest`; refused beside `endpointUrl`. */
  provider?: string;
  /** Sent to the server's own origin and nowhere else; over plain http only to this machine. */
  accessToken?: string;
  /** The organisation that pays; refused beside `endpointUrl`. */
  billTo?: string;
  /** Of the reply, in tokens; left out: as many as the server allows. */
  maxTokens?: number;
  /** Left out: as the server has it. */
  temperature?: number;
  /** Left out, each: two minutes to the first token, a minute between two reads, ten minutes in all, three further attempts. */
  limits?: Partial<TransportLimits>;
  /** Stands in for the transport made from the fields above; then time limits, retries and the token are its own. */
  transport?: typeof fetch;
};

/** What one call may set, beside LangChain's own options. */
export type ChatHuggingFaceCallOptions = BaseChatModelCallOptions & {
  tools?: BindToolsInput[];
  /** In place of the model's own. */
  maxTokens?: number;
  /** In place of the model's own. */
  temperature?: number;
  responseFormat?: ChatInput["response_format"];
  /** How many of the likeliest tokens are told of at each place, in `response_metadata.written`; not of a stream. */
  topLogprobs?: number;
};

/** Of what it is made with: whether it says whom to ask, and nothing that does not go with that. Errors: `usage`. */
export function requireTarget({ model, endpointUrl, provider, billTo }: ChatHuggingFaceFields): void {
  if (model === "") throw new CadreError("usage", "ChatHuggingFace needs the name of a model.");
  if (endpointUrl === undefined) return;
  const fault = endpointUrlFault(endpointUrl);
  if (fault !== null) throw new CadreError("usage", `The endpointUrl of ChatHuggingFace ${fault}.`);
  const astray = provider !== undefined ? "provider" : billTo !== undefined ? "billTo" : null;
  if (astray === null) return;
  throw new CadreError(
    "usage",
    `ChatHuggingFace was given both endpointUrl and ${astray}, which means something to Hugging Face's Inference Providers alone.`,
    { hint: `Leave ${astray} out to ask that server, or endpointUrl to ask the providers.` },
  );
}
