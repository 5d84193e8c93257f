/** `search_models` and `search_datasets`: a short list from the Hub, one entry a line. */
import { z } from "zod";
import type { EntryFacts } from "../../models/hub/facts.ts";
import type { Entry, HubSearch } from "../../models/hub/hub.ts";
import { licenceOf } from "../../org/licences.ts";
import { done } from "../answer.ts";
import { oneLine } from "../screen/untrusted.ts";
import type { Tool } from "../tool.ts";
import { askingHub, hubAvailability } from "./answering-hub.ts";
import type { HubSource } from "./source.ts";

const word = z.string().min(1).max(100);

const shared = {
  query: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Words that the id holds. It is sent to the Hub: nothing confidential."),
  task: word.optional().describe("Task on the Hub, e.g. `text-classification`."),
  licence: word.optional().describe("Licence as the Hub spells it, e.g. `apache-2.0`."),
  owner: word.optional().describe("Person or organisation, e.g. `google`."),
  language: word.optional().describe("Language code, e.g. `vi`."),
  sort: z.enum(["downloads", "likes", "lastModified", "trendingScore"]).default("downloads"),
  limit: z.int().min(1).max(50).default(10),
};

const models = z.strictObject({
  ...shared,
  library: word.optional().describe("Library or format, e.g. `transformers`, `gguf`, `safetensors`."),
  provider: word.optional().describe("Only models that this inference provider serves, e.g. `hf-inference`."),
});
const datasets = z.strictObject(shared);

export function searchTool(source: HubSource, entry: Entry): Tool<z.infer<typeof models> | z.infer<typeof datasets>> {
  const name = entry === "model" ? "search_models" : "search_datasets";
  return {
    name,
    description:
      entry === "model"
        ? "Search models on the Hugging Face Hub: id, task, licence, parameters, downloads, whether access is gated. Read a candidate with inspect_model before you recommend it."
        : "Search data sets on the Hugging Face Hub: id, tasks, licence, languages, size, whether access is gated.",
    schema: entry === "model" ? models : datasets,
    access: "read",
    get available() {
      return hubAvailability(source, name);
    },
    run: (context, args) =>
      askingHub(source, context, async (hub) => {
        const found = await hub.search(entry, args satisfies HubSearch);
        const what = (entry === "model" ? "model" : "data set") + (found.length === 1 ? "" : "s");
        if (found.length === 0)
          return done(`${hub.origin} lists no ${what} for this. Fewer or other words may find some.`);
        const head = `${found.length} ${what} from ${hub.origin}, by ${args.sort}; ids, tags and figures are their authors' and the Hub's:`;
        return done([head, ...found.map(lineOf)].join("\n"));
      }),
  };
}

function lineOf(facts: EntryFacts): string {
  const parts = [
    facts.tasks.length === 0 ? null : facts.tasks.slice(0, 3).join(" "),
    facts.licences.length === 0 ? "no licence named" : facts.licences.map((id) => licenceOf(id).ref).join(" and "),
    facts.parameters === null ? null : `${parametersText(facts.parameters)} parameters`,
    facts.sizes.length === 0 ? null : `size ${facts.sizes[0]}`,
    facts.languages.length === 0 ? null : facts.languages.slice(0, 6).join(" "),
    facts.library,
    `${facts.downloads.toLocaleString("en")} downloads`,
    facts.gated ? "gated" : null,
    facts.updated === null ? null : `updated ${facts.updated}`,
  ];
  return `- ${oneLine(facts.id)}: ${parts.flatMap((part) => (part === null ? [] : [oneLine(part, 120)])).join("; ")}`;
}

/** `4.0 B`, `270 M`. */
export function parametersText(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  return count >= 1e6 ? `${Math.round(count / 1e6)} M` : count.toLocaleString("en");
}
