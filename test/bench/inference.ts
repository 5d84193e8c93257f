/**
 * A large .jsonl file through `run_inference`: how memory grows with its rows. The tool is the real one, with InferenceClient and our
 * transport; the server is a `fetch` in this process that answers at once, so that what is seen is what the tool itself holds.
 *
 * Not measured: a network, a real model, the ledger (its rows are one for each 500 items).
 */
import { createReadStream, createWriteStream, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { parseConfig } from "../../src/config/config.ts";
import { termsOf } from "../../src/models/create-role-model.ts";
import { openInference } from "../../src/models/inference/client.ts";
import { resolveModel } from "../../src/models/resolve.ts";
import { noHub } from "../../src/tools/hub/source.ts";
import { runInferenceTool } from "../../src/tools/inference/run-inference.ts";
import type { InferenceSource } from "../../src/tools/inference/source.ts";
import type { ToolContext } from "../../src/tools/tool.ts";
import { printTable } from "./statistics.ts";

const { config } = parseConfig(
  "models:\n  m: {tier: endpoint, url: 'http://127.0.0.1:9/task', model: bench, about: {licence: mit}}\n",
);

const answer = JSON.stringify([[{ label: "positive", score: 0.98 }]]);
const source: InferenceSource = {
  off: () => null,
  model: (name) => {
    const spec = resolveModel(config, { role: "", rank: "", flag: name });
    if (spec.kind === "rehearsal" || spec.kind === "embedded") throw new TypeError("no model");
    return { name, spec, licence: "mit", task: null, terms: termsOf(spec) };
  },
  open: ({ spec }, task, run) =>
    openInference(spec, task, {
      env: {},
      run,
      transport: {
        fetch: () => Promise.resolve(new Response(answer, { headers: { "content-type": "application/json" } })),
      },
    }),
};

export async function inferenceBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { rows: { type: "string", default: "1000000" } } });
  const folder = mkdtempSync(join(tmpdir(), "cadre-bench-inference-"));
  try {
    const warm = await measured(folder, 20_000);
    const large = await measured(folder, Number(values.rows));
    const row = ({ rows, start, peak, seconds, bytes }: Measured): string[] => [
      rows.toLocaleString("en"),
      `${(bytes / 1e6).toFixed(0)} MB`,
      mb(start),
      mb(peak),
      mb(peak - start),
      Math.round(rows / seconds).toLocaleString("en"),
    ];
    printTable(["rows", "input", "RSS before", "RSS at most", "more", "rows/s"], [row(warm), row(large)]);
    console.log(`peak of the large batch over the peak of the small one: ${mb(large.peak - warm.peak)}`);
    console.log("not measured: a network, a real model, the ledger");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Measured = {
  readonly rows: number;
  readonly start: number;
  readonly peak: number;
  readonly seconds: number;
  readonly bytes: number;
};

async function measured(folder: string, rows: number): Promise<Measured> {
  const workspace = join(folder, `w${rows}`, "workspace");
  mkdirSync(workspace, { recursive: true });
  const input = join(workspace, "in.jsonl");
  await writeRows(input, rows);
  const tool = runInferenceTool({ source, hub: noHub });
  const started = performance.now();
  globalThis.gc?.();
  const start = process.memoryUsage.rss();
  let peak = start;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 100);
  const context: ToolContext = {
    workspace,
    writable: null,
    project: folder,
    knowledge: [],
    key: "r-000001.1/e1",
    clock: { now: () => 0 },
    signal: new AbortController().signal,
    accepted: [],
    calls: {
      pay: async (call) => ({ ...(await call.make(context.signal)), ms: 0, outcome: "executed" }),
      paid: () => Promise.resolve(null),
    },
  };
  const given = tool.schema.parse({
    model: "m",
    task: "text-classification",
    input_file: "in.jsonl",
    output_file: "out.jsonl",
  });
  const outcome = await tool.run(context, given, await tool.prepare?.(context, given));
  clearInterval(watch);
  if (!outcome.ok) throw new Error(outcome.text);
  const lines = await countLines(join(workspace, "out.jsonl"));
  if (lines !== rows) throw new Error(`${lines} lines for ${rows} rows`);
  const seconds = (performance.now() - started) / 1000;
  return { rows, start, peak, seconds, bytes: statSync(input).size };
}

async function writeRows(file: string, rows: number): Promise<void> {
  const out = createWriteStream(file);
  for (let row = 0; row < rows; row += 1) {
    const text = `Review ${row}: delivery was quick, the box was neat, and the shop answered within a day.`;
    if (!out.write(`${JSON.stringify({ text })}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

async function countLines(file: string): Promise<number> {
  let lines = 0;
  for await (const _line of createInterface({ input: createReadStream(file) })) lines += 1;
  return lines;
}

function mb(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MB`;
}
