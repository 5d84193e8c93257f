/** Several processes over one file of checkpoints, and one that is killed in the middle. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SqliteCheckpointer } from "../../src/checkpoint-sqlite/saver.ts";
import { bundleOf } from "../crash/child-bundle.ts";

function place(): string {
  const folder = mkdtempSync(join(tmpdir(), "cadre-checkpoints-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "checkpoints.db");
}

/** Resolves with the ids that the process acknowledged; `killAfter`: it is killed once it has acknowledged so many. */
async function child(file: string, thread: string, name: string, count: number, killAfter?: number): Promise<string[]> {
  const script = await bundleOf("test/fixtures/checkpoint-child.ts");
  const process_ = spawn(process.execPath, [script, file, thread, name, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void process_.kill("SIGKILL"));
  let text = "";
  process_.stdout.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    if (killAfter !== undefined && text.split("\n").length > killAfter) process_.kill("SIGKILL");
  });
  const [code] = (await once(process_, "close")) as [number | null];
  if (killAfter === undefined) expect(code).toBe(0);
  return text.split("\n").filter(Boolean);
}

async function checkpoints(file: string, thread: string): Promise<{ id: string; list: string[] }[]> {
  const saver = SqliteCheckpointer.open({ file });
  const found: { id: string; list: string[] }[] = [];
  for await (const { checkpoint } of saver.list({ configurable: { thread_id: thread } }))
    found.push({ id: checkpoint.id, list: checkpoint.channel_values["list"] as string[] });
  saver.close();
  return found;
}

it("RELIABILITY 34: four processes on threads of their own lose nothing and mix nothing", async () => {
  const file = place();
  const names = ["a", "b", "c", "d"];
  await Promise.all(names.map((name) => child(file, name, name, 25)));
  for (const name of names) {
    const [newest, ...older] = await checkpoints(file, name);
    expect(newest?.list.map((item) => item.slice(0, 4).trim())).toEqual(
      Array.from({ length: 25 }, (_, index) => `${name} ${index}`),
    );
    expect(older).toHaveLength(24);
  }
});

it("two processes that append to one thread at once branch it: no acknowledged checkpoint is lost, and none holds what it was not given", async () => {
  const file = place();
  const acknowledged = (await Promise.all(["p", "q"].map((name) => child(file, "t", name, 25)))).flat();
  const stored = await checkpoints(file, "t");
  expect(stored.map(({ id }) => id).toSorted()).toEqual(acknowledged.toSorted());
  for (const { id, list } of stored) {
    const [name, index] = id.split("-");
    expect(list.at(-1)?.startsWith(`${name} ${index} `)).toBe(true);
    // Whatever the other did, one's own items stand in their order, each at most once.
    for (const own of ["p", "q"]) {
      const numbers = list.filter((item) => item.startsWith(`${own} `)).map((item) => Number(item.split(" ")[1]));
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    }
  }
});

it("D1 what a killed process had acknowledged is there, and the thread goes on from it", async () => {
  for (const killAfter of [1, 7, 19]) {
    const file = place();
    const acknowledged = await child(file, "t", "k", 400, killAfter);
    expect(acknowledged.length).toBeGreaterThanOrEqual(killAfter);
    const stored = await checkpoints(file, "t");
    for (const id of acknowledged) expect(stored.map((one) => one.id)).toContain(id);
    expect(stored[0]?.list).toHaveLength(stored.length);
    await child(file, "t", "again", 3);
    expect((await checkpoints(file, "t"))[0]?.list).toHaveLength(stored.length + 3);
  }
});
