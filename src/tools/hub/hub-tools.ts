/** The tools of the group `inference` that read the Hub. */
import type { Tool } from "../tool.ts";
import { inspectTool } from "./inspect.ts";
import { searchTool } from "./search.ts";
import type { HubSource } from "./source.ts";

export function hubTools(source: HubSource): readonly Tool[] {
  return [
    searchTool(source, "model"),
    inspectTool(source, "model"),
    searchTool(source, "dataset"),
    inspectTool(source, "dataset"),
  ] as readonly Tool[];
}
