/**
 * The gate before a server of twelve slots that refuses whatever is beyond them: how much of the server it keeps busy, and how many calls
 * it has refused, beside a fixed four, a fixed sixty-four, and a fixed twelve, which knows what nobody tells it and is the ideal.
 * All go through the transport with its own retries, over loopback, to a server in a process of its own; the gate starts cold each time.
 *
 * Not measured: real models, servers that queue instead of refusing, servers shared with others, networks.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openGate, type Gate, type Pass } from "../../src/models/gate.ts";
import { createTransport } from "../../src/models/transport.ts";
import { median, printTable, ratios, spread } from "./statistics.ts";

const slots = 12;
const firstMs = 5;
const lastMs = 50;

/** So many at a time, whatever the server says. */
function fixedGate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  const passOf = (): Pass => {
    let inside = true;
    const leave = (): void => {
      if (!inside) return;
      inside = false;
      inFlight -= 1;
      waiting.shift()?.();
    };
    return { answered: () => {}, refused: leave, silent: leave, leave };
  };
  return {
    seen: { answered: 0, refused: 0, silent: 0, firstAnswer: null },
    get state() {
      return { limit, inFlight, queued: waiting.length };
    },
    enter: async () => {
      if (inFlight >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      inFlight += 1;
      return passOf();
    },
  };
}

const contenders: readonly { readonly name: string; readonly gate: (url: string) => Gate }[] = [
  { name: "adaptive", gate: (url) => openGate(url) },
  { name: "fixed 12 (the ideal)", gate: () => fixedGate(slots) },
  { name: "fixed 4", gate: () => fixedGate(4) },
  { name: "fixed 64", gate: () => fixedGate(64) },
];

async function startServer(): Promise<{ server: ChildProcess; url: string }> {
  const file = fileURLToPath(new URL("gate-server-child.ts", import.meta.url));
  const server = spawn(process.execPath, [file, ...[slots, firstMs, lastMs].map(String)], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  if (!server.stdout) throw new Error("the server has no output");
  const [port] = (await once(server.stdout, "data")) as [Buffer];
  return { server, url: `http://127.0.0.1:${port.toString().trim()}` };
}

/** Milliseconds for all calls, made by four runs at once, and how many of them the server refused. */
async function measure(url: string, gate: Gate, calls: number): Promise<{ ms: number; refused: number }> {
  const transports = ["a", "b", "c", "d"].map((run) =>
    createTransport({ gate: { gate, run } }, { url, limits: { retries: 1000 } }),
  );
  const started = performance.now();
  await Promise.all(
    Array.from({ length: calls }, async (_, index) => {
      const transport = transports[index % transports.length] as typeof fetch;
      const response = await transport(`${url}/v1/chat/completions`, { method: "POST", body: "{}" });
      await response.text();
    }),
  );
  const ms = performance.now() - started;
  return { ms, refused: Number(await (await fetch(`${url}/refused`)).text()) };
}

/** `--calls N`, `--rounds N`. */
export async function gateBench(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { calls: { type: "string" }, rounds: { type: "string" } } });
  const calls = Number(values.calls ?? 800);
  const rounds = Number(values.rounds ?? 5);
  if (![calls, rounds].every((count) => Number.isSafeInteger(count) && count > 0))
    throw new Error("--calls and --rounds take whole numbers above 0");
  const { server, url } = await startServer();
  try {
    await measure(url, fixedGate(slots), 50); // connections, compiled code
    const results = contenders.map(({ name, gate }) => ({ name, gate, ms: [] as number[], refused: [] as number[] }));
    for (let round = 0; round < rounds; round += 1) {
      for (const each of results) {
        const { ms, refused } = await measure(url, each.gate(url), calls);
        each.ms.push(ms);
        each.refused.push(refused);
      }
    }
    const ideal = results[1]?.ms ?? [];
    console.log(
      `node ${process.versions.node}; ${calls} calls of ${lastMs} ms to ${slots} slots, ${rounds} interleaved rounds; medians, smallest to largest`,
    );
    printTable(
      ["", "ms", "of the ideal throughput", "refused", "refused, of all calls"],
      results.map(({ name, ms, refused }) => [
        name,
        spread(ms, 0),
        spread(ratios(ideal, ms), 3),
        spread(refused, 0),
        `${((100 * median(refused)) / calls).toFixed(2)} %`,
      ]),
    );
    console.log(`By arithmetic alone the calls take ${((calls / slots) * lastMs).toFixed(0)} ms.`);
    console.log("Not measured: real models, servers that queue instead of refusing, shared servers, networks.");
  } finally {
    server.disconnect();
  }
}
