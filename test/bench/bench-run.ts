/** Believable rows for the benchmarks' files: a run, its chart, and events whose text no compression makes smaller. */
import { createHash } from "node:crypto";
import { canonicalJson } from "../../src/canonical.ts";
import type { EventOf } from "../../src/events/event.ts";
import type { RunId } from "../../src/ids.ts";
import type { BoundChart } from "../../src/org/bound-chart.ts";
import { workflowSchema } from "../../src/org/workflow.ts";
import type { NewRun } from "../../src/store/ports.ts";

export const at = "2026-01-02T03:04:05.000Z";

export const benchChart: BoundChart = {
  hash: "c1",
  chart: { hash: "o1", roles: [], routes: [] },
  rules: [],
  workflow: workflowSchema.parse({ name: "bench", entry: "lead" }),
  toolHashes: {},
  places: {},
};

export function benchRun(id: RunId): NewRun {
  return {
    id,
    title: "Sentiment of customer reviews",
    brief: {
      title: "Sentiment of customer reviews",
      task: "Measure which model tells praise from complaint, and say what it costs.",
      why: "Reviews are read by hand today.",
      where: "",
      when: "",
      acceptance: [{ id: "A1", text: "macro-F1 of at least 0.8 on the held-out part" }],
      inputs: [],
      constraints: [],
      limits: {},
      to: null,
      file: null,
    },
    entry: "lead",
    workflow: benchChart.workflow.name,
    chart: benchChart.hash,
    rehearsal: true,
    model: null,
    startedBy: "bench",
    startedAt: at,
    limits: {
      steps: 20_000,
      modelCalls: 20_000,
      tokens: 2_000_000,
      depth: 8,
      breadth: 8,
      refusals: 12,
      repeats: 3,
      pingPong: 6,
    },
    currency: null,
    workspace: "/nowhere",
  };
}

/** Text that looks random and is the same in every round. */
export function noise(seed: string, length: number): string {
  let text = "";
  for (let part = 0; text.length < length; part += 1) {
    text += createHash("sha512").update(`${seed} ${part}`).digest("base64url");
  }
  return text.slice(0, length);
}

type Small = EventOf<"calls_returned">;

function returned(index: number, reason: string): Small {
  return { type: "calls_returned", at, frame: "f1", role: "lead", callIds: [`c${index}`], reason };
}

/** An event whose stored form has `bytes` bytes. */
export function eventOf(index: number, bytes: number): Small {
  const frame = canonicalJson(returned(index, "")).length;
  return returned(index, noise(`event ${index}`, bytes - frame));
}
