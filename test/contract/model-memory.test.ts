/**
 * RELIABILITY 23: whatever a server sends, a process that calls it grows by no more than 50 MB. V8 lets its young generation grow as it
 * likes, by some tens of MB, and collects it late: it is kept small here, so that what is measured is what is held.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startChatServer, type Behaviour } from "../fixtures/chat-server.ts";

const child = fileURLToPath(new URL("model-memory-child.ts", import.meta.url));
const warm = 3;
/** A token in every piece. */
const long: Behaviour = { kind: "reply", text: "word ".repeat(2000), piece: 5 };

async function callsOf(address: string, times: number): Promise<{ grew: number; came: string[] }> {
  const process_ = spawn(process.execPath, ["--max-semi-space-size=2", child, address, String(times)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  process_.stdout.setEncoding("utf8").on("data", (piece: string) => (out += piece));
  await new Promise((done) => process_.on("close", done));
  return JSON.parse(out) as { grew: number; came: string[] };
}

test.each<[string, Behaviour, number, string]>([
  ["stream of pieces without end", { kind: "endless", piece: 200 }, 2, "model-malformed"],
  ["stream of one line without end", { kind: "endless" }, 4, "model-malformed"],
  ["refusal whose body never ends", { kind: "endless-error" }, 4, "model-refused"],
  ["small answer that unpacks to 64 MB", { kind: "bomb" }, 2, "model-malformed"],
])("a %s", { timeout: 60_000 }, async (_title, behaviour, times, code) => {
  const server = await startChatServer((_body, n) => (n <= warm ? long : behaviour));
  try {
    const { grew, came } = await callsOf(server.url, times);
    expect(came).toEqual([code]);
    expect(grew).toBeLessThan(50);
  } finally {
    await server.close();
  }
});
