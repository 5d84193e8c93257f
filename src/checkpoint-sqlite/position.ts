/** What a config says about where: a thread, a namespace of it, perhaps a checkpoint. */
import { getCheckpointId } from "@langchain/langgraph-checkpoint";
import type { RunnableConfig } from "@langchain/core/runnables";
import { CadreError } from "../errors.ts";

export type Place = { readonly thread: string; readonly name: string };
export type Position = Place & { readonly id: string | undefined };

/** Undefined: none was named. */
export function threadOf(config: RunnableConfig): string | undefined {
  const thread: unknown = config.configurable?.["thread_id"];
  return typeof thread === "number" ? String(thread) : (thread as string | undefined);
}

/** `doing`: for the error. Errors: usage, where no thread is named. */
export function positionOf(config: RunnableConfig, doing: string): Position {
  const thread = threadOf(config);
  if (typeof thread !== "string" || thread === "")
    throw new CadreError("usage", `${doing} needs configurable.thread_id: which thread it is for.`, {
      hint: 'graph.invoke(input, { configurable: { thread_id: "…" } })',
    });
  const name = (config.configurable?.["checkpoint_ns"] as string | undefined) ?? "";
  return { thread, name, id: getCheckpointId(config) || undefined };
}

export function configOf({ thread, name }: Place, id: string): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: name, checkpoint_id: id } };
}
