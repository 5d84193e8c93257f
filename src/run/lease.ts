/**
 * The lease of a line: one owner at a time (D4).
 *
 * D4. A takeover first makes sure that the old owner is gone: on this host a dead process is gone, and one whose lease ran out is ended
 *     before the epoch rises, because fencing its writes would not fence what it does to the world.
 */
import { CadreError } from "../errors.ts";
import type { Clock } from "../clock.ts";
import type { LineId } from "../ids.ts";
import { ownerState, thisOwner } from "../store/owner.ts";
import type { Fence, Owner, Store } from "../store/ports.ts";

/** A lease lives this long without being renewed; it is renewed every `renewMs`. */
const ttlMs = 30_000;
const renewMs = 1_000;

export type Lease = {
  readonly fence: Fence;
  /** False after a takeover from another host. */
  readonly trustProbes: boolean;
  release(): Promise<void>;
};

type LeaseEvents = {
  readonly onStop: () => void;
  readonly onLost: () => void;
};

/** Errors: `run-owned` with the owner in `data`. */
export async function takeLease(
  deps: { readonly store: Store; readonly clock: Clock },
  line: LineId,
  on: LeaseEvents,
): Promise<Lease> {
  const { store, clock } = deps;
  const me = thisOwner();
  const before = await store.line(line);
  const gone = before?.owner ? await endedOwner(before.owner, me, before.leaseUntil ?? 0, clock.now()) : undefined;
  const result = await store.acquire(line, me, clock.now(), ttlMs, gone);
  if (!result.held) throw owned(line, result.owner);
  const fence: Fence = { line, epoch: result.epoch };
  const heartbeat = setInterval(() => {
    store.renew(fence, clock.now(), ttlMs).then(
      (signal) => {
        if (signal === "stop") on.onStop();
      },
      () => {
        clearInterval(heartbeat);
        on.onLost();
      },
    );
  }, renewMs);
  heartbeat.unref();
  return {
    fence,
    trustProbes: !(result.previous && ownerState(result.previous) === "elsewhere"),
    release: async () => {
      clearInterval(heartbeat);
      await store.release(fence).catch((error: unknown) => {
        if (!(error instanceof CadreError && error.code === "lease-lost")) throw error;
      });
    },
  };
}

function owned(line: LineId, owner: Owner): CadreError {
  return new CadreError("run-owned", `${line} is being worked on by process ${owner.pid} on ${owner.host}`, {
    hint: "Follow it with `cadre watch`; what you decide reaches it.",
    data: { owner },
  });
}

/** The owner, once it is certain that it does nothing any more; undefined where it may still work. */
async function endedOwner(owner: Owner, me: Owner, until: number, now: number): Promise<Owner | undefined> {
  const state = ownerState(owner);
  if (state === "dead") return owner;
  if (state === "elsewhere" || until > now || owner.pid === me.pid) return undefined;
  process.kill(owner.pid, "SIGKILL");
  for (let tries = 0; tries < 100 && ownerState(owner) === "alive"; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return ownerState(owner) === "dead" ? owner : undefined;
}
