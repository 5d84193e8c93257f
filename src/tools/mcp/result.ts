/** What a server answered becomes text for the model: data and nothing else. No part of it is looked at for meaning. */
import { clip, textLimit } from "../answer.ts";
import { plainWords } from "./spec.ts";

/** One part of a tool's result, as the protocol knows them; fields are read only if they are what they should be. */
export type ResultPart = {
  readonly type: string;
  readonly text?: unknown;
  readonly data?: unknown;
  readonly mimeType?: unknown;
  readonly uri?: unknown;
  readonly resource?: unknown;
};

export type ToolReply = {
  readonly content: readonly ResultPart[];
  readonly structured: unknown;
  readonly failed: boolean;
};

/** Text parts as they are, everything else by name only; 64 KB at most. */
export function replyText(reply: ToolReply, clean: (text: string) => string): string {
  const parts = reply.content.map(partText);
  const said = parts.some((part) => part !== "");
  if (!said && reply.structured !== undefined && reply.structured !== null)
    parts.push(JSON.stringify(reply.structured));
  const text = clean(parts.filter((part) => part !== "").join("\n"));
  return clip(text === "" ? "(the tool answered without words)" : text, textLimit);
}

function partText(part: ResultPart): string {
  if (part.type === "text") return typeof part.text === "string" ? part.text : "";
  const { resource } = part;
  if (part.type === "resource" && isRecord(resource)) {
    if (typeof resource["text"] === "string") return `[${named(resource)}]\n${resource["text"]}`;
    return `[${named(resource)}, ${size(resource["blob"])}: not passed on]`;
  }
  return `[${plainWords(part.type, 40)}, ${named(part)}, ${size(part.data)}: not passed on]`;
}

function named(part: { readonly mimeType?: unknown; readonly uri?: unknown }): string {
  const words = [part.uri, part.mimeType].filter((word): word is string => typeof word === "string");
  return words.length === 0 ? "no name" : words.map((word) => plainWords(word, 200)).join(", ");
}

/** Of what base64 text stands for. */
function size(data: unknown): string {
  return `${typeof data === "string" ? Math.floor((data.length * 3) / 4).toLocaleString("en") : 0} bytes`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
