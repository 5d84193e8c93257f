/**
 * RELIABILITY 19: SIGTERM and SIGINT at any moment. The first stops the run after its current step, the second at once; either way the
 * command exits with 130, says how to go on, and the run that is gone on with ends as an undisturbed one.
 */
import { expect, test } from "vitest";
import type { ChildSettings } from "./child-settings.ts";
import { child, divergences, finish, inLanes, reference, type Ended } from "./laboratory.ts";
import { atScale, scale, spread } from "./scale.ts";
import { storyFolder } from "./story.ts";

/** How long a model call takes here: the longest thing that a step waits for. */
const modelMs = 12;
const timeout = 1_800_000;

type Stopped = Ended & { /** From the last signal to the end of the process, in ms. */ readonly took: number };

/** Sends a signal each time that a line says so: to a process that waits for it. */
async function signalled(
  dir: string,
  settings: ChildSettings,
  when: (line: string) => NodeJS.Signals | null,
): Promise<Stopped> {
  let sent = performance.now();
  const ended = await child(dir, {
    settings,
    onLine: (line, running) => {
      const signal = when(line);
      if (signal === null) return;
      sent = performance.now();
      running.kill(signal);
    },
  });
  return { ...ended, took: performance.now() - sent };
}

/** The process sends itself the signal, wherever it is then. */
async function signallingItself(
  dir: string,
  settings: ChildSettings & { readonly signalAt: { readonly ack: string; readonly afterMs: number } },
): Promise<Stopped> {
  const { ack, afterMs } = settings.signalAt;
  let sent = performance.now();
  const onLine = (line: string): void => {
    if (line === ack) sent = performance.now() + afterMs;
  };
  const ended = await child(dir, { settings, onLine });
  return { ...ended, took: performance.now() - sent };
}

function lastLine(ended: Ended): unknown {
  return JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "");
}

/** Before the command heeds signals, and once it has said its last word, a signal ends it as it ends any program. */
function mayDie({ acks }: Ended, events: number): boolean {
  return !acks.some((ack) => ack.startsWith("event ")) || acks.includes(`event ${events - 1}`);
}

async function resumed(dir: string): Promise<{ readonly repeated: number; readonly doubts: number }> {
  await finish(dir);
  const { found, ending } = await divergences(dir);
  expect(found).toEqual([]);
  return ending;
}

test("D3 a SIGTERM at any moment stops after the current step, and nothing is done twice", { timeout }, async () => {
  const { length } = (await reference()).events;
  const last = 2 * length + 1;
  const moments = atScale({ quick: [9, 30], large: spread(0, last, 30), full: spread(0, last, last + 1) });
  const took: number[] = [];
  let died = 0;
  await inLanes(moments, 2, async (moment) => {
    const folder = storyFolder();
    try {
      // Each event is a moment, and so is a while after it.
      const [after, afterMs] = [Math.floor(moment / 2), (moment % 2) * (1 + (moment % 11))];
      const ack = after === 0 ? "started" : `event ${after - 1}`;
      const ended = await signallingItself(folder.dir, { modelMs, signalAt: { ack, signal: "SIGTERM", afterMs } });
      if (ended.code === 130) {
        took.push(ended.took);
        expect(lastLine(ended)).toMatchObject({
          type: "outcome",
          status: "interrupted",
          next: [{ command: expect.stringContaining(" resume r-5707e5") }],
        });
      } else if (ended.code !== 0) {
        died += 1;
        expect({ moment, dies: mayDie(ended, length), ended }).toMatchObject({
          dies: true,
          ended: { signal: "SIGTERM" },
        });
      }
      const { repeated, doubts } = await resumed(folder.dir);
      if (ended.code === 130) expect({ moment, repeated, doubts }).toEqual({ moment, repeated: 0, doubts: 0 });
    } finally {
      folder.remove();
    }
  });
  const p95 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.95)] ?? 0;
  console.info(
    `${moments.length} SIGTERMs, ${took.length} drained, ${died} before or after the command's own time; p95 ${Math.round(p95)} ms`,
  );
  expect(took.length).toBeGreaterThanOrEqual(Math.floor(moments.length * 0.6));
  if (scale === "full") expect(p95).toBeLessThanOrEqual(modelMs + 1000);
});

test.each(atScale<NodeJS.Signals[]>({ quick: [], large: ["SIGINT", "SIGTERM"], full: ["SIGINT", "SIGTERM"] }))(
  "%s once in a model call: the call ends, its outcome is kept",
  { timeout },
  async (signal) => {
    const folder = storyFolder();
    try {
      const settings = { holdAt: 6, holdMs: 300, holdFrom: "a signal" } as const;
      const ended = await signalled(folder.dir, settings, (line) => (line.includes('"held"') ? signal : null));
      expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining("stopping after this step") });
      expect(await resumed(folder.dir)).toMatchObject({ repeated: 0, doubts: 0 });
    } finally {
      folder.remove();
    }
  },
);

test("SIGINT twice in a model call: it is given up at once, and made again", { timeout }, async () => {
  const folder = storyFolder();
  try {
    const ended = await signalled(folder.dir, { holdAt: 6 }, (line) =>
      line.includes('"held"') || line.includes("stopping after this step") ? "SIGINT" : null,
    );
    expect(ended).toMatchObject({ code: 130 });
    expect(ended.took).toBeLessThan(10_000);
    expect(await resumed(folder.dir)).toMatchObject({ repeated: 1, doubts: 0 });
  } finally {
    folder.remove();
  }
});
