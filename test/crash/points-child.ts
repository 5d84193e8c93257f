/**
 * Many failing disks in one process, so that every point of a run can be failed at: a process for each would start a hundred times as often
 * as it runs. Reads a point a line from stdin, and says on stdout, a line each, how the command ended and how the resumed run did.
 *
 * Q1. Each point has a project of its own, and a pid that nobody has: to the store, whoever held a lease there has died.
 * Q2. What a dead process leaves are the files: the run is gone on with in a copy, where no lock of a connection that could not be closed is.
 * Q3. Only the command meets the disk that fails. The project is made before it, and the run is brought to its end after it.
 */
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { differences, ending, type EndState } from "./end-state.ts";
import { finish } from "./finish.ts";
import type { Point, PointEnd } from "./points.ts";
import { runStory } from "./run-story.ts";
import { storyFolder } from "./story.ts";

/** The kernel gives no number above 4194304. */
const nobody = 5_000_000;

/** `place`: a folder for the projects, with the reference in it. */
export async function failPoints(place: string): Promise<void> {
  const expected = JSON.parse(readFileSync(join(place, "reference.json"), "utf8")) as EndState;
  const strays: unknown[] = [];
  process.on("unhandledRejection", (reason) => strays.push(reason));
  let pid = nobody + process.pid;
  Object.defineProperty(process, "pid", { get: () => pid });
  for await (const line of createInterface({ input: process.stdin })) {
    pid += 1; // Q1
    const end = await failAt(JSON.parse(line) as Point, place, expected);
    const wrong = [...end.wrong, ...strays.splice(0).map((stray) => `nobody caught ${String(stray)}`)];
    process.stdout.write(`${JSON.stringify({ ...end, wrong } satisfies PointEnd)}\n`);
  }
}

async function failAt(point: Point, place: string, expected: EndState): Promise<PointEnd> {
  const folder = storyFolder(place);
  const after = `${folder.dir}-after`;
  const [stdout, stderr] = [kept(), kept()];
  try {
    order(`${point.errno} ${point.at} ${point.times} ${point.calls} ${folder.dir}`);
    const code = await runStory(folder.dir, {}, { stdout: stdout.sink, stderr: stderr.sink });
    const calls = order("0 0 0 room");
    cpSync(folder.dir, after, { recursive: true }); // Q2
    return { code, stdout: stdout.text(), stderr: stderr.text(), calls, wrong: await goOn(after, expected) };
  } finally {
    folder.remove();
    rmSync(after, { recursive: true, force: true });
  }
}

async function goOn(dir: string, expected: EndState): Promise<readonly string[]> {
  try {
    await finish(dir);
    return differences(expected, await ending(dir));
  } catch (error) {
    return [`it does not resume: ${String(error)}`];
  }
}

/** What the disk does from now on; returns how many calls it has seen until now. See the header of `disk.c`. */
function order(words: string): number {
  const { DISK_ORDERS: orders = "", DISK_COUNT: count = "" } = process.env;
  writeFileSync(`${orders}.new`, words);
  renameSync(`${orders}.new`, orders);
  readFileSync(orders); // opened: it holds from here on
  return Number(readFileSync(count, "utf8"));
}

function kept(): { readonly sink: Writable; readonly text: () => string } {
  let text = "";
  const sink = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      text += piece.toString("utf8");
      done();
    },
  });
  return { sink, text: () => text };
}
