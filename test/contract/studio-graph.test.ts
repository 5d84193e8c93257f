/** The graph that langgraph.json points at, run by LangGraph with a saver that is not ours. */
import { Command, MemorySaver, type CompiledStateGraph } from "@langchain/langgraph";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { deskOf } from "../../src/events/desk.ts";
import type { Event } from "../../src/events/event.ts";
import { rehearsalGraph } from "../../src/run/studio.ts";
import { workflow } from "../../graphs/feature-workflow.ts";

type Thread = { eventLog: Event[]; __interrupt__?: { id: string; value: { kind?: string; brief?: string } }[] };

test("the graph asks for a brief, then for each decision, and ends; project data is not opened", async () => {
  const dataBefore = existsSync(".cadre/cadre.db");
  const graph = (await rehearsalGraph(
    workflow,
    new URL("../../graphs/feature-workflow.ts", import.meta.url).href,
  )) as unknown as CompiledStateGraph<Thread, Thread>;
  graph.checkpointer = new MemorySaver();
  const config = { configurable: { thread_id: "studio-1" }, recursionLimit: 1000 };
  let state = (await graph.invoke({ eventLog: [] }, config)) as Thread;
  expect(state.__interrupt__?.[0]?.value.brief).toContain("brief");
  const answers: Record<string, string> = { escalation: "1", question: "1", sign_off: "approve" };
  let resume: string = "Task: Summarise support tickets for the weekly report. GPU capacity has not been approved.";
  const seen: string[] = [];
  for (let round = 0; round < 10 && state.__interrupt__; round += 1) {
    const [open] = state.__interrupt__;
    if (open?.value.kind) seen.push(open.value.kind);
    if (open?.value.kind) resume = answers[open.value.kind] ?? "1";
    state = (await graph.invoke(new Command({ resume: { [open!.id]: resume } }), config)) as Thread;
  }
  expect(seen.at(-1)).toBe("sign_off");
  expect(deskOf(state.eventLog).ended?.status).toBe("finished");
  expect(state.eventLog[0]).toMatchObject({ type: "run_started", rehearsal: true });
  expect(existsSync(".cadre/cadre.db")).toBe(dataBefore);
});
