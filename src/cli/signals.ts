/**
 * What tells a command to end: signals of its own, and those of an older Node that handed over to this one (`main.ts`).
 *
 * S1. Ctrl-C at a terminal, and a supervisor that signals a whole group, reach both processes; a `kill` reaches the one that it names. So of
 *     each signal as many count as the one of the two got that got more, in whatever order they are heard of: a second one means "at once".
 * S2. The end of the one that handed over counts as a SIGTERM, unless this one is ending already: nobody could reach it any more.
 * S3. npx that is ended by a `kill` says nothing to what it started. So where it started this one, its end counts as that of S2.
 * S4. Where nothing listens, a signal does what it does to any program.
 */

const signals = ["SIGINT", "SIGTERM"] as const;
type Stop = (typeof signals)[number];
type Counts = Record<Stop, number>;

/** In ms: how often it is looked whether npx is still there. */
const lookMs = 500;

const startedBy = process.ppid;
const listeners = new Set<() => void>();
let own: Counts = { SIGINT: 0, SIGTERM: 0 };
let told: Counts = { SIGINT: 0, SIGTERM: 0 };
let counted: Counts = { SIGINT: 0, SIGTERM: 0 };

/** Calls `listener` once for each time that the command is told to end. Returns what ends that. */
export function onStop(listener: () => void): () => void {
  if (listeners.size === 0) {
    [own, told, counted] = [0, 0, 0].map((): Counts => ({ SIGINT: 0, SIGTERM: 0 })) as [Counts, Counts, Counts];
    for (const signal of signals) process.on(signal, heardHere);
    watchNpx();
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    for (const signal of signals) process.off(signal, heardHere);
    clearInterval(watching);
  };
}

let watching: ReturnType<typeof setInterval> | undefined;

/** S3. Whoever's parent has ended gets another one. */
function watchNpx(): void {
  if (process.env["npm_command"] !== "exec") return;
  watching = setInterval(() => {
    if (process.ppid === startedBy) return;
    clearInterval(watching);
    nobodyAbove();
  }, lookMs).unref();
}

function heardHere(signal: NodeJS.Signals): void {
  if (isStop(signal)) heard(own, signal);
}

function heard(where: Counts, signal: Stop): void {
  where[signal] += 1;
  for (; counted[signal] < Math.max(own[signal], told[signal]); counted[signal] += 1)
    // S1
    for (const listener of listeners) listener();
}

function isStop(word: unknown): word is Stop {
  return signals.some((signal) => signal === word);
}

function hear(signal: Stop): void {
  if (listeners.size === 0) process.kill(process.pid, signal); // S4
  else heard(told, signal);
}

/** S2, S3. */
function nobodyAbove(): void {
  if (counted.SIGINT + counted.SIGTERM === 0 || listeners.size === 0) hear("SIGTERM");
}

/** To be called first of all. `by`: the process id that whoever hands over left in the environment (`main.ts`). */
export function heedWhoHandedOver(by: string): void {
  delete process.env["CADRE_HANDED_OVER_BY"]; // it is not for what is started from here
  if (!process.connected || by !== String(process.ppid)) process.kill(process.pid, "SIGTERM"); // S2
  process.on("message", (word) => {
    if (isStop(word)) hear(word);
  });
  process.once("disconnect", nobodyAbove);
  // What is left to do decides how long this process runs, and not that somebody could still tell it something.
  process.channel?.unref();
}
