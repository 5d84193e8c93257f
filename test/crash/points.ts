/** Fails a disk at many points, in a few processes that each do one after the other. What happens in them: `points-child.ts`. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { childBundle } from "./child-bundle.ts";
import { diskLibrary } from "./disk.ts";
import { childEnvironment, inLanes, reference, type Ended } from "./laboratory.ts";

export type Point = {
  readonly errno: number;
  /** Which call fails, from 1 on. */
  readonly at: number;
  /** How many fail from there on; 0: all. */
  readonly times: number;
  readonly calls: "room" | "changes" | "reads";
};

export type PointEnd = Pick<Ended, "code" | "stdout" | "stderr"> & {
  /** How many calls of the kind the command made. */
  readonly calls: number;
  /** What is wrong with how the resumed run ended, in words. */
  readonly wrong: readonly string[];
};

/** What is made durable here costs no time: nothing in these tests is about that. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
/** A process does so many points: whatever it holds on to goes with it. */
const perProcess = 200;

/** The ends, in the order of the points. `onEnd`: as they come. */
export async function failAtPoints(
  points: readonly Point[],
  onEnd: (point: Point, end: PointEnd) => void,
  lanes = 2,
): Promise<void> {
  const share = Math.min(perProcess, Math.ceil(points.length / lanes));
  const shares = Array.from({ length: Math.ceil(points.length / share) }, (_, index) =>
    points.slice(index * share, (index + 1) * share),
  );
  await inLanes(shares, lanes, (some) => inProcess(some, onEnd));
}

async function inProcess(points: readonly Point[], onEnd: (point: Point, end: PointEnd) => void): Promise<void> {
  const place = mkdtempSync(join(memory, "cadre-points-"));
  try {
    const projects = join(place, "projects");
    mkdirSync(projects);
    writeFileSync(join(projects, "reference.json"), JSON.stringify(await reference()));
    const bundle = await childBundle();
    const running = spawn(process.execPath, [bundle, "--points", projects], {
      env: childEnvironment(bundle, {
        LD_PRELOAD: await diskLibrary(),
        DISK_SPARE: "sent.log",
        DISK_ORDERS: join(place, "orders"),
        DISK_COUNT: join(place, "count"),
      }),
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise<string>((resolve) => {
      running.on("close", (code, signal) => resolve(signal ?? String(code)));
    });
    running.stdin.end(points.map((point) => `${JSON.stringify(point)}\n`).join(""));
    let done = 0;
    for await (const line of createInterface({ input: running.stdout }))
      onEnd(points[done++]!, JSON.parse(line) as PointEnd);
    if (done < points.length) throw new Error(`at ${JSON.stringify(points[done])} the process ended: ${await ended}`);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}
