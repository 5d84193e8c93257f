/** `routing` in cadre.yaml: who is asked for a second opinion on where work goes, before it goes there. */
import { z } from "zod";

/** In place of a model's name: words are compared, and nothing is called. */
export const lexicalRouting = "lexical";

export const routingSchema = z
  .strictObject({
    /** A name under `models`, or `lexical`. */
    model: z.string().min(1),
    /** How likely the model must find a route at least; below that it is questioned, and then a person decides. */
    threshold: z.number().gt(0).max(1),
  })
  .optional();

type Routing = z.infer<typeof routingSchema>;
type Models = Readonly<Record<string, object>>;

/** What is wrong with the model that is named, in words; null where nothing is. */
export function routingFault(routing: Routing, models: Models): string | null {
  if (routing === undefined || routing.model === lexicalRouting) return null;
  const named = Object.hasOwn(models, routing.model) ? models[routing.model] : undefined;
  if (named === undefined) return `names neither a model under \`models\` nor \`${lexicalRouting}\``;
  return !("task" in named) || named.task === "chat"
    ? null
    : "names a model that does not chat, and so cannot be asked to choose";
}
