/**
 * For servers that leave `stream` out and answer whole: what they say is a completion like any other, and paid for, so it is read as a
 * stream of one chunk instead of being refused.
 */
import { z } from "zod";

const messageSchema = z.looseObject({ tool_calls: z.array(z.looseObject({})).nullish() });
const completionSchema = z.looseObject({
  choices: z.array(z.looseObject({ message: messageSchema })).min(1),
});

/** The answer as it is where it streams already, or is no completion: whoever reads it says what it is. */
export async function asStream(answer: Response): Promise<Response> {
  const { status, headers } = answer;
  if (!answer.ok || !/^application\/json\b/i.test(headers.get("content-type") ?? "")) return answer;
  const text = await answer.text();
  const chunk = chunkOf(text);
  if (chunk === null) return new Response(text, { status, headers });
  const streamed = new Headers(headers);
  streamed.set("content-type", "text/event-stream");
  return new Response(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`, { status, headers: streamed });
}

/** Null: no completion. Calls get their index, without which pieces of a stream are one call. */
function chunkOf(text: string): object | null {
  const completion = completionSchema.safeParse(parsed(text));
  if (!completion.success) return null;
  const choices = completion.data.choices.map(({ message, ...choice }) => ({
    ...choice,
    delta: { ...message, tool_calls: message.tool_calls?.map((call, index) => ({ index, ...call })) },
  }));
  return { ...completion.data, choices };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
