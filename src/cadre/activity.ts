/** What this process knows of what goes on: the servers of models that it has asked, and how long a lease lives that nobody renews. */
import { processGates, type GateSeen, type GateState } from "../models/gate.ts";
import { usualTimes } from "../run/lease.ts";

/** By this process alone; another one has seen what it has seen. */
export type ServerSeen = GateSeen & GateState & { readonly origin: string };

/** `leaseMs`: for how long a line stays whose owner does not say that it is there. */
export type Activity = { readonly servers: readonly ServerSeen[]; readonly leaseMs: number };

export function activity(): Activity {
  const servers = processGates.all().map(([origin, { seen, state }]) => ({ origin, ...seen, ...state }));
  return { servers, leaseMs: usualTimes.ttl };
}
