import { wholeAnswer } from "../whole-answer.ts";

/** The client wants a list of lists; servers that were given one text answer with a list. What is no JSON is left for the client to say so. */
export function nestedLabels(transport: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await transport(input, init);
    if (!/^application\/json\b/i.test(response.headers.get("content-type") ?? "")) return response;
    const text = await response.text();
    const { status, headers } = response;
    return wholeAnswer(isFlat(text) ? `[${text}]` : text, { status, headers });
  };
}

/** A list whose first item is no list, and that has one: looked at as text, since the client will read all of it anyway. */
function isFlat(text: string): boolean {
  return /^\s*\[\s*[^\s[\]]/.test(text);
}
