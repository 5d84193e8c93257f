/**
 * What tells a command to end: signals of its own, and those of an older Node that handed over to this one (`main.ts`).
 *
 * S1. Ctrl-C at a terminal, and a supervisor that signals a whole group, reach both processes; a `kill` reaches the one that it names. So of
 *     each signal as many count as the one of the two got that got more, in whatever order they are heard of: a second one means "at once".
 * S2. The end of the one that handed over counts as a SIGTERM, unless this one is ending already: nobody could reach it any more.
 * S3. Where nothing listens, a signal does what it does to any program.
 */

const signals = ["SIGINT", "SIGTERM"] as const;
type Stop = (typeof signals)[number];
type Counts = Record<Stop, number>;

const listeners = new Set<() => void>();
let own: Counts = { SIGINT: 0, SIGTERM: 0 };
let told: Counts = { SIGINT: 0, SIGTERM: 0 };
let counted: Counts = { SIGINT: 0, SIGTERM: 0 };

/** Calls `listener` once for each time that the command is told to end. Returns what ends that. */
export function onStop(listener: () => void): () => void {
  if (listeners.size === 0) {
    [own, told, counted] = [0, 0, 0].map((): Counts => ({ SIGINT: 0, SIGTERM: 0 })) as [Counts, Counts, Counts];
    for (const signal of signals) process.on(signal, heardHere);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) for (const signal of signals) process.off(signal, heardHere);
  };
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

/** To be called first of all. `by`: the process id that whoever hands over left in the environment (`main.ts`). */
export function heedWhoHandedOver(by: string): void {
  delete process.env["CADRE_HANDED_OVER_BY"]; // it is not for what is started from here
  if (!process.connected || by !== String(process.ppid)) process.kill(process.pid, "SIGTERM"); // S2
  const hear = (signal: Stop): void => {
    if (listeners.size === 0) process.kill(process.pid, signal); // S3
    else heard(told, signal);
  };
  process.on("message", (word) => {
    if (isStop(word)) hear(word);
  });
  process.once("disconnect", () => {
    if (counted.SIGINT + counted.SIGTERM === 0 || listeners.size === 0) hear("SIGTERM"); // S2
  });
  // What is left to do decides how long this process runs, and not that somebody could still tell it something.
  process.channel?.unref();
}
