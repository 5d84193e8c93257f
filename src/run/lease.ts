/**
 * The lease of a line: one owner at a time (D4).
 *
 * D4. A takeover first makes sure that the old owner is gone: on this host a dead process is gone, and one whose lease ran out is ended
 *     before the epoch rises, because fencing its writes would not fence what it does to the world. One that cannot be ended keeps the line.
 * L1. A lease of this very process is never taken over, however late its renewal: the work that it stands for may still be under way here.
 * L2. A lease is lost when the store says so, or when it could not be renewed for its whole length. A busy store is no loss.
 * L3. A clock may be wrong by hours, here or where the owner is. A lease that has run out by it is watched for some renewals first:
 *     an owner that renews is at work, whatever the clocks say. Durations are measured by the monotonic clock, and a span in which the watcher
 *     was kept from looking counts as little: a machine that stood still for it, or was too busy, was so for the owner too.
 */
import { CadreError, isCadreError } from "../errors.ts";
import { monotonic, type Clock } from "../clock.ts";
import type { LineId } from "../ids.ts";
import { ownerState, thisOwner } from "../store/owner.ts";
import type { Store } from "../store/ports.ts";
import type { Fence, LineRow, Owner } from "../store/rows.ts";
import type { Stopwatch } from "./stopwatch.ts";

/** In ms: a lease lives `ttl` without being renewed, and is renewed every `renew`. */
export type LeaseTimes = { readonly ttl: number; readonly renew: number };

export const usualTimes: LeaseTimes = { ttl: 30_000, renew: 1_000 };

export type LeaseDeps = { readonly store: Store; readonly clock: Clock; readonly leaseTimes?: LeaseTimes };

export type Lease = {
  readonly fence: Fence;
  release(): Promise<void>;
};

type LeaseEvents = {
  /** Of the run: told with the lease, so that it is counted by who holds it. */
  readonly stopwatch: Stopwatch;
  /** After every renewal. */
  readonly onBeat: () => void;
  readonly onLost: () => void;
};

/** Errors: `run-owned` with the owner in `data`. */
export async function takeLease(deps: LeaseDeps, line: LineId, on: LeaseEvents): Promise<Lease> {
  const { store, clock, leaseTimes = usualTimes } = deps;
  const me = thisOwner();
  const { ended, epoch } = await endedOwner(deps, line, me, leaseTimes);
  const result = await store.acquire(line, me, clock.now(), leaseTimes.ttl, ended, epoch);
  if (!result.held) throw owned(line, result.owner);
  const fence: Fence = { line, epoch: result.epoch };
  on.stopwatch.hold();
  const heartbeat = renewing(deps, fence, leaseTimes, on);
  return {
    fence,
    release: async () => {
      clearInterval(heartbeat);
      on.stopwatch.letGo();
      const moved = on.stopwatch.take();
      await store.release(fence, moved).catch(() => releaseLater(store, fence, leaseTimes, moved));
    },
  };
}

function renewing(
  { store, clock }: LeaseDeps,
  fence: Fence,
  times: LeaseTimes,
  on: LeaseEvents,
): ReturnType<typeof setInterval> {
  let until = monotonic() + times.ttl; // L3
  const heartbeat = setInterval(() => {
    const now = monotonic();
    const moved = on.stopwatch.take();
    store.renew(fence, clock.now(), times.ttl, moved).then(
      () => {
        until = now + times.ttl;
        on.onBeat();
      },
      (error: unknown) => {
        on.stopwatch.giveBack(moved);
        if (!isCadreError(error, "lease-lost") && monotonic() < until) return; // L2
        clearInterval(heartbeat);
        on.onLost();
      },
    );
  }, times.renew);
  heartbeat.unref();
  return heartbeat;
}

/** A lease left behind (a full disk) would make the next owner end this process, which may have other work: keep trying for its length. */
function releaseLater(store: Store, fence: Fence, times: LeaseTimes, moved: number): void {
  let left = Math.ceil(times.ttl / times.renew);
  const again = setInterval(() => {
    left -= 1;
    store.release(fence, moved).then(
      () => clearInterval(again),
      () => {
        if (left <= 0) clearInterval(again);
      },
    );
  }, times.renew);
  again.unref();
}

function owned(line: LineId, owner: Owner): CadreError {
  return new CadreError("run-owned", `${line} is being worked on by process ${owner.pid} on ${owner.host}`, {
    hint: "Follow it with `cadre watch`; what you decide reaches it.",
    data: { owner },
  });
}

type Gone = { readonly ended?: Owner; readonly epoch?: number };

/**
 * The owner, once it is certain that it does nothing any more; none where there is none, or where only its time can tell. With the epoch that
 * was looked at: between this look and the taking another may have come, whose clock is an hour slow. Errors: `run-owned`.
 */
async function endedOwner({ store, clock }: LeaseDeps, line: LineId, me: Owner, times: LeaseTimes): Promise<Gone> {
  const row = await store.line(line);
  if (!row) return {};
  const { owner, epoch } = row;
  if (!owner) return { epoch };
  const state = ownerState(owner);
  if (state === "dead") return { ended: owner, epoch };
  if (state === "alive" && owner.pid === me.pid) throw owned(line, owner); // L1
  if ((row.leaseUntil ?? 0) > clock.now()) throw owned(line, owner);
  if (!(await keepsStill(store, row, times))) return endedOwner({ store, clock: longAgo }, line, me, times);
  if (state === "elsewhere") return { epoch };
  if (!(await endProcess(owner))) throw owned(line, owner); // D4
  return { ended: owner, epoch };
}

/** By this clock no lease has run out: that of whoever saw it being renewed. */
const longAgo: Clock = { now: () => Number.NEGATIVE_INFINITY };

/** L3: true where the lease is as it was after three times the span in which it should have been renewed, or its owner has died. */
async function keepsStill(store: Store, seen: LineRow, { renew }: LeaseTimes): Promise<boolean> {
  const pause = renew / 4;
  let last = monotonic();
  for (let left = 3 * renew; ;) {
    const row = await store.line(seen.id);
    if (row?.epoch !== seen.epoch || row.leaseUntil !== seen.leaseUntil) return false;
    if (left <= 0 || (seen.owner !== null && ownerState(seen.owner) === "dead")) return true;
    await new Promise((resolve) => setTimeout(resolve, pause));
    const now = monotonic();
    left -= Math.min(now - last, renew);
    last = now;
  }
}

/** Looks every `pause` ms, for `ms` at most, and at least once. */
async function waitFor(done: () => boolean, ms: number, pause: number): Promise<void> {
  const end = monotonic() + ms;
  while (!done() && monotonic() < end) await new Promise((resolve) => setTimeout(resolve, pause));
}

/** True once the process is certainly gone. */
async function endProcess(owner: Owner): Promise<boolean> {
  if (ownerState(owner) === "alive") kill(owner);
  await waitFor(() => ownerState(owner) !== "alive", 2000, 20);
  return ownerState(owner) === "dead";
}

/** Not ours to end, or gone by now: its state, which is looked at next, tells. */
function kill(owner: Owner): void {
  try {
    process.kill(owner.pid, "SIGKILL");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EPERM" && code !== "ESRCH") throw error;
  }
}
