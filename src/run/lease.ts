/**
 * The lease of a line: one owner at a time (D4).
 *
 * D4. A takeover first makes sure that the old owner is gone: on this host a dead process is gone, and one whose lease ran out is ended
 *     before the epoch rises, because fencing its writes would not fence what it does to the world. One that cannot be ended keeps the line.
 * L1. A lease of this very process is never taken over, however late its renewal: the work that it stands for may still be under way here.
 * L2. A lease is lost when the store says so, or when it could not be renewed for its whole length. A busy store is no loss.
 */
import { CadreError, isCadreError } from "../errors.ts";
import type { Clock } from "../clock.ts";
import type { LineId } from "../ids.ts";
import { ownerState, thisOwner } from "../store/owner.ts";
import type { Fence, LineRow, Owner, Store } from "../store/ports.ts";

/** In ms: a lease lives `ttl` without being renewed, and is renewed every `renew`. */
export type LeaseTimes = { readonly ttl: number; readonly renew: number };

const usualTimes: LeaseTimes = { ttl: 30_000, renew: 1_000 };

export type LeaseDeps = { readonly store: Store; readonly clock: Clock; readonly leaseTimes?: LeaseTimes };

export type Lease = {
  readonly fence: Fence;
  release(): Promise<void>;
};

type LeaseEvents = {
  readonly onStop: () => void;
  readonly onLost: () => void;
};

/** Errors: `run-owned` with the owner in `data`. */
export async function takeLease(deps: LeaseDeps, line: LineId, on: LeaseEvents): Promise<Lease> {
  const { store, clock, leaseTimes = usualTimes } = deps;
  const me = thisOwner();
  const before = await store.line(line);
  const ended = before ? await endedOwner(before, me, clock.now()) : undefined;
  const result = await store.acquire(line, me, clock.now(), leaseTimes.ttl, ended);
  if (!result.held) throw owned(line, result.owner);
  const fence: Fence = { line, epoch: result.epoch };
  const heartbeat = renewing(deps, fence, leaseTimes, on);
  return {
    fence,
    release: async () => {
      clearInterval(heartbeat);
      await store.release(fence).catch(() => releaseLater(store, fence, leaseTimes));
    },
  };
}

function renewing(
  { store, clock }: LeaseDeps,
  fence: Fence,
  times: LeaseTimes,
  on: LeaseEvents,
): ReturnType<typeof setInterval> {
  let until = clock.now() + times.ttl;
  const heartbeat = setInterval(() => {
    const now = clock.now();
    store.renew(fence, now, times.ttl).then(
      (signal) => {
        until = now + times.ttl;
        if (signal === "stop") on.onStop();
      },
      (error: unknown) => {
        if (!isCadreError(error, "lease-lost") && now < until) return; // L2
        clearInterval(heartbeat);
        on.onLost();
      },
    );
  }, times.renew);
  heartbeat.unref();
  return heartbeat;
}

/** A lease left behind (a full disk) would make the next owner end this process, which may have other work: keep trying for its length. */
function releaseLater(store: Store, fence: Fence, times: LeaseTimes): void {
  let left = Math.ceil(times.ttl / times.renew);
  const again = setInterval(() => {
    left -= 1;
    store.release(fence).then(
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

/** The owner, once it is certain that it does nothing any more; undefined where there is none, or where only its time can tell. Errors: `run-owned`. */
async function endedOwner({ id, owner, leaseUntil }: LineRow, me: Owner, now: number): Promise<Owner | undefined> {
  if (owner === null) return undefined;
  const state = ownerState(owner);
  if (state === "dead") return owner;
  if (state === "elsewhere") return undefined;
  if ((leaseUntil ?? 0) > now || owner.pid === me.pid) throw owned(id, owner); // L1
  kill(owner);
  for (let tries = 0; tries < 100 && ownerState(owner) === "alive"; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (ownerState(owner) !== "dead") throw owned(id, owner); // D4
  return owner;
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
